"""The parent's side: asks the child, outlives it. One per worker process; threads take turns.

Never raises for what a file or the child does. ``Unread.NOT_STARTED`` is our own trouble (no memory for a process, no
room for a file): nothing is known about the file then, and nobody may be told that it is bad. A child that somebody
killed (an operator, a kernel without memory) was not killed by the file: the question is asked once more.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import worker
from worker.mail.limited.framing import Silence, TooLong, framed, read_message, taker
from worker.mail.limited.questions import DEFAULT, Question, ReaderLimits

MOST_QUESTIONS = 500
"""Then the child is replaced: what its libraries leak ends there."""


KILLED_BY_OTHERS = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP})


class Unread(StrEnum):
    """Why there is no answer. ``TIME``: of the processor; ``SILENT``: by the wall, which a machine that is frozen or
    has other work uses up too; ``KILLED`` is not told to anybody: ``ask`` asks again.
    """

    FAILED = "failed"
    MEMORY = "memory"
    TIME = "time"
    SILENT = "silent"
    DIED = "died"
    KILLED = "killed"
    NOT_STARTED = "not_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The child's answer, not yet checked (``answers`` does)."""

    values: dict[str, Any]


Answer = Told | Unread


class LimitedReader:
    def __init__(self, limits: ReaderLimits = DEFAULT) -> None:
        self.limits = limits
        self._child: subprocess.Popen[bytes] | None = None
        self._asked = 0
        self._lock = threading.Lock()

    def ask(self, question: Question, path: Path, *, out: Path | None = None) -> Answer:
        """``out``: an empty folder for what is unpacked."""
        request = framed({"question": question, "path": str(path), "out": str(out) if out else None})
        with self._lock:
            for _ in range(2):
                child = self._running() or self._started()
                answer = Unread.NOT_STARTED if child is None else self._exchange(child, request)
                if answer is not Unread.KILLED:
                    return answer
            return Unread.NOT_STARTED

    @property
    def child_pid(self) -> int | None:
        """Of the child that waits for a question; None before the first one and after a death."""
        child = self._running()
        return child.pid if child else None

    def close(self) -> None:
        with self._lock:
            self._end()

    def _running(self) -> "subprocess.Popen[bytes] | None":
        """After a fork there is none: the child belongs to the process that started it, and to us it looks dead."""
        if self._child is not None and (self._child.poll() is not None or self._asked >= MOST_QUESTIONS):
            self._end()
        return self._child

    def _started(self) -> "subprocess.Popen[bytes] | None":
        house = str(Path(worker.__file__).parents[1])
        limits = framed(asdict(self.limits))
        try:
            self._child = subprocess.Popen(
                # -B: a limit that ends a write would leave half a .pyc to everybody
                [sys.executable, "-B", "-m", "worker.mail.limited.child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": house, "PATH": os.environ.get("PATH", "")},
                start_new_session=True,  # a Ctrl-C at the terminal is the worker's business
            )
            assert self._child.stdin is not None
            self._child.stdin.write(limits)
            self._child.stdin.flush()
        except OSError:
            self._end()
            return None
        self._asked = 0
        weakref.finalize(self, end_with_us, self._child, os.getpid())
        return self._child

    def _exchange(self, child: "subprocess.Popen[bytes]", request: bytes) -> Answer:
        assert child.stdin is not None
        assert child.stdout is not None
        self._asked += 1
        try:
            child.stdin.write(request)
            child.stdin.flush()
            values = read_message(taker(child.stdout.fileno(), time.monotonic() + self.limits.seconds))
        except TooLong:
            self._end()
            return Unread.SILENT
        except (Silence, OSError):
            return how_it_died(self._end(patience=2.0))
        if "fault" not in values:
            return Told(values=values)
        if values["fault"] == Unread.MEMORY:
            self._end()  # what is left of it is not to be trusted
            return Unread.MEMORY
        return Unread.FAILED

    def _end(self, *, patience: float = 0.0) -> int | None:
        """Stop the child for good; how it ended by itself. ``patience``: seconds for one that is ending."""
        child, self._child = self._child, None
        if child is None:
            return None
        with contextlib.suppress(OSError):
            if child.stdin is not None:
                child.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience)
        by_itself = child.poll()
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
        return by_itself


NOT_ITS_FAULT = frozenset({Unread.SILENT, Unread.KILLED, Unread.NOT_STARTED})
"""What says nothing about the file."""


def how_it_died(code: int | None) -> Unread:
    if code in KILLED_BY_OTHERS:
        return Unread.KILLED
    return Unread.TIME if code == -signal.SIGPROF else Unread.DIED


def end_with_us(child: "subprocess.Popen[bytes]", pid: int) -> None:
    """When its reader is forgotten or our process exits; not when a fork of ours does."""
    if child.returncode is None and pid == os.getpid():
        child.kill()
        child.communicate()


@contextlib.contextmanager
def folder_for(content: Iterable[bytes] = ()) -> Iterator[tuple[Path, Path]]:
    """A file with this content, for us alone, and an empty folder beside it; both gone afterwards. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix="navette-", ignore_cleanup_errors=True) as name:
        file, out = Path(name) / "content", Path(name) / "out"
        out.mkdir()
        with file.open("wb") as written:
            for piece in content:
                written.write(piece)
        yield file, out
