"""Working days in Belgium: Monday to Friday without the ten statutory holidays (VAT.md).

Computed by the rule, without a library: six fixed days, and Easter Monday, Ascension and Whit Monday by Gauss's Easter.
"""

from datetime import date, datetime, timedelta

FIXED = ((1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25))
AFTER_EASTER = (1, 39, 50)


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm, as in Meeus)."""
    golden, century, rest = year % 19, year // 100, year % 100
    leap, left = divmod(century, 4)
    corrected = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leap - corrected + 15) % 30
    quarter, remainder = divmod(rest, 4)
    weekday = (32 + 2 * left + 2 * quarter - moon - remainder) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def is_working_day(day: date) -> bool:
    if day.weekday() >= 5 or (day.month, day.day) in FIXED:
        return False
    return day not in {easter(day.year) + timedelta(days=after) for after in AFTER_EASTER}


def working_days_before(now: datetime, count: int) -> datetime:
    """The same time of day, so many working days ago: what is older has waited longer than that."""
    day, left = now, count
    while left > 0:
        day -= timedelta(days=1)
        left -= is_working_day(day.date())
    return day
