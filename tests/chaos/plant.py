"""A whole production set-up: two workers, beat, sink and collector, each started anew when it dies, as systemd does.

The mail world is real (tests.e2e.real_station): Postfix leads the firm's domain to the sink and ``OFFICE`` to a mailbox
that the collector reads. ``NAVETTE_TASK_SECONDS`` is short, so that leases of the dead run out within the run.
"""

import os
import signal
import subprocess
import threading
from pathlib import Path

import psutil

from tests.chaos.powers import Postgres
from tests.e2e.real_station import RealStation
from tests.servers.dovecot import Dovecot
from tests.servers.postfix import Postfix
from tests.servers.redis import Redis

PARTS = {"sink": "sink", "worker 1": "worker", "worker 2": "worker", "beat": "beat", "collector": "collect"}
AGAIN_AFTER_S = 0.3


class Plant(RealStation):
    def __init__(
        self, folder: Path, *, postgres: Postgres, redis: Redis, postfix: Postfix, dovecot: Dovecot, **settings: str
    ) -> None:
        self.postgres, self.redis = postgres, redis
        self.kept: dict[str, subprocess.Popen[str]] = {}
        self.surroundings: dict[str, dict[str, str]] = {}
        self.commands = dict(PARTS)
        self.starts = 0
        self.changing = threading.RLock()
        self.stopping = threading.Event()
        super().__init__(folder, postfix=postfix, dovecot=dovecot, **settings)
        for name in PARTS:
            self.start_part(name)
        self.wait_for(lambda: self.told("first_sight", folder="inbox"), "the collector has seen the mailbox")
        self.keeper = threading.Thread(target=self.keep, daemon=True)
        self.keeper.start()

    def start_part(self, name: str) -> None:
        self.kept[name] = self.start(self.commands[name], **self.surroundings.get(name, {}))
        self.starts += 1

    def keep(self) -> None:
        while not self.stopping.wait(AGAIN_AFTER_S):
            with self.changing:
                for name, process in list(self.kept.items()):
                    if process.poll() is not None:
                        self.start_part(name)

    def restart_part(self, name: str, **surroundings: str) -> None:
        """Stopped the polite way, and started with other surroundings."""
        with self.changing:
            end(self.kept[name])
            self.surroundings[name] = surroundings
            self.start_part(name)

    def add_part(self, name: str, command: str) -> None:
        with self.changing:
            self.commands[name] = command
            self.start_part(name)

    def drop_part(self, name: str) -> None:
        with self.changing:
            end(self.kept.pop(name))

    def processes_of(self, name: str) -> list[psutil.Process]:
        """The part's process and its pool."""
        with self.changing:
            top = psutil.Process(self.kept[name].pid)
            return [top, *top.children(recursive=True)]

    def stop(self) -> None:
        self.stopping.set()
        if hasattr(self, "keeper"):
            self.keeper.join()
        for each in self.kept.values():
            end(each)
        self.process = None
        super().stop()


def end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(40)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
