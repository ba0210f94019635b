"""New places to restore into, and PostgreSQL's own tools on the PATH."""

import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from storage.database import Database
from storage.files import FileStore
from tests.conftest import Firm, HandClock, HeardBell
from tests.e2e.conftest import Station
from tests.flows.mailroom import Mailroom
from tests.flows.outgoing import Post, ScriptedRelay
from tests.servers.postgres import admin, postgres_binaries
from tests.servers.presence import DOVECONF, POSTCONF, SYSTEMD_ANALYZE, program, want
from worker.flows.house import House
from worker.mail.parsing import MailReader
from worker.mail.printing import MailPrinter


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump of the server that runs, not of another version."""
    monkeypatch.setenv("PATH", f"{postgres_binaries()}:{os.environ['PATH']}")


@pytest.fixture
def new_place(
    house: House, tools: None, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[], House]]:
    """Makes houses with an empty database of the same kind and an empty file store."""
    made: list[House] = []

    def make() -> House:
        folder = tmp_path / f"place-{len(made)}"
        folder.mkdir()
        if house.database.is_sqlite:
            url = f"sqlite:///{folder / 'navette.db'}"
        else:
            server: str = request.getfixturevalue("postgres_server")
            name = f"restored_{secrets.token_hex(6)}"
            admin(server, f"CREATE DATABASE {name}")
            url = server.format(name=name)
        made.append(replace(house, database=Database(url), files=FileStore(folder / "files")))
        return made[-1]

    yield make
    for each in made:
        each.database.close()


class Office:
    """A house with a relay, a mail room and a firm of people in it."""

    def __init__(self, house: House, firm: Firm, clock: HandClock) -> None:
        bell = house.bell
        assert isinstance(bell, HeardBell)
        self.house, self.firm, self.clock = house, firm, clock
        self.relay = ScriptedRelay()
        self.reader = MailReader()
        self.post = Post(house, self.relay, MailPrinter(), bell)
        self.room = Mailroom(house, self.reader, bell)


@pytest.fixture
def office(house: House, firm: Firm, clock: HandClock) -> Office:
    return Office(house, firm, clock)


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


@pytest.fixture
def systemd_analyze(request: pytest.FixtureRequest) -> str:
    want(request)
    return program(SYSTEMD_ANALYZE)


@pytest.fixture
def postconf(request: pytest.FixtureRequest) -> str:
    want(request)
    return program(POSTCONF)


@pytest.fixture
def doveconf(request: pytest.FixtureRequest) -> str:
    want(request)
    return program(DOVECONF)
