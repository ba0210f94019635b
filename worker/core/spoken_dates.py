"""Dates as people write them in French, Dutch, German and English: "lundi 3 août", "t/m 15/8", "12.08.", "January 4".

``mark_dates`` replaces every date of a text by ``<n>`` and gives the n-th ``SpokenDate``, so that whoever reads the
words around it need not know how it was written. What year is meant is told by the day on which the text arrived
(``coming``, ``past``). In doubt there is no date: a weekday that does not fit, a month that may be a day (``8/3`` in an
English text), a day that no month has.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta

LONGEST_AHEAD = timedelta(days=200)
"""A date without a year lies within this; a written year may lie further ahead."""
LONGEST_WRITTEN_AHEAD = timedelta(days=730)

MONTHS = {
    1: "janvier janv jan januari january januar jänner",
    2: "février fevrier févr fév fev februari feb february februar",
    3: "mars maart mrt march mar märz maerz mär mrz",
    4: "avril avr april apr",
    5: "mai mei may",
    6: "juin juni june jun",
    7: "juillet juil juli july jul",
    8: "août aout augustus aug august",
    9: "septembre september sept sep",
    10: "octobre oct oktober okt october",
    11: "novembre november nov",
    12: "décembre decembre déc dec december dezember dez",
}
WEEKDAYS = {
    0: "lundi maandag montag monday",
    1: "mardi dinsdag dienstag tuesday",
    2: "mercredi woensdag mittwoch wednesday",
    3: "jeudi donderdag donnerstag thursday",
    4: "vendredi vrijdag freitag friday",
    5: "samedi zaterdag samstag sonnabend saturday",
    6: "dimanche zondag sonntag sunday",
}
# Only right before a date; "ma" and "mar" are Monday here and Tuesday there.
SHORT_WEEKDAYS = {
    0: "lun lu mo mon",
    1: "di die tue tues",
    2: "mer me wo mi wed",
    3: "jeu je do don thu thur thurs",
    4: "ven ve vr vrij fr fre fri",
    5: "sam sa za zat sat",
    6: "dim zo zon so son sun",
    -1: "ma mar",
}


def by_word(listed: dict[int, str]) -> dict[str, int]:
    return {word: number for number, words in listed.items() for word in words.split()}


MONTH_OF, WEEKDAY_OF = by_word(MONTHS), by_word(WEEKDAYS)
SHORT_OF = by_word(SHORT_WEEKDAYS) | WEEKDAY_OF
TODAY = frozenset({"aujourd'hui", "vandaag", "heute", "today"})
TOMORROW = frozenset({"demain", "morgen", "tomorrow"})


def either(words: dict[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


ORDINAL = r"(?:er|ère|ème|e|st|nd|rd|th|ste|de|\.)?"
DATE = re.compile(
    rf"""
    (?<![\w<>/.+])(?<!\d\d\d-)
    (?:(?P<weekday>{either(SHORT_OF)})\b[.,]?\s+(?:(?:le|the|den|dem|de)\s+)?)?
    (?:
      (?P<iso_year>\d{{4}})-(?P<iso_month>\d\d)-(?P<iso_day>\d\d)(?![\d-])
    | (?P<day>\d{{1,2}}){ORDINAL}\s*(?:de\s|d'|of\s)?\s?(?P<month>{either(MONTH_OF)})\b\.?(?:,?\s*(?P<year>20\d\d)\b)?
    | (?P<month2>{either(MONTH_OF)})\b\.?\s+(?:the\s+)?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|\s?[h:]\s?\d|\.\d)
        (?:,?\s+(?P<year2>20\d\d)\b)?
    | (?P<day3>\d{{1,2}})\s?/\s?(?P<month3>\d{{1,2}})(?:\s?/\s?(?P<year3>20\d\d|\d\d))?(?![\d/]|\.\d|-\d)
    | (?P<day4>\d{{1,2}})\.\s?(?P<month4>\d{{1,2}})\.(?:\s?(?P<year4>20\d\d|\d\d))?(?![\d]|\.\d|\s?uhr)
    | (?P<day5>\d{{1,2}})-(?P<month5>\d{{1,2}})-(?P<year5>20\d\d)(?!\d)
    )
    """,
    re.IGNORECASE | re.VERBOSE,
)
ALONE = re.compile(
    rf"(?<![\w<>])(?P<word>{'|'.join(sorted({*WEEKDAY_OF, *TODAY, *TOMORROW}, key=len, reverse=True))})"
    r"(?:\s+(?:prochain|next))?\b(?!\s*<)",
    re.IGNORECASE,
)
# "du 1er au <0>": the month is said once.
FIRST_DAY = re.compile(
    rf"(?<![\w<>/.+-])(?:(?:{either(SHORT_OF)})\b[.,]?\s+)?(?P<day>\d{{1,2}}){ORDINAL}\s*"
    r"(?P<between>-|–|—|au|tot en met|tot|t/m|bis(?: zum| einschließlich| einschl| inkl)?|to|until|till|through|et|en|"
    r"und|and)"
    r"(?=\s*(?:(?:le|the|den|dem)\s+)?<(?P<last>\d+)>)",
    re.IGNORECASE,
)
ROUND_THE_CLOCK = (24, 7)
# Words of the languages that write the day first; English alone may mean either.
DAY_FIRST = re.compile(
    r"\b(?:je|suis|serai|le|du|au|ik|ben|van|tot|met|ich|bin|vom|bis|und|ist|wir|nous|wij)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenDate:
    """What was written. ``weekday``: 0 Monday; ``days_ahead``: of "today" and "tomorrow"; ``doubtful``: day and month
    may be the other way round.
    """

    day: int | None = None
    month: int | None = None
    year: int | None = None
    weekday: int | None = None
    days_ahead: int | None = None
    doubtful: bool = False


def mark_dates(text: str) -> tuple[str, tuple[SpokenDate, ...]]:
    """The text with ``<n>`` for each date, and the dates. Angle brackets of the text itself are taken out."""
    text = text.replace("<", " ").replace(">", " ")
    month_first = order_of(text)
    found: list[SpokenDate] = []

    def marked(match: re.Match[str]) -> str:
        spoken = read(match, month_first=month_first)
        if spoken is None:
            return match.group()
        found.append(spoken)
        return f"<{len(found) - 1}>"

    def marked_alone(match: re.Match[str]) -> str:
        found.append(read_alone(match.group("word").lower()))
        return f"<{len(found) - 1}>"

    def marked_first(match: re.Match[str]) -> str:
        last, day = found[int(match.group("last"))], int(match.group("day"))
        if last.month is None or last.day is None or not 0 < day < last.day:
            return match.group()
        found.append(replace(last, day=day, weekday=None))
        return f"<{len(found) - 1}> {match.group('between')}"

    text = FIRST_DAY.sub(marked_first, DATE.sub(marked, text))
    return ALONE.sub(marked_alone, text), tuple(found)


def order_of(text: str) -> bool | None:
    """Does this text write the month first? None when nothing tells."""
    pairs = [(int(each["day3"]), int(each["month3"])) for each in DATE.finditer(text) if each["day3"]]
    month_first = any(second > 12 for _, second in pairs)
    day_first = any(first > 12 for first, _ in pairs) or DAY_FIRST.search(text) is not None
    return month_first if month_first is not day_first else None


def read(match: re.Match[str], *, month_first: bool | None) -> SpokenDate | None:
    part = match.groupdict()
    weekday = SHORT_OF.get((part["weekday"] or "").lower())
    day = part["iso_day"] or part["day"] or part["day2"] or part["day3"] or part["day4"] or part["day5"]
    month = part["iso_month"] or part["month"] or part["month2"] or part["month3"] or part["month4"] or part["month5"]
    year = part["iso_year"] or part["year"] or part["year2"] or part["year3"] or part["year4"] or part["year5"]
    day_number, month_number = int(day), int(month) if month.isdigit() else MONTH_OF[month.lower()]
    doubtful = False
    if part["day3"]:
        if (day_number, month_number) == ROUND_THE_CLOCK and year is None:
            return None
        doubtful = month_first is None and day_number != month_number and day_number <= 12
        if month_first:
            day_number, month_number = month_number, day_number
    if not (1 <= day_number <= 31 and 1 <= month_number <= 12):
        return None
    return SpokenDate(
        day=day_number,
        month=month_number,
        year=None if year is None else int(year) + (2000 if len(year) == 2 else 0),
        weekday=None if weekday == -1 else weekday,
        doubtful=doubtful,
    )


def read_alone(word: str) -> SpokenDate:
    if word in WEEKDAY_OF:
        return SpokenDate(weekday=WEEKDAY_OF[word])
    return SpokenDate(days_ahead=0 if word in TODAY else 1)


def coming(spoken: SpokenDate, today: date) -> date | None:
    """The day meant by a date that is still to come (today included); None in doubt and for a day that is over."""
    if spoken.doubtful:
        return None
    if spoken.days_ahead is not None:
        return today + timedelta(days=spoken.days_ahead)
    if spoken.day is None or spoken.month is None:
        return next_weekday(spoken, today)
    years = (spoken.year,) if spoken.year else (today.year, today.year + 1)
    most = LONGEST_WRITTEN_AHEAD if spoken.year else LONGEST_AHEAD
    days = [each for year in years if (each := day_in(spoken, year)) and today <= each <= today + most]
    return fitting(days[0], spoken) if days else None


def past(spoken: SpokenDate, until: date) -> date | None:
    """The day meant by a date on or before ``until``; None in doubt."""
    if spoken.doubtful or spoken.day is None or spoken.month is None:
        return None
    years = (spoken.year,) if spoken.year else (until.year, until.year - 1)
    days = [each for year in years if (each := day_in(spoken, year)) and each <= until]
    return fitting(days[0], spoken) if days and until - days[0] <= LONGEST_WRITTEN_AHEAD else None


def day_in(spoken: SpokenDate, year: int) -> date | None:
    assert spoken.month is not None
    assert spoken.day is not None
    try:
        return date(year, spoken.month, spoken.day)
    except ValueError:
        return None


def fitting(day: date, spoken: SpokenDate) -> date | None:
    return day if spoken.weekday in {None, day.weekday()} else None


def next_weekday(spoken: SpokenDate, today: date) -> date | None:
    """The coming one; on the day itself it may be today or in a week: in doubt none."""
    if spoken.weekday is None or spoken.weekday == today.weekday():
        return None
    return today + timedelta(days=(spoken.weekday - today.weekday()) % 7)
