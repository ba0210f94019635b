"""What beat asks for is done once per interval, by the database's clock."""

from tests.conftest import HandClock
from worker.app import app
from worker.flows.house import House
from worker.flows.turns import begin_turn


def test_a_backlog_of_ticks_is_one_turn(house: House, clock: HandClock) -> None:
    assert [begin_turn(house, "turn:sweep", every_s=1) for _ in range(5)] == [True, False, False, False, False]
    assert begin_turn(house, "turn:housekeep", every_s=3600), "another task has turns of its own"
    clock.forward(seconds=1)
    assert [begin_turn(house, "turn:sweep", every_s=1) for _ in range(2)] == [True, False]


def test_a_tick_that_comes_a_little_early_is_not_lost(house: House, clock: HandClock) -> None:
    assert begin_turn(house, "turn:sweep", every_s=1)
    clock.forward(seconds=0.9)
    assert begin_turn(house, "turn:sweep", every_s=1)


def test_two_beats_half_an_interval_apart_sweep_once_per_interval(house: House, clock: HandClock) -> None:
    began = []
    for _ in range(8):
        began.append(begin_turn(house, "turn:sweep", every_s=1))
        clock.forward(seconds=0.5)

    assert began == [True, False] * 4


def test_a_clock_that_is_set_back_stops_nothing(house: House, clock: HandClock) -> None:
    assert begin_turn(house, "turn:sweep", every_s=1)
    clock.forward(hours=-1)
    assert begin_turn(house, "turn:sweep", every_s=1)


def test_no_tick_expires_by_the_clock_of_who_hears_it() -> None:
    assert all("expires" not in entry["options"] for entry in app.conf.beat_schedule.values())
