"""What clients write above a quote: an introduction, a header block, an original-message line with either.

``header_at`` says whether one begins at a line: words of ``patterns`` in four languages, and evidence. When names of
our mail are known, a header must hold one of them, else it stands above somebody else's text (a forward) and is not
ours to cut. Every look takes in a bounded number of lines and characters.
"""

from collections.abc import Sequence

from worker.core.new_text.evidence import Evidence, Sign
from worker.core.new_text.header_blocks import (
    MOST_OF_A_LINE,
    MOST_WRAPS,
    Header,
    after_blanks,
    bare,
    bare_labels_at,
    block_at,
    has_short_label,
    is_original,
    one_line_at,
)
from worker.core.new_text.introductions import attribution_at, notes_at
from worker.core.new_text.normalising import DASHED, Line
from worker.core.new_text.patterns import FORWARDS, ORIGINALS


def header_at(lines: Sequence[Line], number: int, evidence: Evidence, *, ours: bool) -> Header | None:
    """The header that begins at this line. ``ours``: it must name our mail, when names are known."""
    line = lines[number]
    if line.is_blank:
        return None
    for find in (original_at, block_at, attribution_at, notes_at):
        found = find(lines, number, evidence)
        if found is not None and (not ours or not evidence.names or evidence.names_us(joined(lines, found))):
            return found
    return None


def joined(lines: Sequence[Line], header: Header) -> str:
    return " ".join(line.content[:MOST_OF_A_LINE] for line in lines[header.first : header.end])


def is_forward(line: Line) -> bool:
    return bare(line).strip("-–—_* :") in FORWARDS


def original_at(lines: Sequence[Line], number: int, evidence: Evidence) -> Header | None:
    """``-----Message d'origine-----`` with the block or the introduction below it."""
    is_dashed_line = is_original(lines[number])
    if not is_dashed_line and bare(lines[number]).strip(" :") not in ORIGINALS:
        return None
    below = after_blanks(lines, number + 1)
    inner = None
    if below < len(lines):
        inner = (
            block_at(lines, below, evidence)
            or one_line_at(lines, below, evidence)
            or bare_labels_at(lines, below, evidence)
            or attribution_at(lines, below, evidence)
        )
    if inner is None and not is_dashed_line:  # BlackBerry draws none, but has its block below
        return None
    return Header(first=number, end=inner.end if inner else number + 1, rule="original message")


def loose_header_above(lines: Sequence[Line], number: int, evidence: Evidence) -> Header | None:
    """In languages we have no words for: the paragraph right above the quote, from below, while lines hold a sign.

    It must hold two kinds of signs and look like a header: two short labels, a rule above, or at its end a colon or an
    address.
    """
    end = number
    while end > 0 and number - end < 3 and lines[end - 1].is_blank:
        end -= 1
    first, labels = end, 0
    while first > 0 and end - first < 2 * MOST_WRAPS:
        line = lines[first - 1]
        labelled = has_short_label(line)
        if not (labelled or evidence.signs(line.content[:MOST_OF_A_LINE])):
            break
        labels += labelled
        first -= 1
    if first == end:
        return None
    signs = evidence.signs(" ".join(line.content[:MOST_OF_A_LINE] for line in lines[first:end]))
    ruled = first > 0 and (lines[first - 1].is_rule or bool(DASHED.fullmatch(lines[first - 1].content)))
    shaped = lines[end - 1].content.endswith((":", ">")) or labels >= 2 or ruled
    if not shaped or len(signs) < 2 or (evidence.names and Sign.NAME not in signs):
        return None
    return Header(first=first - ruled, end=end, rule="header")
