"""The line that phones and mail programs put under a mail ("Envoyé de mon iPhone"), and its home-made kin.

A tagline of a program begins as programs write it and holds a device or a program. A home-made one ("Vanop mijnen
iPhone gestuurd", "Von meim Handy jeschickt, Tippfehler darfste behalten") is a paragraph of its own, made of nothing
but words of sending, of means, of possession and of things, behind a comma perhaps with an excuse for its spelling. Any
other word may be the author's business ("Factuur vanop mijn iPhone gestuurd") and keeps the line.
"""

import re
from collections.abc import Sequence

from worker.core.new_text.normalising import NOISE, Line
from worker.core.new_text.tagline_words import (
    BY_MEANS_OF,
    DEVICES,
    EXCUSES,
    FILLING,
    FOR,
    NO_TAGLINE,
    OF_MINE,
    SENDING,
    TAGLINES,
    THINGS,
)

LONGEST_TAGLINE = 160
MOST_OTHER_WORDS = 1
MOST_WORDS_OF_AN_EXCUSE = 8
OF_A_DEVICE = ("von meinem", "von meiner")  # "… iPhone gesendet"; without that it answers a question
KNOWN = SENDING | BY_MEANS_OF | OF_MINE | FOR | THINGS | FILLING
WORD = re.compile(r"[^\W_]+(?:'n\b)?")
CLAUSE_END = re.compile(r"[,;!(–—|]|\.(?=\s|$)|\s-\s")


def tagline_start(lines: Sequence[Line], first: int, end: int, *, home_made: bool) -> int:
    """The tagline that these lines end with, else ``end``. ``home_made``: whether one of the author's own may go."""
    last = end - 1
    while last >= first and (lines[last].is_blank or lines[last].is_rule):
        last -= 1
    if last < first:
        return end
    if is_tagline(lines[last]):
        return last
    stands_alone = last > first and lines[last - 1].is_blank and any(line.words for line in lines[first:last])
    return last if home_made and stands_alone and is_home_made(lines[last]) else end


def taglines_inside(lines: Sequence[Line], first: int, end: int) -> list[int]:
    """Taglines with the author's text above and below, each a paragraph of its own: he went on under it."""
    return [
        number
        for number in range(first + 1, end - 1)
        if lines[number - 1].is_blank
        and lines[number + 1].is_blank
        and is_tagline(lines[number])
        and is_of_a_program(text_of(lines[number]))
        and not last_above(lines, first, number).endswith(":")
    ]


def last_above(lines: Sequence[Line], first: int, number: int) -> str:
    return next((line.content for line in reversed(lines[first:number]) if not line.is_blank), ":")


def is_tagline(line: Line) -> bool:
    """As a program writes it, and little else: who goes on behind it has something to say."""
    text = text_of(line)
    if len(line.content) > LONGEST_TAGLINE or not text.startswith(TAGLINES) or "?" in text:
        return False
    if not any(device in text for device in DEVICES) or not NO_TAGLINE.isdisjoint(words(text)):
        return False
    head, rest = clauses(text)
    if text.startswith(OF_A_DEVICE) and SENDING.isdisjoint(words(text)):
        return False
    return len(others(head)) <= MOST_OTHER_WORDS and (not others(rest) or is_excuse(rest))


def is_home_made(line: Line) -> bool:
    text = text_of(line)
    head, rest = clauses(text)
    if len(line.content) > LONGEST_TAGLINE or "?" in text or not head[:1].isalpha() or others(head):
        return False
    said = set(words(head))
    speaks = SENDING & said and BY_MEANS_OF & said and THINGS & said
    return bool(speaks) and is_of_a_program(head) and (not words(rest) or is_excuse(rest))


def is_of_a_program(text: str) -> bool:
    """It says whose device ("mon") or for which one the program is ("pour Windows"); nothing else is said."""
    return not others(clauses(text)[0]) and not (OF_MINE | FOR).isdisjoint(words(text))


def is_excuse(rest: str) -> bool:
    return any(excuse in rest for excuse in EXCUSES) and len(words(rest)) <= MOST_WORDS_OF_AN_EXCUSE


def clauses(text: str) -> tuple[str, str]:
    end = CLAUSE_END.search(text)
    return (text[: end.start()], text[end.end() :]) if end else (text, "")


def others(text: str) -> list[str]:
    """Words that no tagline is made of; the number of a model is part of its name."""
    return [word for word in words(text) if word not in KNOWN and not any(sign.isdigit() for sign in word)]


def words(text: str) -> list[str]:
    return WORD.findall(text)


def text_of(line: Line) -> str:
    return NOISE.sub(" ", line.content[: 2 * LONGEST_TAGLINE]).strip("*_|> \t").lower().replace("’", "'")
