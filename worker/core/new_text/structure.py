"""Step 5: what the HTML says of who made a line, whatever the language.

A container is a quote; what follows it stays. Where a program has no container but a beginning (a rule, a header block
with a name), all below is cut. When names of our mail are known, the header there must hold one, else it stands above
somebody else's mail, which is the message.
"""

from collections.abc import Sequence

from worker.core.new_text.containers import BEGINNINGS, HEADINGS, LIKELY_BEGINNINGS, QUOTES
from worker.core.new_text.evidence import Evidence
from worker.core.new_text.foreign import announces_answers
from worker.core.new_text.header_blocks import after_blanks, is_original, label_count, label_of
from worker.core.new_text.headers import header_at, is_forward
from worker.core.new_text.marking import Mark, Marked
from worker.core.new_text.normalising import Line

MOST_LINES_OF_A_HEADER = 12
MOST_WORDS_OF_A_GREETING = 8


def is_heading(line: Line) -> bool:
    return not HEADINGS.isdisjoint(line.origin)


def is_in_container(line: Line) -> bool:
    return not QUOTES.isdisjoint(line.origin)


def mark_structure(marked: Marked, evidence: Evidence, pasted: int) -> bool:
    """Marks what the HTML tells; whether it told anything. A forward, and all below it, is left alone, and so is what
    stands above line ``pasted``: another's mail that the author pasted.
    """
    lines = marked.lines
    end = next((number for number, line in enumerate(lines) if not line.depth and is_forward(line)), len(lines))
    end = min(end, passed_on_at(lines, evidence))
    found = any("blockquote_cite" in line.origin or "gmail_quote" in line.origin for line in lines[:end] if line.depth)
    inside = False
    for number, line in enumerate(lines[pasted:end], pasted):
        was_inside, inside = inside, is_heading(line) or is_in_container(line)
        if inside and not was_inside and is_anothers(lines, number, evidence):
            return False
        if inside:
            marked.marks[number] = Mark.HEADER if is_heading(line) else Mark.QUOTED
            found = True
    beginning = next((number for number in range(pasted, end) if is_beginning(lines, number, evidence)), None)
    if beginning is None:
        return found
    if is_anothers(lines, beginning, evidence):
        return False
    mark_from(marked, beginning)
    return True


def mark_from(marked: Marked, beginning: int) -> None:
    for number in range(beginning, len(marked.lines)):
        if marked.marks[number] is Mark.NEW:
            marked.marks[number] = Mark.HEADER if number == beginning else Mark.BELOW


def mark_coloured(marked: Marked) -> None:
    """Where we do not know what we sent: lines below a header in a colour of their own are answers, if the author wrote
    hardly more above, or says that they are.
    """
    first = next((number for number, mark in enumerate(marked.marks) if mark is not Mark.NEW), 0)
    above = marked.lines[:first]
    if sum(len(line.words) for line in above) > MOST_WORDS_OF_A_GREETING and not announces_answers(above):
        return
    for number, line in enumerate(marked.lines[first:], first):
        if "coloured" in line.origin and marked.marks[number] in {Mark.BELOW, Mark.QUOTED} and not line.depth:
            marked.marks[number] = Mark.NEW


def is_beginning(lines: Sequence[Line], number: int, evidence: Evidence) -> bool:
    origin = lines[number].origin
    if not BEGINNINGS.isdisjoint(origin):
        return True
    if LIKELY_BEGINNINGS.isdisjoint(origin):
        return False
    below = after_blanks(lines, number + 1) if lines[number].is_rule else number
    if below >= len(lines):
        return False
    return is_heading(lines[below]) or is_labelled(lines, below, evidence)


def is_labelled(lines: Sequence[Line], number: int, evidence: Evidence) -> bool:
    """A header block, in any language: two labels, and when the mail was sent or whose it is."""
    if header_at(lines, number, evidence, ours=False) is not None:
        return True
    if not evidence.signs(lines[number].content) and label_of(lines[number]) is None:
        return False
    count = label_count(lines, number)
    text = " ".join(line.content[:400] for line in lines[number : number + count])
    return count >= 2 and len(evidence.signs(text)) >= 2


def passed_on_at(lines: Sequence[Line], evidence: Evidence) -> int:
    """Where the quote begins, if it is another's mail that the author passes on; else the end."""
    first = next((number for number, line in enumerate(lines) if line.depth and not line.is_blank), len(lines))
    return first if first < len(lines) and is_anothers(lines, first, evidence) else len(lines)


def is_anothers(lines: Sequence[Line], number: int, evidence: Evidence) -> bool:
    """Does a header block begin here that names others only? An introduction of one line names whom it likes."""
    is_above_block = lines[number].is_rule or is_original(lines[number])
    below = after_blanks(lines, number + 1) if is_above_block else number
    if not evidence.names or below >= len(lines) or label_count(lines, below) < 2:
        return False
    text = " ".join(line.content[:400] for line in lines[below : below + MOST_LINES_OF_A_HEADER])
    return not evidence.names_us(text)
