"""navette check asks the virus scanner about a harmless file."""

from tests.checking.conftest import told
from tests.mail.clamd_server import nobody_listens, scripted_clamd
from worker.checking.antivirus import check_antivirus
from worker.checking.verdicts import Level
from worker.settings import Settings


def settings_with(url: str) -> Settings:
    return Settings(demo=True, antivirus_url=url)


def test_without_a_scanner_it_is_said_that_files_are_served_unscanned() -> None:
    found = told(check_antivirus(settings_with("")))["antivirus"]
    assert (found.level, "unscanned" in found.found) == (Level.OK, True)


def test_a_scanner_that_answers_is_fine() -> None:
    with scripted_clamd() as server:
        found = told(check_antivirus(settings_with(server.url)))["antivirus"]
    assert found.level is Level.OK


def test_a_scanner_that_is_not_there_is_a_fault_with_what_to_do() -> None:
    found = told(check_antivirus(settings_with(nobody_listens())))["antivirus"]
    assert (found.level, "NAVETTE_ANTIVIRUS_URL" in found.todo) == (Level.FAULT, True)


def test_a_scanner_that_finds_a_virus_in_everything_is_a_fault() -> None:
    with scripted_clamd() as server:
        server.says = b"stream: Everything FOUND\0"
        found = told(check_antivirus(settings_with(server.url)))["antivirus"]
    assert (found.level, "Everything" in found.found) == (Level.FAULT, True)
