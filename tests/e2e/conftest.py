"""Real processes on the embedded default, with the mail world as relay and mailboxes.

Waiting is by event: every line of the worker's JSON log and every event of the world asks the question again.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import psutil
import pytest

from storage import people
from storage.records import PersonId
from tests.conftest import Firm, make_firm
from worker.demo.world import Setting, World
from worker.demo.world_journal import Event, Journal
from worker.flows.house import House
from worker.settings import Settings
from worker.wiring import build_house

Answer = TypeVar("Answer")
ROOT = Path(__file__).parent.parent.parent
DOMAIN = "mail.fiduciaire.example"
PEOPLE = ("anne@fiduciaire.example", "bram@fiduciaire.example", "sophie@boulangerie.example", "greta@garage.example")
PATIENCE_S = 120.0


class SilentBell:
    def ring_outgoing(self, ids: object) -> None: ...

    def ring_inbound(self, ids: object) -> None: ...


class Station:
    """One firm's whole set-up below a folder. ``settings`` override the short windows of the tests."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.changed = threading.Condition()
        self.log: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.readers: list[threading.Thread] = []
        self.world = World(Setting(folder=folder / "mailboxes", domain=DOMAIN, people=PEOPLE), Journal(told=self.hear))
        self.world.start()
        self.sink_port = free_port()
        lmtp = settings.get("NAVETTE_SINK_PROTOCOL") == "lmtp"
        self.world.lead_to("127.0.0.1", self.sink_port, lmtp=lmtp)
        self.environment = {
            "NAVETTE_KEYS": "1:a-secret-of-the-tests-long-enough",
            "NAVETTE_DATA_DIR": str(folder / "data"),
            "NAVETTE_DOMAIN": DOMAIN,
            "NAVETTE_FIRM_NAME": "Fiduciaire Exemple",
            "NAVETTE_SENDING": "on",
            "NAVETTE_UNDO_SECONDS": "1",
            "NAVETTE_JOIN_INBOUND_SECONDS": "0",
            "NAVETTE_RELAY_PORT": str(self.world.port),
            "NAVETTE_RELAY_TLS": "none",
            "NAVETTE_SINK_PORT": str(self.sink_port),
            "NAVETTE_TASK_SECONDS": "3",
            "PYTHONPATH": str(ROOT),
        } | settings
        self.house = self.open_house()
        with self.house.database.writing() as session:
            self.firm: Firm = make_firm(session, self.house.now(session))
            people.update_client(session, self.firm.bakery, deputy_id=self.firm.bram)
        self.process: subprocess.Popen[str] | None = None

    def open_house(self) -> House:
        given = {name.removeprefix("NAVETTE_").lower(): value for name, value in self.environment.items()}
        given.pop("pythonpath")
        return build_house(Settings.model_validate(given), SilentBell())

    def start(self, command: str = "run", **more: str) -> "subprocess.Popen[str]":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "worker", command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment() | self.environment | more,
            cwd=self.folder,
            start_new_session=True,
        )
        reader = threading.Thread(target=self.read_log, args=(self.process,), daemon=True)
        reader.start()
        self.readers.append(reader)
        self.wait_for(lambda: self.told("listening"), "the sink listens")
        return self.process

    def run_again(self, command: str = "run") -> str:
        """Run a command to its end in this set-up; what it says. It must refuse."""
        done = subprocess.run(
            [sys.executable, "-m", "worker", command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=clean_environment() | self.environment,
            cwd=self.folder,
            timeout=60,
            check=False,
        )
        assert done.returncode == 2, done.stderr
        return done.stdout + done.stderr

    def read_log(self, process: "subprocess.Popen[str]") -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                with self.changed:
                    self.lines.append(line)
                    if line.startswith("{"):
                        self.log.append(json.loads(line))
                    self.changed.notify_all()

    def hear(self, _event: Event) -> None:
        with self.changed:
            self.changed.notify_all()

    def told(self, event: str, **values: object) -> list[dict[str, Any]]:
        """Log lines of this event with these values."""
        return [
            each
            for each in list(self.log)
            if each.get("event") == event and all(each.get(key) == value for key, value in values.items())
        ]

    def wait_for(self, question: Callable[[], Answer | None], what: str, patience: float = PATIENCE_S) -> Answer:
        """Ask again whenever something happened (and each second: time alone makes things due)."""
        end = time.monotonic() + patience
        while True:
            answer = question()
            if answer:
                return answer
            if time.monotonic() > end:
                raise AssertionError(f"not within {patience} s: {what}\n" + "".join(self.lines[-40:]))
            with self.changed:
                self.changed.wait(1.0)

    def child(self, name: str) -> psutil.Process:
        """The newest process that the supervisor started under this name."""
        started = self.told("child_started", child=name)
        return psutil.Process(started[-1]["pid"])

    def kill(self, name: str) -> None:
        """SIGKILL to a child and, for Valkey, to the server below its tether."""
        process = self.child(name)
        below = process.children(recursive=True) if name == "valkey" else []
        for each in [*below, process]:
            each.send_signal(signal.SIGKILL)

    def family(self) -> list[psutil.Process]:
        assert self.process is not None
        top = psutil.Process(self.process.pid)
        return [top, *top.children(recursive=True)]

    def mailbox(self, address: str, least: int = 1) -> list[bytes] | None:
        mails = self.world.mails_of(address)
        return mails if len(mails) >= least else None

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                raise
        for reader in self.readers:
            reader.join(10)

    def close(self) -> None:
        try:
            self.stop()
        finally:
            self.world.stop()
            self.house.database.close()


def clean_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("NAVETTE_")}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def stations(tmp_path: Path) -> Iterator[Callable[..., Station]]:
    """Makes stations, each below a folder of its own, and takes them down."""
    made: list[Station] = []

    def make(**settings: str) -> Station:
        folder = tmp_path / f"s{len(made)}"
        folder.mkdir()
        made.append(Station(folder, **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


def person(station: Station, address: str) -> PersonId:
    from storage import addresses

    with station.house.database.reading() as session:
        return addresses.people_at(session, address)[0].id
