"""The brake: when a writer's mails come like a machine's (DESIGN.md section 5). Pure; the flow gathers ``Past``.

All is about one sender in one conversation within the window (120 minutes). In this order:

- three mails in a row that repeat one text, or that each follow another mail of ours at once (60 seconds): held;
- above 200 mails: held;
- above 20 mails: filed, but copies to the others join into one mail per window.

Files make mails differ: twenty-five photos in twenty-five mails with one text are no loop. Several mails after one mail
of ours count once: a person sends what he forgot. Words too short to say anything ("ok") are no repetition.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

TIMES = 3
SHORTEST_REPEATED = 12
"""Characters."""


class Brake(StrEnum):
    MANY = "many_mails"
    TOO_MANY = "too_many_mails"
    REPEATS = "repeats_one_text"
    QUICK = "answers_within_a_minute"

    @property
    def holds(self) -> bool:
        return self is not Brake.MANY


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMail:
    happened_at: datetime
    text: str
    has_files: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """``count``: his mails in the window so far, posted or held by the brake; ``last``: the posted ones, newest first,
    ``TIMES`` - 1 at most; ``ours``: for each mail of ours to him in this conversation the times at which it went.
    """

    count: int
    last: tuple[PastMail, ...]
    ours: tuple[tuple[datetime, ...], ...]


def brake(present: PastMail, past: Past, *, free: int, most: int, at_once: timedelta) -> Brake | None:
    """``free``: so many mails go unbraked; ``most``: so many are filed; ``at_once``: nobody's when it is zero."""
    row = (present, *past.last)[:TIMES]
    if len(row) == TIMES and repeats(row):
        return Brake.REPEATS
    if len(row) == TIMES and at_once and are_quick(row, past.ours, at_once):
        return Brake.QUICK
    if past.count >= most:
        return Brake.TOO_MANY
    return Brake.MANY if past.count >= free else None


def repeats(row: tuple[PastMail, ...]) -> bool:
    texts = {" ".join(each.text.casefold().split()) for each in row}
    return len(texts) == 1 and len(min(texts)) >= SHORTEST_REPEATED and not any(each.has_files for each in row)


def are_quick(row: tuple[PastMail, ...], ours: tuple[tuple[datetime, ...], ...], at_once: timedelta) -> bool:
    """Does each follow another mail of ours?"""
    followed = {followed_mail(each, ours, at_once) for each in row}
    return None not in followed and len(followed) == len(row)


def followed_mail(mail: PastMail, ours: tuple[tuple[datetime, ...], ...], at_once: timedelta) -> int | None:
    """The position of the last mail of ours that went right before it."""
    found = [
        position
        for position, times in enumerate(ours)
        if any(timedelta(0) <= mail.happened_at - at <= at_once for at in times)
    ]
    return found[-1] if found else None
