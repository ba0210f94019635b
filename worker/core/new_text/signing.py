"""Where nothing but a signature stands above a flat quote, and we do not know what we sent: the answer may stand below.

A program puts the signature of its owner on top, and the owner types at the end of the mail, perhaps inside it too. The
quote ends with the name of the one who wrote it, which its header tells: what stands below that paragraph is the
author's, and so may lines above it be. Then, and where no such line is found, nothing can be told from the quote, and
all stays. Where nothing follows the name, he sent his files or nothing.
"""

from collections import deque
from collections.abc import Sequence

from worker.core.new_text.evidence import Evidence
from worker.core.new_text.header_blocks import Header
from worker.core.new_text.marking import Mark, Marked
from worker.core.new_text.normalising import Line
from worker.core.new_text.pasted import writer_names
from worker.core.new_text.quoting import headers_in
from worker.core.new_text.signatures import is_contact_block
from worker.core.new_text.taglines import is_home_made, is_tagline

MOST_WORDS_OF_A_NAME = 4


def may_hide_answer(marked: Marked, evidence: Evidence) -> bool:
    if marked.rules[0] == "comparison" or Mark.BELOW not in marked.marks or says_something(marked):
        return False
    oldest = deque(headers_in(marked.lines, evidence), maxlen=1)
    end = signed_end(marked.lines, oldest[0]) if oldest else None
    return end is None or any(line.words for line in marked.lines[end:])


def says_something(marked: Marked) -> bool:
    """Is there a new line that is no tagline and no contact block?"""
    new = [
        line
        for line, mark in zip(marked.lines, marked.marks, strict=True)
        if mark is Mark.NEW and not line.is_blank and not line.is_rule
    ]
    said = [line for line in new if not is_tagline(line) and not is_home_made(line)]
    return bool(said) and not is_contact_block(said)


def signed_end(lines: Sequence[Line], header: Header) -> int | None:
    """Behind the paragraph that the writer of the quote signed; None when no line is his name."""
    names = writer_names(lines, header)
    for number in range(header.end, len(lines)):
        line = lines[number]
        if 0 < len(line.words) <= MOST_WORDS_OF_A_NAME and not names.isdisjoint(line.words) and is_name(line):
            return next((below for below in range(number, len(lines)) if lines[below].is_blank), len(lines))
    return None


def is_name(line: Line) -> bool:
    return line.content[:1].isupper() and not line.content.endswith((",", ":", "?", "!", "."))
