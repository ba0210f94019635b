"""Introductions that clients write above a quote: "Le … a écrit :", with a name first, between dashes, Horde's, Notes'.

Words of ``patterns`` in four languages, and evidence: above ``>`` one sign is enough, else two.
"""

import re
from collections.abc import Sequence

from worker.core.new_text.evidence import Evidence, Sign
from worker.core.new_text.header_blocks import MOST_OF_A_LINE, MOST_WRAPS, Header, after_blanks, bare, block_at
from worker.core.new_text.normalising import Line, words_of
from worker.core.new_text.patterns import NAME_FIRST, PRONOUNS, QUOTING, STARTS, VERBS

ENDS_WITH_ADDRESS = re.compile(r"@[\w.-]{1,80}\W{0,3}:$")
# Notes: ``"Anne Dupont" ---12/10/2026 14:20:00---Bonjour,``, with the first words of the mail.
NOTES = re.compile(
    r"^\S[^\n]{1,80}? ?-{3,5}\d{1,4}[./-]\d{1,2}[./-]\d{2,4},? "
    r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[ap]m)?-{3,5}",
    re.IGNORECASE,
)


def attribution_at(lines: Sequence[Line], number: int, evidence: Evidence) -> Header | None:
    """An introduction of one to four joined lines. Above ``>``, or between dashes, one sign is enough, else two."""
    text = ""
    for end in range(number + 1, min(len(lines), number + MOST_WRAPS) + 1):
        if lines[end - 1].is_blank:
            return None
        text = f"{text} {bare(lines[end - 1])}".strip()
        if end == number + 1 and not may_start(text) and not lines[min(end, len(lines) - 1)].content.startswith("<"):
            return None
        if is_introduction(text):
            signs = evidence.signs(text)
            fewest = 1 if stands_above_quote(lines, end) or is_dashed(text) else 2
            proven = len(signs) >= fewest and (Sign.ADDRESS in signs or not is_told(text))
            proven = proven and not begins_later(lines, number, end)
            return Header(first=number, end=end, rule="attribution") if proven else None
    return None


def notes_at(lines: Sequence[Line], number: int, _: Evidence) -> Header | None:
    """The line of Notes, with the labels that it may draw below."""
    text = lines[number].content
    if "---" not in text or NOTES.match(text[:MOST_OF_A_LINE]) is None:
        return None
    below = after_blanks(lines, number + 1)
    block = block_at(lines, below, Evidence()) if below < len(lines) else None
    return Header(first=number, end=block.end if block else number + 1, rule="attribution")


def begins_later(lines: Sequence[Line], first: int, end: int) -> bool:
    """The author's last line stands right above the introduction: "2 factures." above "Le 24/11, Anne a écrit :"."""
    for number in range(first + 1, end):
        text = " ".join(bare(line) for line in lines[number:end])
        if text.startswith(STARTS) and may_start(text) and is_introduction(text):
            return True
    return False


def may_start(text: str) -> bool:
    text = text.lstrip("- ")
    if text.startswith(STARTS):
        return any(letter.isdigit() for letter in text)
    return text.startswith(QUOTING) or (
        text[:1].isdigit() or "@" in text or any(phrase in text for phrase in NAME_FIRST)
    )


def is_introduction(text: str) -> bool:
    """It ends with its verb, or with a colon. Zoho and Notes draw dashes around it."""
    if is_dashed(text):
        return any(verb in text for verb in VERBS)
    text = text.rstrip(" *_")
    if text.endswith(":"):
        dated = text[:1].isdigit() and "@" in text
        quoting = text.startswith(QUOTING) and ENDS_WITH_ADDRESS.search(text) is not None
        return dated or quoting or any(verb in text for verb in VERBS)
    return text.endswith(VERBS)


def is_dashed(text: str) -> bool:
    return text.startswith("--") and text.endswith("--")


def is_told(text: str) -> bool:
    """As in "On Monday at 10:30 you wrote to me:", a person's own sentence: programs use no pronouns."""
    return not PRONOUNS.isdisjoint(words_of(text))


def stands_above_quote(lines: Sequence[Line], number: int) -> bool:
    below = after_blanks(lines, number, most=3)
    return below < len(lines) and lines[below].depth > 0
