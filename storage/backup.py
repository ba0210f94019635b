"""Copies of the database and of the files, and what a restored database needs before it is used.

Order: the database first, then the files. A file is written before the row that names it and is never changed, so a
copy of the files that is younger than the copy of the database holds everything that its rows name. The other way
round, rows would name files that the copy does not have.

SQLite is copied by ``VACUUM INTO`` (one moment, while others write), PostgreSQL by ``pg_dump`` (one snapshot).

A restored database is older than what the world has seen. Numbers that were given away after the copy must not be
given to something else: row keys and the numbers of changes skip ahead. The public ids in signed addresses are random
and need nothing.
"""

import contextlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import func, inspect, select, text, update
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from storage import operation, outbox
from storage.database import Database, told_as_down
from storage.durable import make_folder, sync_folder
from storage.durable import told_as_down as told_as_files_down
from storage.files import FileStore
from storage.records import ArrivalId, OutgoingMailId
from storage.revisions import known_revisions, revision_in
from storage.rows import add_if_new, change
from storage.states import ArrivalState, MailState
from storage.tables import metadata
from storage.tables.conversations import files
from storage.tables.inbox import arrivals, inbound_mails
from storage.tables.mail import outgoing_mails
from storage.tables.operation import counters
from storage.tables.people import clients

SKIP = 1_000_000
"""More than a firm gives away between two backups."""
PARTS = ("clients", "inbound", "outgoing")
"""What is worth keeping of the file store; ``spool`` holds what nobody was told 250 for."""
OPEN = (MailState.WAITING, MailState.QUEUED, MailState.SENDING)


class ToolFailed(Exception):  # noqa: N818 - reads as what it is
    """pg_dump or pg_restore is missing or said no; the text says what it said."""


def copy_database(database: Database, target: Path) -> None:
    """One moment of the database, durably in ``target``. Others may write meanwhile."""
    if database.is_sqlite:
        copy_sqlite(Path(str(database.url.database)), target)
    else:
        run_tool("pg_dump", database.url, "--format=custom", f"--file={target}")
    with told_as_files_down():
        target.chmod(0o600)
        sync_file(target)


def copy_sqlite(source: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=20)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as fault:
        raise ToolFailed(f"SQLite: {fault}") from fault


def bring_back_database(database: Database, source: Path) -> None:
    """Into an empty place (``is_empty``): all of it or, with PostgreSQL, nothing."""
    if not database.is_sqlite:
        run_tool("pg_restore", database.url, "--exit-on-error", "--single-transaction", "--no-owner", source=source)
        return
    database.close()  # asking whether it was empty made an empty file
    with told_as_files_down():
        copy_durably(source, Path(str(database.url.database)))


def run_tool(tool: str, url: URL, *options: str, source: Path | None = None) -> None:
    """The password goes through the environment: arguments are seen by everybody on the machine."""
    found = shutil.which(tool)
    if found is None:
        raise ToolFailed(f"{tool} is not here: install the client of your PostgreSQL (Debian: postgresql-client)")
    plain = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    words = [found, *options, f"--dbname={plain}", *([str(source)] if source else [])]
    done = subprocess.run(words, env=os.environ | secret, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode != 0:
        raise ToolFailed(f"{tool} said: {done.stderr.strip()[-500:]}")


def is_empty(database: Database) -> bool:
    if database.is_sqlite and not Path(str(database.url.database)).exists():
        return True
    with told_as_down():
        return not inspect(database.engine).get_table_names()


def revision_of(database: Database) -> str | None:
    with told_as_down(), database.engine.connect() as connection:
        return revision_in(connection)


def knows_revision(revision: str) -> bool:
    """Whether this version can bring a database of that schema up to its own."""
    return revision in known_revisions()


def copy_files(source: Path, target: Path, *, linked_to: Path | None = None) -> int:
    """All files of a store into an empty folder, durably; how many.

    ``linked_to``: an earlier copy; what it has already is linked, not copied (files never change).
    """
    copied = 0
    with told_as_files_down():
        for path in files_below(source):
            name = path.relative_to(source)
            make_folder((target / name).parent)
            with contextlib.suppress(FileNotFoundError):  # gone meanwhile: the sweep took it, it had no row
                link_or_copy(linked_to / name if linked_to else None, path, target / name)
                copied += 1
    return copied


def link_or_copy(earlier: Path | None, source: Path, target: Path) -> None:
    if earlier is not None:
        with contextlib.suppress(OSError):  # not there, or on another disk
            os.link(earlier, target)
            sync_folder(target.parent)
            return
    copy_durably(source, target)


def files_below(root: Path) -> Iterator[Path]:
    """Finished files; one with a leading dot is still being written."""
    for part in PARTS:
        for path in sorted((root / part).rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                yield path


def copy_durably(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    target.chmod(0o600)
    sync_file(target)


def sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    sync_folder(path.parent)


def missing_files(session: Session, store: FileStore) -> Iterator[str]:
    """Names that a row gives and the store does not have. There should be none."""
    for name in files_named(session):
        if not (store.root / name).is_file():
            yield name


def files_named(session: Session) -> Iterator[str]:
    stored = select(clients.c.public_id, files.c.sha256).join(files, files.c.client_id == clients.c.id)
    for row in session.execute(stored):
        yield f"clients/{row.public_id:016x}/{row.sha256[:2]}/{row.sha256}"
    for column in (outgoing_mails.c.bytes_path, inbound_mails.c.raw_path):
        yield from session.execute(select(column).where(column.is_not(None))).scalars()


def skip_numbers(session: Session) -> None:
    """What was given away after the copy is never given to something else."""
    add_if_new(session, counters, name=operation.CHANGES_COUNTER, value=0)
    here = counters.c.name == operation.CHANGES_COUNTER
    session.execute(update(counters).where(here).values(value=counters.c.value + SKIP))
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    for name in metadata.tables:
        if is_sqlite:
            changed = text("UPDATE sqlite_sequence SET seq = seq + :skip WHERE name = :name RETURNING 1")
            if session.execute(changed, {"skip": SKIP, "name": name}).first() is None:
                session.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :skip)"), {"name": name, "skip": SKIP})
        else:
            sequence = func.pg_get_serial_sequence(name, "id")
            session.execute(select(func.setval(sequence, func.nextval(sequence) + SKIP)))


def free_arrivals(session: Session) -> list[ArrivalId]:
    """Kept and not yet filed. Who had claimed them is no more."""
    kept = arrivals.c.state == ArrivalState.KEPT
    change(session, arrivals, kept, lease_until=None)
    return [ArrivalId(row.id) for row in session.execute(select(arrivals.c.id).where(kept).order_by(arrivals.c.id))]


def open_mails(session: Session) -> list[OutgoingMailId]:
    """Those that have not gone as far as this database knows."""
    unsent = select(outgoing_mails.c.id).where(outgoing_mails.c.state.in_(OPEN)).order_by(outgoing_mails.c.id)
    return [OutgoingMailId(row.id) for row in session.execute(unsent)]


def mark_as_doubtful(session: Session, mail_id: OutgoingMailId) -> None:
    outbox.update_mail(session, mail_id, set(OPEN), may_be_doubled=True)
