"""Pauses between tries: friendly to greylists, bounded, never earlier than promised."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.backoff import has_expired, next_try

OPENED = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
FIVE_DAYS = timedelta(days=5)


@pytest.mark.parametrize(("tries", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 45), (5, 135), (6, 240), (7, 240)])
def test_the_first_pauses_suit_a_greylist_and_the_later_ones_an_outage(tries: int, minutes: int) -> None:
    assert next_try(tries, 0) == timedelta(minutes=minutes)


def test_jitter_lengthens_a_pause_by_up_to_a_quarter() -> None:
    assert next_try(2, 1) == timedelta(minutes=6, seconds=15)
    assert next_try(2, 0.5) == timedelta(minutes=5, seconds=37.5)


def test_the_demo_may_use_shorter_pauses() -> None:
    assert [next_try(tries, 0, first_seconds=1, most_seconds=6) for tries in (1, 2, 3)] == [
        timedelta(seconds=1),
        timedelta(seconds=5),
        timedelta(seconds=6),
    ]


@given(st.one_of(st.integers(-5, 8), st.just(10**9)), st.floats(-2, 3))
def test_any_number_of_tries_gives_a_pause_within_bounds(tries: int, jitter: float) -> None:
    assert timedelta(minutes=1) <= next_try(tries, jitter) <= timedelta(hours=4)


@given(st.integers(1, 40), st.floats(0, 1))
def test_a_later_pause_is_never_shorter(tries: int, jitter: float) -> None:
    assert next_try(tries, jitter) <= next_try(tries + 1, jitter)


def test_a_mail_is_given_up_after_the_whole_time_and_not_before() -> None:
    assert not has_expired(OPENED, OPENED + FIVE_DAYS - timedelta(seconds=1), FIVE_DAYS)
    assert has_expired(OPENED, OPENED + FIVE_DAYS, FIVE_DAYS)
