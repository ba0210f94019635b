"""Held mails: which wait, for whom they were told, and the senders that nobody wants to hear of again."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.records import ConversationId, Filing, FilingId, InboundMailId, PersonId
from storage.rows import add_if_new, change, read_all, read_one, selecting
from storage.states import MailKind, Outcome
from storage.tables.inbox import blocked_senders, filings
from storage.tables.mail import answers_given, outgoing_mails

WAITING = (filings.c.outcome == Outcome.HELD, filings.c.settled_at.is_(None))


def waiting_filings(session: Session, *, most: int = 500) -> list[Filing]:
    """Every mail that is held and not decided about, oldest first."""
    return read_all(session, Filing, selecting(Filing, filings, *WAITING).order_by(filings.c.id).limit(most))


def waiting_in(session: Session, conversation_id: ConversationId) -> list[Filing]:
    wanted = selecting(Filing, filings, *WAITING, filings.c.conversation_id == conversation_id)
    return read_all(session, Filing, wanted.order_by(filings.c.id))


def waiting_of_sender(session: Session, filing: Filing, *, most: int = 50) -> list[Filing]:
    """The held mails that are decided together with this one: of the same sender, for the same conversation, held for
    the same reason.
    """
    if filing.sender is None:
        return [filing]
    there = (
        filings.c.conversation_id.is_(None)
        if filing.conversation_id is None
        else filings.c.conversation_id == filing.conversation_id
    )
    wanted = selecting(
        Filing, filings, *WAITING, filings.c.sender == filing.sender, filings.c.reason == filing.reason, there
    )
    return read_all(session, Filing, wanted.order_by(filings.c.id).limit(most))


def lock_filings(session: Session, ids: Collection[FilingId]) -> list[Filing]:
    """Locked against others who decide, until the commit, and read as they stand then (SQLite has one writer anyway);
    the lowest id first: two that lock the same ones wait, and never for each other.
    """
    wanted = selecting(Filing, filings, filings.c.id.in_(ids)).order_by(filings.c.id)
    if session.get_bind().dialect.name != "sqlite":
        wanted = wanted.with_for_update()
    return read_all(session, Filing, wanted)


def settled_of(session: Session, inbound_id: InboundMailId) -> Filing | None:
    """The mail as it was decided about last, when it was held once."""
    settled = (filings.c.inbound_mail_id == inbound_id, filings.c.settled_at.is_not(None))
    return read_one(session, Filing, selecting(Filing, filings, *settled).order_by(filings.c.settled_at.desc()))


def untold_filings(session: Session, *, most: int = 200) -> list[Filing]:
    wanted = selecting(Filing, filings, *WAITING, filings.c.told_at.is_(None))
    return read_all(session, Filing, wanted.order_by(filings.c.id).limit(most))


def overdue_filings(session: Session, *, before: datetime, most: int = 200) -> list[Filing]:
    """Held since before this moment, or reminded of before it, and still not decided about."""
    since = filings.c.filed_at <= before
    again = filings.c.reminded_at.is_(None) | (filings.c.reminded_at <= before)
    wanted = selecting(Filing, filings, *WAITING, since, again)
    return read_all(session, Filing, wanted.order_by(filings.c.id).limit(most))


def filings_by_ids(session: Session, ids: Sequence[int]) -> list[Filing]:
    return read_all(session, Filing, selecting(Filing, filings, filings.c.id.in_(ids)).order_by(filings.c.id))


def note_told(session: Session, ids: Sequence[FilingId], *, now: datetime) -> None:
    change(session, filings, filings.c.id.in_(ids), filings.c.told_at.is_(None), told_at=now)


def note_reminded(session: Session, ids: Sequence[FilingId], *, now: datetime) -> None:
    change(session, filings, filings.c.id.in_(ids), reminded_at=now, told_at=now)


def block_sender(session: Session, address: str, *, by_id: PersonId, now: datetime) -> None:
    add_if_new(session, blocked_senders, address=address, by_id=by_id, created_at=now)


def is_blocked(session: Session, address: str) -> bool:
    return session.execute(select(blocked_senders.c.id).where(blocked_senders.c.address == address)).first() is not None


def may_answer_today(session: Session, address: str, reason: str, *, now: datetime) -> bool:
    """At most one answer of ours per address, reason and day; True for the first who asks, and then no more."""
    day = f"{now:%Y-%m-%d}"
    return add_if_new(session, answers_given, address=address, reason=reason, day=day, created_at=now) is not None


def answers_since(
    session: Session,
    person_id: PersonId,
    about: ConversationId | None,
    *,
    since: datetime,
    kind: MailKind = MailKind.COMMAND_ANSWER,
) -> int:
    """Answers of ours about this conversation: they are of none, or of another, and name it in their details."""
    same = (outgoing_mails.c.person_id == person_id, outgoing_mails.c.kind == kind)
    wanted = select(outgoing_mails.c.details).where(*same, outgoing_mails.c.created_at >= since)
    return sum((each or {}).get("about") == about for each in session.scalars(wanted))
