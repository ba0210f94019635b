"""Header blocks: labels that clients write above a quote ("De : …", "Envoyé : …"), in lines of their own or in one.

An author may write "De : Proximus" himself, so a block needs two different labels and more. Every look takes in a
bounded number of lines and characters.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from worker.core.new_text.evidence import Evidence, Sign
from worker.core.new_text.normalising import DASHED, Line
from worker.core.new_text.patterns import LABELS, ORIGINALS

MOST_WRAPS = 4
MOST_LINES_OF_A_BLOCK = 24
MOST_OF_A_LINE = 400
MOST_LINES_ALONE = 8
LONGEST_LABEL = 24
LABEL_KINDS_FIRST = frozenset({"from", "sent"})

# Samsung's one-line header: all labels in a row, glued to what stands before.
LABELS_INSIDE = re.compile(
    r"(?:(De|Van|Von|From)|(Date|Envoyé|Datum|Verzonden|Gesendet|Sent)|(À|A|Aan|An|To)"
    r"|(Objet|Onderwerp|Betreff|Subject)) ?:"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Lines ``first`` to before ``end``; ``rule``: attribution, header block or original message."""

    first: int
    end: int
    rule: str


def bare(line: Line) -> str:
    """Without emphasis, in lower case, with plain apostrophes, for looking up."""
    return line.content[:MOST_OF_A_LINE].strip("*_|> \t").lower().replace("’", "'")


def after_blanks(lines: Sequence[Line], number: int, most: int = 2) -> int:
    end = min(len(lines), number + most)
    while number < end and lines[number].is_blank:
        number += 1
    return number


def one_line_at(lines: Sequence[Line], number: int, evidence: Evidence) -> Header | None:
    """All labels in one line."""
    text = lines[number].content[:MOST_OF_A_LINE]
    kinds = {found.lastindex for found in LABELS_INSIDE.finditer(text)}
    if len(kinds) >= 2 and evidence.signs(text):
        return Header(first=number, end=number + 1, rule="header block")
    return None


def bare_labels_at(lines: Sequence[Line], number: int, evidence: Evidence) -> Header | None:
    """Labels without a colon, of eM Client: ``De "Anne" <anne@…>``, ``Date 12/10/2026``."""
    end = number
    kinds: set[str] = set()
    while end < min(len(lines), number + MOST_WRAPS + 2):
        kind = LABELS.get(bare(lines[end]).partition(" ")[0])
        if kind is None or kind in kinds:
            break
        kinds.add(kind)
        end += 1
    if len(kinds) >= 3 and evidence.signs(" ".join(line.content[:MOST_OF_A_LINE] for line in lines[number:end])):
        return Header(first=number, end=end, rule="header block")
    return None


def label_of(line: Line) -> str | None:
    """``from`` for "*De :* Anne"; None when the line has no label that is known."""
    head, colon, _ = line.content[: LONGEST_LABEL + 4].partition(":")
    if not colon:
        return None
    return LABELS.get(head.strip("*_|> \t").lower().replace("’", "'"))


def block_at(lines: Sequence[Line], number: int, evidence: Evidence) -> Header | None:
    """A header block, with the rule that Outlook draws above it. Each label once; a value may wrap."""
    start = number
    if lines[number].is_rule:
        start = after_blanks(lines, number + 1)
    kinds: set[str] = set()
    end, wraps, here = start, 0, start
    while here < min(len(lines), start + MOST_LINES_OF_A_BLOCK):
        kind = label_of(lines[here])
        if kind is not None and kind in kinds and kind != "other":
            break
        if kind is not None:
            kinds.add(kind)
            end, wraps = here + 1, 0
        elif not kinds or not continues(lines, here, wraps):
            break
        elif not lines[here].is_blank:
            end, wraps = here + 1, wraps + 1
        here += 1
    signs = evidence.signs(" ".join(line.content[:MOST_OF_A_LINE] for line in lines[start:end]))
    if not kinds or not is_proven(kinds, signs) or holds_another(lines, start, end, evidence):
        return None
    return Header(first=number, end=end, rule="header block")


def holds_another(lines: Sequence[Line], first: int, end: int, evidence: Evidence) -> bool:
    """Does a whole block of its own follow a blank line in here? Then the labels before it are the author's."""
    for number in range(first + 1, end):
        if not lines[number - 1].is_blank or LABEL_KINDS_FIRST.isdisjoint({label_of(lines[number])}):
            continue
        block = list(takewhile(lambda line: not line.is_blank, lines[number : number + MOST_LINES_ALONE]))
        kinds = {kind for line in block if (kind := label_of(line)) is not None}
        signs = evidence.signs(" ".join(line.content[:MOST_OF_A_LINE] for line in block))
        if "from" in kinds and is_proven(kinds, signs):
            return True
    return False


def continues(lines: Sequence[Line], number: int, wraps: int) -> bool:
    """Is this line without a label inside the block: one blank before the next label, or the rest of a long value?

    A value that wraps is followed by another label; the last one (the subject) does not wrap.
    """
    if lines[number].is_blank:
        return number + 1 < len(lines) and label_of(lines[number + 1]) is not None
    if wraps >= MOST_WRAPS or is_rule_or_original(lines[number]):
        return False
    following = lines[number + 1 : number + 1 + MOST_WRAPS - wraps]
    for line in following:
        if line.is_blank or is_rule_or_original(line):
            return False
        if label_of(line) is not None:
            return True
    return False


def is_rule_or_original(line: Line) -> bool:
    return line.is_rule or is_original(line) or DASHED.fullmatch(line.content) is not None


def is_proven(kinds: set[str], signs: set[Sign]) -> bool:
    """Three labels and a sign other than a date, or two labels and our name, or both an address and a time."""
    named = kinds - {"other"}
    if "from" not in named and "sent" not in named:
        return False
    if len(named) >= 3:
        return bool(signs - {Sign.DATE})
    return len(named) == 2 and (Sign.NAME in signs or {Sign.ADDRESS, Sign.TIME} <= signs)


def label_count(lines: Sequence[Line], number: int) -> int:
    """How many lines from here on have a short label, in whatever language."""
    count = 0
    for line in lines[number : number + MOST_LINES_OF_A_BLOCK]:
        if not has_short_label(line):
            break
        count += 1
    return count


def has_short_label(line: Line) -> bool:
    head, colon, rest = line.content[: LONGEST_LABEL + 4].partition(":")
    return bool(colon and rest[:1] in (" ", "") and head and len(head.split()) <= 3)


def is_original(line: Line) -> bool:
    text = bare(line)
    return line.content[:2] in ("--", "__", "==") and text.strip("-–—_= :") in ORIGINALS
