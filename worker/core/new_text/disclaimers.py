"""Notices that mail servers and firms put under all mail: who may read it, that it was scanned. Nobody wrote them.

Below a quote a paragraph goes that says two such things. Above one, or without one, only what ends the author's text
may go, and only when it is sure: together its paragraphs speak of the mail itself, to somebody who got it by mistake,
with three typical phrases and twenty words. In both places a paragraph stays that asks, or says "I", "you" or what
bookkeeping is about: an author may write of confidence himself.
"""

from collections.abc import Iterable, Iterator, Sequence

from worker.core.new_text.foreign import paragraphs, plain_words, text_of
from worker.core.new_text.normalising import Line
from worker.core.new_text.notices import (
    CASES,
    DISCLAIMERS,
    FEWEST_DISCLAIMERS,
    FORMAL,
    NOTICE_TITLES,
    OWN_WORDS,
    SCANNER_NAMES,
    SCANNERS,
    THIS_MAIL,
    WRONG_READERS,
)

FEWEST_WORDS = 15
FEWEST_WORDS_WHEN_SURE = 20
FEWEST_WHEN_SURE = 3
MOST_PARAGRAPHS = 6
MOST_WORDS_OF_A_SEAL = 3


def is_disclaimer(lines: Sequence[Line], first: int, end: int) -> bool:
    """One paragraph, as it may stand below a quote."""
    text = text_of(lines[first:end])
    if is_own(lines, first, end):
        return False
    cues = count_of(text)
    is_long = sum(len(line.words) for line in lines[first:end]) >= FEWEST_WORDS
    is_notice = cues > FEWEST_DISCLAIMERS or (cues == FEWEST_DISCLAIMERS and is_long)
    return (is_notice and any(phrase in text for phrase in FORMAL)) or has_seal(text)


def notices_among(lines: Sequence[Line], below: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Which paragraphs below a quote are notices, a title above one too."""
    title: tuple[int, int] | None = None
    for start, end in below:
        if is_disclaimer(lines, start, end):
            if title is not None:
                yield title
            yield start, end
        title = (start, end) if is_title(text_of(lines[start:end])) else None


def notice_start(lines: Sequence[Line], first: int, end: int) -> int:
    """Where the notice begins that these lines end with; ``end`` without one, or where nothing else is written."""
    last = list(paragraphs(lines, first, end))[-MOST_PARAGRAPHS - 1 :]
    start = end
    for number in range(len(last) - 1, 0, -1):
        if not may_belong(lines, *last[number]):
            break
        if is_sure(lines, last[number][0], end) or is_scanned(lines, *last[number]):
            start = last[number][0]
    return start


def may_belong(lines: Sequence[Line], first: int, end: int) -> bool:
    text = text_of(lines[first:end])
    says = count_of(text) >= FEWEST_DISCLAIMERS or any(phrase in text for phrase in THIS_MAIL)
    return (says or is_title(text) or is_scanned(lines, first, end)) and not is_own(lines, first, end)


def is_sure(lines: Sequence[Line], first: int, end: int) -> bool:
    text = text_of(lines[first:end])
    return (
        count_of(text) >= FEWEST_WHEN_SURE
        and any(phrase in text for phrase in THIS_MAIL)
        and any(phrase in text for phrase in WRONG_READERS)
        and any(phrase in text for phrase in CASES)
        and sum(len(line.words) for line in lines[first:end]) >= FEWEST_WORDS_WHEN_SURE
    )


def is_scanned(lines: Sequence[Line], first: int, end: int) -> bool:
    """It begins with the seal of a scanner that speaks of the mail."""
    text = text_of(lines[first:end])
    return text.startswith(THIS_MAIL) and text.startswith(SCANNERS) and not is_own(lines, first, end)


def has_seal(text: str) -> bool:
    """Of a scanner, that says nothing else, names itself or speaks of the mail."""
    if not any(cue in text for cue in SCANNERS):
        return False
    return len(plain_words(text)) <= MOST_WORDS_OF_A_SEAL or any(each in text for each in (*SCANNER_NAMES, *THIS_MAIL))


def is_title(text: str) -> bool:
    return text.strip("*_-=: ") in NOTICE_TITLES


def count_of(text: str) -> int:
    return sum(cue in text for cue in DISCLAIMERS)


def is_own(lines: Sequence[Line], first: int, end: int) -> bool:
    text = text_of(lines[first:end])
    return "?" in text or not OWN_WORDS.isdisjoint(plain_words(text))
