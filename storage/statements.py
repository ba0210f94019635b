"""Statements of a fixed shape, built once for each shape: building one takes as long as running it.

``read_by(session, Person, people, id=5)`` reads what ``read_one(session, Person, selecting(…, people.c.id == 5))``
reads, in a quarter of the time (0.05 ms against 0.18). A key is never None: NULL equals nothing.
"""

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Select, Table, and_, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.rows import columns_of

Record = TypeVar("Record")
Build = TypeVar("Build", bound=Callable[..., Any])
KEY = "key_"
"""Before the names of keys: an UPDATE may look for a column that it sets."""


def read_by(session: Session, record: type[Record], table: Table, **keys: Any) -> Record | None:
    """The row that has these values, when there is one."""
    row = session.execute(selecting_by(record, table, *keys).limit(1), keyed(keys)).first()
    return None if row is None else record(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def read_all_by(
    session: Session, record: type[Record], table: Table, *, order: str = "id", **keys: Any
) -> list[Record]:
    """All rows that have these values, in the order of one column."""
    found = session.execute(in_order_of(record, table, order, *keys), keyed(keys))
    return [record(**row._mapping) for row in found]  # noqa: SLF001 - SQLAlchemy's public name


def read_among(
    session: Session, record: type[Record], table: Table, column: str, values: Collection[Any], *, order: str = "id"
) -> list[Record]:
    """All rows whose column has one of these values."""
    if not values:
        return []
    found = session.execute(selecting_among(record, table, column, order), {"values": list(values)})
    return [record(**row._mapping) for row in found]  # noqa: SLF001 - SQLAlchemy's public name


def add_row(session: Session, table: Table, **values: Any) -> int:
    """Insert one row and say its key."""
    return int(session.execute(adding_one(table), values).scalar_one())


def add_row_and_read(session: Session, record: type[Record], table: Table, **values: Any) -> Record:
    """Insert one row and give it back as it stands."""
    row = session.execute(adding_and_telling(record, table), values).one()
    return record(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def add_rows(session: Session, table: Table, rows: Collection[Mapping[str, Any]]) -> None:
    """Insert rows of one shape; nobody asks for their keys."""
    if rows:
        session.execute(adding_many(table), list(rows))


def add_row_if_new(session: Session, table: Table, **values: Any) -> int | None:
    """Insert one row unless a unique rule says it is there already; its key, or None when it was there."""
    statement = adding_if_new(session.get_bind().dialect.name, table)
    key = session.execute(statement, values).scalar_one_or_none()
    return None if key is None else int(key)


def change_by(session: Session, table: Table, keys: Mapping[str, Any], **values: Any) -> int:
    """Update the rows that have these values and say how many."""
    return len(session.execute(changing(table, *keys), keyed(keys) | values).fetchall())


def once(build: Build) -> Build:
    """``functools.cache`` that keeps the signature."""
    return cast("Build", cache(build))


def keyed(keys: Mapping[str, Any]) -> dict[str, Any]:
    return {KEY + name: value for name, value in keys.items()}


def has(table: Table, names: Collection[str]) -> Any:
    return and_(*(table.c[name] == bindparam(KEY + name) for name in names))


@once
def selecting_by(record: type[Any], table: Table, *names: str) -> Select[Any]:
    return select(*columns_of(record, table)).where(has(table, names))


@once
def in_order_of(record: type[Any], table: Table, order: str, *names: str) -> Select[Any]:
    return selecting_by(record, table, *names).order_by(table.c[order])


@once
def selecting_among(record: type[Any], table: Table, column: str, order: str) -> Select[Any]:
    among = table.c[column].in_(bindparam("values", expanding=True))
    return select(*columns_of(record, table)).where(among).order_by(table.c[order])


@once
def adding_one(table: Table) -> Any:
    return insert(table).returning(table.c.id)


@once
def adding_and_telling(record: type[Any], table: Table) -> Any:
    return insert(table).returning(*columns_of(record, table))


@once
def adding_many(table: Table) -> Any:
    return insert(table)


@once
def adding_if_new(dialect: str, table: Table) -> Any:
    made = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    return made.on_conflict_do_nothing().returning(table.c.id)


@once
def changing(table: Table, *keys: str) -> Any:
    """What it sets are the parameters that are named like columns."""
    return update(table).where(has(table, keys)).returning(table.c.id)
