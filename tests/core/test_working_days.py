"""Working days of Belgium."""

from datetime import UTC, date, datetime, timedelta

import pytest

from worker.core.working_days import easter, is_working_day, working_days_before


@pytest.mark.parametrize(
    ("year", "day"), [(2024, (3, 31)), (2025, (4, 20)), (2026, (4, 5)), (2027, (3, 28)), (2038, (4, 25))]
)
def test_easter_is_where_the_calendar_has_it(year: int, day: tuple[int, int]) -> None:
    assert easter(year) == date(year, *day)


def test_the_ten_statutory_holidays_of_a_year() -> None:
    days = [date(2026, 1, 1) + timedelta(days=each) for each in range(365)]
    off = [day for day in days if not is_working_day(day) and day.weekday() < 5]

    assert off == [
        date(2026, 1, 1),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2026, 7, 21),
        date(2026, 11, 11),
        date(2026, 12, 25),
    ]  # 15 August and 1 November fall on a weekend


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (datetime(2026, 11, 26, 9, tzinfo=UTC), datetime(2026, 11, 24, 9, tzinfo=UTC)),
        (datetime(2026, 11, 24, 9, tzinfo=UTC), datetime(2026, 11, 20, 9, tzinfo=UTC)),
        (datetime(2026, 11, 12, 9, tzinfo=UTC), datetime(2026, 11, 9, 9, tzinfo=UTC)),
    ],
)
def test_two_working_days_ago(now: datetime, then: datetime) -> None:
    assert working_days_before(now, 2) == then
