"""Fixtures all tests share: both databases, a house with a clock of its own, a small firm; real servers (tests/servers).

The hooks of tests.servers.presence say loudly at the end what was not run for lack of a server.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from storage import addresses, people
from storage.database import Database
from storage.files import FileStore
from storage.records import ArrivalId, ClientId, OutgoingMailId, PersonId
from storage.states import Language
from tests.servers.clamd import clamd
from tests.servers.dovecot import start_dovecot
from tests.servers.neomutt import open_neomutt
from tests.servers.postfix import start_postfix
from tests.servers.postgres import new_postgres_database, postgres_server, postgres_template
from tests.servers.presence import pytest_collection_modifyitems, pytest_terminal_summary
from tests.servers.redis import redis_url
from tests.servers.swaks import swaks
from worker.core.policy import Policy, Sending
from worker.core.signed_addresses import KeyRing
from worker.flows.house import House

# pytest finds fixtures and hooks here.
__all__ = [
    "clamd",
    "open_neomutt",
    "postgres_server",
    "postgres_template",
    "pytest_collection_modifyitems",
    "pytest_terminal_summary",
    "redis_url",
    "start_dovecot",
    "start_postfix",
    "swaks",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept", action="store_true", help="rewrite what the golden corpus expects; read the difference"
    )


START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    template = Database(f"sqlite:///{path}")
    template.migrate()
    template.close()
    return path


def make_database(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Database:
    if kind == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "navette.db")
        return Database(f"sqlite:///{tmp_path / 'navette.db'}")
    return Database(new_postgres_database(request.getfixturevalue("postgres_template")))


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
