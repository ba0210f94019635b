"""Step 3: the first method. Which lines of a reply stand in what we sent, whatever the client or the language.

Both sides become words. Every run of four words of what we sent is known by its place; the words of the reply are
walked once and get the place of the run they lie in. Runs go across line ends, so re-wrapping, prefixes, other quotes,
dashes and spaces make no difference, and a short line is known by its neighbours. A line is quoted when

- all or nearly all its words have a place, and it is a whole line of ours, or the head or tail of one and eight words
  long, or goes on in the next;
- most of its words have one, and it stands between two quoted lines just where ours stood;
- it is short, a whole line of ours, and the next one after the last quoted line (an answer broke the run).

Words that follow the end of a line of ours in the same line are an answer there; the line is taken apart. A line in the
prefix of a quote whose neighbours stood next to each other in our mail was put between them: an answer too.
Everything else is new, also a phrase of ours inside a sentence of the author. Linear: no difflib, no search for longest
matches.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from worker.core.new_text.evidence import ADDRESS
from worker.core.new_text.introductions import NOTES
from worker.core.new_text.normalising import Line
from worker.core.new_text.placing import RUN, Quote, SentWords, Words, places_of

EITHER_CASE = re.compile(r"[0-9A-Za-z]+|[^\W\x00-\u024f]+")
REST_OF_A_WORD = re.compile(r"\S*(?:\s+[?!:;»”)]+(?=\s))?")
SURE_WORDS = 8
Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The lines, some taken apart. ``rows``: the sent place of each word; ``spans``: where a quoted line stands in what
    we sent, None for others; ``inserted``: lines that stand among ours and are not ours, whatever their prefix.
    """

    lines: list[Line]
    rows: list[list[int]]
    spans: list[Span | None]
    inserted: set[int]

    def add(self, line: Line, row: list[int], span: Span | None) -> None:
        self.lines.append(line)
        self.rows.append(row)
        self.spans.append(span)


def compare(lines: Sequence[Line], sent: SentWords, quote: Quote) -> Matched | None:
    """None when nothing of what we sent stands in these lines."""
    places = places_of(lines, sent, quote)
    rows: list[list[int]] = []
    spans: list[Span | None] = []
    end = 0
    for line in lines:
        first, end = end, end + len(line.words)
        rows.append(places[first:end])
        around = (places[first - 1] if first else -1, places[end] if end < len(places) else -1)
        spans.append(sure_span(line, rows[-1], around, sent))
    if not any(spans):
        return None
    parted = part_answers(lines, rows, spans, sent)
    settle_weak(parted, sent)
    mark_inserted(parted)
    return parted


def sure_span(line: Line, row: list[int], around: Span, sent: SentWords) -> Span | None:
    """Of a line that is quoted for sure: nearly every word has a place and it is no chance hit."""
    if not row or not line.whole:
        return None
    missing = row.count(-1)
    if missing:
        nearly = len(row) >= SURE_WORDS and missing <= len(row) // SURE_WORDS
        return span_of(row) if nearly and not is_answered(line, row, sent) else None
    ends = (row[0] in sent.starts) + (row[-1] + 1 in sent.ends)
    is_ours = ends == 2 or (ends and len(row) >= SURE_WORDS) or goes_on(row, around)
    return span_of(row) if is_ours else None


def goes_on(row: list[int], around: Span) -> bool:
    """Does the run of a short line come from the line above or go on below? Not when the words above are the same ones:
    "… professional or private?" answered by "private".
    """
    before, after = around
    repeats = 0 <= before - row[0] < RUN
    return not repeats and (after == row[-1] + 1 or 0 <= before == row[0] - 1)


def span_of(row: list[int]) -> Span:
    """Words without a place at either end are counted on from those with one."""
    first = next(number for number, place in enumerate(row) if place >= 0)
    last = max(number for number, place in enumerate(row) if place >= 0)
    return row[first] - first, row[last] + len(row) - last


def is_answered(line: Line, row: list[int], sent: SentWords) -> bool:
    """Does the line hold words of the author: figures, words before its start, behind its end, or put in between?

    A word that was damaged on the way stands for one of ours; a word put in stands between two that follow each other.
    """
    if any(place < 0 and word.isdigit() for place, word in zip(row, line.words, strict=True)):
        return True
    known = [(number, place) for number, place in enumerate(row) if place >= 0]
    if any(there - here > 1 and after == place + 1 for (here, place), (there, after) in pairwise(known)):
        return True
    before = known[0][0]
    if row[before] in sent.starts and len("".join(line.words[:before])) > 1:
        return True
    return answer_begins(row, sent) > 0


def answer_begins(row: list[int], sent: SentWords) -> int:
    """The first word behind the end of a line of ours, when all words before have a place and none after; else 0."""
    begins = next((number for number, place in enumerate(row) if place < 0), len(row))
    if begins < RUN - 1 or begins == len(row) or max(row[begins:]) >= 0:
        return 0
    return begins if row[begins - 1] + 1 in sent.ends else 0


def part_answers(lines: Sequence[Line], rows: list[list[int]], spans: list[Span | None], sent: SentWords) -> Matched:
    """Short lines that come next are ours; answers behind our words in the same line become lines of their own."""
    matched = Matched(lines=[], rows=[], spans=[], inserted=set())
    reached = -1
    for line, row, sure in zip(lines, rows, spans, strict=True):
        next_size = 0 if sure or not row else size_of_next_line(line.words, reached, sent)
        span = (reached, reached + next_size) if next_size and next_size == len(row) else sure
        is_on = bool(row) and (row[0] == reached or row[0] in sent.starts)
        begins = next_size or (answer_begins(row, sent) if is_on else 0)
        parts = split_line(line, begins) if span is None and begins else None
        if parts is None:
            matched.add(line, row, span)
            reached = span[1] if span else reached
            continue
        reached = reached + next_size if next_size else row[begins - 1] + 1
        matched.add(parts[0], row[:begins], (reached - begins, reached))
        matched.inserted.add(len(matched.lines))
        matched.add(parts[1], row[begins:], None)
    return matched


def size_of_next_line(words: Words, reached: int, sent: SentWords) -> int:
    """How many words the line of ours has that comes next, if it is short and these words begin with it; else 0."""
    if reached not in sent.starts:
        return 0
    size = next((size for size in range(1, RUN) if reached + size in sent.ends), 0)
    return size if tuple(sent.words[reached : reached + size]) == words[:size] else 0


def settle_weak(matched: Matched, sent: SentWords) -> None:
    """The lines that match for the most part and stand between quoted ones."""
    reached = -1
    nexts = next_places(matched.spans)
    for number, (line, row) in enumerate(zip(matched.lines, matched.rows, strict=True)):
        if row and matched.spans[number] is None and fills_gap(line, row, (reached, nexts[number]), sent):
            matched.spans[number] = span_of(row)
        span = matched.spans[number]
        reached = span[1] if span else reached


def mark_inserted(matched: Matched) -> None:
    """Lines with a prefix between two lines that stood next to each other in our mail."""
    reached = -1
    nexts = next_places(matched.spans)
    for number, (line, span) in enumerate(zip(matched.lines, matched.spans, strict=True)):
        if span is not None:
            reached = span[1]
        elif line.depth and line.words and reached == nexts[number] >= 0:
            matched.inserted.add(number)


def next_places(spans: Sequence[Span | None]) -> list[int]:
    """For each line the place where the next quoted line begins, -1 without."""
    following, found = -1, [-1] * len(spans)
    for number in range(len(spans) - 1, -1, -1):
        found[number] = following
        span = spans[number]
        following = span[0] if span else following
    return found


def fills_gap(line: Line, row: list[int], gap: Span, sent: SentWords) -> bool:
    """Most words are ours and in order, between the quoted lines around."""
    known = [place for place in row if place >= 0]
    reached, following = gap
    if 2 * len(known) <= len(row) or not line.whole or is_answered(line, row, sent):
        return False
    return 0 <= reached <= known[0] and known[-1] < following


def split_line(line: Line, begins: int) -> tuple[Line, Line] | None:
    """Before and from this word on; None where the words cannot be told by their number (targets of links)."""
    spans = [found.span() for found in EITHER_CASE.finditer(line.content)]
    if not line.whole or len(spans) != len(line.words) or not line.text.endswith(line.content):
        return None
    if ADDRESS.search(line.content, spans[begins - 1][1]) or NOTES.match(line.content):  # a header that names us
        return None
    found = REST_OF_A_WORD.match(line.content, spans[begins - 1][1])
    cut = found.end() if found is not None else spans[begins - 1][1]
    if cut > spans[begins][0]:
        return None
    head, tail = line.content[:cut], line.content[cut:].lstrip()
    prefix = line.text.removesuffix(line.content)
    return (
        replace(line, text=prefix + head, content=head, words=line.words[:begins]),
        replace(line, text=tail, content=tail, words=line.words[begins:]),
    )
