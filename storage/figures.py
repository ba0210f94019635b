"""Counts and ages for the metrics: numbers only, never who or what."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.states import ArrivalState, MailState, Outcome
from storage.tables.inbox import arrivals, filings, watched_mailboxes
from storage.tables.mail import outgoing_mails


def mails_by_state(session: Session) -> dict[str, int]:
    counted = select(outgoing_mails.c.state, func.count()).group_by(outgoing_mails.c.state)
    return {str(row[0]): int(row[1]) for row in session.execute(counted)}


def arrivals_by_state(session: Session) -> dict[str, int]:
    counted = select(arrivals.c.state, func.count()).group_by(arrivals.c.state)
    return {str(row[0]): int(row[1]) for row in session.execute(counted)}


def filings_by_outcome(session: Session) -> dict[str, int]:
    counted = select(filings.c.outcome, func.count()).group_by(filings.c.outcome)
    return {str(row[0]): int(row[1]) for row in session.execute(counted)}


def held_mails(session: Session) -> int:
    waiting = (filings.c.outcome == Outcome.HELD, filings.c.settled_at.is_(None))
    return int(session.execute(select(func.count()).select_from(filings).where(*waiting)).scalar_one())


def oldest_due(session: Session, now: datetime) -> dict[str, float]:
    """Seconds that the oldest due outgoing mail and the oldest unfiled arrival are late; 0 when nothing is due."""
    waiting = outgoing_mails.c.state.in_((MailState.WAITING, MailState.QUEUED))
    mail = select(func.min(outgoing_mails.c.due_at)).where(waiting, outgoing_mails.c.due_at <= now)
    arrival = select(func.min(arrivals.c.due_at)).where(arrivals.c.state == ArrivalState.KEPT, arrivals.c.due_at <= now)
    found = {"outgoing": session.execute(mail).scalar_one(), "inbound": session.execute(arrival).scalar_one()}
    return {name: (now - at).total_seconds() if at else 0.0 for name, at in found.items()}


def quarantined(session: Session) -> tuple[int, datetime | None]:
    """How many arrivals are in quarantine, and since when the oldest of them lies there."""
    on_shelf = arrivals.c.state == ArrivalState.QUARANTINED
    counted = session.execute(select(func.count(), func.min(arrivals.c.filed_at)).where(on_shelf)).one()
    return int(counted[0]), counted[1]


def mailbox_ages(session: Session, now: datetime) -> dict[str, float]:
    """Seconds since all or some of a watched mailbox was read, by its name."""
    known = session.execute(select(watched_mailboxes.c.mailbox, watched_mailboxes.c.last_read_at))
    return {str(name): max(0.0, (now - at).total_seconds()) for name, at in known}
