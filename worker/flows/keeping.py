"""Keep what the sink took, durably, before it says 250 (DESIGN.md invariant 1).

``Keeping`` is the house's side of the sink: it fits ``worker.mail.sink.Desk`` without knowing it. A mail up to 256 kB
is a column of its row, so that one commit keeps it; a larger one comes as a file of the spool, is moved to its place,
and then gets its row. A file whose row then could not be written stays: another sink may be keeping the same mail at
this moment, so only the sweep, a day later, may take it away.

Order: bytes and arrivals in one commit, then the answer and the bell. A copy of what is there changes nothing and gets
its 250. Faults of the database and the disk are ``TemporaryFailure``, with ``full`` where space is what is missing.
"""

import asyncio
import errno
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import structlog

from storage.database import DatabaseDown
from storage.files import FilesDown
from storage.inbox import KeptMail
from storage.inbox_groups import keep_mails
from storage.records import ArrivalId
from storage.states import Way
from worker.core.failures import TemporaryFailure
from worker.flows.group_commit import GroupCommitter, Waiting, tell
from worker.flows.house import House
from worker.flows.ports import Bell
from worker.flows.recipients import Known, Unknown, judge_at_sight, judge_recipient

log = structlog.get_logger("navette.sink")

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
DISK_FULL = "53100"
"""PostgreSQL's SQLSTATE for it."""

Outcomes = tuple[TemporaryFailure | None, ...]
"""One per recipient, in their order: None where it is kept."""


class Taken(Protocol):
    """A mail as the sink took it."""

    @property
    def sha256(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def raw(self) -> bytes | None: ...
    @property
    def path(self) -> Path | None: ...
    @property
    def envelope_from(self) -> str: ...
    @property
    def recipients(self) -> tuple[str, ...]: ...
    @property
    def peer(self) -> str | None: ...
    @property
    def way(self) -> str: ...


def never(_point: str) -> None:
    """No fault point is armed."""


class Keeping:
    """``start`` and ``stop`` once each. ``reach`` is called at the named fault points of the kill tests."""

    def __init__(self, house: House, *, reach: Callable[[str], None] = never) -> None:
        self._house = house
        self._reach = reach
        self._committer: GroupCommitter[KeptMail, Outcomes] = GroupCommitter(self._commit, self._give_up)
        self._ringer = Ringer(house.bell)
        self._is_open = False

    def start(self) -> None:
        self._committer.start()
        self._is_open = True

    def stop(self) -> None:
        """Commit what waits, then take no more. Blocks; call it when the sink has stopped."""
        self._is_open = False
        self._committer.stop()
        self._ringer.stop()

    def judge_at_sight(self, recipient: str) -> Known | Unknown | None:
        return judge_at_sight(self._house, recipient)

    def judge(self, recipient: str) -> Known | Unknown:
        return judge_recipient(self._house, recipient)

    def spool_path(self) -> Path:
        with told_as_temporary():
            return self._house.files.spool_path()

    async def keep(self, mail: Taken) -> Outcomes:
        """One outcome per recipient. Goes on when the session that waits is cancelled: what was begun is kept."""
        if not self._is_open:
            raise TemporaryFailure("the sink is stopping")
        waiting = self._committer.wait_for(as_kept(mail))
        if mail.path is None:
            self._committer.put(waiting)
        else:
            waiting.loop.run_in_executor(None, self._adopt, waiting, mail.path)
        return await asyncio.shield(waiting.future)

    def _adopt(self, waiting: Waiting[KeptMail, Outcomes], spooled: Path) -> None:
        """In a thread of its own: a folder's fsync for a large mail does not hold the commits of small ones."""
        mail = waiting.item
        try:
            with told_as_temporary():
                raw_path = self._house.files.adopt_inbound(mail.sha256, spooled)
        except Exception as fault:  # noqa: BLE001 - the outermost line of a thread: somebody waits for its answer
            tell([waiting], [self._give_up(mail, fault)])
            return
        self._committer.put(replace(waiting, item=replace(mail, raw_path=raw_path)))

    def _commit(self, group: Sequence[KeptMail]) -> list[Outcomes]:
        """One transaction."""
        with told_as_temporary(), self._house.database.writing() as session:
            made = keep_mails(session, group, now=self._house.now(session))
            self._reach("sink.before_commit")
        self._reach("sink.after_commit")
        self._ringer.ring([each for ids in made for each in ids])
        for mail, ids in zip(group, made, strict=True):
            log.info("kept", arrivals=ids, size=mail.size, way=mail.way.value)
        return [(None,) * len(mail.recipients) for mail in group]

    def _give_up(self, mail: KeptMail, fault: Exception) -> Outcomes:
        """A mail that broke alone is tried for each of its recipients: LMTP answers for each."""
        if isinstance(fault, TemporaryFailure):
            return (fault,) * len(mail.recipients)
        if len(mail.recipients) == 1:
            log.error("not_kept", kind=type(fault).__name__, size=mail.size, way=mail.way.value)
            return (TemporaryFailure("this mail could not be kept"),)
        return tuple(
            outcome
            for each in mail.recipients
            for outcome in self._committer.settle([replace(mail, recipients=(each,))])[0]
        )


class Ringer:
    """Rings in a thread of its own: a frozen Redis may take seconds, and nobody's 250 waits for a bell.

    What came together meanwhile is rung at once; what is never rung is found by the sweep.
    """

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._unrung: list[ArrivalId] = []
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="bell")

    def ring(self, ids: Sequence[ArrivalId]) -> None:
        """Wake the thread only when nothing waits for it yet: it takes all there is, and a wakeup costs more."""
        if ids:
            with self._lock:
                is_woken = bool(self._unrung)
                self._unrung.extend(ids)
            if not is_woken:
                self._thread.submit(self._ring_all)

    def stop(self) -> None:
        self._thread.shutdown()

    def _ring_all(self) -> None:
        with self._lock:
            ids, self._unrung = self._unrung, []
        if ids:
            self._bell.ring_inbound(ids)


def as_kept(mail: Taken) -> KeptMail:
    return KeptMail(
        sha256=mail.sha256,
        size=mail.size,
        raw=mail.raw,
        raw_path=None,
        way=Way(mail.way),
        envelope_from=mail.envelope_from,
        recipients=mail.recipients,
        peer=mail.peer,
    )


@contextmanager
def told_as_temporary() -> Iterator[None]:
    try:
        yield
    except (DatabaseDown, FilesDown, OSError) as fault:
        raise TemporaryFailure(type(fault).__name__, full=is_about_space(fault)) from fault


def is_about_space(fault: BaseException | None) -> bool:
    """Whether space is what was missing, by the first cause: of the system, of SQLite, of PostgreSQL."""
    while fault is not None:
        if isinstance(fault, OSError) and fault.errno in NO_SPACE:
            return True
        if getattr(fault, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        if getattr(fault, "sqlstate", None) == DISK_FULL:
            return True
        fault = fault.__cause__
    return False
