"""From marked lines to the two texts.

Blank lines and rules go with what stands around them. The cut text is everything that is not new, in its order. The new
text is the new lines in their order; an answer that stands between quoted lines comes with the line it answers, as
``> question`` above it. A text written below a whole quote is no answer to its last line and comes alone, unless the
author trimmed the quote himself: no header above it, few lines.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from worker.core.new_text.marking import Mark, Marked
from worker.core.new_text.normalising import Line
from worker.core.new_text.placing import Words

PICTURES = re.compile(r"(?:\[cid:[^\[\]\n]{1,200}\](?:<https?:[^<>\s]{1,2000}>)? ?)+")
MOST_LINES_OF_A_QUESTION = 4
LONG_LINE = 50
MOST_LINES_OF_A_TRIMMED_QUOTE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Lines ``first`` to before ``end`` without blank ones around; new or not."""

    first: int
    end: int
    new: bool


def settle_blanks(marked: Marked) -> None:
    """Blank lines and rules between lines of one mark take it; elsewhere blank ones go with the line before, and a rule
    with the header below.
    """
    lines, marks = marked.lines, marked.marks
    following = next_marks(marked)
    before: Mark | None = None
    for number, line in enumerate(lines):
        if number not in marked.inserted and marks[number] is Mark.NEW and not holds_author(line):
            after = following[number]
            cut_after = after is not None and after is not Mark.NEW
            if before is not None and before is not Mark.NEW and (line.is_blank or line.is_rule or cut_after):
                marks[number] = before
            elif after is not None and cut_after and (line.is_blank or belongs_below(line, after)):
                marks[number] = after
        if holds_author(line):
            before = marks[number]


def belongs_below(line: Line, after: Mark) -> bool:
    """A rule that a program draws above what it quotes."""
    return line.is_rule and (after is Mark.HEADER or "hr" in line.origin)


def next_marks(marked: Marked) -> list[Mark | None]:
    following: Mark | None = None
    found: list[Mark | None] = [None] * len(marked.lines)
    for number in range(len(marked.lines) - 1, -1, -1):
        found[number] = following
        if holds_author(marked.lines[number]):
            following = marked.marks[number]
    return found


def holds_author(line: Line) -> bool:
    """Does it hold anything an author could mean: a word, an emoji, but no rule and no place of a picture?"""
    if line.words or not line.whole:
        return True
    return not line.is_blank and not line.is_rule and not line.content.startswith(("[", "<"))


def blocks_of(marked: Marked) -> list[Block]:
    blocks: list[Block] = []
    first = 0
    for number in range(1, len(marked.lines) + 1):
        ends = number == len(marked.lines)
        if ends or (marked.marks[number] is Mark.NEW) is not (marked.marks[first] is Mark.NEW):
            blocks.append(Block(first=first, end=number, new=marked.marks[first] is Mark.NEW))
            first = number
    return [block for block in blocks if any(not line.is_blank for line in marked.lines[block.first : block.end])]


def new_text(marked: Marked, closings: Collection[Words]) -> str:
    blocks = blocks_of(marked)
    end = end_of_quotes(marked)
    parts: list[str] = []
    for number, block in enumerate(blocks):
        if not block.new:
            continue
        if number and is_answer(marked, blocks, number, end, closings):
            parts.append("\n".join(f"> {line.content}" for line in question_above(marked, block.first)))
        parts.append(shown(marked, block))
    return "\n\n".join(part for part in parts if part).strip()


def shown(marked: Marked, block: Block) -> str:
    """New lines as they stand; one that was typed inside a quote loses the prefix. The place of a picture is no text:
    its line goes, with a blank line where it stood between two.
    """
    written: list[str] = []
    was_picture = False
    for number, line in enumerate(marked.lines[block.first : block.end], block.first):
        is_doubled = was_picture and line.is_blank and not (written and written[-1])
        was_picture = is_picture(line) or is_doubled
        if not was_picture:
            written.append(line.content if number in marked.inserted else line.text)
    return "\n".join(written).strip("\n")


def is_picture(line: Line) -> bool:
    """``[cid:image001.png@01DCAB12.3F00]``, as Outlook writes into the text part, perhaps with where it leads."""
    return "[cid:" in line.content and line.whole and PICTURES.fullmatch(line.content) is not None


def is_answer(marked: Marked, blocks: Sequence[Block], number: int, end: int, closings: Collection[Words]) -> bool:
    """``end``: of the last quote. What stands before it answers; what stands below the last one mostly does not."""
    above = question_above(marked, blocks[number].first)
    if not above:
        return False
    if blocks[number].first < end or blocks[number].first in marked.inserted:
        return True
    if is_trimmed(marked, blocks, number):
        return True
    closes = above[-1].words in closings and not above[-1].content.endswith("?")
    return not closes and any(block.new for block in blocks[1:number])


def end_of_quotes(marked: Marked) -> int:
    """Behind the last line that is quoted; signatures do not count."""
    quoted = (
        number + 1
        for number, (mark, line) in enumerate(zip(marked.marks, marked.lines, strict=True))
        if mark not in {Mark.NEW, Mark.SIGNATURE} and not line.is_blank
    )
    return max(quoted, default=0)


def is_trimmed(marked: Marked, blocks: Sequence[Block], number: int) -> bool:
    """The last text of the mail, below a few quoted lines without a header: the author left what he answers."""
    quote = blocks[number - 1]
    written = sum(not line.is_blank for line in marked.lines[quote.first : quote.end])
    return Mark.HEADER not in marked.marks and written <= MOST_LINES_OF_A_TRIMMED_QUOTE


def question_above(marked: Marked, number: int) -> list[Line]:
    """The quoted line above, with the lines before it that it was wrapped from. Empty below a header."""
    last = number - 1
    while last >= 0 and (marked.lines[last].is_blank or marked.lines[last].is_rule):
        last -= 1
    question: list[Line] = []
    while last >= 0 and marked.marks[last] in {Mark.QUOTED, Mark.BELOW} and len(question) < MOST_LINES_OF_A_QUESTION:
        line = marked.lines[last]
        wrapped = len(line.content) >= LONG_LINE and not line.content.endswith((".", "?", "!", ":", ";"))
        if question and not wrapped:
            break
        question.insert(0, line)
        last -= 1
    return question


def cut_text(marked: Marked) -> str:
    parts = [
        "\n".join(line.text for line in marked.lines[block.first : block.end]).strip("\n")
        for block in blocks_of(marked)
        if not block.new
    ]
    return "\n\n".join(parts)
