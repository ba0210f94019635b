"""``navette run``: everything on one machine under one supervisor.

It starts the embedded Valkey when no broker is set, then worker, beat and sink, and the collector when mailboxes are
set; starts anew what dies, with a growing pause; and leaves no orphan, however it ends itself: every child is tethered
(worker.tether).
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

import structlog

from worker.embedded_broker import is_alive, socket_path, valkey_command, wait_until_alive
from worker.settings import Settings
from worker.tether import start_tethered

log = structlog.get_logger("navette.run")

BROKER = "valkey"
LOOK_EVERY_S = 0.5
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
HEALTHY_S = 30.0
STOP_GRACE_S = 20.0


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
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait_until_stopped(self, until: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("child_killed", child=self.name)
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    def __init__(self, settings: Settings) -> None:
        self.stopping = threading.Event()
        self.children = children_of(settings)

    def run(self) -> None:
        """Until SIGTERM or SIGINT; then the children are stopped in the reverse order of their start."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.stop)
        while not self.stopping.is_set():
            for child in self.children:
                child.look()
            self.stopping.wait(LOOK_EVERY_S)
        until = time.monotonic() + STOP_GRACE_S
        for child in reversed([each for each in self.children if each.name != BROKER]):
            child.ask_to_stop()
        for child in reversed(self.children):
            child.ask_to_stop()
            child.wait_until_stopped(until)
        log.info("stopped")

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()


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
