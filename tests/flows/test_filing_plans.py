"""Filing costs the same at a million messages: every statement on its way finds its rows by an index."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event

from storage.database import Database
from tests.conftest import Firm, HandClock
from tests.flows.mailroom import Asked, Mailroom, address_in, reply
from tests.flows.test_filing_together import MARC
from worker.flows.filing_together import file_arrivals

Statement = tuple[str, Any]


@contextmanager
def heard(database: Database) -> Iterator[dict[str, Any]]:
    """Every statement with the parameters of its first time."""
    said: dict[str, Any] = {}

    def hear(_connection: object, _cursor: object, text: str, given: Any, _context: object, many: bool) -> None:
        said.setdefault(text, given[0] if many else given)

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)


def scans(connection: Connection, text: str, given: Any) -> list[str]:
    """Lines of the plan that read a whole table."""
    if connection.dialect.name == "sqlite":
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given)
        lines = [str(row[3]) for row in plan]
        return [each for each in lines if each.startswith("SCAN ") and " INDEX " not in each and not is_ours(each)]
    connection.exec_driver_sql("SET enable_seqscan = off")
    lines = [str(row[0]).strip() for row in connection.exec_driver_sql(f"EXPLAIN {text}", given)]
    return [each for each in lines if "Seq Scan" in each]


def is_ours(line: str) -> bool:
    """A subquery of ours that is bounded itself."""
    return line in {"SCAN said", "SCAN newest"}


def is_about_rows(text: str) -> bool:
    """An INSERT looks for nothing. (SQLite's plan of one names the tables that refer to it: it reads them only where
    an earlier statement of the transaction left a reference open.)
    """
    return text.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE"))


def test_filing_reads_no_table_from_end_to_end(room: Mailroom, firm: Firm, asked: Asked, clock: HandClock) -> None:
    _started, sent = asked
    number = 0

    def keep(text: str, **how: Any) -> list[Any]:
        nonlocal number
        number += 1
        return room.keep(reply(sent, text, number=number, **how), address_in(sent))

    with heard(room.house.database) as said:
        file_arrivals(room.house, room.reader, keep("Le nouveau four."))
        file_arrivals(room.house, room.reader, [*keep("Et un autre."), *keep("Merci !"), *keep("x", sender=MARC)])
        clock.forward(minutes=1)
        file_arrivals(room.house, room.reader, keep("Encore un."))
    wrong = {}
    with room.house.database.engine.connect() as connection:
        for text, given in said.items():
            if is_about_rows(text):
                found = scans(connection, text, given)
                if found:
                    wrong[text] = found
        connection.rollback()
    assert len(said) > 30, "it listens"
    assert not wrong
