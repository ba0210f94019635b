"""``navette run``: everything on one machine under one supervisor.

It starts the embedded Valkey when no broker is set, then worker, beat and sink, and the collector when mailboxes are
set; starts anew what dies, with a growing pause; and leaves no orphan, however it ends itself: every child is tethered
(worker.tether).

A stop drains: beat, sink and collector are told to end (SIGTERM); the worker, once and by SIGINT, to take nothing new
and to end what it has begun, so that no mail is cut off in mid-dialogue and marked "may be doubled"; the broker goes
last. A second signal to ``run`` kills everything at once: leases make that harmless, and those mails are marked.
"""

import contextlib
import os
import signal
import subprocess  # noqa: TC003 - a dataclass's field
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

import structlog

from worker.embedded_broker import is_alive, socket_path, valkey_command, wait_until_alive
from worker.settings import Settings
from worker.tether import start_tethered

log = structlog.get_logger("navette.run")

BROKER, WORKER = "valkey", "worker"
LOOK_EVERY_S = 0.5
STOP_LOOK_S = 0.05
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
HEALTHY_S = 30.0
STOP_GRACE_S = 15.0
"""On top of a task's hard limit. docs/systemd/navette.service gives more than both."""


@dataclass(slots=True)
class Child:
    """One process under the supervisor. ``after_start`` waits until it is of use."""

    name: str
    command: list[str]
    after_start: Callable[[], None] = lambda: None
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    pause: float = SHORTEST_PAUSE_S
    start_at: float = field(default=0.0)

    def start(self) -> None:
        self.process = start_tethered(self.command)
        self.started_at = time.monotonic()
        log.info("child_started", child=self.name, pid=self.process.pid)
        self.after_start()

    def look(self) -> None:
        """Start it when it is time; note when it died."""
        if self.process is None:
            if time.monotonic() >= self.start_at:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        lived = time.monotonic() - self.started_at
        self.pause = SHORTEST_PAUSE_S if lived > HEALTHY_S else min(self.pause * 2, LONGEST_PAUSE_S)
        log.warning("child_died", child=self.name, code=code, lived_s=round(lived, 1), again_in_s=self.pause)
        self.process, self.start_at = None, time.monotonic() + self.pause

    def ask_to_stop(self) -> None:
        """Once: a worker that is asked again cuts off what it has begun."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT if self.name == WORKER else signal.SIGTERM)

    def kill(self) -> None:
        """With all that it has started: its process group."""
        if self.process is not None and self.process.poll() is None:
            log.warning("child_killed", child=self.name)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def has_stopped(self) -> bool:
        return self.process is None or self.process.poll() is not None


class Supervisor:
    """``asked``: how often it was told to stop. A signal's handler counts and does nothing else: who takes a lock there
    (a log, an Event) may have been interrupted while he held it, and then waits for himself for ever.
    """

    def __init__(self, settings: Settings) -> None:
        self.asked = 0
        self.children = children_of(settings)
        self.grace_s = settings.task_seconds + STOP_GRACE_S

    def run(self) -> None:
        """Until SIGTERM or SIGINT; then the children are stopped, the broker last."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.count)
        while not self.asked:
            for child in self.children:
                child.look()
            time.sleep(LOOK_EVERY_S)
        log.info("stopping", within_s=self.grace_s)
        self.stop_all([each for each in self.children if each.name != BROKER])
        self.stop_all([each for each in self.children if each.name == BROKER])
        log.info("stopped")

    def stop_all(self, children: list[Child]) -> None:
        """Told to end; killed when the time is over, or when somebody asks a second time."""
        until = time.monotonic() + self.grace_s
        for child in reversed(children):
            if self.asked == 1:
                child.ask_to_stop()
        while not all(each.has_stopped() for each in children):
            if self.asked > 1 or time.monotonic() > until:
                for child in reversed(children):
                    child.kill()
                return
            time.sleep(STOP_LOOK_S)

    def count(self, _number: int, _frame: FrameType | None) -> None:
        self.asked += 1


def children_of(settings: Settings) -> list[Child]:
    names = ("worker", "beat", "sink", *(("collect",) if settings.mailboxes else ()))
    parts = [Child(name, [sys.executable, "-m", "worker", name, "--tethered"]) for name in names]
    if settings.broker_url:
        return parts
    path = socket_path(settings.data_dir)
    if is_alive(path):
        log.info("broker_adopted")
        return parts
    return [Child(BROKER, valkey_command(settings), after_start=lambda: wait_until_alive(path)), *parts]
