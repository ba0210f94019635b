"""Rows to records and back: the few statements every room of storage is made of."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Select, Table, Update, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

Record = TypeVar("Record")
Where = ColumnElement[bool]
SELECTED: dict[tuple[type[Any], str], Select[Any]] = {}
CHANGING: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Update] = {}


def columns_of(record: type[Any], table: Table) -> list[Any]:
    return [table.c[field.name] for field in fields(record)]


def selecting(record: type[Any], table: Table, *where: Where) -> Select[Any]:
    """The columns are written down once: a SELECT of forty costs as much to build as to run."""
    known = (record, table.name)
    if known not in SELECTED:
        SELECTED[known] = select(*columns_of(record, table))
    return SELECTED[known].where(*where)


def read_all(session: Session, record: type[Record], statement: Select[Any]) -> list[Record]:
    return [record(**row._mapping) for row in session.execute(statement)]  # noqa: SLF001 - SQLAlchemy's public name


def read_one(session: Session, record: type[Record], statement: Select[Any]) -> Record | None:
    row = session.execute(statement.limit(1)).first()
    return None if row is None else record(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def add(session: Session, table: Table, **values: Any) -> int:
    """Insert one row and say its key."""
    made = session.execute(insert(table).values(**values).returning(table.c.id))
    return int(made.scalar_one())


def add_and_read(session: Session, record: type[Record], table: Table, **values: Any) -> Record:
    """Insert one row and give it back as it stands."""
    row = session.execute(insert(table).values(**values).returning(*columns_of(record, table))).one()
    return record(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name


def add_if_new(session: Session, table: Table, **values: Any) -> int | None:
    """Insert one row unless a unique rule says it is there already; its key, or None when it was there."""
    if session.get_bind().dialect.name == "sqlite":
        made = session.execute(sqlite.insert(table).values(**values).on_conflict_do_nothing().returning(table.c.id))
    else:
        made = session.execute(postgresql.insert(table).values(**values).on_conflict_do_nothing().returning(table.c.id))
    key = made.scalar_one_or_none()
    return None if key is None else int(key)


def change(session: Session, table: Table, *where: Where, **values: Any) -> int:
    """Update rows and say how many."""
    done = session.execute(update(table).where(*where).values(**values).returning(table.c.id))
    return len(done.fetchall())


def add_all(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that nobody needs the keys of, in one go; every row names the same columns."""
    if rows:
        session.execute(insert(table), rows)


def change_each(session: Session, table: Table, by: Iterable[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Update many rows, each with values of its own; ``by``: the columns of a row that find it."""
    if not rows:
        return
    found_by = tuple(by)
    written = tuple(name for name in rows[0] if name not in found_by)
    known = (table.name, found_by, written)
    if known not in CHANGING:
        where = (table.c[name] == bindparam(f"by_{name}") for name in found_by)
        CHANGING[known] = update(table).where(*where).values({name: bindparam(f"to_{name}") for name in written})
    renamed = [{f"{'by' if name in found_by else 'to'}_{name}": each for name, each in row.items()} for row in rows]
    session.execute(CHANGING[known], renamed)
