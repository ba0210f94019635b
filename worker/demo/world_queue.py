"""What the world took and has still to do, on disk before the door says 250.

::

    .world/received/000012.json   envelope: sender, recipients with what they asked, when, from where
    .world/received/000012.eml    the bytes, as they came (kept for ever: tests and people look here)
    .world/queue/000012.0         empty: recipient 0 of mail 12 is not done

A world that is killed goes on where it was; a mail stored in the very moment of the kill is stored again, as with any
mail server. ``Postman`` is one thread that does what is due: a try gives the seconds until the next, or None when done.
"""

import dataclasses
import heapq
import itertools
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from worker.demo.world_dsn import MailAsk, Notify, RcptAsk, Returns
from worker.demo.world_mailboxes import sync_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    address: str
    ask: RcptAsk = dataclasses.field(default_factory=RcptAsk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """``sender``: empty for the null sender; ``origin``: ``smtp``, or ``own`` for reports the world made;
    ``helo`` and ``peer``: who brought it, for the Received header; ``login``: authenticated as, empty for nobody.
    """

    sender: str
    recipients: tuple[Recipient, ...]
    received_at: datetime
    origin: str = "smtp"
    ask: MailAsk = dataclasses.field(default_factory=MailAsk)
    helo: str = ""
    peer: str = ""
    login: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldMail:
    """One mail the world took, with all its recipients. ``number``: of its files."""

    number: int
    envelope: Envelope
    content: bytes


@dataclass(slots=True, kw_only=True)
class Job:
    """One recipient of one mail on the way. ``tries``: that did not end it."""

    mail: WorldMail
    index: int
    tries: int = 0

    @property
    def recipient(self) -> Recipient:
        return self.mail.envelope.recipients[self.index]


class MailStore:
    def __init__(self, folder: Path) -> None:
        self.received = folder / "received"
        self.queue = folder / "queue"
        for made in (self.received, self.queue):
            made.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        known = [int(file.stem) for file in self.received.glob("*.eml")]
        self._numbers = itertools.count(max(known, default=0) + 1)

    def keep(self, envelope: Envelope, content: bytes) -> WorldMail:
        """On disk, and owed to every recipient, when this returns."""
        with self._lock:
            number = next(self._numbers)
        write_synced(self.received / f"{number:06}.json", json.dumps(envelope_json(envelope)).encode())
        write_synced(self.received / f"{number:06}.eml", content)
        sync_folder(self.received)
        for index in range(len(envelope.recipients)):
            (self.queue / f"{number:06}.{index}").touch()
        sync_folder(self.queue)
        return WorldMail(number=number, envelope=envelope, content=content)

    def done(self, job: Job) -> None:
        (self.queue / f"{job.mail.number:06}.{job.index}").unlink(missing_ok=True)

    def load(self, number: int) -> WorldMail:
        rows = json.loads((self.received / f"{number:06}.json").read_bytes())
        content = (self.received / f"{number:06}.eml").read_bytes()
        return WorldMail(number=number, envelope=envelope_of(rows), content=content)

    def all_mails(self) -> list[WorldMail]:
        return [self.load(int(file.stem)) for file in sorted(self.received.glob("*.eml"))]

    def open_jobs(self) -> list[Job]:
        """What an earlier run of this world left to do."""
        names = sorted(file.name.split(".") for file in self.queue.iterdir())
        return [Job(mail=self.load(int(number)), index=int(index)) for number, index in names]


def write_synced(path: Path, content: bytes) -> None:
    """Whole or not there: it has its name only when it is on disk."""
    part = path.with_suffix(path.suffix + ".part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)


def envelope_json(envelope: Envelope) -> dict[str, Any]:
    rows = dataclasses.asdict(envelope) | {"received_at": envelope.received_at.isoformat()}
    for recipient in rows["recipients"]:
        notify = recipient["ask"]["notify"]
        recipient["ask"]["notify"] = None if notify is None else sorted(notify)
    return rows


def envelope_of(rows: dict[str, Any]) -> Envelope:
    def recipient(row: dict[str, Any]) -> Recipient:
        notify = row["ask"]["notify"]
        words = None if notify is None else frozenset(Notify(word) for word in notify)
        ask = RcptAsk(notify=words, original_recipient=row["ask"]["original_recipient"])
        return Recipient(address=row["address"], ask=ask)

    returns = rows["ask"]["returns"]
    ask = MailAsk(envelope_id=rows["ask"]["envelope_id"], returns=None if returns is None else Returns(returns))
    given = {
        "recipients": tuple(recipient(row) for row in rows["recipients"]),
        "received_at": datetime.fromisoformat(rows["received_at"]),
        "ask": ask,
    }
    return Envelope(**(rows | given))


class Postman:
    """A thread that does jobs when they are due. Stopped in mid-queue it leaves the rest on disk."""

    def __init__(self, name: str, work: Callable[[Job], float | None]) -> None:
        self._work = work
        self._condition = threading.Condition()
        self._due: list[tuple[float, int, Job]] = []
        self._order = itertools.count()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._condition:
            self._stopping = True
            self._condition.notify_all()
        self._thread.join()

    def add(self, job: Job, *, after: float = 0.0) -> None:
        with self._condition:
            heapq.heappush(self._due, (time.monotonic() + after, next(self._order), job))
            self._condition.notify_all()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            again = self._work(job)
            if again is not None:
                job.tries += 1
                self.add(job, after=again)

    def _next(self) -> Job | None:
        with self._condition:
            while not self._stopping:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._condition.wait(wait)
            return None
