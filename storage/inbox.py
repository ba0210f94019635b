"""Inbound mail: kept once as bytes, arrived one or more times, filed once per address.

``keep_mail`` is what the sink commits before it says 250. A copy of what is there already changes nothing, so that a
peer that tries again gets its 250 too.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.orm import Session

from storage.reading_ahead import put, remembered, unknown
from storage.records import (
    Arrival,
    ArrivalId,
    ConversationId,
    Filing,
    FilingId,
    InboundMail,
    InboundMailId,
    MessageId,
    OutgoingMailId,
    PersonId,
)
from storage.rows import change, columns_of, read_all, read_one, selecting
from storage.statements import add_row_if_new, change_by, read_all_by, read_among, read_by
from storage.states import ArrivalState, Outcome, Way
from storage.tables.inbox import arrivals, filings, inbound_mails

RAW_COLUMN_BYTES = 256 * 1024
"""Raw mail up to this size lives in its row, so that one commit keeps it; a larger one is a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMail:
    """A mail as the sink or the collector took it. Exactly one of ``raw`` and ``raw_path`` is given."""

    sha256: str
    size: int
    raw: bytes | None
    raw_path: str | None
    way: Way
    envelope_from: str | None
    recipients: tuple[str, ...]
    peer: str | None = None
    mailbox: str | None = None
    uidvalidity: int | None = None
    uid: int | None = None
    happened_at: datetime | None = None


def keep_mail(session: Session, mail: KeptMail, *, now: datetime) -> list[ArrivalId]:
    """Keep the bytes and one arrival per recipient; the arrivals that are new."""
    inbound_id = add_row_if_new(
        session,
        inbound_mails,
        sha256=mail.sha256,
        size=mail.size,
        raw=mail.raw,
        raw_path=mail.raw_path,
        kept_at=now,
    )
    if inbound_id is None:
        inbound_id = session.execute(
            select(inbound_mails.c.id).where(inbound_mails.c.sha256 == mail.sha256)
        ).scalar_one()
    made = [add_arrival(session, inbound_id, mail, recipient, now=now) for recipient in mail.recipients or ("",)]
    return [ArrivalId(each) for each in made if each is not None]


def add_arrival(session: Session, inbound_id: int, mail: KeptMail, recipient: str, *, now: datetime) -> int | None:
    return add_row_if_new(
        session,
        arrivals,
        inbound_mail_id=inbound_id,
        sha256=mail.sha256,
        way=mail.way,
        mailbox=mail.mailbox,
        uidvalidity=mail.uidvalidity,
        uid=mail.uid,
        envelope_from=mail.envelope_from,
        envelope_to=recipient,
        peer=mail.peer,
        happened_at=mail.happened_at or now,
        state=ArrivalState.KEPT,
        due_at=now,
    )


def inbound_mail(session: Session, inbound_id: InboundMailId) -> InboundMail | None:
    return read_by(session, InboundMail, inbound_mails, id=inbound_id)


def inbound_mails_by_ids(session: Session, ids: Collection[InboundMailId]) -> dict[InboundMailId, InboundMail]:
    return {each.id: each for each in read_among(session, InboundMail, inbound_mails, "id", ids)}


def arrival(session: Session, arrival_id: ArrivalId) -> Arrival | None:
    return read_by(session, Arrival, arrivals, id=arrival_id)


ARRIVALS = "arrivals of a mail"


def arrivals_of(session: Session, inbound_id: InboundMailId) -> list[Arrival]:
    def read() -> list[Arrival]:
        return read_all_by(session, Arrival, arrivals, inbound_mail_id=inbound_id)

    return remembered(session, ARRIVALS, inbound_id, read)


def read_arrivals_ahead(session: Session, inbound_ids: Collection[InboundMailId]) -> None:
    asked, found = unknown(session, ARRIVALS, inbound_ids), dict[InboundMailId, list[Arrival]]()
    for each in read_among(session, Arrival, arrivals, "inbound_mail_id", asked):
        found.setdefault(each.inbound_mail_id, []).append(each)
    put(session, ARRIVALS, asked, found, [])


def due_arrivals(session: Session, now: datetime, *, most: int) -> list[ArrivalId]:
    due = select(arrivals.c.id).where(
        arrivals.c.state == ArrivalState.KEPT,
        arrivals.c.due_at <= now,
        or_(arrivals.c.lease_until.is_(None), arrivals.c.lease_until < now),
    )
    return [ArrivalId(row.id) for row in session.execute(due.order_by(arrivals.c.due_at, arrivals.c.id).limit(most))]


def claim_arrival(session: Session, arrival_id: ArrivalId, now: datetime, *, lease: timedelta) -> Arrival | None:
    """Take one arrival for filing. A lease that ran out counts as lost: its worker died."""
    free = or_(arrivals.c.lease_until.is_(None), arrivals.c.lease_until < now)
    was_lost = case((arrivals.c.lease_until.is_(None), 0), else_=1)
    taken = (
        update(arrivals)
        .where(arrivals.c.id == arrival_id, arrivals.c.state == ArrivalState.KEPT, arrivals.c.due_at <= now, free)
        .values(fence=arrivals.c.fence + 1, lease_until=now + lease, lost_leases=arrivals.c.lost_leases + was_lost)
        .returning(*columns_of(Arrival, arrivals))
    )
    row = session.execute(taken).first()
    return None if row is None else Arrival(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def write_arrival(session: Session, arrival_id: ArrivalId, fence: int, **values: Any) -> bool:
    """Write what filing found and give the lease back, if this try still owns the arrival."""
    mine = {"id": arrival_id, "fence": fence, "state": ArrivalState.KEPT}
    return change_by(session, arrivals, mine, lease_until=None, **values) == 1


def reopen_arrival(session: Session, arrival_id: ArrivalId, *, now: datetime) -> bool:
    """Out of quarantine, to be filed again."""
    shelved = (arrivals.c.id == arrival_id, arrivals.c.state == ArrivalState.QUARANTINED)
    fresh = {"state": ArrivalState.KEPT, "due_at": now, "errors": 0, "lost_leases": 0, "filed_at": None}
    return change(session, arrivals, *shelved, **fresh) == 1


def add_filing(
    session: Session,
    *,
    inbound_id: InboundMailId,
    fingerprint: str,
    signed_address: str,
    outcome: Outcome,
    reason: str | None,
    sender: str | None,
    mail_message_id: str | None,
    findings: Sequence[dict[str, Any]],
    now: datetime,
    conversation_id: ConversationId | None = None,
    person_id: PersonId | None = None,
    outgoing_mail_id: OutgoingMailId | None = None,
) -> FilingId | None:
    """The outcome of a mail at an address; None when the same mail was filed there before (by whatever way it came)."""
    made = add_row_if_new(
        session,
        filings,
        inbound_mail_id=inbound_id,
        fingerprint=fingerprint,
        signed_address=signed_address,
        outcome=outcome,
        reason=reason,
        sender=sender,
        mail_message_id=mail_message_id,
        findings=list(findings),
        filed_at=now,
        conversation_id=conversation_id,
        person_id=person_id,
        outgoing_mail_id=outgoing_mail_id,
    )
    return None if made is None else FilingId(made)


def take_over_ignored(session: Session, filing_id: FilingId, **values: Any) -> FilingId | None:
    """Give an ignored filing another outcome; None when it was not ignored."""
    ignored = (filings.c.id == filing_id, filings.c.outcome == Outcome.IGNORED)
    return filing_id if change(session, filings, *ignored, **values) else None


def filing(session: Session, filing_id: FilingId) -> Filing | None:
    return read_by(session, Filing, filings, id=filing_id)


def filing_at(session: Session, fingerprint: str, signed_address: str) -> Filing | None:
    return read_by(session, Filing, filings, fingerprint=fingerprint, signed_address=signed_address)


def filings_of(session: Session, inbound_id: InboundMailId) -> list[Filing]:
    wanted = selecting(Filing, filings, filings.c.inbound_mail_id == inbound_id)
    return read_all(session, Filing, wanted.order_by(filings.c.id))


def was_filed(session: Session, mail_message_id: str) -> bool:
    wanted = select(filings.c.id).where(filings.c.mail_message_id == mail_message_id).limit(1)
    return session.execute(wanted).first() is not None


def was_kept(session: Session, sha256: str) -> bool:
    wanted = select(inbound_mails.c.id).where(inbound_mails.c.sha256 == sha256).limit(1)
    return session.execute(wanted).first() is not None


def filing_of_message(session: Session, message_id: MessageId) -> Filing | None:
    return read_one(session, Filing, selecting(Filing, filings, filings.c.message_id == message_id))


def update_filing(session: Session, filing_id: FilingId, **values: Any) -> None:
    change_by(session, filings, {"id": filing_id}, **values)


def list_arrivals(
    session: Session,
    *,
    states: Collection[ArrivalState] = tuple(ArrivalState),
    outcomes: Collection[Outcome] = (),
    most: int = 100,
) -> list[tuple[Arrival, Filing | None]]:
    """Newest first; with ``outcomes``, only arrivals whose filing has one of them."""
    wanted = selecting(Arrival, arrivals, arrivals.c.state.in_(states))
    if outcomes:
        wanted = wanted.where(arrivals.c.filing_id.in_(select(filings.c.id).where(filings.c.outcome.in_(outcomes))))
    found = read_all(session, Arrival, wanted.order_by(arrivals.c.id.desc()).limit(most))
    ids = [each.filing_id for each in found if each.filing_id is not None]
    by_id = {each.id: each for each in read_all(session, Filing, selecting(Filing, filings, filings.c.id.in_(ids)))}
    return [(each, by_id.get(each.filing_id) if each.filing_id else None) for each in found]


def mail_of_person_in(session: Session, conversation_id: ConversationId, person_id: PersonId) -> Filing | None:
    """The last mail that this person wrote into the conversation, for the thread headers of the next one to him."""
    theirs = (filings.c.conversation_id == conversation_id, filings.c.person_id == person_id)
    wanted = selecting(Filing, filings, *theirs, filings.c.message_id.is_not(None))
    return read_one(session, Filing, wanted.order_by(filings.c.id.desc()))


def quarantined_with(session: Session, error: str) -> list[Arrival]:
    """Everything on the shelf with this error, oldest first."""
    here = (arrivals.c.state == ArrivalState.QUARANTINED, arrivals.c.error == error)
    return read_all(session, Arrival, selecting(Arrival, arrivals, *here).order_by(arrivals.c.id))


def count_quarantined(session: Session, error: str) -> int:
    here = (arrivals.c.state == ArrivalState.QUARANTINED, arrivals.c.error == error)
    return int(session.execute(select(func.count()).where(*here)).scalar_one())


def count_arrivals(session: Session) -> dict[ArrivalState, int]:
    counted = select(arrivals.c.state, func.count()).group_by(arrivals.c.state)
    return {row[0]: int(row[1]) for row in session.execute(counted)}
