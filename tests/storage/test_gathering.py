"""Events and changes of one block are inserted together at its end, in their order, or not at all."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from storage import operation
from storage.database import Database
from storage.gathering import gathering
from storage.states import ChangeKind
from storage.tables.operation import changes, timeline_events

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def note(session: Session, *names: str) -> None:
    for each in names:
        operation.note_event(session, each, now=NOW)
        operation.note_change(session, ChangeKind.TICK_MOVED, now=NOW)


def told(session: Session) -> list[str]:
    return list(session.execute(select(timeline_events.c.what).order_by(timeline_events.c.id)).scalars())


def test_what_a_block_noted_stands_there_in_its_order_when_it_ends(database: Database) -> None:
    with database.writing() as session:
        with gathering(session):
            note(session, "first", "second", "third")
            assert told(session) == []
        assert told(session) == ["first", "second", "third"]
        note(session, "fourth")
    with database.reading() as session:
        assert told(session) == ["first", "second", "third", "fourth"]
        assert len(session.execute(select(changes.c.id)).all()) == 4


def test_many_rows_are_one_statement_for_each_table(database: Database) -> None:
    inserts: list[str] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: inserts.append(statement) if "INSERT" in statement else None,
    )
    with database.writing() as session, gathering(session):
        note(session, *(f"event {number}" for number in range(30)))
    assert len(inserts) == 2


def test_a_block_that_raises_inserts_nothing_of_what_it_noted(database: Database) -> None:
    with database.writing() as session:
        note(session, "before")
        with pytest.raises(RuntimeError), gathering(session):
            note(session, "lost")
            raise RuntimeError
        note(session, "after")
        assert told(session) == ["before", "after"]
