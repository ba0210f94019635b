"""What makes a mail the same mail, whatever way it came (DESIGN.md invariant 6).

SHA-256 over Date, From, To, Cc, Subject, Message-ID and the body, without the trace headers that each way adds. Ways
also differ in how they fold, in how they end lines and in line ends after the last line: header values count unfolded
with white space as one space, the body with LF and without line ends behind it. Without Date and Message-ID there is
too little to tell two mails apart: then the bytes count as they are.
"""

import hashlib
from collections.abc import Iterator

from worker.mail.headers import Head

NAMES = ("date", "from", "to", "cc", "subject", "message-id")
PIECE = 1024 * 1024


def fingerprint_of(head: Head, raw: bytes, body_at: int) -> str:
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


def body_pieces(raw: bytes, start: int) -> Iterator[bytes]:
    """The body with LF and without line ends behind it, in pieces: mails can be large."""
    waiting = 0
    while start < len(raw):
        end = start + PIECE
        if raw[end - 1 : end] == b"\r":  # its LF is the next byte
            end += 1
        piece = raw[start:end].replace(b"\r\n", b"\n")
        kept = piece.rstrip(b"\n")
        if kept:
            yield b"\n" * waiting + kept
            waiting = 0
        waiting += len(piece) - len(kept)
        start = end


def fingerprint_of_bytes(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
