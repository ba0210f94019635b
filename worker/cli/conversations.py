"""navette conversation: start, list, show, close, reopen, done."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Protocol

import typer

from storage.records import About, ConversationId, PersonId
from storage.states import AboutKind
from worker.cli.terminal import (
    NotFound,
    find_client,
    find_person,
    number_of,
    open_house,
    out,
    print_json,
    print_table,
    stop_if_refused,
)
from worker.cli.views import conversation_data, print_conversation
from worker.core.refusals import Refused
from worker.flows.closing import Done, close_conversation, mark_done, reopen_conversation
from worker.flows.conversations import NewFile, Started, start_conversation
from worker.flows.house import House
from worker.flows.reading import ConversationView, Which, count_needing_action, list_conversations, read_conversation

app = typer.Typer(help="Conversations: what the two sides talk about.", no_args_is_help=True)
By = Annotated[str, typer.Option("--by", help="Who does it: id or address of a person.")]
Which_ = Annotated[str, typer.Argument(help="Id of the conversation, like c3.")]


@app.command()
def start(
    client: Annotated[str, typer.Argument(help="Code of the client.")],
    subject: Annotated[str, typer.Argument(help="Subject of the conversation and of its mails.")],
    text: Annotated[str, typer.Argument(help="The first message.")],
    *,
    by: By,
    to: Annotated[list[str] | None, typer.Option(help="Contacts addressed; without it all of the client's.")] = None,
    file: Annotated[list[Path] | None, typer.Option(help="A file to attach.", exists=True, dir_okay=False)] = None,
    invoice: Annotated[str | None, typer.Option(help="Number of the invoice it is about.")] = None,
    dated: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%d/%m/%Y"], help="Its date.")] = None,
    amount: Annotated[str | None, typer.Option(help="Its amount, like 1234.50.")] = None,
    counterparty: str | None = None,
    answer_wanted: Annotated[bool, typer.Option("--answer-wanted/--no-answer-wanted")] = True,
    external_id: str | None = None,
) -> None:
    """Open a conversation with its first message."""
    house = open_house()
    about = None
    if invoice:
        about = About(
            kind=AboutKind.INVOICE,
            number=invoice,
            on=dated.date() if dated else None,
            amount=read_amount(amount),
            counterparty=counterparty,
        )
    with house.database.reading() as session:
        author = find_person(session, by)
        client_id = find_client(session, client).id
        addressed = [find_person(session, each) for each in to] if to else None
    answer = start_conversation(
        house,
        by=author,
        client_id=client_id,
        subject=subject,
        text=text,
        to=addressed,
        about=about,
        files=read_files(file),
        answer_wanted=answer_wanted,
        external_id=external_id,
    )
    stop_if_refused(answer)
    assert isinstance(answer, Started)
    out.tell(f"conversation c{answer.conversation_id} started with message m{answer.message_id}")


def read_amount(typed: str | None) -> Decimal | None:
    """``1234.50`` or ``1234,50``."""
    if typed is None:
        return None
    try:
        return Decimal(typed.replace(",", "."))
    except InvalidOperation:
        raise NotFound(f"{typed} is no amount: write it like 1234.50") from None


def read_files(paths: list[Path] | None) -> list[NewFile]:
    return [NewFile(name=each.name, content=each.read_bytes()) for each in paths or []]


@app.command(name="list")
def show_all(
    *,
    by: By,
    which: Annotated[Which, typer.Option(help="open, closed or all.")] = Which.OPEN,
    needs_action: Annotated[bool, typer.Option(help="Only those that need action from you.")] = False,
) -> None:
    """The conversations one person sees, and how many need action from that person."""
    house = open_house()
    with house.database.reading() as session:
        person = find_person(session, by)
    lines = list_conversations(house, by=person, which=which, needing_action=needs_action)
    print_table(
        ["id", "client", "subject", "state", "needs action", "last"],
        [
            [
                f"c{each.conversation.id}",
                each.client.code,
                each.conversation.subject,
                each.conversation.state,
                "yes" if each.needs_action else "",
                f"{each.conversation.last_happened_at:%Y-%m-%d %H:%M}",
            ]
            for each in lines
        ],
    )
    out.tell(f"needs action from you: {count_needing_action(house, by=person)}")


@app.command()
def show(
    conversation: Which_, *, by: By, full: bool = False, as_json: Annotated[bool, typer.Option("--json")] = False
) -> None:
    """A conversation with its messages and ticks, as one person sees it. --full shows what was cut as well."""
    house = open_house()
    with house.database.reading() as session:
        person = find_person(session, by)
    view = read_conversation(house, by=person, conversation_id=ConversationId(number_of(conversation, "c")))
    stop_if_refused(view)
    assert isinstance(view, ConversationView)
    if as_json:
        print_json(conversation_data(view))
    else:
        print_conversation(view, full=full)


@app.command()
def close(conversation: Which_, *, by: By) -> None:
    """Close: a contact what the client's side started, a case manager any."""
    move(close_conversation, conversation, by, "closed")


@app.command()
def reopen(conversation: Which_, *, by: By) -> None:
    """Open a closed conversation again."""
    move(reopen_conversation, conversation, by, "open again")


@app.command()
def done(conversation: Which_, *, by: By) -> None:
    """A case manager dealt with what waited for the firm."""
    move(mark_done, conversation, by, "done")


class Flow(Protocol):
    def __call__(self, house: House, *, by: PersonId, conversation_id: ConversationId) -> Done | Refused: ...


def move(flow: Flow, conversation: str, by: str, said: str) -> None:
    house = open_house()
    with house.database.reading() as session:
        person = find_person(session, by)
    stop_if_refused(flow(house, by=person, conversation_id=ConversationId(number_of(conversation, "c"))))
    out.tell(said)
