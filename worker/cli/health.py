"""navette health: is this part of use? For health checks of containers and monitors; it changes nothing.

Every part needs the database at this version's schema and a broker that answers. For ``worker`` one of this machine's
workers (in a container: its own) must answer a ping, ``sink`` must greet on its port. ``navette check`` looks at far
more, and says what to do.
"""

import socket
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from storage.database import Database, DatabaseDown
from worker.cli.terminal import errors, out
from worker.settings import Settings, load_settings

PATIENCE_S = 5


class Part(StrEnum):
    ANY = "any"
    WORKER = "worker"
    BEAT = "beat"
    SINK = "sink"
    COLLECTOR = "collector"


BOTH = "database and broker answer"
ASKED = {
    Part.ANY: f"{BOTH}; whether anybody works, `navette check` tells, and `navette health worker` on its machine",
    Part.WORKER: f"{BOTH}, and a worker of this machine",
    Part.BEAT: f"{BOTH}; beat itself cannot be asked, `navette check` tells when it last asked for a sweep",
    Part.SINK: f"{BOTH}, and the sink greets",
    Part.COLLECTOR: f"{BOTH}; the collector itself cannot be asked, `navette check` tells when it last read a mailbox",
}
"""What was looked at, by the part that was asked for."""


def add_to(app: typer.Typer) -> None:
    app.command()(health)


def health(part: Annotated[Part, typer.Argument(help="Which part runs here.")] = Part.ANY) -> None:
    """Exit code 0 when database, broker and this part answer; else 1, and the first that does not."""
    settings = load_settings()
    for ask in questions(part):
        wrong = ask(settings)
        if wrong is not None:
            errors.print(wrong, markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(1)
    out.tell(f"healthy: {ASKED[part]}")


def questions(part: Part) -> list[Callable[[Settings], str | None]]:
    own: dict[Part, list[Callable[[Settings], str | None]]] = {Part.WORKER: [ask_worker], Part.SINK: [ask_sink]}
    return [ask_database, ask_broker, *own.get(part, [])]


def ask_database(settings: Settings) -> str | None:
    database = Database(settings.sqlalchemy_url())
    try:
        if database.is_sqlite and not Path(str(database.url.database)).exists():
            return "database: there is none yet"
        if not database.is_migrated():
            return "database: not at this version's schema"
    except DatabaseDown as fault:
        return f"database: does not answer: {fault}"
    finally:
        database.close()
    return None


def ask_broker(settings: Settings) -> str | None:
    from kombu.exceptions import OperationalError

    from worker.app import configure

    try:
        with configure(settings).connection_for_read() as connection:
            connection.ensure_connection(max_retries=1, timeout=PATIENCE_S, reraise_as_library_errors=True)
    except (OperationalError, OSError) as fault:
        return f"broker: does not answer: {type(fault).__name__}"
    return None


def ask_worker(settings: Settings, host: str | None = None) -> str | None:
    """``host``: another machine than this one. Two workers there share the answer: systemd sees when one has died."""
    from worker.app import configure, nodes_at

    host = host or socket.gethostname()
    ping = configure(settings).control.ping
    answers = ping(pattern=nodes_at(host), matcher="glob", limit=1, timeout=PATIENCE_S)
    return None if answers else f"worker: none on {host} answers"


def ask_sink(settings: Settings) -> str | None:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(settings.sink_host, settings.sink_host)  # noqa: S104 - compared, not bound
    try:
        with socket.create_connection((host, settings.sink_port), timeout=PATIENCE_S) as peer:
            greeting = peer.recv(200).decode("ascii", "replace")
            peer.sendall(b"QUIT\r\n")
    except OSError as fault:
        return f"sink: {host}:{settings.sink_port} does not answer: {fault}"
    return None if greeting.startswith("220") else f"sink: it greets with {greeting.strip()[:40]!r}, not 220"
