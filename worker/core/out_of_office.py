"""Out-of-office answers: from when, until when, back on which day, and who replaces; French, Dutch, German, English.

Dates are found first (``spoken_dates``); here the words around them say what each one is: the end of an absence
("jusqu'au <0>"), the first day back ("weer bereikbaar vanaf <0>"), a range ("vom <0> bis <1>"), a single day. Belgian
answers say it all in two or three languages: the same day twice is one day, two different days are doubt, and in doubt
nothing is said. A day that is over when the mail arrives is a forgotten vacation program: nothing either.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta

from worker.core.automatic import AWAY_SUBJECT
from worker.core.out_of_office_words import (
    AVAILABLE,
    AWAY,
    BACK,
    BACK_BACKWARD,
    BACK_FORWARD,
    BEFORE,
    CLAUSE,
    ENDS,
    NEGATED,
    ON_DAY,
    RANGES,
    SINCE_DAY,
    UNTIL,
)
from worker.core.replacements import Replacement, read_replacements
from worker.core.spoken_dates import SpokenDate, coming, mark_dates, past

# Words that an out-of-office formula holds, in four languages; a mail without any says something else.
FORMULA = re.compile(
    r"absen|abwesen|afwezig|congé|conge\b|vacances|vakantie|verlof|urlaub|holiday|vacation|out of (?:the )?office|"
    r"annual leave|on leave|de retour|returning|(?:on|until) my return|"
    r"terug|zurück|nicht im büro|niet op kantoor|buiten kantoor|hors du bureau|"
    r"pas au bureau|indisponible|unavailable|niet bereikbaar|nicht erreichbar|not available|injoignable|"
    r"ne suis pas|pas joignable",
    re.IGNORECASE,
)
LONGEST_TEXT = 4_000
LONGEST_GAP = timedelta(days=5)
"""Between the last day away and the first day back: a weekend and a holiday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """``until_on``: the last day away; ``back_on``: the first day back, where it was said. None: not said, doubtful."""

    from_on: date | None = None
    until_on: date | None = None
    back_on: date | None = None
    replacements: tuple[Replacement, ...] = ()


@dataclass(slots=True)
class Told:
    """What the sentences of one text said so far."""

    ranges: set[tuple[date | None, date]] = field(default_factory=set)
    untils: set[date] = field(default_factory=set)
    backs: set[date] = field(default_factory=set)
    froms: set[date] = field(default_factory=set)
    unclear: bool = False


def read_absence(subject: str, text: str, *, today: date, own: Collection[str] = ()) -> Absence:
    """``text``: the writer's own lines; ``today``: the day of arrival where he is; ``own``: his own addresses."""
    text = text[:LONGEST_TEXT]
    absence = settled(read_sentences(text, today))
    if absence.until_on is None and absence.back_on is None:
        absence = settled(read_sentences(own_part(subject)[:LONGEST_TEXT], today))
    return Absence(
        from_on=absence.from_on,
        until_on=absence.until_on,
        back_on=absence.back_on,
        replacements=read_replacements(text, own=own),
    )


def says_absence(subject: str, text: str) -> bool:
    """Is this the answer of a vacation program at all, and not one of a ticket system or a filter?"""
    return AWAY_SUBJECT.match(subject.strip()) is not None or FORMULA.search(text[:LONGEST_TEXT]) is not None


def own_part(subject: str) -> str:
    """Without the subject that is answered: it is ours, and may hold dates."""
    return re.split(r"[:：]|\b(?:re|aw|sv|antw)\b", subject, maxsplit=1, flags=re.IGNORECASE)[0]


def read_sentences(text: str, today: date) -> Told:
    told = Told()
    marked, dates = mark_dates(plain(text))
    for sentence in ENDS.split(marked.lower()):
        if "<" in sentence:
            SentenceReader(" ".join(sentence.split()), dates, today, told).read()
    return told


def plain(text: str) -> str:
    """One spelling of apostrophes, spaces and abbreviations."""
    text = re.sub(r"[‘’ʼ]", "'", text.replace("\u00a0", " ").replace("\u202f", " "))
    return re.sub(r"\bt\.?e\.?m\.?(?=\s)|\btot en met\b", "t/m", text, flags=re.IGNORECASE)


@dataclass(slots=True)
class SentenceReader:
    """One sentence with ``<n>`` for its days: ranges first, then ends, then days of return, then single days.

    What was read is taken out of the sentence (``¤``), so that no day is read twice.
    """

    sentence: str
    dates: tuple[SpokenDate, ...]
    today: date
    told: Told

    def read(self) -> None:
        for pattern in RANGES:
            self.sentence = pattern.sub(self.read_range, self.sentence)
        self.sentence = UNTIL.sub(self.read_until, self.sentence)
        self.sentence = BEFORE.sub(self.read_before, self.sentence)
        for pattern in (BACK_FORWARD, BACK_BACKWARD):
            self.sentence = pattern.sub(self.read_back, self.sentence)
        if AWAY.search(self.sentence) or NEGATED.search(self.sentence):
            self.sentence = SINCE_DAY.sub(self.read_since, self.sentence)
            self.read_single_day()

    def clause_before(self, found: re.Match[str]) -> str:
        return CLAUSE.split(self.sentence[: found.start()])[-1]

    def read_range(self, found: re.Match[str]) -> str:
        first, last = self.dates[int(found[1])], self.dates[int(found[2])]
        if is_availability(self.clause_before(found)):
            return "¤"
        until = coming(last, self.today)
        if until is None:
            self.told.unclear |= not is_over(last, self.today)
        else:
            self.told.ranges.add((past(first, until), until))
        return "¤"

    def read_until(self, found: re.Match[str]) -> str:
        """Of "not back until <0>" it is the day of return."""
        day, clause = coming(self.dates[int(found[1])], self.today), self.clause_before(found)
        if day is None or is_availability(clause):
            return "¤"
        if BACK.search(clause) and NEGATED.search(clause):
            self.told.backs.add(day)
        else:
            self.told.untils.add(day)
        return "¤"

    def read_before(self, found: re.Match[str]) -> str:
        """Of "not back before <0>" too; else "before" says nothing."""
        day = coming(self.dates[int(found[1])], self.today)
        if day is not None and BACK.search(self.sentence) and NEGATED.search(self.clause_before(found)):
            self.told.backs.add(day)
        return "¤"

    def read_back(self, found: re.Match[str]) -> str:
        """Not in "ne serai pas joignable le <0>": that is a day away."""
        if NEGATED.search(self.clause_before(found) + found.group()):
            return found.group()
        back = coming(self.dates[int(found[1])], self.today)
        self.told.backs |= {back} if back else set()
        return "¤"

    def read_since(self, found: re.Match[str]) -> str:
        spoken = self.dates[int(found[1])]
        since = past(spoken, self.today) or coming(spoken, self.today)
        self.told.froms |= {since} if since else set()
        return "¤"

    def read_single_day(self) -> None:
        """As in "je suis absente le <0>": that day alone, when the sentence speaks of one."""
        days = [self.dates[int(each[1])] for each in ON_DAY.finditer(self.sentence)]
        if len(days) == 1 and "¤" not in self.sentence and (day := coming(days[0], self.today)) is not None:
            self.told.ranges.add((day, day))


def is_availability(clause: str) -> bool:
    """As "je suis joignable du <0> au <1>" is no absence; "peu joignable" is one."""
    return AVAILABLE.search(clause) is not None and NEGATED.search(clause) is None


def is_over(spoken: SpokenDate, today: date) -> bool:
    day = past(spoken, today)
    return day is not None and day < today


def settled(told: Told) -> Absence:
    """One absence out of all that was said, or none where it does not agree."""
    if told.unclear:
        return Absence()
    from_on, until, is_clear = last_day(told)
    back = next(iter(told.backs)) if len(told.backs) == 1 else None
    if not is_clear or len(told.backs) > 1:
        return Absence()
    if until is not None and back is not None:
        if back < until or back - until > LONGEST_GAP:
            return Absence()
        until = min(until, back - timedelta(days=1))
    if until is None and back is not None:
        until = back - timedelta(days=1)
    if from_on is None and len(told.froms) == 1:
        from_on = next(iter(told.froms))
    if from_on is not None and until is not None and from_on > until:
        return Absence()
    return Absence(from_on=from_on, until_on=until, back_on=back)


def last_day(told: Told) -> tuple[date | None, date | None, bool]:
    """(from, until, whether what was said agrees). Of several ranges the one that ends first is the present one."""
    ends = {until for _, until in told.ranges} | told.untils
    if not ends:
        return None, None, True
    if told.ranges and (not told.untils or told.untils <= {until for _, until in told.ranges}):
        first = min(until for _, until in told.ranges)
        starts = {start for start, until in told.ranges if until == first}
        return (next(iter(starts)) if len(starts) == 1 else None), first, True
    return None, next(iter(ends)) if len(ends) == 1 else None, len(ends) == 1
