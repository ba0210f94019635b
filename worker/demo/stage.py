"""The stage of the demo: real processes on the embedded default, a mail world, and a look at what really happened.

The worker runs as a firm would run it, ``navette run``, in its own process; the world plays relay and mailboxes in this
one. The story looks only at the database and the Maildirs.

A demo is a house of its own: it sends, and makes people up, so no setting of a firm may reach it. Neither this process
nor one it starts knows any ``NAVETTE_…`` of the shell (``forget_firm``) or reads a ``.env``: this one is told not to,
the others live in the demo's folder, where there is none.
"""

import fcntl
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from typing import TypeVar

from worker.demo.world import Setting, World
from worker.flows.house import House
from worker.settings import load_settings
from worker.settings_sources import PREFIX
from worker.tether import start_tethered
from worker.wiring import build_house

Answer = TypeVar("Answer")

DOMAIN = "mail.fiduciaire.example"
FIRM = "Fiduciaire Exemple"
ANNE = "anne@fiduciaire.example"
SOPHIE = "sophie@boulangerie.example"
MARC = "marc.parti@boulangerie.example"
STATE = "demo.json"
PATIENCE_S = 25.0
LOOK_EVERY_S = 0.1


class StoryBroke(Exception):  # noqa: N818 - what it is called when it happens
    """A step did not happen."""


class NoBell:
    def ring_outgoing(self, ids: object) -> None: ...

    def ring_inbound(self, ids: object) -> None: ...


@dataclass(slots=True, kw_only=True)
class Stage:
    """``house``: the same database as the running worker's; ``world``: everybody's mailboxes."""

    folder: Path
    world: World
    house: House
    worker: "Popen[bytes]"
    sink_port: int

    def until(self, what: str, question: Callable[[], Answer | None], patience: float = PATIENCE_S) -> Answer:
        """Look again and again until there is an answer; StoryBroke with ``what`` when there is none in time."""
        end = time.monotonic() + patience
        while True:
            answer = question()
            if answer:
                return answer
            if self.worker.poll() is not None:
                raise StoryBroke(f"{what}: the worker's processes ended; see {self.folder / 'worker.log'}")
            if time.monotonic() > end:
                raise StoryBroke(f"{what}: not within {patience:.0f} seconds; see {self.folder / 'worker.log'}")
            time.sleep(LOOK_EVERY_S)

    def close(self) -> None:
        self.worker.terminate()
        try:
            self.worker.wait(30)
        except TimeoutExpired:
            self.worker.kill()
            self.worker.wait()
        assert self.worker.stdin is not None
        self.worker.stdin.close()
        self.world.stop()
        self.house.database.close()


def set_stage(folder: Path) -> Stage:
    """A fresh folder, the world, the worker's processes, an empty database."""
    clear(folder)
    sink_port = free_port()
    world = World(Setting(folder=folder / "mailboxes", domain=DOMAIN, people=(ANNE, SOPHIE)))
    world.start()
    world.lead_to("127.0.0.1", sink_port)
    environment = environment_of(folder, relay_port=world.port, sink_port=sink_port)
    forget_firm(environment)
    (folder / STATE).write_text(json.dumps({"relay_port": world.port, "environment": environment}), encoding="utf-8")
    house = open_demo_house()
    worker = start_worker(folder)
    return Stage(folder=folder, world=world, house=house, worker=worker, sink_port=sink_port)


def forget_firm(environment: Mapping[str, str]) -> None:
    """From here on this process and its children have these settings alone. Pydantic reads names in any case."""
    for name in [each for each in os.environ if each.upper().startswith(PREFIX)]:
        del os.environ[name]
    os.environ.update(environment)


def open_demo_house() -> House:
    """The house that ``forget_firm`` named."""
    return build_house(load_settings(env_file=None), NoBell())


def start_worker(folder: Path) -> "Popen[bytes]":
    """``navette run`` in the demo's folder, with the code that runs here."""
    command = [sys.executable, "-m", "worker", "run", "--tethered"]
    code = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(code)}
    with (folder / "worker.log").open("wb") as log:
        return start_tethered(command, environment=environment, errors_to=log, folder=folder)


def clear(folder: Path) -> None:
    """Only a folder that an earlier demo made is emptied."""
    running = pid_of_running(folder)
    if running is not None:
        raise StoryBroke(f"a demo is running in {folder} (process {running}): stop it, or name another with --folder")
    if folder.exists() and any(folder.iterdir()):
        if not (folder / STATE).exists():
            raise StoryBroke(f"{folder} is not empty and no demo made it: name another folder with --folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)


def pid_of_running(folder: Path) -> int | None:
    """The process of a demo that still holds this folder."""
    try:
        with (folder / "data" / "navette.lock").open("r+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return int((folder / "data" / "navette.lock").read_text(encoding="ascii").strip() or 0)
    return None


def environment_of(folder: Path, *, relay_port: int, sink_port: int) -> dict[str, str]:
    """The settings of the demo: short windows, plain text to the world on this machine."""
    return {
        "NAVETTE_DEMO": "true",
        "NAVETTE_DATA_DIR": str(folder / "data"),
        "NAVETTE_DATABASE_URL": "",
        "NAVETTE_BROKER_URL": "",
        "NAVETTE_DOMAIN": DOMAIN,
        "NAVETTE_FIRM_NAME": FIRM,
        "NAVETTE_SENDING": "on",
        "NAVETTE_UNDO_SECONDS": "3",
        "NAVETTE_JOIN_INBOUND_SECONDS": "1",
        "NAVETTE_RELAY_HOST": "127.0.0.1",
        "NAVETTE_RELAY_PORT": str(relay_port),
        "NAVETTE_RELAY_TLS": "none",
        "NAVETTE_SINK_PORT": str(sink_port),
        "NAVETTE_OPERATOR_ADDRESS": ANNE,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def remembered(folder: Path) -> dict[str, object]:
    """What a running demo wrote down, for ``navette demo reply`` in another terminal."""
    try:
        state: dict[str, object] = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except OSError as fault:
        raise StoryBroke(f"no demo is running in {folder}: start one with `make demo KEEP=1`") from fault
    return state
