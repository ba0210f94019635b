"""What makes a mail the same mail, whatever way it came (DESIGN.md invariant 6).

SHA-256 over Date, From, To, Cc, Subject, Message-ID and the body, without the trace headers that each way adds. Ways
also differ in how they fold, in how they end lines and in line ends after the last line: header values count unfolded
with white space as one space, the body with LF and without line ends behind it. Without Date and Message-ID there is
too little to tell two mails apart: then the bytes count as they are.
"""

import hashlib
from collections.abc import Iterator

from worker.core.parsed import RawMail
from worker.mail.headers import Head
from worker.mail.spans import PIECE, span_of

NAMES = ("date", "from", "to", "cc", "subject", "message-id")


def fingerprint_of(head: Head, raw: RawMail, body_at: int) -> str:
    if head.first("date") is None and head.first("message-id") is None:
        return fingerprint_of_bytes(raw)
    digest = hashlib.sha256()
    for name in NAMES:
        for header in head.all(name):
            value = b" ".join(header.raw.split())
            digest.update(b"%s:%d:%s\n" % (name.encode(), len(value), value))
    digest.update(b"\n")
    for piece in body_pieces(raw, body_at):
        digest.update(piece)
    return digest.hexdigest()


def body_pieces(raw: RawMail, start: int, size: int = PIECE) -> Iterator[bytes]:
    """The body with LF and without line ends behind it, in pieces: mails can be large. A piece that ends between CR and
    LF waits for the LF.
    """
    held, waiting = b"", 0
    for read in span_of(raw).part(start).pieces(size):
        piece = held + read
        held = b"\r" if piece.endswith(b"\r") else b""
        piece = piece.removesuffix(held).replace(b"\r\n", b"\n")
        kept = piece.rstrip(b"\n")
        if kept:
            yield from feeds(waiting)
            yield kept
            waiting = 0
        waiting += len(piece) - len(kept)
    if held:
        yield from feeds(waiting)
        yield held


def feeds(count: int) -> Iterator[bytes]:
    """So many line feeds, which may be a whole mail of them."""
    for left in range(count, 0, -PIECE):
        yield b"\n" * min(left, PIECE)


def fingerprint_of_bytes(raw: RawMail) -> str:
    digest = hashlib.sha256()
    for piece in span_of(raw).pieces():
        digest.update(piece)
    return digest.hexdigest()
