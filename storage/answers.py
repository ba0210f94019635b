"""Answers of ours that are given at most once per address, reason and day."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from storage.records import OutgoingMailId
from storage.rows import add_if_new, change
from storage.tables.mail import answers_given


def may_answer(session: Session, address: str, reason: str, day: date, *, now: datetime) -> bool:
    """Takes the one answer of this day; False when it was given."""
    made = add_if_new(session, answers_given, address=address, reason=reason, day=day.isoformat(), created_at=now)
    return made is not None


def note_answer(session: Session, address: str, reason: str, day: date, mail_id: OutgoingMailId) -> None:
    same = (answers_given.c.address == address, answers_given.c.reason == reason)
    change(session, answers_given, *same, answers_given.c.day == day.isoformat(), outgoing_mail_id=mail_id)
