"""Step 1: the lines of a mail as the other steps read them.

Typographic spaces become plain ones, invisible characters go, text is NFC. The parser has joined the text parts and
undone format=flowed before. What is shown later is ``text``; what is compared is ``content``: without the ``>`` in
front, and of a monstrous line only its head. Phones put a whole quote header behind the last word of the author
(``ok.-------- Message d'origine --------De : …``): such a line is taken apart here, at the dashes.

Above 512 kB or 20,000 lines only head and tail are looked at; the middle is one *skipped* line that goes where the line
before it goes.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, takewhile

from worker.core.new_text.patterns import ORIGINALS
from worker.core.new_text.tagline_words import DEVICES, TAGLINES
from worker.core.parsed import BodyLine

MOST_CHARACTERS = 512_000
MOST_LINES = 20_000
MOST_LEVELS = 2_000
MOST_OF_A_LINE = 8_192
HEAD_SHARE = 3 / 4

ODD = {ord(space): " " for space in "\u00a0\u202f\u2007\u2009"} | dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))
LINE_ENDS = re.compile(r"\r\n|\r|\n")
# ASCII only for Latin script: "déclaration", "d?claration" and "dÃ©claration" give the same words.
WORDS = re.compile(r"[0-9a-z]+|[^\W\x00-\u024f]+")
# What clients add when they make text of our HTML: targets of links, names of pictures.
NOISE = re.compile(r"<(?:https?:|mailto:|tel:)[^<>\s]{0,2000}>|\[(?:cid:|image)[^\[\]\n]{0,200}\]", re.IGNORECASE)
DASHED = re.compile(r"(?<!-)-{5,}+ ?[^-\n]{3,40}-{5,}+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """``content`` has no quote prefix; ``whole`` is False when it is only the head of a very long line; ``origin``: the
    HTML elements it stands in that tell who made it.
    """

    text: str
    content: str
    depth: int
    words: tuple[str, ...]
    whole: bool = True
    skipped: bool = False
    origin: tuple[str, ...] = ()

    @property
    def is_blank(self) -> bool:
        return not self.content

    @property
    def is_rule(self) -> bool:
        """Only dashes, underscores and the like: belongs to what stands around it."""
        return bool(self.content) and not self.content.strip("-_=*~#|.·•—–+<> \t")


def normalise(body: Sequence[BodyLine]) -> list[Line]:
    head, middle, tail = within_caps(flat_lines(body))
    typed = sum(1 for _ in takewhile(lambda line: line.text.lstrip()[:1] in (">", ""), head))
    lines = [line for number, each in enumerate(head) for line in read_lines(each, is_typed=number < typed)]
    if middle:
        text = clean("\n".join(each.text for each in middle))
        lines.append(Line(text=text, content="…", depth=0, words=(), whole=False, skipped=True))
    return lines + [line for each in tail for line in read_lines(each, is_typed=False)]


def clean(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text).translate(ODD)


def words_of(content: str) -> tuple[str, ...]:
    """Lower-case words for comparing; quotes, dashes, spaces and damaged accents make no difference."""
    if "<" in content or "[" in content:
        content = NOISE.sub(" ", content)
    return tuple(WORDS.findall(content.lower()))


def flat_lines(body: Iterable[BodyLine]) -> list[BodyLine]:
    lines: list[BodyLine] = []
    for line in body:
        if "\n" in line.text or "\r" in line.text:
            lines += [BodyLine(text=part, depth=line.depth, origin=line.origin) for part in LINE_ENDS.split(line.text)]
        else:
            lines.append(line)
    return lines


def within_caps(lines: list[BodyLine]) -> tuple[list[BodyLine], list[BodyLine], list[BodyLine]]:
    """Head, middle and tail; all is head in an ordinary mail."""
    if len(lines) <= MOST_LINES and sum(weight(line) for line in lines) <= MOST_CHARACTERS:
        return lines, [], []
    first = how_many(lines, HEAD_SHARE)
    last = how_many(islice(reversed(lines), len(lines) - first), 1 - HEAD_SHARE)
    return lines[:first], lines[first : len(lines) - last], lines[len(lines) - last :]


def how_many(lines: Iterable[BodyLine], share: float) -> int:
    characters, count = 0, 0
    for line in lines:
        characters += weight(line)
        if characters > MOST_CHARACTERS * share or count >= MOST_LINES * share:
            break
        count += 1
    return count


def weight(line: BodyLine) -> int:
    return min(len(line.text), MOST_OF_A_LINE) + 1


def read_lines(line: BodyLine, *, is_typed: bool) -> list[Line]:
    """``is_typed``: nothing but ``>`` stands above, which no program writes there: what is glued behind has none."""
    text = clean(line.text).rstrip()
    if "-----" not in text or len(text) > MOST_OF_A_LINE:
        return [read_line(text, line)]
    first, *others = apart_at_dashes(text)
    below = replace(line, depth=0) if is_typed else line
    return [read_line(first, line), *(read_line(part, below) for part in others)]


def apart_at_dashes(text: str) -> list[str]:
    """``Merci.-------- Message d'origine --------De : …`` as three lines; anything else as it is."""
    found = DASHED.search(text)
    if found is None or found.span() == (0, len(text)) or not opens_a_header(found.group(), text[found.end() :]):
        return [text]
    parts = (*apart_at_tagline(text[: found.start()].rstrip()), found.group(), text[found.end() :].strip())
    return [part for part in parts if part]


def apart_at_tagline(text: str) -> tuple[str, str]:
    """``Merci.Envoyé depuis mon Galaxy`` before such dashes: the tagline is glued to the last word as well."""
    low = text.lower()
    start = max((low.rfind(tagline) for tagline in TAGLINES), default=-1)
    if start < 0 or not text[start].isupper() or not any(device in low[start:] for device in DEVICES):
        return text, ""
    return text[:start].rstrip(), text[start:]


def opens_a_header(dashed: str, rest: str) -> bool:
    """In our languages by its words, in others by what follows: a short label and an address."""
    known = dashed.strip("- ").lower().replace("’", "'") in ORIGINALS
    return known or (":" in rest[:30] and "@" in rest[:200])


def read_line(text: str, line: BodyLine) -> Line:
    content = text.lstrip("> \t") if line.depth else text.lstrip()
    whole = len(content) <= MOST_OF_A_LINE
    content = content if whole else content[:MOST_OF_A_LINE]
    return Line(
        text=text,
        content=content,
        depth=min(line.depth, MOST_LEVELS),
        words=words_of(content),
        whole=whole,
        origin=line.origin,
    )
