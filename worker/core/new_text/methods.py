"""The methods that mark lines, from strong to weak: comparison, structure of the HTML, marker line, patterns, prefix.

Each takes the lines and what is known of our mail, and gives marks, or None when it finds nothing. What was not sent
and stands between or below quoted lines is new.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.core.new_text.comparison import Matched, compare
from worker.core.new_text.evidence import Evidence
from worker.core.new_text.header_blocks import Header
from worker.core.new_text.headers import header_at
from worker.core.new_text.introductions import stands_above_quote
from worker.core.new_text.marking import Mark, Marked
from worker.core.new_text.normalising import Line
from worker.core.new_text.placing import Quote, SentWords
from worker.core.new_text.quoting import (
    first_header,
    mark_below,
    mark_headers_above,
    mark_headings,
    mark_lost_prefixes,
    mark_markers,
    mark_older_mails,
    with_prefixes,
)
from worker.core.new_text.structure import is_heading, mark_coloured, mark_structure

FEWEST_WORDS = 12
MOST_LINES_OF_A_CITATION = 4
MOST_LINES_TYPED = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """``sent``: the words of what we sent, None when we do not know; ``evidence``: what names our mail; ``header``: the
    first one of our mail in the lines; ``pasted``: the line above which headers are others'.
    """

    sent: SentWords | None
    evidence: Evidence
    header: Header | None = None
    pasted: int = 0


def by_comparison(lines: Sequence[Line], known: Known) -> Marked | None:
    """Step 3, with the headers of step 4 above what it found and older headers below."""
    quote = quote_of(lines, known.header)
    if known.sent is None:
        return None
    matched = compare(lines, known.sent, quote)
    if matched is None or (quote.first is None and is_chance(matched, known.sent)):
        return None
    header = known.header if len(matched.lines) == len(lines) else first_header(matched.lines, known.evidence)
    marked = with_prefixes(matched.lines, header, Evidence())
    marked.inserted = frozenset(matched.inserted)
    marked.rules.append("comparison")
    for number, span in enumerate(matched.spans):
        if span is not None:
            marked.marks[number] = Mark.QUOTED
        elif number in matched.inserted:
            marked.marks[number] = Mark.NEW
    free_typed(marked, matched)
    mark_markers(marked)
    is_headed = mark_headings(marked)
    if mark_headers_above(marked, known.evidence) or is_headed:
        marked.rules.append("header")
    mark_older_mails(marked, known.evidence)
    return marked


def free_typed(marked: Marked, matched: Matched) -> None:
    """A few lines with a ``>`` of the author's own, below all that we sent and apart from it by a blank line.

    Not where the quote itself has blank lines without prefix, nor where a header stands: older mails follow there.
    """
    last = max(number for number, span in enumerate(matched.spans) if span is not None)
    below = range(last + 1, min(len(marked.lines), last + 1 + MOST_LINES_TYPED))
    if marked.lines[last].depth and not any(line.depth and line.is_blank for line in marked.lines[:last]):
        return
    apart = next((number for number in below if marked.lines[number].is_blank and not marked.lines[number].depth), None)
    if apart is None or below.stop < len(marked.lines):
        return
    if any(header_at(marked.lines, number, Evidence(), ours=False) for number in below):
        return
    for number in range(apart, below.stop):
        if marked.lines[number].depth and not marked.lines[number].origin:
            marked.marks[number] = Mark.NEW


def quote_of(lines: Sequence[Line], header: Header | None) -> Quote:
    """Where the quote begins: its header, or else its first line with a prefix."""
    prefixed = next((number for number, line in enumerate(lines) if line.depth), len(lines))
    heading = next((number for number, line in enumerate(lines[:prefixed]) if is_heading(line)), len(lines))
    first = min(header.first if header else len(lines), heading, prefixed)
    if first == len(lines):
        return Quote()
    end = header.end if header and header.first == first else first + 1
    return Quote(first=first, is_prefixed=lines[first].depth > 0 or stands_above_quote(lines, end))


def is_chance(matched: Matched, sent: SentWords) -> bool:
    """One sentence that the author and we have in common, and nothing else that looks like a quote.

    A quote begins at the top of our mail, or is a question that the author answers.
    """
    ours = [(line, span) for line, span in zip(matched.lines, matched.spans, strict=True) if span is not None]
    few = sum(len(line.words) for line, _ in ours) < FEWEST_WORDS
    return few and not any(line.content.endswith("?") or span[0] in sent.tops for line, span in ours)


def by_structure(lines: Sequence[Line], known: Known) -> Marked | None:
    """Step 5: the HTML tells what is quoted. What follows a container, and no beginning, stays."""
    marked = with_prefixes(lines, known.header, known.evidence)
    if not mark_structure(marked, known.evidence, known.pasted):
        return None
    marked.rules.append("structure")
    mark_markers(marked)
    mark_headers_above(marked, known.evidence)
    if known.sent is None:
        mark_coloured(marked)
    return marked


def by_marker(lines: Sequence[Line], known: Known) -> Marked | None:
    """Step 6: below the marker is ours, when we cannot compare; when we can and nothing matched, people wrote there."""
    marked = with_prefixes(lines, known.header, known.evidence)
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
    header = known.header
    if header is None:
        return None
    marked = with_prefixes(lines, known.header, known.evidence)
    marked.rules.append(header.rule)
    marked.mark(header.first, header.end, Mark.HEADER)
    mark_markers(marked)
    if is_prefix_style(marked, header):
        mark_lost_prefixes(marked)
    else:
        mark_below(marked, header.end)
        if known.sent is None:
            mark_coloured(marked)
    return marked


def is_prefix_style(marked: Marked, header: Header) -> bool:
    """Is the quote below in ``>``? A flat quote may hold such lines too, further down: what we quoted ourselves.

    Where nothing stands above the header, what stands between it and the first ``>`` is rather the author's.
    """
    if marked.lines[header.first].depth or stands_above_quote(marked.lines, header.end):
        return True
    return Mark.QUOTED in marked.marks[header.end :] and not any(
        mark is Mark.NEW and not line.is_blank and not line.is_rule
        for mark, line in zip(marked.marks[: header.first], marked.lines[: header.first], strict=True)
    )


def by_prefix(lines: Sequence[Line], known: Known) -> Marked | None:
    """Only ``>``: the weakest sign, perhaps with a header in a language that we have no words for."""
    marked = with_prefixes(lines, known.header, known.evidence)
    if Mark.QUOTED not in marked.marks or is_cited(marked):
        return None
    marked.rules.append("quote prefix")
    if mark_headers_above(marked, known.evidence):
        marked.rules.append("header")
    mark_lost_prefixes(marked)
    return marked


def is_cited(marked: Marked) -> bool:
    """A few lines right under one of the author's without a date: he typed the ``>`` himself."""
    first = marked.marks.index(Mark.QUOTED)
    quoted = [number for number, mark in enumerate(marked.marks) if mark is Mark.QUOTED]
    above = marked.lines[first - 1] if first else None
    return (
        above is not None
        and not above.is_blank
        and not Evidence().signs(above.content)
        and len(quoted) == quoted[-1] - first + 1 <= MOST_LINES_OF_A_CITATION
    )
