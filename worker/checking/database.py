"""Is the database there, can it be written, is it at this version's schema?"""

import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from storage.database import Database, DatabaseDown
from worker.checking.verdicts import Verdict, fault, ok, one_line, warning
from worker.settings import Settings

ABOUT = "database"
UNREADABLE = "NAVETTE_DATABASE_URL must look like postgresql://user:password@host/name; empty means SQLite in data_dir"


def check_database(settings: Settings) -> Iterator[Verdict]:
    database = opened(settings)
    if isinstance(database, Verdict):
        yield database
        return
    try:
        if is_missing(database):
            yield warning(ABOUT, "SQLite, not made yet", "`navette migrate` makes it; `navette run` does so too")
        else:
            yield look_into(database)
    except DatabaseDown as down:
        yield unreachable(database, down)
    except SQLAlchemyError as broken:
        cause = one_line(getattr(broken, "orig", None) or type(broken).__name__)
        yield fault(ABOUT, f"{kind_of(database)}: {cause}", "NAVETTE_DATABASE_URL must name a database of Navette")
    finally:
        database.close()


def opened(settings: Settings) -> Database | Verdict:
    """Nothing is connected yet, nor made."""
    try:
        return Database(settings.sqlalchemy_url())
    except (SQLAlchemyError, ImportError, ValueError) as refused:
        return fault(ABOUT, f"no database can be made of the URL ({type(refused).__name__})", UNREADABLE)


def is_missing(database: Database) -> bool:
    """A connection would make an empty file: the doctor leaves no trace."""
    name = database.url.database
    return database.is_sqlite and bool(name) and not Path(str(name)).exists()


def look_into(database: Database) -> Verdict:
    with database.writing() as session:
        version = session.connection().dialect.server_version_info or ()
    kind = f"{kind_of(database)} {'.'.join(str(number) for number in version)}".strip()
    if database.is_migrated():
        return ok(ABOUT, f"{kind}, written to and at this version's schema")
    if database.is_sqlite:
        return warning(ABOUT, f"{kind}, not at this version's schema", "it brings itself up to date at the next start")
    return fault(ABOUT, f"{kind}, not at this version's schema", "run `navette migrate` once, then start again")


def kind_of(database: Database) -> str:
    return "SQLite" if database.is_sqlite else "PostgreSQL"


def unreachable(database: Database, down: DatabaseDown) -> Verdict:
    if database.is_sqlite:
        todo = "see that the file and its folder may be written and no other program holds it"
        return fault(ABOUT, f"SQLite does not answer: {one_line(down)}", todo)
    for name, words, todo in REFUSED:
        if words.search(str(down)):
            return fault(ABOUT, f"PostgreSQL answers: {name} ({one_line(down)})", todo)
    todo = "start PostgreSQL, then see host, port, user and password in NAVETTE_DATABASE_URL"
    return fault(ABOUT, f"PostgreSQL does not answer: {one_line(down)}", todo)


REFUSED = (
    (
        "no such database",
        re.compile(r'database ".*" does not exist'),
        "make it (`createdb -O USER NAME`), or correct the name at the end of NAVETTE_DATABASE_URL",
    ),
    (
        "no such role",
        re.compile(r'role ".*" does not exist'),
        "make it (`createuser --pwprompt USER`), or correct the user in NAVETTE_DATABASE_URL",
    ),
    (
        "the password is refused",
        re.compile("password authentication failed|no password supplied"),
        "correct the password in NAVETTE_DATABASE_URL; signs like @ : / are written %40 %3A %2F there",
    ),
    (
        "this login is not allowed",
        re.compile("authentication failed|pg_hba|permission denied"),
        "allow this user from this machine in pg_hba.conf, or correct the user in NAVETTE_DATABASE_URL",
    ),
    ("it refuses us", re.compile("FATAL:"), "see what it says, and its own log"),
)
"""What a server says that answers and lets nobody in, the first that fits. libpq gives no SQLSTATE of a connection that
failed, only words; of a server that speaks another language the last one is left.
"""
