"""The head of a mail or of a part: split, unfolded, decoded; ids and dates read out of it.

A head ends at the first empty line. Lines end with CRLF or LF (with CR only where there is no LF at all); a line that
starts with white space continues the one before; a line that is no header is left out, and when the first is none
there is no head at all. Names are in lower case. Everything here is linear and total, and raises ``LimitPassed`` alone.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from worker.mail.charsets import clean_line, decode
from worker.mail.encoded_words import decoded
from worker.mail.limits import LimitPassed, Limits
from worker.mail.spans import Span

HEAD_END = re.compile(rb"(?:\A|\n)\r?\n")
FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.DOTALL)
FIRST_LINES = 70_000  # bytes, in which the first header is looked for
FOLD = re.compile(rb"[\r\n\x00]+")
ID = re.compile(r"<([^<>]+)>")
DATE = re.compile(
    r"(\d{1,2})\s{1,9}([a-z]{3})[a-z]{0,9}\.?,?\s{1,9}(\d{4}|\d{2})\s{1,9}(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?"
    r"(?:\.\d{1,9})?\s{0,9}([+-]\d{4}|[a-z]{1,5})?",
    re.IGNORECASE,
)
MONTHS = {name: at for at, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
ZONES = {"cet": 1, "met": 1, "cest": 2, "mest": 2, "wet": 0, "west": 1, "eet": 2, "eest": 3, "bst": 1}
ZONES |= {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "jst": 9}


@dataclass(frozen=True, slots=True)
class Header:
    """``name`` in lower case; ``raw``: the bytes behind the colon, unfolded, without white space around."""

    name: str
    raw: bytes

    @property
    def value(self) -> str:
        """Decoded and clean, on one line."""
        return clean_line(decoded(decode(self.raw)))

    @property
    def undecoded(self) -> str:
        """For readers of structure, who must see it before encoded words are decoded."""
        return decode(self.raw)

    @property
    def latin(self) -> str:
        """One character a byte, for parameters."""
        return self.raw.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Head:
    headers: tuple[Header, ...]

    def all(self, name: str) -> list[Header]:
        return [header for header in self.headers if header.name == name]

    def first(self, name: str) -> Header | None:
        return next((header for header in self.headers if header.name == name), None)


NO_HEAD = Head(())


def split_head(span: Span, limits: Limits) -> tuple[Head, int]:
    """The head and where the body starts."""
    raw = span[: max(limits.header_bytes + 1, FIRST_LINES)]
    end = HEAD_END.search(raw, 0, limits.header_bytes)
    if end is None and len(raw) > limits.header_bytes:
        if not starts_with_header(raw):
            return NO_HEAD, 0
        raise LimitPassed("header_bytes")
    block, body = (raw, len(raw)) if end is None else (raw[: end.start()], end.end())
    if block and not starts_with_header(block):
        return NO_HEAD, 0
    return Head(tuple(fields_of(block, limits))), body


def starts_with_header(block: bytes) -> bool:
    first, _, rest = block[:FIRST_LINES].partition(b"\n")
    if first.startswith((b"From ", b">From ")):  # mbox
        first, _, _ = rest.partition(b"\n")
    return FIELD.match(first) is not None


def fields_of(block: bytes, limits: Limits) -> list[Header]:
    if block.count(b"=?") > limits.encoded_words:
        raise LimitPassed("encoded_words")
    fields: list[list[bytes]] = []
    is_kept = False
    for line in block.split(b"\n"):
        if line.startswith((b" ", b"\t")):
            if is_kept:
                fields[-1].append(line)
            continue
        is_kept = FIELD.match(line) is not None
        if is_kept:
            fields.append([line])
            if len(fields) > limits.headers:
                raise LimitPassed("headers")
    return [header_of(b" ".join(lines) if len(lines) == 1 else unfolded(lines), limits) for lines in fields]


def unfolded(lines: list[bytes]) -> bytes:
    return b"".join(line.rstrip(b"\r") for line in lines)


def header_of(line: bytes, limits: Limits) -> Header:
    if len(line) > limits.header_line:
        raise LimitPassed("header_line")
    field = FIELD.match(line)
    assert field is not None
    return Header(field.group(1).decode("ascii").lower(), FOLD.sub(b" ", field.group(2)).strip())


def ids_of(value: str) -> tuple[str, ...]:
    """Message ids without their brackets, in order, each once. Anything between the brackets is an id, hyphens and all;
    white space inside comes from folding and goes. Without brackets, every word that holds an ``@``.
    """
    found = ID.findall(value) or [word.strip("<>") for word in value.split() if "@" in word]
    return tuple(dict.fromkeys("".join(each.split()) for each in found if each.strip()))


def message_id_of(value: str) -> str | None:
    found = ids_of(value)
    return found[0] if found else "".join(value.split()).strip("<>") or None


def date_of(value: str) -> datetime | None:
    """Aware UTC, or None for what is no date. A zone nobody knows is UTC."""
    found = DATE.search(value)
    if found is None or found.group(2).lower() not in MONTHS:
        return None
    day, _, year, hour, minute, second = (found.group(at) for at in range(1, 7))
    full_year = int(year) + (0 if len(year) == 4 else 1900 if int(year) >= 70 else 2000)
    try:
        local = datetime(
            full_year,
            MONTHS[found.group(2).lower()],
            int(day),
            int(hour),
            int(minute),
            min(int(second or 0), 59),
            tzinfo=zone_of(found.group(7)),
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def zone_of(written: str | None) -> timezone:
    if not written:
        return UTC
    if written[0] in "+-":
        ahead = timedelta(hours=int(written[1:3]), minutes=int(written[3:5]))
        return timezone(ahead if written[0] == "+" else -ahead)
    return timezone(timedelta(hours=ZONES.get(written.lower(), 0)))
