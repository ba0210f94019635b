"""A firm for benchmarks of what goes out: one client and contact per conversation, and the processes as shipped."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from storage import addresses, people
from storage.records import ClientId, PersonId
from storage.states import Language
from worker.flows.conversations import start_conversation
from worker.flows.house import House
from worker.settings import Settings
from worker.wiring import build_house

ROOT = Path(__file__).resolve().parents[1]


class NoBell:
    def ring_outgoing(self, ids: object) -> None:
        pass

    def ring_inbound(self, ids: object) -> None:
        pass


@dataclass(frozen=True, kw_only=True)
class Firm:
    house: House
    anne: PersonId
    clients: list[ClientId]

    def ask(self, client: ClientId, text: str) -> None:
        start_conversation(self.house, by=self.anne, client_id=client, subject="Facture 4711", text=text)


def settings_for(folder: Path, port: int) -> dict[str, str]:
    """``port``: of the relay."""
    return {
        "NAVETTE_KEYS": "1:a-secret-of-the-benchmark-long-enough",
        "NAVETTE_DATA_DIR": str(folder / "data"),
        "NAVETTE_DOMAIN": "mail.bench.example",
        "NAVETTE_SENDING": "on",
        "NAVETTE_UNDO_SECONDS": "0",
        "NAVETTE_RELAY_PORT": str(port),
        "NAVETTE_RELAY_TLS": "none",
        "NAVETTE_SINK_PORT": "0",
        "PYTHONPATH": str(ROOT),
    }


def make_firm(environment: dict[str, str], clients: int) -> Firm:
    given = {name.removeprefix("NAVETTE_").lower(): value for name, value in environment.items() if "NAVETTE" in name}
    house = build_house(Settings.model_validate(given), NoBell())
    with house.database.writing() as session:
        now = house.now(session)
        anne = people.add_person(session, name="Anne Dupont", language=Language.FR, now=now)
        people.add_case_manager(session, anne, now=now)
        addresses.add_address(
            session, anne, written="anne@firm.example", normal="anne@firm.example", is_primary=True, now=now
        )
        made = []
        for number in range(clients):
            client = people.add_client(session, code=f"C{number}", name=f"Client {number}", now=now, manager_id=anne)
            person = people.add_person(session, name=f"Contact {number}", language=Language.FR, now=now)
            at = f"contact{number}@bench.example"
            addresses.add_address(session, person, written=at, normal=at, is_primary=True, now=now)
            people.add_contact(session, client, person, gets_requests=True, now=now)
            made.append(client)
    return Firm(house=house, anne=anne, clients=made)


@contextmanager
def running(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """``navette run`` with its log in the folder."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "worker", "run"], env=os.environ | environment, cwd=folder, stderr=log, stdout=log
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)
