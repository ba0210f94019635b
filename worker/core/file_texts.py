"""Whether a file is a text or a mail, by its first bytes alone: neither its name nor its declared type counts."""

import html
import re
from collections.abc import Iterator

MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
MOST_NOT_TEXT = 0.05
HEAD_OF_A_MAIL = re.compile(rb"(?:From [^\r\n]{1,200}\r?\n)?(?:[A-Za-z][A-Za-z0-9-]{0,60}:[^\r\n]{0,2000}(?:\r?\n|\Z))")
FIELD = re.compile(rb"(?im)^(?:from|subject|received|message-id|mime-version|content-type|date|to):")
FEWEST_FIELDS = 2
TAG = re.compile(r"<[^<>]{0,2000}>")


def encoding_of(start: bytes) -> str | None:
    """The codec to read a text by that begins so; None for what is no text."""
    for mark, codec in MARKS:
        if start.startswith(mark):
            return codec
    if not start:
        return None
    odd, even = start[1::2].count(0), start[::2].count(0)
    if max(odd, even) > len(start) // 4 and min(odd, even) <= len(start) // 50:
        return "utf-16-le" if odd > even else "utf-16-be"
    if len(NOT_TEXT.findall(start)) > len(start) * MOST_NOT_TEXT:
        return None
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as fault:
        # A character may be cut off at the end of what is looked at.
        return "utf-8" if fault.start >= len(start) - 4 else "cp1252"
    return "utf-8"


def is_mail(start: bytes) -> bool:
    """A head of fields, two of them a mail's (RFC 5322)."""
    start = start.lstrip(b"\xef\xbb\xbf\r\n ")
    if HEAD_OF_A_MAIL.match(start) is None:
        return False
    head = re.split(rb"\r?\n\r?\n", start, maxsplit=1)[0]
    return len(FIELD.findall(head)) >= FEWEST_FIELDS


def readings_of(window: str) -> Iterator[str]:
    """A stretch of text as it is, and as a browser shows it where it has tags or entities."""
    yield window
    if "<" in window or "&" in window:
        yield html.unescape(TAG.sub(" ", window))
        yield html.unescape(TAG.sub("", window))
