"""Turns of what beat asks for again and again: once per interval by the database's clock, however many ticks are heard.

A tick carries no time of expiry: the hearer's clock would judge it, and a beat machine that is an hour behind would
make every worker drop every tick. A backlog of ticks, or a second beat, costs one look each.
"""

from datetime import timedelta

from storage import operation
from worker.flows.house import House

EARLY = 0.8
"""Ticks come a little early and late: a turn keeps the next one away for this part of its interval."""


def begin_turn(house: House, name: str, *, every_s: float) -> bool:
    """Whether this tick is the one that does the work."""
    every = timedelta(seconds=every_s * EARLY)
    with house.database.reading() as session:
        if not operation.may_begin_turn(session, name, now=house.now(session), every=every):
            return False
    with house.database.writing() as session:
        return operation.begin_turn(session, name, now=house.now(session), every=every)
