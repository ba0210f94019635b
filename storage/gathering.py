"""What nobody reads before the commit is inserted together: events of the timeline and changes for the portal.

::

    with gathering(session):
        operation.note_event(session, …)      # kept in memory
        operation.note_event(session, …)
    # inserted, by one statement for each table

A block that raises inserts nothing: what it noted did not happen.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from storage.statements import add_rows

BASKET = "navette_gathered"


@contextmanager
def gathering(session: Session) -> Iterator[None]:
    basket: dict[Table, list[Mapping[str, Any]]] = {}
    session.info[BASKET] = basket
    try:
        yield
    finally:
        del session.info[BASKET]
    for table, rows in basket.items():
        add_rows(session, table, rows)


def add_row_in_time(session: Session, table: Table, row: Mapping[str, Any]) -> None:
    """Now, or at the end of the block around it. All rows of a table name the same columns."""
    basket = session.info.get(BASKET)
    if basket is None:
        add_rows(session, table, [row])
    else:
        basket.setdefault(table, []).append(row)
