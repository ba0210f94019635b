"""Transactions, clocks and times behave the same on both databases."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, StatementError

from storage import operation, people
from storage.database import Database, DatabaseDown
from storage.rows import add
from storage.states import ChangeKind, Language
from storage.tables.operation import counters, timeline_events
from storage.tables.people import people as people_table

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_a_naive_time_is_refused(database: Database) -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(StatementError, match="naive"), database.writing() as session:
        operation.note_event(session, "x", now=naive)


def test_times_come_back_aware_and_in_utc(database: Database) -> None:
    brussels = timezone(timedelta(hours=1))
    with database.writing() as session:
        operation.note_event(session, "x", now=NOW.astimezone(brussels))
    with database.reading() as session:
        told = session.execute(select(timeline_events.c.happened_at)).scalar_one()

    assert told == NOW
    assert told.utcoffset() == timedelta(0)


def test_public_ids_of_all_64_bits_survive(database: Database) -> None:
    with database.writing() as session:
        for number in (0, 2**63 - 1, 2**63, 2**64 - 1):
            add(session, people_table, name="x", language=Language.FR, reach="mail", created_at=NOW, public_id=number)
    with database.reading() as session:
        kept = session.execute(select(people_table.c.public_id).order_by(people_table.c.id)).scalars().all()

    assert kept == [0, 2**63 - 1, 2**63, 2**64 - 1]


def test_a_reading_session_cannot_write(database: Database) -> None:
    with pytest.raises((DBAPIError, DatabaseDown)), database.reading() as session:
        session.execute(text("INSERT INTO counters (name, value) VALUES ('x', 1)"))


def test_writing_works_after_a_reading_session_used_the_same_connection(database: Database) -> None:
    with database.reading() as session:
        session.execute(select(counters.c.id))
    with database.writing() as session:
        add(session, counters, name="x", value=1)
    with database.reading() as session:
        assert session.execute(select(counters.c.value)).scalar_one() == 1


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as session:
        add(session, counters, name="x", value=1)
        raise ZeroDivisionError
    with database.reading() as session:
        assert session.execute(select(counters.c.id)).first() is None


def test_a_deleted_key_never_comes_back(database: Database) -> None:
    with database.writing() as session:
        first = people.add_person(session, name="x", language=Language.FR, now=NOW)
        session.execute(people_table.delete())
        second = people.add_person(session, name="y", language=Language.FR, now=NOW)

    assert second > first


def test_four_writers_lose_no_transaction(database: Database) -> None:
    faults: list[Exception] = []

    def write(number: int) -> None:
        try:
            for each in range(25):
                with database.writing() as session:
                    session.execute(select(counters.c.id)).first()
                    add(session, counters, name=f"{number}-{each}", value=1)
        except DatabaseDown as fault:
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not faults
    with database.reading() as session:
        assert len(session.execute(select(counters.c.id)).all()) == 100


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_changes_get_their_numbers_after_the_commit_and_none_is_lost(database: Database) -> None:
    """Two writers overlap (SQLite has one at a time): the first to begin commits last, and the portal misses nothing."""
    early = database.engine.connect()
    early.begin()
    early.execute(text("INSERT INTO changes (kind, happened_at) VALUES ('message_posted', now())"))
    with database.writing() as session:
        operation.note_change(session, ChangeKind.MESSAGE_EDITED, now=NOW)
    with database.writing() as session:
        operation.number_changes(session)
    with database.reading() as session:
        first = operation.changes_after(session, 0)
    early.commit()
    early.close()
    with database.writing() as session:
        operation.number_changes(session)
    with database.reading() as session:
        second = operation.changes_after(session, first[-1].number)

    assert [each.kind for each in first + second] == [ChangeKind.MESSAGE_EDITED, ChangeKind.MESSAGE_POSTED]


def test_change_numbers_have_no_gap_and_no_double(database: Database) -> None:
    for _ in range(3):
        with database.writing() as session:
            for _ in range(4):
                operation.note_change(session, ChangeKind.MESSAGE_POSTED, now=NOW)
        with database.writing() as session:
            assert operation.number_changes(session) == 4
    with database.reading() as session:
        assert [each.number for each in operation.changes_after(session, 0)] == list(range(1, 13))
        assert [each.number for each in operation.changes_after(session, 10)] == [11, 12]


def test_a_lease_has_one_holder_until_it_runs_out(database: Database) -> None:
    span = timedelta(seconds=30)
    with database.writing() as session:
        assert operation.take_lease(session, "box", "a", now=NOW, for_=span) == 1
        assert operation.take_lease(session, "box", "b", now=NOW + span / 2, for_=span) is None
        assert operation.take_lease(session, "box", "a", now=NOW + span / 2, for_=span) == 1
        assert operation.take_lease(session, "box", "b", now=NOW + 2 * span, for_=span) == 2
        assert operation.take_lease(session, "box", "a", now=NOW + 2 * span, for_=span) is None
