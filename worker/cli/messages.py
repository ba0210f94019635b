"""navette message: post, edit, delete, seen, show; navette changes is beside it in operating."""

from pathlib import Path
from typing import Annotated

import typer

from storage import messages
from storage.records import ConversationId, MessageId
from storage.states import Visibility
from worker.cli.conversations import By, read_files
from worker.cli.terminal import NotFound, find_person, number_of, open_house, out, stop_if_refused
from worker.cli.views import print_message
from worker.flows.conversations import Posted, post_message
from worker.flows.messages import Deleted, Edited, delete_message, edit_message, mark_seen
from worker.flows.reading import ConversationView, read_conversation

app = typer.Typer(help="Messages of a conversation.", no_args_is_help=True)
Which = Annotated[str, typer.Argument(help="Id of the message, like m5.")]


@app.command()
def post(
    conversation: Annotated[str, typer.Argument(help="Id of the conversation, like c3.")],
    text: Annotated[str, typer.Argument(help="What to say.")],
    *,
    by: By,
    internal: Annotated[bool, typer.Option("--internal", help="Only colleagues see it.")] = False,
    file: Annotated[list[Path] | None, typer.Option(help="A file to attach.", exists=True, dir_okay=False)] = None,
    answer_wanted: Annotated[bool, typer.Option("--answer-wanted/--no-answer-wanted")] = True,
    external_id: Annotated[str | None, typer.Option(help="The same id posts once.")] = None,
) -> None:
    """Post a message as from the portal."""
    house = open_house()
    with house.database.reading() as session:
        author = find_person(session, by)
    answer = post_message(
        house,
        by=author,
        conversation_id=ConversationId(number_of(conversation, "c")),
        text=text,
        visibility=Visibility.INTERNAL if internal else Visibility.SHARED,
        files=read_files(file),
        answer_wanted=answer_wanted,
        external_id=external_id,
    )
    stop_if_refused(answer)
    assert isinstance(answer, Posted)
    out.tell(f"message m{answer.message_id} {'was posted before' if answer.again else 'posted'}")


@app.command()
def edit(
    message: Which,
    text: Annotated[str, typer.Argument(help="The new text.")],
    *,
    by: By,
    correct: Annotated[
        bool | None, typer.Option("--correct/--no-correct", help="Mail a correction; else a rule decides.")
    ] = None,
) -> None:
    """Change a message of your own."""
    house = open_house()
    with house.database.reading() as session:
        author = find_person(session, by)
    answer = edit_message(house, by=author, message_id=MessageId(number_of(message, "m")), text=text, correct=correct)
    stop_if_refused(answer)
    assert isinstance(answer, Edited)
    told = f"; {answer.too_late_for} mail(s) carry the old text, {len(answer.corrected)} correction(s) follow"
    out.tell(f"edited{told if answer.too_late_for else ''}")


@app.command()
def delete(message: Which, *, by: By) -> None:
    """Delete a message of your own."""
    house = open_house()
    with house.database.reading() as session:
        author = find_person(session, by)
    answer = delete_message(house, by=author, message_id=MessageId(number_of(message, "m")))
    stop_if_refused(answer)
    assert isinstance(answer, Deleted)
    late = f"; {answer.too_late_for} mail(s) had carried it already" if answer.too_late_for else ""
    out.tell(f"deleted, {answer.stopped} mail(s) stopped{late}")


@app.command()
def seen(message: Which, *, by: By) -> None:
    """The person has read down to this message in the portal."""
    house = open_house()
    with house.database.reading() as session:
        reader = find_person(session, by)
    stop_if_refused(mark_seen(house, by=reader, message_id=MessageId(number_of(message, "m"))))
    out.tell("seen")


@app.command()
def show(
    message: Which, *, by: By, full: Annotated[bool, typer.Option(help="Show what was cut as well.")] = False
) -> None:
    """One message with its ticks."""
    house = open_house()
    message_id = MessageId(number_of(message, "m"))
    with house.database.reading() as session:
        person = find_person(session, by)
        found = messages.message(session, message_id)
    if found is None:
        raise NotFound(f"there is no message {message}")
    view = read_conversation(house, by=person, conversation_id=found.conversation_id)
    stop_if_refused(view)
    assert isinstance(view, ConversationView)
    shown = [each for each in view.messages if each.message.id == message_id]
    if not shown:
        raise NotFound(f"there is no message {message}")
    print_message(shown[0], full=full)
