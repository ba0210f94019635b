"""The database: there or not, migrated or not, and whose fault that is."""

from pathlib import Path

import pytest

from storage.database import Database, DatabaseDown
from tests.checking.conftest import Make, told
from tests.servers.postgres import admin
from worker.checking.database import check_database, unreachable
from worker.checking.machine import check_clock
from worker.settings import Settings


def url_of(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def test_a_migrated_database_is_ok_and_its_kind_is_told(set_up: Make, database: Database) -> None:
    found = told(check_database(set_up(database_url=url_of(database))))["database"]

    assert found.level == "ok"
    assert found.found.startswith("SQLite 3." if database.is_sqlite else "PostgreSQL 1")
    assert "at this version's schema" in found.found


def test_an_embedded_database_that_is_not_made_yet_is_no_fault_and_is_not_made(set_up: Make, tmp_path: Path) -> None:
    found = told(check_database(set_up()))["database"]

    assert found.level == "warning"
    assert "navette migrate" in found.todo
    assert not (tmp_path / "data").exists()


def test_an_older_sqlite_brings_itself_up_to_date(set_up: Make, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()

    assert told(check_database(set_up(database_url=f"sqlite:///{tmp_path}/empty.db")))["database"].level == "warning"


def test_a_postgresql_that_is_not_migrated_is_a_fault(set_up: Make, postgres_server: str, tmp_path: Path) -> None:
    admin(postgres_server, "CREATE DATABASE navette_unmigrated")
    try:
        found = told(check_database(set_up(database_url=postgres_server.format(name="navette_unmigrated"))))["database"]
    finally:
        admin(postgres_server, "DROP DATABASE navette_unmigrated")

    assert found.level == "fault"
    assert "navette migrate" in found.todo


def test_a_postgresql_that_does_not_answer_is_a_fault_and_the_clock_a_warning(set_up: Make) -> None:
    settings = set_up(database_url="postgresql://navette:geheim-wachtwoord@127.0.0.1:1/none")
    found = told(check_database(settings))["database"]

    assert found.level == "fault"
    assert "does not answer" in found.found
    assert "geheim" not in found.found
    assert told(check_clock(settings))["clock"].level == "warning"


@pytest.mark.parametrize(
    ("user", "name", "found"), [("navette", "none", "no such database"), ("nobody", "postgres", "no such role")]
)
def test_a_postgresql_that_answers_and_refuses_is_not_to_be_started(
    set_up: Make, postgres_server: str, user: str, name: str, found: str
) -> None:
    url = postgres_server.format(name=name).replace("//navette@", f"//{user}@")
    verdict = told(check_database(set_up(database_url=url)))["database"]

    assert verdict.level == "fault"
    assert f"PostgreSQL answers: {found}" in verdict.found
    assert "start PostgreSQL" not in verdict.todo
    assert "NAVETTE_DATABASE_URL" in verdict.todo


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ('connection failed: FATAL:  password authentication failed for user "navette"', "the password is refused"),
        ("fe_sendauth: no password supplied", "the password is refused"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "x"', "this login is not allowed"),
        ("FATAL:  sorry, too many clients already", "it refuses us"),
    ],
)
def test_what_a_postgresql_says_of_a_login_is_told_apart(words: str, found: str) -> None:
    verdict = unreachable(Database("postgresql://navette@127.0.0.1/firm"), DatabaseDown(words))

    assert verdict.found.startswith(f"PostgreSQL answers: {found}")


@pytest.mark.parametrize("url", ["nonsense", "mysql://u:p@127.0.0.1/x", "postgresql://u:p@host:port/x"])
def test_a_url_that_names_no_database_is_a_fault(set_up: Make, url: str) -> None:
    settings = set_up(database_url=url)

    assert told(check_database(settings))["database"].level == "fault"
    assert told(check_clock(settings))["clock"].level == "warning"


def test_a_file_that_is_no_database_is_a_fault(set_up: Make, tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Bonjour, " * 200)
    settings: Settings = set_up(database_url=f"sqlite:///{tmp_path}/letter.db")

    assert told(check_database(settings))["database"].level == "fault"


def test_a_folder_where_the_database_should_be_is_a_fault(set_up: Make, tmp_path: Path) -> None:
    assert told(check_database(set_up(database_url=f"sqlite:///{tmp_path}")))["database"].level == "fault"
