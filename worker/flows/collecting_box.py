"""A mailbox as one process collects it: its name in rows, its number in logs, its folders, its lease.

One leader per mailbox by a lease. Every transaction of collecting confirms the lease first (``Box.writing``), so that a
leader that was away too long writes nothing behind its follower's back.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage import operation
from storage.records import ArrivalId
from worker.core.collecting_rules import LEASE
from worker.flows.house import House


class LeaseLost(Exception):  # noqa: N818 - a state of the world, named as one reads it
    """Another process leads this mailbox by now: nothing of this round may be written."""


class Lease:
    """``holder``: a name no other thread of any process has."""

    def __init__(self, house: House, mailbox: str, holder: str) -> None:
        self._house = house
        self._name = f"collect:{mailbox}"
        self._holder = holder
        self._fence: int | None = None
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Become the leader, or stay it. False: another one leads."""
        with self._house.database.writing() as session:
            fence = self._ask(session, self._house.now(session), LEASE)
        with self._lock:
            is_mine = fence is not None and self._fence in {None, fence}
            self._fence = fence if is_mine else None
        return is_mine

    def confirm(self, session: Session, now: datetime) -> None:
        fence = self._ask(session, now, LEASE)
        if fence is None or fence != self._fence:
            raise LeaseLost

    def give_back(self) -> None:
        """The next one needs not wait until it runs out."""
        with self._house.database.writing() as session:
            self._ask(session, self._house.now(session), -timedelta(seconds=1))
        with self._lock:
            self._fence = None

    def _ask(self, session: Session, now: datetime, span: timedelta) -> int | None:
        return operation.take_lease(session, self._name, self._holder, now=now, for_=span)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectingRules:
    """``archive``: where kept mail goes, None to flag it only. ``refused``: a folder of its own for what was refused or
    quarantined. ``alarm_after``: not read for so long is told.
    """

    archive: str | None = "Archive"
    refused: str | None = None
    alarm_after: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """``suspects``: (folder, UID) of mails under way when the connection broke; they are fetched one by one."""

    house: House
    name: str
    number: int
    rules: CollectingRules
    lease: Lease
    ring: Callable[[Sequence[ArrivalId]], None]
    suspects: set[tuple[str, int]] = field(default_factory=set)

    @contextmanager
    def writing(self) -> Iterator[tuple[Session, datetime]]:
        """One short transaction of the leader, and its moment. Raises LeaseLost."""
        with self.house.database.writing() as session:
            now = self.house.now(session)
            self.lease.confirm(session, now)
            yield session, now
