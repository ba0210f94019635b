"""The engine, the two kinds of session, and the schema's version.

``writing()`` begins IMMEDIATE on SQLite (a deferred BEGIN loses half of the transactions of four writers with
"database is locked", in spite of busy_timeout) and READ COMMITTED on PostgreSQL; keep it short. ``reading()`` begins
deferred with ``query_only`` on SQLite, READ ONLY REPEATABLE READ on PostgreSQL: what it shows is one moment.

Faults of the database itself (locked, gone, disk full) leave here as ``DatabaseDown``; they are never anybody's fault
but ours (DESIGN.md invariant 8).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files as package_files
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from storage.revisions import known_revisions, revision_in

if TYPE_CHECKING:
    from alembic.config import Config

BUSY_TIMEOUT_S = 20


class DatabaseDown(Exception):  # noqa: N818 - a state of the world, named as one reads it
    """The database did not answer, was locked for too long or could not write. Try again later; nothing is decided."""


class AlreadyThere(Exception):  # noqa: N818 - a state of the world, named as one reads it
    """A row with this code, id or name exists, or one that it names does not. Nothing was written."""


class AnyDriver(Protocol):
    """What is asked of a DBAPI connection at connect."""

    isolation_level: Any

    def cursor(self) -> Any: ...


class Database:
    """One firm's database. ``url``: a SQLAlchemy URL, ``sqlite:////abs/path`` or ``postgresql://…`` (psycopg 3)."""

    def __init__(self, url: str) -> None:
        parsed = read_url(url)
        if parsed.drivername in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.engine = (
            build_sqlite(parsed) if self.is_sqlite else create_engine(parsed, hide_parameters=True, pool_pre_ping=True)
        )
        self._reader = self.engine.execution_options(
            **(
                {"navette_reading": True}
                if self.is_sqlite
                else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            )
        )

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One short read-write transaction: commits at the end, rolls back when the block raises."""
        with told_as_down(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One read-only transaction; what it shows is one moment."""
        with told_as_down(), Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    def now(self, session: Session) -> datetime:
        """The database's clock (SQLite: this machine's, which is the same one)."""
        if self.is_sqlite:
            return datetime.now(UTC)  # noqa: TID251 - with SQLite the machine is the database
        told: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
        return told.astimezone(UTC)

    def migrate(self) -> None:
        """Bring the schema to the newest revision. Safe to run twice."""
        from alembic import command

        config = alembic_config()
        with told_as_down(), self.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    def is_migrated(self) -> bool:
        with told_as_down(), self._reader.connect() as connection:
            return revision_in(connection) == known_revisions()[-1]

    def after_fork(self) -> None:
        """Forget connections that belong to the parent process."""
        self.engine.dispose(close=False)

    def close(self) -> None:
        self.engine.dispose()


class BadUrl(ValueError):  # noqa: N818 - reads as what it is
    """Not a URL of a database that is served here; the text says what to write."""


SERVED = ("sqlite", "sqlite+pysqlite", "postgresql", "postgres", "postgresql+psycopg")


def read_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # a port that is no number is a ValueError there
        raise BadUrl("write it like sqlite:////folder/navette.db or postgresql://user@host/name") from None
    if parsed.drivername not in SERVED:
        raise BadUrl(f"{parsed.drivername} is not served: write sqlite:// or postgresql://")
    return parsed


def alembic_config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(package_files("storage") / "migrations"))
    return config


@contextmanager
def told_as_down() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as fault:
        raise DatabaseDown(str(getattr(fault, "orig", fault))) from fault
    except IntegrityError as fault:
        raise AlreadyThere(type(fault.orig).__name__) from fault
    except DBAPIError as fault:
        if fault.connection_invalidated or "not a database" in str(fault.orig):
            raise DatabaseDown(str(fault.orig)) from fault
        raise


def build_sqlite(url: Any) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_S})

    @event.listens_for(engine, "connect")
    def prepare(driver: AnyDriver, _record: object) -> None:
        driver.isolation_level = None
        cursor = driver.cursor()
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            "synchronous=FULL",
            f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("navette_reading"):
            connection.exec_driver_sql("PRAGMA query_only=ON")
            connection.exec_driver_sql("BEGIN")
        else:
            connection.exec_driver_sql("PRAGMA query_only=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
