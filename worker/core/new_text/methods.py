"""The methods that mark lines, from strong to weak: comparison, structure of the HTML, marker line, patterns, prefix.

Each takes the lines and what is known of our mail, and gives marks, or None when it finds
nothing. What is common: lines in the prefix of a quote are quoted, but not those of a forward, whose content is the
message. What was not sent and stands between or below quoted lines is new.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from worker.core.new_text.comparison import SentWords, compare
from worker.core.new_text.evidence import Evidence
from worker.core.new_text.foreign import is_banner, paragraph_above
from worker.core.new_text.headers import (
    Header,
    header_at,
    is_forward,
    loose_header_above,
    stands_above_quote,
)
from worker.core.new_text.markers import marker_lines
from worker.core.new_text.marking import Mark, Marked
from worker.core.new_text.normalising import Line
from worker.core.new_text.structure import is_heading, mark_structure

MOST_LINES_ABOVE = 16
MOST_STARTS = 200
LONG_LINE = 60
SHORT_TAIL = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """``sent``: the words of what we sent, None when we do not know; ``evidence``: what names our mail."""

    sent: SentWords | None
    evidence: Evidence


def by_comparison(lines: Sequence[Line], known: Known) -> Marked | None:
    """Step 3, with the headers of step 4 above what it found and older headers below."""
    matched = compare(lines, known.sent) if known.sent is not None else None
    if matched is None:
        return None
    marked = with_prefixes(matched.lines)
    marked.inserted = frozenset(matched.inserted)
    marked.rules.append("comparison")
    for number, span in enumerate(matched.spans):
        if span is not None:
            marked.marks[number] = Mark.QUOTED
        elif number in matched.inserted:
            marked.marks[number] = Mark.NEW
    mark_markers(marked)
    mark_headings(marked)
    if mark_headers_above(marked, known.evidence):
        marked.rules.append("header")
    mark_older_mails(marked, known.evidence)
    return marked


def mark_headings(marked: Marked) -> None:
    """What the HTML says is the header of a quote, around what we sent."""
    for number, line in enumerate(marked.lines):
        if is_heading(line) and marked.marks[number] is Mark.NEW and number not in marked.inserted:
            marked.marks[number] = Mark.HEADER


def by_structure(lines: Sequence[Line], known: Known) -> Marked | None:
    """Step 5: the HTML tells what is quoted. What follows a container, and no beginning, stays."""
    marked = with_prefixes(lines)
    if not mark_structure(marked, known.evidence):
        return None
    marked.rules.append("structure")
    mark_markers(marked)
    mark_headers_above(marked, known.evidence)
    return marked


def by_marker(lines: Sequence[Line], known: Known) -> Marked | None:
    """Step 6: below the marker is ours, when we cannot compare; when we can and nothing matched, people wrote there."""
    marked = with_prefixes(lines)
    markers = mark_markers(marked)
    if not markers:
        return None
    marked.rules.append("marker")
    first = min(markers)
    if mark_headers_above(marked, known.evidence):
        marked.rules.append("header")
    if known.sent is None and not lines[first].depth:
        mark_below(marked, first)
    else:
        mark_lost_prefixes(marked)
    return marked


def by_patterns(lines: Sequence[Line], known: Known) -> Marked | None:
    """Step 7: the first header of our mail. In the prefix style what follows without ``>`` is new, else all is cut."""
    header = first_header(lines, known.evidence)
    if header is None:
        return None
    marked = with_prefixes(lines)
    marked.rules.append(header.rule)
    marked.mark(header.first, header.end, Mark.HEADER)
    mark_markers(marked)
    if is_prefix_style(marked, header):
        mark_lost_prefixes(marked)
    else:
        mark_below(marked, header.end)
    return marked


def is_prefix_style(marked: Marked, header: Header) -> bool:
    """Is the quote below in ``>``? A flat quote may hold such lines too, further down: what we quoted ourselves.

    Where nothing stands above the header, what stands between it and the first ``>`` is rather the author's.
    """
    if marked.lines[header.first].depth or stands_above_quote(marked.lines, header.end):
        return True
    return Mark.QUOTED in marked.marks[header.end :] and not any(
        mark is Mark.NEW and line.words
        for mark, line in zip(marked.marks[: header.first], marked.lines[: header.first], strict=True)
    )


def by_prefix(lines: Sequence[Line], known: Known) -> Marked | None:
    """Only ``>``: the weakest sign, perhaps with a header in a language that we have no words for."""
    marked = with_prefixes(lines)
    if Mark.QUOTED not in marked.marks:
        return None
    marked.rules.append("quote prefix")
    if mark_headers_above(marked, known.evidence):
        marked.rules.append("header")
    mark_lost_prefixes(marked)
    return marked


def with_prefixes(lines: Sequence[Line]) -> Marked:
    marks = [Mark.QUOTED if line.depth else Mark.NEW for line in lines]
    forward = next((number for number, line in enumerate(lines) if not line.depth and is_forward(line)), len(lines))
    marks[forward:] = [Mark.NEW] * (len(lines) - forward)
    return Marked(lines=lines, marks=marks, rules=[])


def mark_markers(marked: Marked) -> set[int]:
    found = marker_lines(marked.lines)
    for number in found:
        marked.marks[number] = Mark.HEADER
    return found


def mark_below(marked: Marked, first: int) -> None:
    for number in range(first, len(marked.lines)):
        if marked.marks[number] is Mark.NEW:
            marked.marks[number] = Mark.BELOW


def mark_lost_prefixes(marked: Marked) -> None:
    """The short tail of a wrapped quoted line, whose ``>`` was lost in the wrapping, right between two quoted lines."""
    for number in range(1, len(marked.lines) - 1):
        above, line, below = marked.lines[number - 1 : number + 2]
        if line.depth or not above.depth or not below.depth or not line.content[:1].islower():
            continue
        if len(above.text) >= LONG_LINE and len(line.content) <= SHORT_TAIL and below.content:
            marked.marks[number] = Mark.QUOTED


def first_header(lines: Sequence[Line], evidence: Evidence) -> Header | None:
    for number, line in enumerate(lines):
        if is_forward(line):
            return None
        header = header_at(lines, number, evidence, ours=True)
        if header is not None:
            return header
    return None


def mark_headers_above(marked: Marked, evidence: Evidence) -> bool:
    """Step 4, above each quoted block; above the first one in any language, and further up when text stands between."""
    found = False
    for turn, quote in enumerate(quote_starts(marked)):
        start = mark_banner_above(marked, quote)
        header = header_above(marked, start, evidence)
        if header is None and turn == 0:
            header = loose_header_above(marked.lines, start, evidence) or header_before(marked, start, evidence)
        if header is not None:
            marked.mark(header.first, header.end, Mark.HEADER)
            found = True
    return found


def quote_starts(marked: Marked) -> Iterator[int]:
    """Where quoted lines begin below new ones, blank lines apart; the first 200."""
    before, count = Mark.NEW, 0
    for number, line in enumerate(marked.lines):
        if line.is_blank:
            continue
        mark = marked.marks[number]
        if mark is not Mark.NEW and before is Mark.NEW:
            yield number
            count += 1
            if count >= MOST_STARTS:
                return
        before = mark


def mark_banner_above(marked: Marked, start: int) -> int:
    first, end = paragraph_above(marked.lines, start)
    if first == end or Mark.NEW not in marked.marks[first:end] or not is_banner(marked.lines, first, end):
        return start
    marked.mark(first, end, Mark.HEADER)
    return first


def header_above(marked: Marked, start: int, evidence: Evidence) -> Header | None:
    """The header that ends right above this line; a rule or blank lines may stand between."""
    lines = marked.lines
    for first in range(max(0, start - MOST_LINES_ABOVE), start):
        if marked.marks[first] is not Mark.NEW:
            continue
        header = header_at(lines, first, evidence, ours=False)
        if header is not None and all(line.is_blank or line.is_rule for line in lines[header.end : start]):
            return Header(first=first, end=min(header.end, start), rule=header.rule)
    return None


def header_before(marked: Marked, start: int, evidence: Evidence) -> Header | None:
    """A header of our mail further up: the author wrote between header and quote. It goes alone, the text stays."""
    return first_header(marked.lines[:start], evidence)


def mark_older_mails(marked: Marked, evidence: Evidence) -> None:
    """Below our quoted lines a header without prefix begins an older mail of the thread; the rest is quoted with it."""
    first = marked.first(Mark.QUOTED)
    if first is None:
        return
    for number in range(first, len(marked.lines)):
        if marked.marks[number] is not Mark.NEW or marked.lines[number].depth:
            continue
        if is_forward(marked.lines[number]):
            return
        header = header_at(marked.lines, number, evidence, ours=False)
        if header is not None:
            marked.mark(header.first, header.end, Mark.HEADER)
            mark_below(marked, header.end)
            return
