"""Step 8: signatures, mildly. Only what a program marked: a ``-- `` block, an element of its HTML (``taglines`` apart).

Sign-offs ("Bien à vous, Sophie") and contact blocks without a mark stay.
"""

import re
from collections.abc import Sequence

from worker.core.new_text.containers import SIGNATURES
from worker.core.new_text.header_blocks import bare
from worker.core.new_text.normalising import Line
from worker.core.new_text.notices import POSTSCRIPTS

MOST_LINES_OF_A_SIGNATURE = 12
FEWEST_LINES_OF_A_CONTACT = 3
LONGEST_LINE_OF_A_CONTACT = 60
REACH = re.compile(r"@|www\.|https?:|\+\d{2}[\d ./()-]{6}|\b0\d{1,3}[ /.-]?\d{2,3}[ .]\d{2}")
CONTACT = re.compile(r"@|www\.|https?:|\+?\d[\d ./()-]{6,20}\d")


def block_start(lines: Sequence[Line], first: int, end: int) -> int:
    """The ``-- `` line of RFC 3676; without its space only above a short block that holds a way to reach somebody."""
    written = 0
    for number in range(end - 1, first - 1, -1):
        line = lines[number]
        if line.content.rstrip() == "--" and not line.depth:
            if line.content == "--" and is_separated(lines[first:number]):
                return end
            below = lines[number + 1 : end]
            is_short = any(CONTACT.search(each.content[:200]) for each in below) or written <= 4
            return number if is_short and not any(is_speaking(each) for each in below) else end
        written += not line.is_blank
        if written > MOST_LINES_OF_A_SIGNATURE:
            return end
    return end


def is_separated(above: Sequence[Line]) -> bool:
    """The author draws such lines between his paragraphs: none of them is the mark of a signature."""
    return any(line.content.rstrip() == "--" and not line.depth for line in above)


def is_speaking(line: Line) -> bool:
    """A postscript or a question: the dashes above are the author's own."""
    return bare(line).startswith(POSTSCRIPTS) or line.content.endswith("?")


def marked_start(lines: Sequence[Line], first: int, end: int) -> int:
    """Where the lines begin that the author's program put into its element for signatures, at the end of a stretch.

    People also write inside that element: what is long is no signature.
    """
    start, written = end, 0
    while start > first and (lines[start - 1].is_blank or lines[start - 1].is_rule or is_marked(lines[start - 1])):
        start -= 1
        written += is_marked(lines[start])
    while start < end and not is_marked(lines[start]):
        start += 1
    return start if written <= MOST_LINES_OF_A_SIGNATURE else end


def is_marked(line: Line) -> bool:
    return not SIGNATURES.isdisjoint(line.origin)


def is_contact_block(lines: Sequence[Line]) -> bool:
    """Name, firm, street, phone: short lines that begin like names and end like none of a sentence; one has a phone
    number, an address of mail or of a site.
    """
    if not FEWEST_LINES_OF_A_CONTACT <= len(lines) <= MOST_LINES_OF_A_SIGNATURE:
        return False
    return all(is_like_a_name(line.content) for line in lines) and any(REACH.search(line.content) for line in lines)


def is_like_a_name(text: str) -> bool:
    begins = text[:1].isupper() or text[:1].isdigit() or text[:1] == "+" or "@" in text or text.startswith("www.")
    return begins and len(text) <= LONGEST_LINE_OF_A_CONTACT and not text.endswith((".", ",", "?", "!", ":", ";"))
