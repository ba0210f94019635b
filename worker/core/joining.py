"""When a message's mail goes out, and which waiting mail it joins (DESIGN.md section 4, "Undo window and joining").

A message written in the portal keeps a whole undo window; one that came by mail goes at once, but a contact's mails to
a case manager join for longer: twenty-five photos in twenty-five mails are one mail.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.records import OutgoingMail
from storage.states import Origin, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """All in seconds."""

    undo_seconds: int = 60
    join_inbound_seconds: int = 180
    undo_max_seconds: int = 300


@dataclass(frozen=True, slots=True)
class Joins:
    mail: OutgoingMail
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Starts:
    """A mail of its own. ``releases``: the waiting mail that takes no more messages and keeps its own time."""

    due_at: datetime
    releases: OutgoingMail | None


def window_of(windows: Windows, origin: Origin, author_side: Side, reader_side: Side) -> timedelta:
    if origin is Origin.PORTAL:
        return timedelta(seconds=windows.undo_seconds)
    if origin is Origin.MAIL and author_side is Side.CLIENT and reader_side is Side.FIRM:
        return timedelta(seconds=windows.join_inbound_seconds)
    return timedelta(0)


def plan_mail(
    windows: Windows, window: timedelta, now: datetime, *, waiting: OutgoingMail | None, others_wrote_since: bool
) -> Joins | Starts:
    """``waiting``: this author's open mail to this person; ``others_wrote_since``: anybody else since its first."""
    due_at = now + window
    if waiting is None:
        return Starts(due_at, None)
    latest = waiting.opened_at + timedelta(seconds=windows.undo_max_seconds)
    if others_wrote_since or due_at > latest or waiting.due_at <= now:
        return Starts(due_at, waiting)
    return Joins(waiting, max(due_at, waiting.due_at))


def plan_braked(window: timedelta, now: datetime, *, waiting: OutgoingMail | None) -> Joins | Starts:
    """One mail per window, whoever wrote in between: what waits goes at its time, the next one a window later."""
    if waiting is not None and waiting.due_at > now:
        return Joins(waiting, waiting.due_at)
    return Starts(now + window, waiting)
