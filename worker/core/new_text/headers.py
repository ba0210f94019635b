"""What clients write above a quote: an introduction ("Le … a écrit :"), a header block, an original-message line.

``header_at`` says whether one begins at a line: words of ``patterns`` in four languages, and evidence. An author may
write "De : Proximus" himself, so a block needs two different labels and more. When names of our mail are known, a
header must hold one of them, else it stands above somebody else's text (a forward) and is not ours to cut.
Every look takes in a bounded number of lines and characters.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from worker.core.new_text.evidence import Evidence, Sign
from worker.core.new_text.normalising import DASHED, Line, words_of
from worker.core.new_text.patterns import FORWARDS, LABELS, NAME_FIRST, ORIGINALS, PRONOUNS, QUOTING, STARTS, VERBS

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
ENDS_WITH_ADDRESS = re.compile(r"@[\w.-]{1,80}\W{0,3}:$")
# Notes: ``"Anne Dupont" ---12/10/2026 14:20:00---Bonjour,``, with the first words of the mail.
NOTES = re.compile(
    r"^\S[^\n]{1,80}? ?-{3,5}\d{1,4}[./-]\d{1,2}[./-]\d{2,4},? \d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[ap]m)?-{3,5}", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Lines ``first`` to before ``end``; ``rule``: attribution, header block or original message."""

    first: int
    end: int
    rule: str


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


def bare(line: Line) -> str:
    """Without emphasis, in lower case, with plain apostrophes, for looking up."""
    return line.content[:MOST_OF_A_LINE].strip("*_|> \t").lower().replace("’", "'")


def is_forward(line: Line) -> bool:
    return bare(line).strip("-–—_* :") in FORWARDS


def is_original(line: Line) -> bool:
    text = bare(line)
    return line.content[:2] in ("--", "__", "==") and text.strip("-–—_= :") in ORIGINALS


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


def attribution_at(lines: Sequence[Line], number: int, evidence: Evidence) -> Header | None:
    """An introduction of one to four joined lines. Above ``>``, or between dashes, one sign is enough, else two."""
    text = ""
    for end in range(number + 1, min(len(lines), number + MOST_WRAPS) + 1):
        if lines[end - 1].is_blank:
            return None
        text = f"{text} {bare(lines[end - 1])}".strip()
        if end == number + 1 and not may_start(text) and not lines[min(end, len(lines) - 1)].content.startswith("<"):
            return None
        if is_introduction(text):
            signs = evidence.signs(text)
            fewest = 1 if stands_above_quote(lines, end) or is_dashed(text) else 2
            proven = len(signs) >= fewest and (Sign.ADDRESS in signs or not is_told(text))
            proven = proven and not begins_later(lines, number, end)
            return Header(first=number, end=end, rule="attribution") if proven else None
    return None


def begins_later(lines: Sequence[Line], first: int, end: int) -> bool:
    """The author's last line stands right above the introduction: "2 factures." above "Le 24/11, Anne a écrit :"."""
    for number in range(first + 1, end):
        text = " ".join(bare(line) for line in lines[number:end])
        if text.startswith(STARTS) and may_start(text) and is_introduction(text):
            return True
    return False


def notes_at(lines: Sequence[Line], number: int, _: Evidence) -> Header | None:
    """The line of Notes, with the labels that it may draw below."""
    text = lines[number].content
    if "---" not in text or NOTES.match(text[:MOST_OF_A_LINE]) is None:
        return None
    below = after_blanks(lines, number + 1)
    block = block_at(lines, below, Evidence()) if below < len(lines) else None
    return Header(first=number, end=block.end if block else number + 1, rule="attribution")


def may_start(text: str) -> bool:
    text = text.lstrip("- ")
    if text.startswith(STARTS):
        return any(letter.isdigit() for letter in text)
    return text.startswith(QUOTING) or (
        text[:1].isdigit() or "@" in text or any(phrase in text for phrase in NAME_FIRST)
    )


def is_introduction(text: str) -> bool:
    """It ends with its verb, or with a colon. Zoho and Notes draw dashes around it."""
    if is_dashed(text):
        return any(verb in text for verb in VERBS)
    text = text.rstrip(" *_")
    if text.endswith(":"):
        dated = text[:1].isdigit() and "@" in text
        quoting = text.startswith(QUOTING) and ENDS_WITH_ADDRESS.search(text) is not None
        return dated or quoting or any(verb in text for verb in VERBS)
    return text.endswith(VERBS)


def is_dashed(text: str) -> bool:
    return text.startswith("--") and text.endswith("--")


def is_told(text: str) -> bool:
    """As in "On Monday at 10:30 you wrote to me:", a person's own sentence: programs use no pronouns."""
    return not PRONOUNS.isdisjoint(words_of(text))


def stands_above_quote(lines: Sequence[Line], number: int) -> bool:
    below = after_blanks(lines, number, most=3)
    return below < len(lines) and lines[below].depth > 0


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
