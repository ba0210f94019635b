"""The nouns of collecting: how far a folder was read, which UIDs the server could not give. Standard library only."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records import ArrivalId
from storage.states import ArrivalState, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxPosition:
    """All UIDs up to ``last_uid`` are dealt with: kept, passed over by a rule, or recorded as missing.

    Up to ``old_until_uid`` the folder holds old mail, of which only what came at or after ``old_since`` is wanted
    (after a new UIDVALIDITY, or on request); 0 when there is none.
    """

    uidvalidity: int
    last_uid: int
    first_seen_at: datetime
    last_good_at: datetime | None = None
    old_until_uid: int = 0
    old_since: datetime | None = None


class SettledAs(StrEnum):
    """What became of a UID that the server could not give."""

    GIVEN = "given"
    GONE = "gone"
    """Moved or deleted by a person or a rule before we had it."""
    PASSED_OVER = "passed_over"
    """It could be looked at after all, and is none we want: too old, or junk that is not for us."""
    RENUMBERED = "renumbered"
    """The folder has a new UIDVALIDITY: the mail, if it is still there, has another UID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingUid:
    uid: int
    tries: int
    first_tried_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UntoldArrival:
    """Kept, but the server was not told yet. ``outcome`` is None while it is not filed, or quarantined."""

    id: ArrivalId
    uid: int
    state: ArrivalState
    outcome: Outcome | None
