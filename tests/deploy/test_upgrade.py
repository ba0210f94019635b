"""An upgrade: workers drain, the schema changes under what still runs, wrong pairs of code and schema are refused."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from storage import outbox
from storage.database import Database
from storage.states import MailState
from tests.cli.test_commands import Shell
from tests.conftest import make_database
from tests.deploy.test_commands import stamp
from tests.e2e.conftest import Station
from tests.e2e.test_main_job import SOPHIE, ask, submit, texts
from tests.mail.relay_server import Answer, RelayServer
from worker.demo.world_clients import reply_from

LONGER_THAN_A_SOFT_STOP_S = 5


@pytest.fixture
def server_database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    made = make_database("postgresql", tmp_path, request)
    yield made.url.render_as_string(hide_password=False)
    made.close()


@pytest.mark.parametrize(
    ("revision", "told"), [("0001", "not at this version's schema"), ("9999_newer", "belongs to a newer version")]
)
@pytest.mark.parametrize("part", ["worker", "sink", "run"])
def test_a_part_of_another_version_refuses_with_a_sentence(
    server_database: str, tmp_path: Path, revision: str, told: str, part: str
) -> None:
    shell = Shell(tmp_path)
    shell.environment["NAVETTE_DATABASE_URL"] = server_database
    shell.environment["NAVETTE_BROKER_URL"] = "redis://127.0.0.1:1/0"
    stamp(server_database, revision)

    assert told in shell.run(part, code=2)


def test_what_runs_goes_on_while_a_newer_schema_arrives(stations: Callable[..., Station]) -> None:
    """Between ``navette migrate`` and the restart of the sinks: additions disturb nobody."""
    station = stations(NAVETTE_WORKER_PROCESSES="1")
    station.start()
    first = ask(station)
    (mail,) = station.wait_for(lambda: station.mailbox(SOPHIE), "the first mail reaches Sophie")
    url = f"sqlite:///{station.folder / 'data' / 'navette.db'}"
    with station.house.database.writing() as session:
        for table in ("outgoing_mails", "arrivals", "messages"):
            session.execute(text(f"ALTER TABLE {table} ADD COLUMN of_the_next_version TEXT"))
    stamp(url, "9999_newer")

    submit(station, reply_from("iphone", mail, "C'est le four."), SOPHIE)
    station.wait_for(lambda: len(texts(station, first.conversation_id)) == 2, "the reply becomes a message")
    ask(station, text="Et celle-ci ?")
    station.wait_for(lambda: station.mailbox(SOPHIE, 2), "the second mail reaches Sophie")
    stamp(url, newest(station.house.database))


@dataclass
class PatientRelay(RelayServer):
    """Takes the text of a mail and says 250 when it may."""

    may_answer: threading.Event = field(default_factory=threading.Event)

    def answer(self, verb: str) -> Answer:
        if verb == "text":
            self.may_answer.wait(60)
        return super().answer(verb)


@pytest.fixture
def patient_relay() -> Iterator[PatientRelay]:
    relay = PatientRelay()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        relay.port = listening.getsockname()[1]
        serving = threading.Thread(target=relay.serve, args=(listening,))
        serving.start()
        yield relay
        relay.is_over.set()
        relay.may_answer.set()
        socket.socket.shutdown(listening, socket.SHUT_RDWR)
        serving.join()
    relay.hang_up()
    for thread in relay.threads:
        thread.join()


def test_a_worker_that_is_asked_to_drain_ends_what_it_has_begun(
    stations: Callable[..., Station], patient_relay: PatientRelay
) -> None:
    """SIGINT, as the unit and the compose file send it: no mail is cut off in mid-dialogue and marked."""
    station = stations(NAVETTE_RELAY_PORT=str(patient_relay.port), NAVETTE_TASK_SECONDS="60")
    station.start()
    ask(station)
    assert patient_relay.has_text.wait(60)
    worker = station.child("worker")
    worker.send_signal(signal.SIGINT)
    with pytest.raises(psutil.TimeoutExpired):
        worker.wait(LONGER_THAN_A_SOFT_STOP_S)
    patient_relay.may_answer.set()
    station.wait_for(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE, "the worker ends")

    with station.house.database.reading() as session:
        (mail,) = outbox.mails_in(session, set(MailState), most=10)
    assert (mail.state, mail.may_be_doubled, len(patient_relay.mails)) == (MailState.ACCEPTED, False, 1)


def test_run_that_is_stopped_ends_the_mail_it_has_begun(
    stations: Callable[..., Station], patient_relay: PatientRelay
) -> None:
    """As systemd stops it. Longer than a soft stop: the worker is asked once, and drains."""
    station = stations(NAVETTE_RELAY_PORT=str(patient_relay.port), NAVETTE_TASK_SECONDS="60")
    supervisor = station.start()
    ask(station)
    assert patient_relay.has_text.wait(60)
    worker = station.child("worker")
    supervisor.send_signal(signal.SIGTERM)
    station.wait_for(lambda: station.told("stopping"), "the stop was heard")
    with pytest.raises(psutil.TimeoutExpired):
        worker.wait(LONGER_THAN_A_SOFT_STOP_S)
    patient_relay.may_answer.set()

    assert supervisor.wait(60) == 0
    assert not station.told("child_killed")
    with station.house.database.reading() as session:
        (mail,) = outbox.mails_in(session, set(MailState), most=10)
    assert (mail.state, mail.may_be_doubled, len(patient_relay.mails)) == (MailState.ACCEPTED, False, 1)


def test_a_second_signal_ends_run_at_once(stations: Callable[..., Station], patient_relay: PatientRelay) -> None:
    """The relay never answers: only the kill can end it. Nothing is left running; the lease keeps the mail."""
    station = stations(NAVETTE_RELAY_PORT=str(patient_relay.port), NAVETTE_TASK_SECONDS="300")
    supervisor = station.start()
    ask(station)
    assert patient_relay.has_text.wait(60)
    family = station.family()
    supervisor.send_signal(signal.SIGINT)
    station.wait_for(lambda: station.told("stopping"), "the first was heard")
    supervisor.send_signal(signal.SIGINT)

    assert supervisor.wait(60) == 0
    assert station.told("child_killed", child="worker")
    assert psutil.wait_procs(family, timeout=10)[1] == []
    with station.house.database.reading() as session:
        (mail,) = outbox.mails_in(session, set(MailState), most=10)
    assert mail.state is MailState.SENDING


def newest(database: Database) -> str:
    from alembic.script import ScriptDirectory

    from storage.database import alembic_config

    del database
    return str(ScriptDirectory.from_config(alembic_config()).get_current_head())
