"""navette backup, restore and health as an operator and a container run them."""

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.database import Database
from tests.cli.test_commands import ROOT, Shell
from tests.e2e.conftest import Station
from worker.app import configure
from worker.cli.health import ask_sink, ask_worker
from worker.settings import Settings


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "old").mkdir()
    return Shell(tmp_path / "old")


def moved(shell: Shell, folder: Path) -> Shell:
    """The same settings on a new machine."""
    folder.mkdir()
    return Shell(folder)


def test_a_firm_moves_to_a_new_machine(shell: Shell, tmp_path: Path) -> None:
    shell.run("import", str(ROOT / "docs/import-sample.csv"))
    shell.run("conversation", "start", "B001", "Facture 114", "Bonjour", "--by", "anne@fiduciaire.example")
    told = shell.run("backup", str(tmp_path / "copy"))
    assert "not in it: NAVETTE_KEYS" in told

    new = moved(shell, tmp_path / "new")
    told = new.run("restore", str(tmp_path / "copy"))
    assert "restored: the firm as it was at 20" in told
    assert "mails wait that may have gone since" in told
    assert "Facture 114" in new.run("conversation", "list", "--by", "anne@fiduciaire.example")
    assert "database is not empty" in new.run("restore", str(tmp_path / "copy"), code=1)


def test_a_restore_with_sending_on_is_refused_and_makes_nothing(shell: Shell, tmp_path: Path) -> None:
    shell.run("import", str(ROOT / "docs/import-sample.csv"))
    shell.run("backup", str(tmp_path / "copy"))
    new = moved(shell, tmp_path / "new")
    new.environment["NAVETTE_SENDING"] = "on"

    assert "NAVETTE_SENDING=off" in new.run("restore", str(tmp_path / "copy"), code=1)
    assert not (tmp_path / "new" / "navette.db").exists()


def test_a_backup_of_nothing_is_refused(shell: Shell, tmp_path: Path) -> None:
    assert "no database to back up" in shell.run("backup", str(tmp_path / "copy"), code=1)
    assert not (tmp_path / "old" / "navette.db").exists()
    assert not (tmp_path / "copy").exists()


def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence(shell: Shell, tmp_path: Path) -> None:
    shell.run("migrate")
    (tmp_path / "letter").write_text("Bonjour")

    assert "No: the folder /proc/x cannot be made" in shell.run("backup", "/proc/x", code=1)
    assert "is no folder" in shell.run("backup", str(tmp_path / "letter"), code=1)


def test_a_backup_brings_no_schema_up_to_date(shell: Shell, tmp_path: Path) -> None:
    """It is made by the new version too, just before its migration."""
    shell.run("migrate")
    stamp(f"sqlite:///{tmp_path / 'old' / 'navette.db'}", "0000_older")
    shell.run("backup", str(tmp_path / "copy"))

    assert '"0000_older"' in (tmp_path / "copy" / "backup.json").read_text()


def test_missing_files_are_named_and_told_by_the_exit_code(shell: Shell, tmp_path: Path) -> None:
    shell.run("import", str(ROOT / "docs/import-sample.csv"))
    (tmp_path / "scan.txt").write_text("scan")
    words = ["conversation", "start", "B001", "Scan", "Voici", "--by", "anne@fiduciaire.example"]
    shell.run(*words, "--file", str(tmp_path / "scan.txt"))
    shell.run("backup", str(tmp_path / "copy"))
    for path in (tmp_path / "copy" / "files").rglob("*"):
        if path.is_file():
            path.unlink()

    assert "1 files are missing" in moved(shell, tmp_path / "new").run("restore", str(tmp_path / "copy"), code=1)


def test_pg_dump_that_is_not_there_says_what_to_install(postgres_template: str, shell: Shell, tmp_path: Path) -> None:
    shell.environment["NAVETTE_DATABASE_URL"] = postgres_template.format(name="navette_template")
    shell.environment["PATH"] = os.devnull

    assert "postgresql-client" in shell.run("backup", str(tmp_path / "copy"), code=1)


def test_health_says_what_does_not_answer(shell: Shell) -> None:
    assert "database: there is none yet" in shell.run("health", code=1)
    shell.run("migrate")
    assert "broker: does not answer" in shell.run("health", code=1)
    shell.environment["NAVETTE_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    assert "database: does not answer" in shell.run("health", code=1)


def test_health_wants_this_versions_schema(shell: Shell, tmp_path: Path) -> None:
    shell.run("migrate")
    stamp(f"sqlite:///{tmp_path / 'old' / 'navette.db'}", "0000_older")

    assert "not at this version's schema" in shell.run("health", code=1)


def test_a_sink_that_does_not_greet_is_not_healthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "does not answer" in str(ask_sink(at(port)))
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            peer, _ = server.accept()
            peer.sendall(b"421 busy\r\n")
            peer.close()

        answering = threading.Thread(target=refuse)
        answering.start()
        assert "greets with '421 busy'" in str(ask_sink(at(server.getsockname()[1])))
        answering.join()


def at(port: int) -> Settings:
    return Settings.model_validate({"keys": "1:a-secret-of-the-tests-long-enough", "sink_port": port})


def stamp(url: str, revision: str) -> None:
    """As a database of another version says."""
    from sqlalchemy import text

    database = Database(url)
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
    database.close()


def test_parts_that_run_are_healthy(stations: Callable[..., Station], tmp_path: Path) -> None:
    station = stations()
    station.start()
    (tmp_path / "asking").mkdir()
    shell = Shell(tmp_path / "asking")
    shell.environment |= {name: each for name, each in station.environment.items() if name.startswith("NAVETTE_")}

    station.wait_for(lambda: ask_worker(Settings.model_validate(given(station))) is None, "the worker answers a ping")
    for part, told in (("any", "navette check"), ("worker", "a worker"), ("beat", "last asked"), ("sink", "greets")):
        answer = shell.run("health", part)
        assert answer.startswith("healthy: database and broker answer")
        assert told in answer
    assert_a_second_worker_is_another_node(station)
    station.stop()
    assert "broker: does not answer" in shell.run("health", "worker", code=1)


def assert_a_second_worker_is_another_node(station: Station) -> None:
    """On the same machine, where Celery's own name would be the same one."""
    settings, supervisor = Settings.model_validate(given(station)), station.process
    second = station.start("worker")

    def nodes() -> set[str] | None:
        found = {name for answer in configure(settings).control.ping(limit=2, timeout=5) for name in answer}
        return found if len(found) > 1 else None

    here = socket.gethostname()
    pids = (station.child("worker").pid, second.pid)
    assert station.wait_for(nodes, "both answer") == {f"worker-{pid}@{here}" for pid in pids}
    assert ask_worker(settings) is None
    assert ask_worker(settings, "elsewhere.example") == "worker: none on elsewhere.example answers"
    second.terminate()
    second.wait(60)
    assert ask_worker(settings) is None, "the other one is still there"
    station.process = supervisor


def given(station: Station) -> dict[str, str]:
    prefix = "NAVETTE_"
    return {
        name.removeprefix(prefix).lower(): each for name, each in station.environment.items() if name.startswith(prefix)
    }
