"""The parts of a mail as a tree, by slices of its bytes: total, and linear in the bytes times the nesting allowed.

Attached mails are leaves: what is inside them is another mail's. A multipart without a usable boundary is read as text,
one whose last boundary is missing ends with the bytes. Preamble and epilogue are no parts. Only ``LimitPassed`` is
raised (parts, nesting, and what a part's head is over).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from worker.mail.headers import NO_HEAD, Head, split_head
from worker.mail.limits import LimitPassed, Limits
from worker.mail.parameters import bytes_of, split_value, text_of
from worker.mail.transfer import undone

MEDIA_TYPE = re.compile(r"\s*([a-z0-9!#$&^_.+*-]{1,100})\s*/\s*([a-z0-9!#$&^_.+*-]{1,100})")
AFTER_MARK = frozenset({b"", b"-", b" ", b"\t", b"\r", b"\n"})
REAL_BOUNDARY = re.compile(rb"(?:\A|\n)--([^\r\n]{1,200}?)[ \t]*\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """``media_type`` in lower case, ``text/plain`` when none was given; ``disposition``: ``attachment``, ``inline`` or
    empty; ``name``: as the sender's program gave it, decoded but not yet made safe; ``body``: still encoded,
    empty where there are children.
    """

    head: Head
    media_type: str
    charset: str | None
    is_flowed: bool
    deletes_spaces: bool
    disposition: str
    name: str | None
    encoding: str
    body: bytes
    children: tuple["Part", ...]

    @property
    def content(self) -> bytes:
        return undone(self.body, self.encoding)

    @property
    def content_id(self) -> str | None:
        header = self.head.first("content-id")
        return (header.value.strip("<> ") or None) if header else None


class Splitter:
    """Counts the parts of one mail while it takes them apart."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.parts = 0

    def part(self, head: Head, body: bytes, depth: int, default_type: str = "text/plain") -> Part:
        self.parts += 1
        if self.parts > self.limits.parts:
            raise LimitPassed("parts")
        if depth > self.limits.nesting:
            raise LimitPassed("nesting")
        value, parameters = self.value_of(head, "content-type")
        shape = MEDIA_TYPE.match(value)
        media_type = f"{shape.group(1)}/{shape.group(2)}" if shape else default_type
        children: tuple[Part, ...] = ()
        if media_type.startswith("multipart/"):
            _, boundary = bytes_of(parameters, "boundary")
            children = self.children_of(body, boundary or b"", depth, media_type)
        disposition, disposition_parameters = self.value_of(head, "content-disposition")
        encoding = head.first("content-transfer-encoding")
        return Part(
            head=head,
            media_type=media_type if children or not media_type.startswith("multipart/") else "text/plain",
            charset=text_of(parameters, "charset"),
            is_flowed=(text_of(parameters, "format") or "").lower() == "flowed",
            deletes_spaces=(text_of(parameters, "delsp") or "").lower() == "yes",
            disposition=disposition if disposition in {"inline", ""} else "attachment",
            name=text_of(disposition_parameters, "filename") or text_of(parameters, "name") or None,
            encoding=encoding.latin.lower() if encoding else "",
            body=b"" if children else body,
            children=children,
        )

    def value_of(self, head: Head, name: str) -> tuple[str, dict[str, str]]:
        header = head.first(name)
        return split_value(header.latin, self.limits.parameters) if header else ("", {})

    def children_of(self, body: bytes, boundary: bytes, depth: int, media_type: str) -> tuple[Part, ...]:
        default_type = "message/rfc822" if media_type == "multipart/digest" else "text/plain"
        slices = list(slices_between(body, boundary, self.limits.parts)) if boundary else []
        if not slices and (guess := REAL_BOUNDARY.search(body[:100_000])) is not None:
            slices = list(slices_between(body, guess.group(1), self.limits.parts))
        return tuple(self.child(piece, depth + 1, default_type) for piece in slices)

    def child(self, piece: bytes, depth: int, default_type: str) -> Part:
        if piece.startswith((b"\r\n", b"\n")):  # no head at all, as in RFC 2046's own example
            return self.part(NO_HEAD, piece[piece.index(b"\n") + 1 :], depth, default_type)
        head, body_at = split_head(piece, self.limits)
        return self.part(head, piece[body_at:], depth, default_type)


def slices_between(body: bytes, boundary: bytes, most: int) -> Iterator[bytes]:
    """What stands between the boundary lines; the line end before a boundary belongs to the boundary."""
    start: int | None = None
    count = 0
    for line_at, line_end, is_last in boundary_lines(body, b"--" + boundary.rstrip()):
        if start is not None:
            count += 1
            if count > most:
                raise LimitPassed("parts")
            yield body[start : before_line_end(body, start, line_at)]
        start = line_end
        if is_last:
            return
    if start is not None and start < len(body):
        yield body[start:]


def before_line_end(body: bytes, start: int, line_at: int) -> int:
    if line_at > start and body[line_at - 1 : line_at] == b"\n":
        line_at -= 1
        if line_at > start and body[line_at - 1 : line_at] == b"\r":
            line_at -= 1
    return line_at


def boundary_lines(body: bytes, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """Start of each boundary line, start of the line after it, and whether it closes the multipart."""
    at = 0 if body.startswith(mark) else after_line_end(body.find(b"\n" + mark))
    while at >= 0:
        if body[at + len(mark) : at + len(mark) + 1] not in AFTER_MARK:  # a longer boundary, or text: cheaply passed
            at = after_line_end(body.find(b"\n" + mark, at + len(mark)))
            continue
        line_end = body.find(b"\n", at)
        line_end = len(body) if line_end < 0 else line_end + 1
        rest = body[at + len(mark) : min(line_end, at + len(mark) + 100)].strip()
        if rest in (b"", b"--"):
            yield at, line_end, rest == b"--"
        # The next may follow at once: its line end is the last byte of this line.
        at = after_line_end(body.find(b"\n" + mark, line_end - 1))


def after_line_end(found: int) -> int:
    return found + 1 if found >= 0 else -1
