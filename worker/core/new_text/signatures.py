"""Step 8: signatures, mildly. Only what a program marked: a ``-- `` block, the tagline of a phone or an app.

Sign-offs ("Bien à vous, Sophie") and contact blocks without a mark stay.
"""

import re
from collections.abc import Sequence

from worker.core.new_text.headers import bare
from worker.core.new_text.normalising import Line
from worker.core.new_text.patterns import DEVICES, TAGLINES

MOST_LINES_OF_A_SIGNATURE = 12
LONGEST_TAGLINE = 160
CONTACT = re.compile(r"@|www\.|https?:|\+?\d[\d ./()-]{6,20}\d")


def block_start(lines: Sequence[Line], first: int, end: int) -> int:
    """The ``-- `` line of RFC 3676; without its space only above a short block that holds a way to reach somebody."""
    written = 0
    for number in range(end - 1, first - 1, -1):
        line = lines[number]
        if line.content.rstrip() == "--" and not line.depth:
            below = lines[number + 1 : end]
            return number if any(CONTACT.search(each.content[:200]) for each in below) or written <= 4 else end
        written += not line.is_blank
        if written > MOST_LINES_OF_A_SIGNATURE:
            return end
    return end


def tagline_start(lines: Sequence[Line], first: int, end: int) -> int:
    last = end - 1
    while last >= first and (lines[last].is_blank or lines[last].is_rule):
        last -= 1
    return last if last >= first and is_tagline(lines[last]) else end


def is_tagline(line: Line) -> bool:
    text = bare(line)
    return (
        len(line.content) <= LONGEST_TAGLINE and text.startswith(TAGLINES) and any(device in text for device in DEVICES)
    )
