"""The parts of a mail as a tree, by spans of its bytes: total, and linear in the bytes times the nesting allowed.

Attached mails are leaves: what is inside them is another mail's. A multipart without a usable boundary is read as text,
one whose last boundary is missing ends with the bytes. Preamble and epilogue are no parts. Only ``LimitPassed`` is
raised (parts, nesting, boundaries, and what a part's head is over).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from worker.mail.headers import NO_HEAD, Head, split_head
from worker.mail.limits import LimitPassed, Limits
from worker.mail.parameters import bytes_of, split_value, text_of
from worker.mail.spans import Span, span_of, with_line_feeds
from worker.mail.transfer import Decoded

MEDIA_TYPE = re.compile(r"\s*([a-z0-9!#$&^_.+*-]{1,100})\s*/\s*([a-z0-9!#$&^_.+*-]{1,100})")
AFTER_MARK = frozenset({b"", b"-", b" ", b"\t", b"\r", b"\n"})
ALL_HEADS = 4  # times the largest head: what the heads of all parts may be together
LONGEST_BOUNDARY = 1_000  # RFC 2046 allows 70
REAL_BOUNDARY = re.compile(rb"(?:\A|\n)--([^\r\n]{1,200}?)[ \t]*\r?\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """``media_type`` in lower case, ``text/plain`` when none was given; ``disposition``: ``attachment``, ``inline`` or
    empty; ``name``: as the sender's program gave it, decoded but not yet made safe; ``content``: of a leaf.
    """

    media_type: str
    charset: str | None
    is_flowed: bool
    deletes_spaces: bool
    disposition: str
    name: str | None
    content_id: str | None
    content: Decoded
    children: tuple["Part", ...]


class Splitter:
    """Counts the parts and the boundary lines of one mail while it takes it apart."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.parts = 0
        self.boundaries = 0
        self.head_bytes = 0

    def part(self, head: Head, body: Span, depth: int, default_type: str = "text/plain") -> Part:
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
            children = self.children_of(body, (boundary or b"").rstrip(), depth, media_type)
        disposition, disposition_parameters = self.value_of(head, "content-disposition")
        encoding = head.first("content-transfer-encoding")
        return Part(
            media_type=media_type if children or not media_type.startswith("multipart/") else "text/plain",
            charset=text_of(parameters, "charset"),
            is_flowed=(text_of(parameters, "format") or "").lower() == "flowed",
            deletes_spaces=(text_of(parameters, "delsp") or "").lower() == "yes",
            disposition=disposition if disposition in {"inline", ""} else "attachment",
            name=text_of(disposition_parameters, "filename") or text_of(parameters, "name") or None,
            content_id=content_id_of(head),
            content=Decoded(body, encoding.latin.lower() if encoding else ""),
            children=children,
        )

    def value_of(self, head: Head, name: str) -> tuple[str, dict[str, str]]:
        header = head.first(name)
        return split_value(header.latin, self.limits.parameters) if header else ("", {})

    def children_of(self, body: Span, boundary: bytes, depth: int, media_type: str) -> tuple[Part, ...]:
        default_type = "message/rfc822" if media_type == "multipart/digest" else "text/plain"
        spans = list(self.spans_between(body, boundary)) if 0 < len(boundary) <= LONGEST_BOUNDARY else []
        if not spans and (guess := REAL_BOUNDARY.search(body[:100_000])) is not None:
            spans = list(self.spans_between(body, guess.group(1)))
        return tuple(self.child(piece, depth + 1, default_type) for piece in spans)

    def child(self, piece: Span, depth: int, default_type: str) -> Part:
        begins_with = piece[:2]
        if begins_with.startswith((b"\r\n", b"\n")):  # no head at all, as in RFC 2046's own example
            return self.part(NO_HEAD, piece.part(begins_with.index(b"\n") + 1), depth, default_type)
        head, body_at = split_head(piece, self.limits)
        self.head_bytes += body_at
        if self.head_bytes > ALL_HEADS * self.limits.header_bytes:
            raise LimitPassed("header_bytes")
        return self.part(head, piece.part(body_at), depth, default_type)

    def spans_between(self, body: Span, boundary: bytes) -> Iterator[Span]:
        """What stands between the boundary lines; the line end before a boundary belongs to the boundary."""
        start: int | None = None
        count = 0
        for line_at, line_end, is_last in self.boundary_lines(body, b"--" + boundary):
            if start is not None:
                count += 1
                if count > self.limits.parts:
                    raise LimitPassed("parts")
                yield body.part(start, before_line_end(body, start, line_at))
            start = line_end
            if is_last:
                return
        if start is not None and start < len(body):
            yield body.part(start)

    def boundary_lines(self, body: Span, mark: bytes) -> Iterator[tuple[int, int, bool]]:
        """Start of each boundary line, start of the line after it, and whether it closes the multipart."""
        for at in self.marked_lines(body, mark):
            line_end = body.find(b"\n", at)
            line_end = len(body) if line_end < 0 else line_end + 1
            rest = body[at + len(mark) : min(line_end, at + len(mark) + 100)].strip()
            if rest in (b"", b"--"):
                yield at, line_end, rest == b"--"

    def marked_lines(self, body: Span, mark: bytes) -> Iterator[int]:
        """Starts of the lines that begin with the mark, unless its word goes on: a longer boundary, or text."""
        at = 0 if body[: len(mark)] == mark else after_line_end(body.find(b"\n" + mark))
        while at >= 0:
            self.boundaries += 1
            if self.boundaries > self.limits.boundaries:
                raise LimitPassed("boundaries")
            if body[at + len(mark) : at + len(mark) + 1] in AFTER_MARK:
                yield at
            at = after_line_end(body.find(b"\n" + mark, at + len(mark)))


def inner_head(part: Part, limits: Limits) -> Head:
    """The head of an attached mail."""
    return split_head(with_line_feeds(span_of(part.content.start(limits.header_bytes + 1))), limits)[0]


def content_id_of(head: Head) -> str | None:
    header = head.first("content-id")
    return (header.value.strip("<> ") or None) if header else None


def before_line_end(body: Span, start: int, line_at: int) -> int:
    before = body[max(line_at - 2, start) : line_at]
    if before.endswith(b"\r\n"):
        return line_at - 2
    return line_at - before.endswith(b"\n")


def after_line_end(found: int) -> int:
    return found + 1 if found >= 0 else -1
