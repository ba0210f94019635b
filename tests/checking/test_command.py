"""``navette check`` as an operator runs it: lines, JSON, exit code, the whole round trip on real processes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import operation
from tests.checking.conftest import DOMAIN, Make, Reporting, delivering
from tests.e2e.conftest import ROOT, Station, clean_environment, free_port
from worker.app import SWEEP_TURN
from worker.checking.everything import checks_of
from worker.checking.round_trip import Waits
from worker.checking.running import verdicts_of
from worker.checking.verdicts import Level
from worker.settings import Settings

PASSWORD = "geheim-genoeg-voor-een-test"


def run(folder: Path, environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, "-m", "worker", "check", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env=clean_environment() | {"PYTHONPATH": str(ROOT)} | environment,
        timeout=100,
        check=False,
    )
    assert done.stderr == ""
    return done


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    made = Station(tmp_path)
    yield made
    made.close()


def test_a_running_firm_is_in_order_and_its_probe_is_filed_as_nothing(station: Station) -> None:
    station.start("run")
    station.wait_for(lambda: swept(station), "beat asked, and a worker swept")
    delivering(station.world, Reporting)
    done = run(station.folder, station.environment, "--round-trip", "--json", "--wait", "30")
    found = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.returncode == 0, done.stdout
    assert {each["about"] for each in found if each["level"] == "warning"} == {
        "settings",
        "relay certificate",
    }
    assert next(each for each in found if each["about"] == "round trip")["level"] == "ok"
    assert next(each for each in found if each["about"] == "sink")["found"].startswith("our sink listens")
    filed = station.wait_for(lambda: station.told("filed"), "the probe is filed")
    assert {each["outcome"] for each in filed} == {"ignored"}


def swept(station: Station) -> bool:
    with station.house.database.reading() as session:
        return operation.last_turn(session, SWEEP_TURN) is not None


def test_one_fault_is_exit_code_1_and_a_line_with_what_to_do(tmp_path: Path) -> None:
    port = str(free_port())
    environment = {
        "NAVETTE_KEYS": f"1:{PASSWORD}",
        "NAVETTE_DOMAIN": DOMAIN,
        "NAVETTE_RELAY_PORT": port,
        "NAVETTE_RELAY_PASSWORD": PASSWORD,
        "NAVETTE_DATABASE_URL": f"postgresql://navette:{PASSWORD}@127.0.0.1:1/none",
        "NAVETTE_SINK_PORT": str(free_port()),
    }
    done = run(tmp_path, environment)
    lines = done.stdout.splitlines()

    assert done.returncode == 1
    (relay,) = [line for line in lines if line.startswith("fault    relay ")]
    assert relay.endswith("are NAVETTE_RELAY_HOST and NAVETTE_RELAY_PORT right?")
    assert f"127.0.0.1:{port}: no connection: Connection refused -> nothing listens there" in relay
    assert sum(line.startswith("fault    database") for line in lines) == 1
    assert all(line.split()[0] in {"ok", "warning", "fault"} for line in lines)
    assert PASSWORD not in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_settings_that_cannot_be_read_are_faults_too(tmp_path: Path) -> None:
    done = run(tmp_path, {"NAVETTE_DOMAN": "x"}, "--json")
    (found,) = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.returncode == 1
    assert found["level"] == "fault"
    assert "did you mean NAVETTE_DOMAIN" in found["found"]


def test_of_a_firm_where_nothing_works_every_line_says_what_to_do(set_up: Make, tmp_path: Path) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    settings = set_up(
        sending="on",
        database_url="postgresql://navette@127.0.0.1:1/none",
        broker_url=f"redis://{nobody}/0",
        relay_port=free_port(),
        mailboxes=f"imap+plain://office%40firm.example@{nobody}",
        mailbox_passwords=PASSWORD,
        antivirus_url=f"tcp://{nobody}",
        sink_host="192.0.2.1",
    )
    found = list(verdicts_of(checks_of(settings)))

    assert {each.about for each in found if each.level is Level.FAULT} == {
        "database",
        "broker",
        "relay",
        "mailbox 1",
        "sink",
        "antivirus",
    }
    assert {each.about for each in found if each.level is Level.WARNING} == {"clock", "work"}
    assert all(bool(each.todo) is (each.level is not Level.OK) for each in found)


def test_every_check_has_its_time(tmp_path: Path) -> None:
    settings = Settings.model_validate({"keys": f"1:{PASSWORD}", "data_dir": tmp_path})

    assert all(0 < each.seconds <= 60 for each in checks_of(settings))
    assert Waits(probe=60).limit > 60


def test_the_document_names_everything_that_is_looked_at() -> None:
    document = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
    settings = Settings.model_validate({"keys": f"1:{PASSWORD}"})

    for about in [*(each.about for each in checks_of(settings)), *LINES]:
        assert f"| {about} |" in document, about


LINES = (
    "relay certificate",
    "relay login",
    "relay reports",
    "relay limits",
    "data folder",
    "disk space",
    "collector",
    "quarantine",
    "round trip",
    "size limit",
    "signed address",
    "Message-ID",
    "return path",
    "From",
    "headers",
    "from_style",
    "own_relays",
)
