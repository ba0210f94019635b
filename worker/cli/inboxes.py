"""navette inbox and explain: what came in, what became of it, and filing again what broke."""

import difflib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from storage import inbox
from storage.records import Arrival, ArrivalId, ConversationId, Filing, InboundMailId, MessageId, OutgoingMailId
from storage.states import ArrivalState, Outcome
from worker.cli.conversations import By
from worker.cli.terminal import NotFound, errors, find_person, number_of, open_house, out, print_table, stop_if_refused
from worker.core.mail_addresses import hidden
from worker.flows.explaining import (
    Entry,
    explain_conversation,
    explain_inbound,
    explain_message,
    explain_outgoing,
)
from worker.flows.filing import raw_of
from worker.flows.held import Accepted, accept_held, refuse_held
from worker.flows.house import House
from worker.flows.replaying import Replayed
from worker.flows.replaying import replay as replay_mail
from worker.mail.parsing import MailReader

app = typer.Typer(help="Inbound mails: kept, filed, held, quarantined.", no_args_is_help=True)
STATES = [*ArrivalState, *Outcome]
Which = Annotated[str, typer.Argument(help="Id of the inbound mail, like i4.")]


@app.command(name="list")
def show_all(
    *,
    state: Annotated[str | None, typer.Option(help=f"One of {', '.join(STATES)}.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
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
    print_entries(explain_inbound(open_house(), InboundMailId(number_of(inbound, "i"))), inbound)


@app.command()
def export(inbound: Which, file: Annotated[Path, typer.Argument(help="Where to write the raw mail.")]) -> None:
    """Write the bytes of a mail as they arrived."""
    house = open_house()
    with house.database.reading() as session:
        kept = inbox.inbound_mail(session, InboundMailId(number_of(inbound, "i")))
    if kept is None:
        raise NotFound(f"there is no inbound mail {inbound}; `navette inbox list` shows them")
    file.write_bytes(raw_of(house, kept))
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
    for each in [InboundMailId(number_of(inbound, "i"))] if inbound else mails_with(house, error or ""):
        replayed = replay_mail(house, MailReader(), each, as_of=at)
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
def accept(inbound: Which, *, by: By) -> None:
    """Accept a held mail once: it is posted, marked "sender not verified". A case manager decides."""
    house = open_house()
    with house.database.reading() as session:
        person = find_person(session, by)
    answer = accept_held(house, MailReader(), by=person, inbound_id=InboundMailId(number_of(inbound, "i")))
    stop_if_refused(answer)
    assert isinstance(answer, Accepted)
    out.tell(f"posted as m{answer.message_id}")


@app.command()
def refuse(inbound: Which, *, by: By) -> None:
    """Refuse a held mail: it is kept as it came and never posted. A case manager decides."""
    house = open_house()
    with house.database.reading() as session:
        person = find_person(session, by)
    stop_if_refused(refuse_held(house, by=person, inbound_id=InboundMailId(number_of(inbound, "i"))))
    out.tell("refused; it stays here as it came")


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
    if letter not in "moic" or not which[1:].isdigit():
        raise NotFound(f"{which} is no id: ids look like m5, o7, i3 or c2")
    number = int(which[1:])
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
