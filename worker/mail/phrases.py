"""The product's own words in one language: sentences, dates and amounts, from ``mail_templates/words/LANGUAGE.toml``.

``say("how.manager")`` gives a sentence, with the values it names put in. A key or a value that is missing raises
KeyError: an incomplete sentence never goes out. Words are read once per process.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import resources

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency
from babel.units import format_unit

FRENCH = "fr"
# French typography: the space before a double mark, and inside quotation marks, does not break.
BEFORE_MARK = re.compile(" (?=[:;?!»])|(?<=«) ")
# Narrow unbreakable spaces are boxes in some mail programs' fonts.
NARROW_SPACE, UNBREAKABLE_SPACE = "\u202f", "\u00a0"


class Phrases:
    """The words of one language."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self.words = words
        self.locale = words["locale"]

    def __call__(self, key: str, **values: object) -> str:
        return self.words[key].format_map(values)

    def day(self, on: date) -> str:
        return format_date(on, self.words["day"], locale=self.locale)

    def when(self, at: datetime) -> str:
        """Of a time in the reader's zone, as it stands beside a name."""
        return format_datetime(at, self.words["day_and_time"], locale=self.locale)

    def when_in_sentence(self, at: datetime) -> str:
        return format_datetime(at, self.words["day_and_time_in_sentence"], locale=self.locale)

    def minutes(self, count: int) -> str:
        """With its noun, in the number that the language wants."""
        return format_unit(count, "duration-minute", locale=self.locale).replace(NARROW_SPACE, UNBREAKABLE_SPACE)

    def amount(self, value: Decimal, currency: str) -> str:
        return format_currency(value, currency, locale=self.locale).replace(NARROW_SPACE, UNBREAKABLE_SPACE)


@cache
def phrases_in(language: str) -> Phrases:
    source = resources.files("mail_templates").joinpath("words", f"{language}.toml").read_text(encoding="utf-8")
    words = dict(flat(tomllib.loads(source)))
    if language == FRENCH:
        words = {key: BEFORE_MARK.sub(UNBREAKABLE_SPACE, phrase) for key, phrase in words.items()}
    return Phrases(words)


def flat(table: Mapping[str, object], above: str = "") -> Iterator[tuple[str, str]]:
    """``[how] note = "…"`` as ``how.note``."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{key}.")
        else:
            yield above + key, str(value)
