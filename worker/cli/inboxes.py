"""navette inbox and explain: what came in, what became of it, and filing again what broke."""

import difflib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from storage import inbox, people
from storage.records import Arrival, ArrivalId, ConversationId, Filing, InboundMailId, MessageId, OutgoingMailId
from storage.states import ArrivalState, Language, Outcome
from worker.cli.conversations import By
from worker.cli.terminal import (
    LARGEST,
    NotFound,
    errors,
    find_person,
    number_of,
    open_house,
    out,
    print_table,
    stop_if_refused,
)
from worker.core.commands import Verb
from worker.core.mail_addresses import hidden
from worker.core.refusals import Refused
from worker.flows.explaining import (
    Entry,
    explain_conversation,
    explain_inbound,
    explain_message,
    explain_outgoing,
)
from worker.flows.held import decide_held, held_filing, held_mails
from worker.flows.held_deciding import Decided
from worker.flows.held_vouching import Choice
from worker.flows.house import House
from worker.flows.raw_mails import pieces_of, raw_of
from worker.flows.replaying import Replayed
from worker.flows.replaying import replay as replay_mail
from worker.mail.phrases import phrases_in
from worker.settings import load_settings
from worker.wiring import build_reader

app = typer.Typer(help="Inbound mails: kept, filed, held, quarantined.", no_args_is_help=True)
LETTERS = ("m", "o", "i", "c")
STATES = [*ArrivalState, *Outcome]
Which = Annotated[str, typer.Argument(help="Id of the inbound mail, like i4.")]


@app.command(name="list")
def show_all(
    *,
    state: Annotated[str | None, typer.Option(help=f"One of {', '.join(STATES)}.")] = None,
    most: Annotated[int, typer.Option(min=1, max=LARGEST, help="How many, newest first.")] = 50,
) -> None:
    """What came in, newest first."""
    if state is not None and state not in STATES:
        raise NotFound(f"{state} is no state; it is one of {', '.join(STATES)}")
    states = [ArrivalState(state)] if state in tuple(ArrivalState) else list(ArrivalState)
    outcomes = [Outcome(state)] if state in tuple(Outcome) else []
    house = open_house()
    with house.database.reading() as session:
        found = inbox.list_arrivals(session, states=states, outcomes=outcomes, most=most)
    print_table(["id", "came", "by", "to", "state", "why", "became"], [row_of(*each) for each in found])


def row_of(arrival: Arrival, filing: Filing | None) -> list[str]:
    state = filing.outcome if filing and not arrival.ended_why else (Outcome.IGNORED if filing else arrival.state)
    became = f"m{filing.message_id}" if filing and filing.message_id and not arrival.ended_why else ""
    why = arrival.error or arrival.ended_why or (filing.reason if filing else "") or ""
    when = f"{arrival.happened_at:%Y-%m-%d %H:%M}"
    return [f"i{arrival.inbound_mail_id}", when, arrival.way, hidden(arrival.envelope_to), state, why, became]


@app.command()
def show(inbound: Which) -> None:
    """The timeline of one inbound mail."""
    house, mail = open_house(), InboundMailId(number_of(inbound, "i"))
    print_entries(explain_inbound(house, mail), inbound)
    with house.database.reading() as session:
        filing = held_filing(session, mail)
    if filing is not None:
        out.tell(f"held: {why_held(filing)}")
        out.tell(f"`navette inbox accept {inbound}`, `refuse`, `move` or `block` decides; so do the links in the mail")


@app.command()
def export(inbound: Which, file: Annotated[Path, typer.Argument(help="Where to write the raw mail.")]) -> None:
    """Write the bytes of a mail as they arrived."""
    house = open_house()
    with house.database.reading() as session:
        kept = inbox.inbound_mail(session, InboundMailId(number_of(inbound, "i")))
    if kept is None:
        raise NotFound(f"there is no inbound mail {inbound}; `navette inbox list` shows them")
    raw = raw_of(house, kept)
    with file.open("wb") as written:
        written.writelines(pieces_of(raw))
    out.tell(f"{kept.size} bytes written to {file}")


@app.command()
def refile(
    inbound: Annotated[str | None, typer.Argument(help="Id of the inbound mail, like i4.")] = None,
    *,
    error: Annotated[str | None, typer.Option(help="All quarantined mails with this error.")] = None,
) -> None:
    """Take mails out of quarantine and file them again, after the fix."""
    house = open_house()
    if (inbound is None) == (error is None):
        raise NotFound("say which: an id like i4, or --error with the error that `inbox list` shows")
    wanted = quarantined(house, inbound, error)
    with house.database.writing() as session:
        now = house.now(session)
        done = [each for each in wanted if inbox.reopen_arrival(session, each, now=now)]
    if not done:
        errors.tell("nothing in quarantine fits")
        raise typer.Exit(1)
    out.tell(f"{len(done)} mail(s) will be filed again")


@app.command()
def replay(
    inbound: Annotated[str | None, typer.Argument(help="Id of the inbound mail, like i4.")] = None,
    *,
    error: Annotated[str | None, typer.Option(help="All quarantined mails with this error.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(help="Judge as at this time (UTC); default: when it was filed.")
    ] = None,
) -> None:
    """What today's code would make of a stored mail, and how that differs. Changes nothing."""
    house = open_house()
    if (inbound is None) == (error is None):
        raise NotFound("say which: an id like i4, or --error with the error that `inbox list` shows")
    at = as_of.replace(tzinfo=UTC) if as_of else None
    reader = build_reader(load_settings())
    for each in [InboundMailId(number_of(inbound, "i"))] if inbound else mails_with(house, error or ""):
        replayed = replay_mail(house, reader, each, as_of=at)
        if replayed is None:
            raise NotFound(f"there is no inbound mail {inbound}; `navette inbox list` shows them")
        for one in replayed:
            print_replayed(one)


def mails_with(house: House, error: str) -> list[InboundMailId]:
    with house.database.reading() as session:
        return list(dict.fromkeys(each.inbound_mail_id for each in inbox.quarantined_with(session, error)))


def print_replayed(replayed: Replayed) -> None:
    arrival, was = replayed.arrival, replayed.was
    which = f"i{arrival.inbound_mail_id} a{arrival.id}, as of {replayed.as_of:%Y-%m-%d %H:%M:%S}"
    if not replayed.differences:
        out.tell(f"{which}: the same, {was.outcome} ({was.reason})")
        return
    out.tell(f"{which}: different", style="yellow")
    for name, before, after in replayed.differences:
        lines = difflib.unified_diff(before.split("\n"), after.split("\n"), "was", "now", lineterm="", n=1)
        if name in {"text", "quoted_text"}:
            out.tell(f"  {name}:\n" + "\n".join(f"    {line}" for line in list(lines)[2:]))
        else:
            out.tell(f"  {name}: {before or 'nothing'} -> {after or 'nothing'}")


@app.command()
def held(*, by: By) -> None:
    """Held mails that wait for a decision, oldest first, each with why."""
    house = open_house()
    with house.database.reading() as session:
        person = find_person(session, by)
    found = held_mails(house, by=person)
    stop_if_refused(found)
    assert not isinstance(found, Refused)
    print_table(["id", "since", "from", "why"], [held_row(each) for each in found])


def held_row(filing: Filing) -> list[str]:
    sender = f"{filing.sender_name or ''} <{filing.sender or '?'}>".strip()
    return [f"i{filing.inbound_mail_id}", f"{filing.filed_at:%Y-%m-%d %H:%M}", sender, why_held(filing)]


def why_held(filing: Filing) -> str:
    words = phrases_in(Language.EN).words
    return words.get(f"held_why.{filing.reason}", filing.reason or "")


@app.command()
def accept(
    inbound: Which,
    *,
    by: By,
    as_address: Annotated[bool, typer.Option(help="The sender's address is another one of the person.")] = False,
    as_contact: Annotated[bool, typer.Option(help="The sender becomes a contact of the client.")] = False,
    client: Annotated[str | None, typer.Option(help="Code of the client, where no conversation tells it.")] = None,
) -> None:
    """Accept a held mail: once, or for good; with what else its sender wrote there. A case manager decides.

    Once, the message is marked "sender not verified".
    """
    verb = Verb.CONTACT if as_contact or client else Verb.ADDRESS if as_address else Verb.ACCEPT
    decide(inbound, by, verb, client=client)


@app.command()
def move(inbound: Which, conversation: Annotated[str, typer.Argument(help="Like c7.")], *, by: By) -> None:
    """Accept a held mail into another conversation, of a client whose contact the sender is."""
    decide(inbound, by, Verb.MOVE, conversation=conversation)


@app.command()
def refuse(inbound: Which, *, by: By) -> None:
    """Refuse a held mail: it is kept as it came and never posted. A case manager decides."""
    decide(inbound, by, Verb.REFUSE)


@app.command()
def block(inbound: Which, *, by: By) -> None:
    """Refuse a held mail, and hold no further ones of this sender as long as nobody knows him: they are ignored."""
    decide(inbound, by, Verb.BLOCK)


def decide(inbound: str, by: str, verb: Verb, *, client: str | None = None, conversation: str | None = None) -> None:
    house = open_house()
    with house.database.reading() as session:
        person = find_person(session, by)
        named = people.client_by_code(session, client) if client else None
    if client and named is None:
        raise NotFound(f"there is no client {client}; `navette client list` shows them")
    to = ConversationId(number_of(conversation, "c")) if conversation else None
    choice = Choice(verb=verb, client_id=named.id if named else None, conversation_id=to)
    mail = InboundMailId(number_of(inbound, "i"))
    answer = decide_held(house, build_reader(load_settings()), by=person, inbound_id=mail, choice=choice)
    stop_if_refused(answer)
    assert isinstance(answer, Decided)
    if answer.refused:
        out.tell(f"refused ({answer.refused}); what came stays here as it came")
    else:
        out.tell("posted as " + ", ".join(f"m{each}" for each in answer.message_ids))


def quarantined(house: House, inbound: str | None, error: str | None) -> list[ArrivalId]:
    with house.database.reading() as session:
        if inbound is not None:
            arrivals = inbox.arrivals_of(session, InboundMailId(number_of(inbound, "i")))
            return [each.id for each in arrivals if each.state is ArrivalState.QUARANTINED]
        return [each.id for each in inbox.quarantined_with(session, error or "")]


def explain(
    which: Annotated[
        str, typer.Argument(help="m5 a message, o7 an outgoing mail, i3 an inbound mail, c2 a conversation.")
    ],
) -> None:
    """The timeline of a message, an outgoing mail, an inbound mail or a conversation."""
    house = open_house()
    letter = which[:1].lower()
    if letter not in LETTERS:
        raise NotFound(f"{which} is no id: ids look like m5, o7, i3 or c2")
    number = number_of(which, letter)
    match letter:
        case "m":
            print_entries(explain_message(house, MessageId(number)), which)
        case "o":
            print_entries(explain_outgoing(house, OutgoingMailId(number)), which)
        case "i":
            print_entries(explain_inbound(house, InboundMailId(number)), which)
        case _:
            print_entries(explain_conversation(house, ConversationId(number)), which)


def print_entries(entries: list[Entry] | None, which: str) -> None:
    if entries is None:
        raise NotFound(f"there is no {which} here")
    for each in entries:
        out.tell(f"{each.at:%Y-%m-%d %H:%M:%S}  {each.what:<16} {each.told}")


def add_to(root: typer.Typer) -> None:
    root.add_typer(app, name="inbox")
    root.command()(explain)
