"""What happened to a message, outgoing mail, inbound mail or conversation, in order: ids, times, rules, no text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from storage import conversations, inbox, messages, operation, outbox
from storage.records import (
    Arrival,
    ConversationId,
    Filing,
    InboundMailId,
    MessageId,
    OutgoingMail,
    OutgoingMailId,
    TimelineEvent,
)
from worker.core.mail_addresses import hidden
from worker.flows.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a timeline."""

    at: datetime
    what: str
    told: str


def explain_message(house: House, message_id: MessageId) -> list[Entry] | None:
    with house.database.reading() as session:
        message = messages.message(session, message_id)
        if message is None:
            return None
        mail_ids = tuple(dict.fromkeys(each.outgoing_mail_id for each in outbox.deliveries_of(session, [message_id])))
        entries = of_events(
            operation.timeline(
                session,
                message_id=message_id,
                outgoing_mail_ids=mail_ids,
                inbound_mail_id=message.inbound_mail_id,
            )
        )
        for mail_id in mail_ids:
            entries += of_mail(session, mail_id)
        if message.inbound_mail_id:
            entries += of_inbound(session, message.inbound_mail_id)
    return in_order(entries)


def explain_outgoing(house: House, mail_id: OutgoingMailId) -> list[Entry] | None:
    with house.database.reading() as session:
        if outbox.mail(session, mail_id) is None:
            return None
        events = operation.timeline(session, outgoing_mail_ids=(mail_id,))
        return in_order(of_events(events) + of_mail(session, mail_id))


def explain_inbound(house: House, inbound_id: InboundMailId) -> list[Entry] | None:
    with house.database.reading() as session:
        if inbox.inbound_mail(session, inbound_id) is None:
            return None
        events = operation.timeline(session, inbound_mail_id=inbound_id)
        return in_order(of_events(events) + of_inbound(session, inbound_id))


def explain_conversation(house: House, conversation_id: ConversationId) -> list[Entry] | None:
    with house.database.reading() as session:
        if conversations.conversation(session, conversation_id) is None:
            return None
        return in_order(of_events(operation.timeline(session, conversation_id=conversation_id)))


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.at)


def of_events(events: Sequence[TimelineEvent]) -> list[Entry]:
    return [Entry(at=each.happened_at, what=each.what, told=told(each)) for each in events]


def told(event: TimelineEvent) -> str:
    named = {"c": event.conversation_id, "m": event.message_id, "o": event.outgoing_mail_id, "i": event.inbound_mail_id}
    ids = " ".join(f"{letter}{number}" for letter, number in named.items() if number)
    details = " ".join(f"{key}={value}" for key, value in (event.details or {}).items())
    return f"{ids} {details}".strip()


def of_mail(session: Session, mail_id: OutgoingMailId) -> list[Entry]:
    """The life of an outgoing mail: planned, each attempt with the relay's words, where it stands."""
    mail = outbox.mail(session, mail_id)
    if mail is None:
        return []
    entries = [Entry(at=mail.created_at, what="planned", told=planned(mail))]
    for each in outbox.attempts_of(session, mail_id):
        entries.append(Entry(at=each.started_at, what="attempt", told=f"o{mail_id} fence {each.fence} to {each.relay}"))
        if each.ended_at:
            reply = f"{each.outcome}: {each.reply}" if each.reply else str(each.outcome)
            entries.append(Entry(at=each.ended_at, what="attempt ended", told=f"o{mail_id} {reply}"))
    if mail.delivered_at:
        entries.append(Entry(at=mail.delivered_at, what="blue tick", told=f"o{mail_id} by {mail.evidence}"))
    if mail.failed_at:
        why = " ".join(part for part in (mail.failure_class, mail.failure_status, mail.failure_reason) if part)
        entries.append(Entry(at=mail.failed_at, what="failed", told=f"o{mail_id} {why}"))
    return entries


def planned(mail: OutgoingMail) -> str:
    doubled = ", may be doubled" if mail.may_be_doubled else ""
    to = f"p{mail.person_id}" if mail.person_id else hidden(mail.address)
    why = f" ({mail.ended_why})" if mail.ended_why else ""
    return f"o{mail.id} {mail.kind} to {to}, due {mail.due_at:%H:%M:%S}, now {mail.state}{why}{doubled}"


def of_inbound(session: Session, inbound_id: InboundMailId) -> list[Entry]:
    """The life of an inbound mail: arrivals, and for each filing the chain of findings."""
    entries = []
    for each in inbox.arrivals_of(session, inbound_id):
        entries.append(Entry(at=each.happened_at, what="arrived", told=arrived(each)))
        if each.filed_at:
            entries.append(Entry(at=each.filed_at, what=str(each.state), told=each.error or each.ended_why or ""))
    for filing in inbox.filings_of(session, inbound_id):
        entries += chain(filing)
    return entries


def arrived(arrival: Arrival) -> str:
    return f"a{arrival.id} by {arrival.way} to {hidden(arrival.envelope_to)}"


def chain(filing: Filing) -> list[Entry]:
    steps = [Entry(at=filing.filed_at, what=str(each["step"]), told=str(each["found"])) for each in filing.findings]
    ends = " ".join(
        part
        for part in (
            f"f{filing.id} {filing.outcome} ({filing.reason})",
            f"in c{filing.conversation_id}" if filing.conversation_id else "",
            f"as m{filing.message_id}" if filing.message_id else "",
        )
        if part
    )
    return [*steps, Entry(at=filing.filed_at, what="outcome", told=ends)]
