"""What makes a line a quote header in any language: it names our mail, a person's address, or when it was sent."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from worker.core.new_text.normalising import clean

FEWEST_LETTERS_OF_A_NAME = 5
MOST_CHARACTERS = 1_200

ADDRESS = re.compile(r"[\w.+-]@[\w-]")
TIME = re.compile(r"\b\d{1,2}(?:[:.]\d{2}(?![\d/.-])| ?h ?\d{2}\b| ?[ap]\.?m\b| uhr\b)", re.IGNORECASE)
DATE = re.compile(
    r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b"
    r"|\b\d{4}[-/]\d{1,2}[-/]\d{1,2}\b"
    r"|\b\d{1,2}(?:er|st|nd|rd|th)?\.? (?:de |of )?[^\W\d_]{3,10}\.?,? (?:19|20)\d{2}\b"
    r"|\b[^\W\d_]{3,10}\.? \d{1,2},? (?:19|20)\d{2}\b"
)


class Sign(StrEnum):
    NAME = "name"
    ADDRESS = "address"
    TIME = "time"
    DATE = "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """``names``: what names our mail, lower case without spaces. Empty when nothing is known."""

    names: tuple[str, ...] = ()

    def signs(self, text: str) -> set[Sign]:
        text = text[:MOST_CHARACTERS]
        found = {
            sign
            for sign, pattern in ((Sign.ADDRESS, ADDRESS), (Sign.TIME, TIME), (Sign.DATE, DATE))
            if pattern.search(text)
        }
        if self.names_us(text):
            found.add(Sign.NAME)
        return found

    def names_us(self, text: str) -> bool:
        """Spaces do not count: clients wrap inside names and addresses."""
        tight = squeezed(text)
        return any(name in tight for name in self.names)


def evidence_of(names: Sequence[str]) -> Evidence:
    tight = dict.fromkeys(squeezed(clean(name)) for name in names)
    return Evidence(names=tuple(name for name in tight if len(name) >= FEWEST_LETTERS_OF_A_NAME))


def squeezed(text: str) -> str:
    return "".join(text.lower().split())
