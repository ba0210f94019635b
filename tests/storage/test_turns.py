"""Two processes want the same turn: one gets it, whether or not there is a row, whoever asked for the time first."""

from datetime import timedelta
from threading import Barrier, Event, Thread

import pytest

from storage.database import Database
from storage.operation import begin_turn
from tests.conftest import START

EVERY = timedelta(seconds=0.8)
EARLIER, LATER = START + timedelta(seconds=100), START + timedelta(seconds=100.2)


@pytest.fixture(params=["no turn yet", "a turn long ago"])
def before(request: pytest.FixtureRequest, database: Database) -> None:
    if request.param == "a turn long ago":
        with database.writing() as session:
            assert begin_turn(session, "turn:sweep", now=START, every=EVERY)


@pytest.mark.usefixtures("before")
def test_who_asked_for_the_time_first_and_waited_does_not_win_too(database: Database) -> None:
    """The second one waits for the first one's commit with the older ``now`` in its hand."""
    won, goes = [], Event()

    def second() -> None:
        goes.set()
        with database.writing() as session:
            won.append(begin_turn(session, "turn:sweep", now=EARLIER, every=EVERY))

    thread = Thread(target=second)
    with database.writing() as session:
        won.append(begin_turn(session, "turn:sweep", now=LATER, every=EVERY))
        thread.start()
        assert goes.wait(30)
    thread.join()

    assert won == [True, False]


@pytest.mark.usefixtures("before")
def test_many_at_once_are_one_turn(database: Database) -> None:
    won, ready = [], Barrier(6)

    def begin() -> None:
        ready.wait(30)
        with database.writing() as session:
            won.append(begin_turn(session, "turn:sweep", now=database.now(session), every=timedelta(hours=1)))

    threads = [Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(won) == [False] * 5 + [True]
