"""Which header is that of the mail answered, when no name of ours is known: the author may paste another mail above.

The mails of one thread go on from each other: the older one has the same subject, or was written by somebody whom the
newer one names. Where the second header does not go on from the first, the first stands above a pasted mail, and the
second is the quote's. A single header block is a pasted one when the author says so right above it: "Voici le mail de
Proximus :".
"""

import re
from collections.abc import Sequence

from worker.core.new_text.header_blocks import LABELS_INSIDE, MOST_OF_A_LINE, Header, bare, label_of
from worker.core.new_text.normalising import Line, words_of
from worker.core.new_text.pasted_words import MAILS, PLACES_OF_MAILS, WORDS_OF_RECEIVING, YOURS

FEWEST_LETTERS = 4
PREFIXES = re.compile(r"^(?:\s|(?:re|fw|fwd|tr|aw|wg|rv|sv|antw|doorst|ref)\s{0,2}:|\[[^\[\]]{1,20}\])+")
ADDRESS = re.compile(r"[\w.+-]{1,80}@[\w.-]{1,120}")
DOMAIN = re.compile(r"@[\w.-]{1,120}")
ANYBODY = frozenset({"info", "mail", "contact", "compta", "admin", "office", "service", "mailto", "noreply"})


def quote_header(lines: Sequence[Line], headers: Sequence[Header]) -> Header | None:
    """Of the headers in their order the one that the quote begins with; None where the only one is pasted."""
    if not headers:
        return None
    announced = is_announced(lines, headers[0])
    if announced and headers[0].rule == "attribution":
        return headers[1] if len(headers) > 1 else None
    first = 0
    while first + 1 < len(headers) and not goes_on(lines, headers[first], headers[first + 1]):
        first += 1
    if first or not announced:
        return headers[first]
    breaks = (number for number in range(1, len(headers)) if not goes_on(lines, headers[number - 1], headers[number]))
    return next((headers[number] for number in breaks), None)


def is_announced(lines: Sequence[Line], header: Header) -> bool:
    """Does the author say that a mail follows that is not yours?"""
    above = [bare(line) for line in lines[max(0, header.first - 6) : header.first] if line.words][-2:]
    if not above:
        return False
    words = set(re.findall(r"[^\W\d_]+", " ".join(above)))
    if YOURS & words:
        return False
    speaks = any(word.startswith(MAILS) for word in words)
    points = any(place in " ".join(above) for place in PLACES_OF_MAILS)
    return (speaks and points) or (above[-1].endswith(":") and bool(speaks or WORDS_OF_RECEIVING & words))


def goes_on(lines: Sequence[Line], newer: Header, older: Header) -> bool:
    """Is the older mail quoted by the newer one? Where that cannot be told, yes."""
    people = values_of(lines, newer, {"from", "to", "cc"})
    if newer.rule == "attribution" or not people:
        return True
    subjects = [subject_of(lines, header) for header in (newer, older)]
    if subjects[0] and subjects[0] == subjects[1]:
        return True
    addresses = ADDRESS.findall(writer_of(lines, older))
    names = writer_names(lines, older)
    if not names and not addresses:
        return True
    return any(known.lower() in people.lower() for known in (*addresses, *names))


def writer_of(lines: Sequence[Line], header: Header) -> str:
    return values_of(lines, header, {"from"}) or text_of(lines, header)


def writer_names(lines: Sequence[Line], header: Header) -> set[str]:
    """Words of the writer's name, and of his address before the ``@``."""
    words = words_of(DOMAIN.sub(" ", writer_of(lines, header)))
    return {word for word in words if len(word) >= FEWEST_LETTERS} - ANYBODY


def subject_of(lines: Sequence[Line], header: Header) -> str:
    return PREFIXES.sub("", values_of(lines, header, {"subject"}).lower()).strip()


def values_of(lines: Sequence[Line], header: Header, kinds: set[str]) -> str:
    """What stands behind these labels, wrapped lines too."""
    values: list[str] = []
    kind: str | None = None
    for line in lines[header.first : header.end]:
        kind = label_of(line) or kind
        if kind in kinds:
            _, colon, value = line.content[:MOST_OF_A_LINE].partition(":")
            values.append(own_value(value, kinds) if colon and label_of(line) else line.content[:MOST_OF_A_LINE])
    return " ".join(values).strip()


def own_value(value: str, kinds: set[str]) -> str:
    """Without the labels that follow in the same line, where only one is asked for."""
    following = LABELS_INSIDE.search(value) if len(kinds) == 1 else None
    return value[: following.start()] if following else value


def text_of(lines: Sequence[Line], header: Header) -> str:
    return " ".join(line.content[:MOST_OF_A_LINE] for line in lines[header.first : header.end])
