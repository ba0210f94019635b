"""What the methods have in common: marks by prefixes, markers, and headers around what is known as quoted.

Lines in the prefix of a quote are quoted, but not those of a forward, whose content is the message, nor what the author
wrote with a ``>`` of his own above the header of the quote.
"""

from collections.abc import Iterator, Sequence
from itertools import islice, takewhile

from worker.core.new_text.evidence import Evidence
from worker.core.new_text.foreign import is_banner, paragraph_above
from worker.core.new_text.header_blocks import Header, is_original
from worker.core.new_text.headers import header_at, is_forward, joined, loose_header_above
from worker.core.new_text.introductions import stands_above_quote
from worker.core.new_text.markers import marker_lines
from worker.core.new_text.marking import Mark, Marked
from worker.core.new_text.normalising import Line
from worker.core.new_text.pasted import quote_header
from worker.core.new_text.structure import is_heading, passed_on_at

MOST_LINES_ABOVE = 16
MOST_STARTS = 200
MOST_HEADERS = 12
MOST_TYPED = 6
MOST_DEPTH_TYPED = 2
MOST_LINES_OF_A_QUOTE = 60
LONG_LINE = 60
SHORT_TAIL = 40


def with_prefixes(lines: Sequence[Line], header: Header | None, evidence: Evidence) -> Marked:
    """``header``: the first one of our mail in these lines."""
    marks = [Mark.QUOTED if line.depth else Mark.NEW for line in lines]
    forward = next((number for number, line in enumerate(lines) if not line.depth and is_forward(line)), len(lines))
    forward = min(forward, passed_on_at(lines, evidence))
    marks[forward:] = [Mark.NEW] * (len(lines) - forward)
    marked = Marked(lines=lines, marks=marks, rules=[])
    if header is not None and Mark.QUOTED in marks:
        free_above(marked, header)
    marked.mark(typed_below(lines), len(lines), Mark.NEW)
    free_cited(marked)
    return marked


def free_above(marked: Marked, header: Header) -> None:
    """What the author wrote with a ``>`` above the header of the quote is no quote of ours: it stays as it stands."""
    begins = header.first == 0 or not marked.lines[header.first - 1].depth
    if begins or not marked.lines[header.first].depth:
        for number in range(header.first):
            if marked.marks[number] is Mark.QUOTED and not marked.lines[number].origin:
                marked.marks[number] = Mark.NEW


def typed_below(lines: Sequence[Line]) -> int:
    """Where the author's own ``>`` lines begin that end the mail; without any, behind the last line.

    A blank line without prefix parts them from a quote whose blank lines have one: its program did not write them.
    Dashes with a signature may follow.
    """
    end = len(lines) - sum(1 for _ in takewhile(lambda line: not line.depth, reversed(lines)))
    below = next((line.content for line in lines[end:] if not line.is_blank), "--")
    if not below.startswith("--"):
        return len(lines)
    first = end
    while (
        first
        and 0 < lines[first - 1].depth <= MOST_DEPTH_TYPED
        and not lines[first - 1].is_blank
        and not lines[first - 1].origin
    ):
        first -= 1
    quote = first
    while quote and lines[quote - 1].is_blank and not lines[quote - 1].depth:
        quote -= 1
    if not 0 < end - first <= MOST_TYPED or quote == first or not quote or not lines[quote - 1].depth:
        return len(lines)
    above = list(takewhile(lambda line: line.depth, reversed(lines[max(0, quote - MOST_LINES_OF_A_QUOTE) : quote])))
    return first if any(line.is_blank for line in above) else len(lines)


def free_cited(marked: Marked) -> None:
    """Below the quote, a few lines that the author cites with ``>`` right under one of his that ends with a colon."""
    lines = marked.lines
    quoted = next((number for number, line in enumerate(lines) if line.depth), len(lines))
    for number in range(quoted + 1, len(lines)):
        above = lines[number - 1]
        if not is_typed(lines[number]) or above.depth or not above.content.endswith(":"):
            continue
        cited = sum(1 for _ in takewhile(lambda line: line.depth, lines[number : number + MOST_TYPED + 1]))
        if cited <= MOST_TYPED and not Evidence().signs(above.content):
            marked.mark(number, number + cited, Mark.NEW)


def is_typed(line: Line) -> bool:
    return 0 < line.depth <= MOST_DEPTH_TYPED and not line.is_blank and not line.origin


def first_header(lines: Sequence[Line], evidence: Evidence) -> Header | None:
    """Of our mail: it names us, or else is the quote's as far as can be told."""
    return opening(lines, evidence)[0]


def opening(lines: Sequence[Line], evidence: Evidence) -> tuple[Header | None, int]:
    """The first header of our mail, and the number of the line above which other headers are those of pasted mails."""
    headers = headers_in(lines, evidence)
    first = next(headers, None)
    if evidence.names or first is None or is_above_quote(lines, first):
        return first, 0
    ours = quote_header(lines, [first, *islice(headers, MOST_HEADERS)])
    return ours, ours.first if ours is not None and ours is not first else 0


def is_above_quote(lines: Sequence[Line], header: Header) -> bool:
    """An introduction that a program wrote above ``>`` or a blockquote."""
    return header.rule == "attribution" and (lines[header.first].depth > 0 or stands_above_quote(lines, header.end))


def headers_in(lines: Sequence[Line], evidence: Evidence) -> Iterator[Header]:
    """Down to the first forward, one below another."""
    end = 0
    for number, line in enumerate(lines):
        if is_forward(line):
            return
        header = header_at(lines, number, evidence, ours=True) if number >= end else None
        if header is not None:
            end = header.end
            yield header


def mark_markers(marked: Marked) -> set[int]:
    found = marker_lines(marked.lines)
    for number in found:
        marked.marks[number] = Mark.HEADER
    return found


def mark_headings(marked: Marked) -> bool:
    """What the HTML says is the header of a quote, around what we sent."""
    found = False
    for number, line in enumerate(marked.lines):
        if is_heading(line) and marked.marks[number] is Mark.NEW and number not in marked.inserted:
            marked.marks[number] = Mark.HEADER
            found = True
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


def mark_headers_above(marked: Marked, evidence: Evidence) -> bool:
    """Step 4, above each quoted block; above the first one in any language, and further up when text stands between.

    Not above one that begins with its header: what stands there is the author's.
    """
    found = False
    for turn, quote in enumerate(quote_starts(marked)):
        start = mark_banner_above(marked, quote)
        if is_heading(marked.lines[quote]) or begins_with_header(marked, quote, evidence):
            found = mark_original_above(marked, start) or found
            continue
        header = header_above(marked, start, evidence)
        if header is None and turn == 0:
            header = loose_header_above(marked.lines, start, evidence) or header_before(marked, start, evidence)
        if header is not None:
            marked.mark(header.first, header.end, Mark.HEADER)
            found = True
    return found


def begins_with_header(marked: Marked, quote: int, evidence: Evidence) -> bool:
    """A program's own mark stands here, or a header of any kind: iOS writes it inside the quote."""
    return header_at(marked.lines, quote, evidence, ours=False) is not None


def mark_original_above(marked: Marked, start: int) -> bool:
    """``----- Mail original -----`` above a header that the HTML tells: Zimbra."""
    _, end = paragraph_above(marked.lines, start)
    if not end or not is_original(marked.lines[end - 1]):
        return False
    marked.marks[end - 1] = Mark.HEADER
    return True


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
    """Only where other words remain: an author may write of such a warning himself."""
    first, end = paragraph_above(marked.lines, start)
    if first == end or Mark.NEW not in marked.marks[first:end] or not is_banner(marked.lines, first, end):
        return start
    if not any(line.words for line in marked.lines[:first]):
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
    """Below our quoted lines a header without prefix begins an older mail of the thread; the rest is quoted with it.

    Not below a quote in a prefix, which has its older mails inside: there the author goes on.
    """
    first = marked.first(Mark.QUOTED)
    if first is None or marked.lines[first].depth:
        return
    for number in range(first, len(marked.lines)):
        if marked.marks[number] is not Mark.NEW or marked.lines[number].depth:
            continue
        if is_forward(marked.lines[number]):
            return
        header = header_at(marked.lines, number, evidence, ours=False)
        if header is not None and not is_anothers(marked, header, evidence):
            marked.mark(header.first, header.end, Mark.HEADER)
            mark_below(marked, header.end)
            return


def is_anothers(marked: Marked, header: Header, evidence: Evidence) -> bool:
    """The author wrote below our mail, and under that stands a header that does not name us: he pasted what follows."""
    above = next((number for number in range(header.first - 1, -1, -1) if marked.lines[number].words), None)
    if above is None or marked.marks[above] is not Mark.NEW or not evidence.names:
        return False
    return not evidence.names_us(joined(marked.lines, header))
