"""What the out-of-office answers of people said. Evidence, not an absence that acts: those are rows of their own.

An answer counts until the last day it named. One that named none counts for ``UNDATED``, or until the person writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from storage.records import InboundMailId, PersonId
from storage.rows import add_if_new, columns_of, read_all
from storage.tables.people import out_of_office_answers, people

UNDATED = timedelta(days=14)
answers = out_of_office_answers


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfOffice:
    """``until_on``: the last day away; ``replacements``: name, address and phone of each, empty where not given."""

    person_id: PersonId
    inbound_mail_id: InboundMailId
    from_on: date | None
    until_on: date | None
    back_on: date | None
    replacements: list[dict[str, Any]]
    came_at: datetime


def keep_answer(session: Session, answer: OutOfOffice) -> bool:
    """False when this mail was noted for this person before."""
    made = add_if_new(
        session,
        answers,
        person_id=answer.person_id,
        inbound_mail_id=answer.inbound_mail_id,
        from_on=answer.from_on,
        until_on=answer.until_on,
        back_on=answer.back_on,
        replacements=answer.replacements,
        came_at=answer.came_at,
    )
    return made is not None


def present_answers(session: Session, ids: Sequence[PersonId], *, now: datetime) -> dict[PersonId, OutOfOffice]:
    """The newest answer of each of these people that still counts. Days are those of UTC: a few hours off at most."""
    undated = and_(
        answers.c.until_on.is_(None),
        answers.c.came_at > now - UNDATED,
        or_(people.c.last_wrote_at.is_(None), people.c.last_wrote_at <= answers.c.came_at),
    )
    counts = or_(answers.c.until_on >= now.date(), undated)
    wanted = (
        select(*columns_of(OutOfOffice, answers))
        .join(people, people.c.id == answers.c.person_id)
        .where(answers.c.person_id.in_(ids), counts)
    )
    found = read_all(session, OutOfOffice, wanted.order_by(answers.c.came_at, answers.c.id))
    return {each.person_id: each for each in found}
