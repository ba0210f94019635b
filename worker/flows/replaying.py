"""What today's code would make of a stored mail, beside what became of it. Reads only; nothing is changed.

``as_of``: the moment it is judged at, by default when it was filed: signed addresses that expired since are valid
again, and what was written since is not taken for quoted text. People, addresses and participants are those of today,
and the brake is not asked.
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import assert_never

from sqlalchemy.orm import Session

from storage import attached, inbox, messages
from storage.records import Arrival, Filing, InboundMailId
from storage.states import ArrivalState, Outcome
from worker.core.filing_facts import (
    Commands,
    Complains,
    Decision,
    Holds,
    Ignores,
    Moves,
    Opens,
    Posts,
    Proves,
    Rejects,
)
from worker.core.parsed import RawMail
from worker.flows.asking import commands_in
from worker.flows.attached_texts import read_attached
from worker.flows.commanding import filed_as
from worker.flows.conversation_texts import sent_to
from worker.flows.filing import Weighed
from worker.flows.findings import outcome_of, reason_of, signed_address_of
from worker.flows.house import House
from worker.flows.ports import Reader
from worker.flows.raw_mails import raw_of
from worker.flows.weighing import Look, cut_of, look, reconsider

A_NEW_ONE = "a new one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What a mail became or would become. ``person``: who wrote; ``outgoing``: the mail of ours that it moves."""

    outcome: str
    reason: str = ""
    conversation: str = ""
    person: str = ""
    outgoing: str = ""
    cut_rule: str = ""
    text: str = ""
    quoted_text: str = ""
    files: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    arrival: Arrival
    as_of: datetime
    was: Fate
    now: Fate

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """(what, was, now) of all that differs."""
        pairs = [(each.name, getattr(self.was, each.name), getattr(self.now, each.name)) for each in fields(Fate)]
        return [pair for pair in pairs if pair[1] != pair[2]]


@dataclass(frozen=True, slots=True)
class StoppedClock:
    at: datetime

    def now(self, session: Session) -> datetime:
        del session
        return self.at


def replay(
    house: House, reader: Reader, inbound_id: InboundMailId, *, as_of: datetime | None = None
) -> list[Replayed] | None:
    """One for each way the mail came; None when there is no such mail."""
    with house.database.reading() as session:
        kept = inbox.inbound_mail(session, inbound_id)
        if kept is None:
            return None
        arrivals = inbox.arrivals_of(session, inbound_id)
        now = house.now(session)
    raw = raw_of(house, kept)
    return [replay_arrival(house, reader, raw, each, as_of or each.filed_at or now) for each in arrivals]


def replay_arrival(house: House, reader: Reader, raw: RawMail, arrival: Arrival, as_of: datetime) -> Replayed:
    then = replace(house, clock=StoppedClock(as_of))
    with house.database.reading() as session:
        was = fate_of(session, arrival)
    try:
        now = new_fate(then, reader, raw, arrival, as_of)
    except Exception as fault:  # noqa: BLE001 - what breaks filing is what a replay is to show
        now = Fate(outcome=ArrivalState.QUARANTINED, reason=f"error:{type(fault).__name__}")
    return Replayed(arrival=arrival, as_of=as_of, was=was, now=now)


def fate_of(session: Session, arrival: Arrival) -> Fate:
    """What became of it, as it was filed; what was edited in the portal since does not count."""
    filing = inbox.filing(session, arrival.filing_id) if arrival.filing_id else None
    if filing is None:
        return Fate(outcome=arrival.state, reason=arrival.error or "")
    if arrival.ended_why:
        return Fate(outcome=Outcome.IGNORED, reason=arrival.ended_why)
    known = Fate(
        outcome=filing.outcome,
        reason=filing.reason or "",
        conversation=A_NEW_ONE if filing.outcome is Outcome.NEW_CONVERSATION else named("c", filing.conversation_id),
        person=named("p", filing.person_id),
        outgoing=named("o", filing.outgoing_mail_id),
    )
    return with_message(session, filing, known)


def with_message(session: Session, filing: Filing, known: Fate) -> Fate:
    if filing.message_id is None:
        return known
    first = messages.revisions_of(session, [filing.message_id])[0]
    return replace(
        known,
        text=first.text,
        quoted_text=first.quoted_text or "",
        cut_rule=first.cut_rule or "",
        files=", ".join(each.name for each in attached.attachments_of(session, [filing.message_id])),
    )


def new_fate(house: House, reader: Reader, raw: RawMail, arrival: Arrival, as_of: datetime) -> Fate:
    mail = reader.parse(raw)
    if mail.quarantine is not None:
        return Fate(outcome=ArrivalState.QUARANTINED, reason=mail.quarantine)
    inside = read_attached(reader, mail)
    with house.database.reading() as session:
        seen = as_it_was(session, house, look(session, house, arrival, mail, now=as_of), as_of)
        cut = cut_of(seen, mail)
        asked = commands_in(house, seen, cut)
        if asked is None:
            decision = reconsider(session, house, seen, cut, inside)
        else:
            cut = replace(cut, new_text=asked.message)
            decision = filed_as(session, house, seen, Weighed(look=seen, cut=cut, attached=inside, files=()), asked)
        first = inbox.filing_at(session, mail.fingerprint, signed_address_of(seen.facts))
    if first is not None and arrival.ended_why and arrival.filing_id == first.id:
        return Fate(outcome=Outcome.IGNORED, reason=f"duplicate of f{first.id}")
    fate = decided(decision)
    if not isinstance(decision, (Posts, Opens)):
        return fate
    return replace(
        fate,
        text=cut.new_text,
        quoted_text=cut.quoted_text,
        cut_rule=cut.method,
        files=", ".join(each.name for each in mail.files),
    )


def as_it_was(session: Session, house: House, seen: Look, as_of: datetime) -> Look:
    if not isinstance(seen.decision, Posts):
        return seen
    answered = [each.mail for each in seen.facts.answered]
    sent = sent_to(
        session, house, seen.decision.conversation, seen.decision.participant, answered=answered, until=as_of
    )
    return replace(seen, sent=sent)


def decided(decision: Decision) -> Fate:
    fate = Fate(outcome=outcome_of(decision), reason=reason_of(decision))
    match decision:
        case Posts(conversation=conversation, person=person):
            return replace(fate, conversation=named("c", conversation.id), person=named("p", person.id))
        case Opens(person=person):
            return replace(fate, conversation=A_NEW_ONE, person=named("p", person.id))
        case Moves(mail=mail) | Complains(mail=mail):
            return replace(fate, outgoing=named("o", mail.id), conversation=named("c", mail.conversation_id))
        case Rejects(conversation=conversation, person=person):
            return replace(fate, conversation=named("c", conversation.id), person=named("p", person.id))
        case Commands(conversation=about, person=person):
            return replace(fate, conversation=named("c", about.id if about else None), person=named("p", person.id))
        case Holds(conversation_id=conversation_id):
            return replace(fate, conversation=named("c", conversation_id))
        case Proves() | Ignores():
            return fate
        case _:
            assert_never(decision)


def named(letter: str, number: int | None) -> str:
    return f"{letter}{number}" if number else ""
