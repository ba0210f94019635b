"""Which mails of a folder are collected, in what portions, and when somebody must hear that they are not.

- **First sight** of a folder: what is there is old and stays unread by us; the position is UIDNEXT - 1.
- After that every UID above the last one counts, read or unread: a person who reads or flags mail hides nothing.
- **New UIDVALIDITY** (a restore, a move to another server): all numbers are new. Of what is there, only mail with an
  INTERNALDATE after the first sight and after the last good collection - 7 days is read again; fingerprints find what
  was filed before. The same when numbers go back under one UIDVALIDITY, which no server may do and some did.
- A re-read that is interrupted keeps its bound: the position carries it (``old_until_uid``, ``old_since``).
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from storage.mailbox_records import MailboxPosition, MissingUid
from storage.states import ArrivalState, Outcome
from worker.core.failures import TemporaryFailure

INBOX = "INBOX"
REREAD = timedelta(days=7)
LEASE = timedelta(seconds=20)
LEASE_EVERY_S = 5.0
"""Renewed, and asked for by the others, this often: a dead leader is followed within LEASE + LEASE_EVERY_S."""
IDLE_S = 9 * 60.0
"""Servers and firewalls end an IDLE that is silent for ten minutes and more (RFC 2177 allows 29)."""
FIRST_RETRY = timedelta(minutes=1)
TRIES_BEFORE_ALARM = 3
MOST_IN_BATCH = 100
MOST_BATCH_BYTES = 4 * 2**20
LARGE_BYTES = 2**20
"""A mail from this size on is fetched alone, in pieces, into a file."""


class ConnectionLost(TemporaryFailure):
    """The mailbox's server went away or spoke nonsense: connect again; what was under way counts as not done."""


class CannotGive(Exception):  # noqa: N818 - named by the reaction
    """The server has the mail and does not give it: record the UID and go on with the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A folder as SELECT shows it. ``is_certain``: the server itself named ``next_uid``."""

    uidvalidity: int
    next_uid: int
    is_certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One mail of a folder. ``size``: what the server says (RFC822.SIZE), which is a hint, for some lie.

    ``came_at``: INTERNALDATE, None where the server gives none that can be read.
    """

    uid: int
    size: int
    came_at: datetime | None


class SightKind(StrEnum):
    SAME = "same"
    FIRST_SIGHT = "first_sight"
    NEW_UIDVALIDITY = "new_uidvalidity"
    NUMBERS_WENT_BACK = "numbers_went_back"


def position_at(
    known: MailboxPosition | None,
    sight: Sight,
    *,
    now: datetime,
    oldest_missing_at: datetime | None = None,
) -> tuple[MailboxPosition, SightKind]:
    """Where to go on in a folder that was just opened. ``oldest_missing_at``: of the UIDs still to be retried."""
    if known is None:
        first = MailboxPosition(uidvalidity=sight.uidvalidity, last_uid=sight.next_uid - 1, first_seen_at=now)
        return first, SightKind.FIRST_SIGHT
    went_back = sight.is_certain and sight.next_uid <= known.last_uid
    if known.uidvalidity == sight.uidvalidity and not went_back:
        return known, SightKind.SAME
    fresh = replace(
        known,
        uidvalidity=sight.uidvalidity,
        last_uid=0,
        old_until_uid=sight.next_uid - 1,
        old_since=reread_bound(known, oldest_missing_at),
    )
    is_new = known.uidvalidity != sight.uidvalidity
    return fresh, SightKind.NEW_UIDVALIDITY if is_new else SightKind.NUMBERS_WENT_BACK


def reread_bound(known: MailboxPosition, oldest_missing_at: datetime | None) -> datetime:
    """INTERNALDATE has whole seconds, so the bound has too."""
    surely_had = known.last_good_at or known.first_seen_at
    if oldest_missing_at is not None:
        surely_had = min(surely_had, oldest_missing_at)
    bound = max(known.first_seen_at, surely_had - REREAD)
    if known.old_since is not None and known.last_uid < known.old_until_uid:
        bound = min(bound, known.old_since)  # an earlier re-read is not finished
    return bound.replace(microsecond=0)


def position_to_take(known: MailboxPosition, since: datetime) -> MailboxPosition:
    """Older mail is asked for: everything up to here is looked at again, from ``since`` on."""
    until = max(known.last_uid, known.old_until_uid)
    if known.old_since is not None and known.last_uid < known.old_until_uid:
        since = min(since, known.old_since)
    return replace(known, last_uid=0, old_until_uid=until, old_since=since)


def is_recent(position: MailboxPosition, look: Look) -> bool:
    """Of what was there before a re-read began, only what came since its bound."""
    if look.uid > position.old_until_uid or position.old_since is None:
        return True
    return look.came_at is not None and look.came_at >= position.old_since


def gone_between(last: int, uids: Sequence[int]) -> int:
    """How many numbers after ``last`` are not there any more: a person or a rule took those mails away first."""
    return sum(after - before - 1 for before, after in pairwise([last, *uids]))


def portions(looks: Sequence[Look], alone: AbstractSet[int] = frozenset()) -> Iterator[tuple[Look, ...]]:
    """In the order of UIDs: batches within the bounds; each large mail, and each of ``alone``, by itself."""
    batch: list[Look] = []
    size = 0
    for look in sorted(looks, key=lambda each: each.uid):
        by_itself = look.size >= LARGE_BYTES or look.uid in alone
        if batch and (by_itself or len(batch) >= MOST_IN_BATCH or size + look.size > MOST_BATCH_BYTES):
            yield tuple(batch)
            batch, size = [], 0
        if by_itself:
            yield (look,)
        else:
            batch.append(look)
            size += look.size
    if batch:
        yield tuple(batch)


def is_large(portion: Sequence[Look]) -> bool:
    return len(portion) == 1 and portion[0].size >= LARGE_BYTES


def retry_is_due(missing: MissingUid, now: datetime) -> bool:
    """After one minute, then each time twice as long after the first try; it never ends, only gets rare."""
    return now >= missing.first_tried_at + FIRST_RETRY * ((1 << min(missing.tries, 30)) - 1)


def idle_seconds(alarm_after: timedelta) -> float:
    """A mailbox in IDLE counts as read when it ends, so that must come well before the alarm."""
    return min(IDLE_S, alarm_after.total_seconds() / 2)


class PutAway(StrEnum):
    """Where a kept mail goes in its mailbox."""

    ARCHIVE = "archive"
    REFUSED = "refused"
    WAIT = "wait"


def destination(state: ArrivalState, outcome: Outcome | None, *, has_refused_folder: bool) -> PutAway:
    """With a folder of its own for what is refused, a mail waits in its place until it is filed."""
    if not has_refused_folder:
        return PutAway.ARCHIVE
    if state is ArrivalState.KEPT:
        return PutAway.WAIT
    is_refused = state is ArrivalState.QUARANTINED or outcome is Outcome.REJECTED
    return PutAway.REFUSED if is_refused else PutAway.ARCHIVE
