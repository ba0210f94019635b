"""What machines on the way add above a quote: banners. Nobody wrote them to us. Disclaimers have a module of their own.

And the one thing an author says about the quote: that his answers stand inside it.
"""

import re
from collections.abc import Iterator, Sequence

from worker.core.new_text.normalising import Line
from worker.core.new_text.notices import (
    BANNERS,
    COLOURS_OF_ANSWERS,
    FIRST_PERSON,
    PLACES_OF_ANSWERS,
    TAGS,
    WORDS_OF_ANSWERING,
)

MOST_CHARACTERS = 4_000
MOST_LINES_OF_A_BANNER = 6
MOST_WORDS_OF_A_POINTER = 6


def is_banner(lines: Sequence[Line], first: int, end: int) -> bool:
    text = text_of(lines[first:end])
    is_tag = end - first == 1 and text.strip("*_ :") in TAGS
    if is_tag or end - first > MOST_LINES_OF_A_BANNER:
        return is_tag
    return any(cue in text for cue in BANNERS) and FIRST_PERSON.isdisjoint(plain_words(text))


def announces_answers(lines: Sequence[Line]) -> bool:
    """As "Mes réponses ci-dessous, en rouge" does, or no more than "See below"."""
    text = text_of(lines)
    if any(colour in text for colour in COLOURS_OF_ANSWERS):
        return True
    is_short = sum(len(line.words) for line in lines) <= MOST_WORDS_OF_A_POINTER
    says = is_short or any(word in text for word in WORDS_OF_ANSWERING)
    return says and any(place in text for place in PLACES_OF_ANSWERS)


def text_of(lines: Sequence[Line]) -> str:
    return " ".join(line.content for line in lines[:40])[:MOST_CHARACTERS].lower().replace("’", "'")


def plain_words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text)


def paragraph_above(lines: Sequence[Line], number: int) -> tuple[int, int]:
    """First and end of the paragraph above this line, blank lines between left out."""
    end = number
    while end > 0 and number - end < 3 and lines[end - 1].is_blank:
        end -= 1
    first = end
    while first > 0 and end - first <= MOST_LINES_OF_A_BANNER and not lines[first - 1].is_blank:
        first -= 1
    return first, end


def paragraphs(lines: Sequence[Line], start: int, end: int) -> Iterator[tuple[int, int]]:
    first = start
    for number in range(start, end + 1):
        if number == end or lines[number].is_blank:
            if number > first:
                yield first, number
            first = number + 1
