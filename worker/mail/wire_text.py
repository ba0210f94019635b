"""The text of a mail as it goes over the wire, a piece at a time: whole lines that end with CRLF, dots doubled.

A lone LF or CR before a dot would end the mail at some servers (smuggling), so every line end becomes CRLF. A line that
begins with a dot gets a second one (RFC 5321 4.5.2). The last dot is not part of the text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from worker.core.slices import Slices, pieces_of

PIECE = 256 * 1024
ANY_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What MAIL says of a text. ``size``: in bytes, before dots are doubled (RFC 1870)."""

    size: int
    is_ascii: bool


def measures_of(content: Slices) -> Measures:
    size, is_ascii = 0, True
    for piece in with_crlf(content):
        size += len(piece)
        is_ascii = is_ascii and piece.isascii()
    return Measures(size=size, is_ascii=is_ascii)


def wire_text(content: Slices) -> Iterator[bytes]:
    return dots_doubled(with_crlf(content))


def with_crlf(content: Slices, size: int = PIECE) -> Iterator[bytes]:
    """Pieces of which none ends between CR and LF. A CR at the end of one is looked at with the next."""
    held, is_whole = b"", True
    for read in pieces_of(content, size):
        piece = held + read
        held = b"\r" if piece.endswith(b"\r") else b""
        piece = in_crlf(piece.removesuffix(held) if held else piece)
        if piece:
            is_whole = piece.endswith(b"\r\n")
            yield piece
    if held or not is_whole:
        yield b"\r\n"


def in_crlf(piece: bytes) -> bytes:
    if piece.count(b"\n") == piece.count(b"\r") == piece.count(b"\r\n"):
        return piece
    return ANY_LINE_END.sub(b"\r\n", piece)


def dots_doubled(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Of pieces in CRLF."""
    starts_line = True
    for piece in pieces:
        doubled = piece.replace(b"\r\n.", b"\r\n..")
        yield b"." + doubled if starts_line and piece.startswith(b".") else doubled
        starts_line = piece.endswith(b"\r\n")
