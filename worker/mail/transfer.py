"""Content-Transfer-Encoding, undone in pieces and without ever raising: what does not decode stays as it came.

Memory is that of a piece, whatever the size. How the encoded bytes are cut into pieces does not change the result.
Base64 and uuencode are looked through once before anything is given, since only the whole tells whether they are that.
"""

import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from worker.core.parsed import RawMail
from worker.mail.spans import Span

NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
WHITE = (b" ", b"\t", b"\r", b"\n")
MOST_CHUNKS = 1_000
ACTIVE_RETURN = re.compile(rb"(?<!=)(?:==)*+=\r")
UU_BEGIN, ENDS = b"begin ", (b"\n", b"\r")
LONGEST_UU_LINE = 65_536
MOST_UU_LINES = 500_000
"""Of 45 bytes each; what has more is not decoded, since each line costs a microsecond."""

Pieces = Callable[[], Iterator[bytes]]
"""The encoded bytes from their start, each time it is called."""


@dataclass(slots=True)
class Decoded:
    """The content of a part. ``encoding``: the header's value, lower case. Fits ``worker.core.parsed.Content``."""

    span: Span
    encoding: str
    _shape: "Base64Shape | None" = field(default=None, init=False, repr=False, compare=False)

    def pieces(self) -> Iterator[bytes]:
        if decoder_of(self.encoding) is base64_undone:
            self._shape = self._shape or shape_of(self.span.pieces)  # looked at once, however often it is read
            return base64_undone(self.span.pieces, self._shape)
        return undone(self.span.pieces, self.encoding)

    def start(self, most: int) -> bytes:
        """Its first ``most`` bytes."""
        found = bytearray()
        for piece in self.pieces():
            found += piece
            if len(found) >= most:
                break
        return bytes(found[:most])

    def as_mail(self) -> RawMail:
        """A stretch of the mail around it, or in memory when it was encoded (which RFC 2046 forbids and Gmail does)."""
        return self.span if decoder_of(self.encoding) is None else b"".join(self.pieces())


Decoder = Callable[[Pieces], Iterator[bytes]]


def undone(read: Pieces, encoding: str) -> Iterator[bytes]:
    decoder = decoder_of(encoding)
    return read() if decoder is None else decoder(read)


def decoder_of(encoding: str) -> Decoder | None:
    if "base64" in encoding:
        return base64_undone
    if "quoted-printable" in encoding:
        return quoted_printable_undone
    if "uue" in encoding:
        return uuencoding_undone
    return None


def base64_undone(read: Pieces, shape: "Base64Shape | None" = None) -> Iterator[bytes]:
    """Tolerates blanks, missing padding and joined blocks. Text that is not base64 at all comes back as it is."""
    shape = shape or shape_of(read)
    if not shape.is_base64:
        yield from read()
        return
    waiting = b""
    for piece in read():
        kept = piece.translate(None, NOT_BASE64)
        *ended, last = split_at_padding(kept) if shape.chunks <= MOST_CHUNKS else [kept.replace(b"=", b"")]
        for chunk in ended:
            yield base64_chunk(waiting + chunk)
            waiting = b""
        whole, waiting = in_fours(waiting + last)
        yield binascii.a2b_base64(whole)
    yield base64_chunk(waiting)


def shape_of(read: Pieces) -> "Base64Shape":
    shape = Base64Shape()
    for piece in read():
        shape.add(piece)
    return shape


class Base64Shape:
    """What tells base64 from text: counted over all pieces. ``chunks``: stretches between padding; an upper bound."""

    def __init__(self) -> None:
        self.kept = self.written = self.spaces = self.feeds = 0
        self.chunks = 0
        self.in_chunk = False

    def add(self, piece: bytes) -> None:
        kept = piece.translate(None, NOT_BASE64)
        self.kept += len(kept)
        self.written += len(piece) - sum(piece.count(blank) for blank in WHITE)
        self.spaces += piece.count(b" ")
        self.feeds += piece.count(b"\n")
        if kept and self.chunks <= MOST_CHUNKS:
            stretches = sum(1 for chunk in split_at_padding(kept) if chunk)
            goes_on = self.in_chunk and not kept.startswith(b"=")
            self.chunks += stretches - goes_on
            self.in_chunk = not kept.endswith(b"=")

    @property
    def is_base64(self) -> bool:
        return self.spaces <= self.feeds + 3 and self.kept * 4 >= self.written * 3


def split_at_padding(kept: bytes) -> list[bytes]:
    return re.split(rb"=+", kept) if b"=" in kept else [kept]  # mostly there is none, and looking is far cheaper


def base64_chunk(chunk: bytes) -> bytes:
    if len(chunk) % 4 == 1:
        chunk = chunk[:-1]
    return binascii.a2b_base64(chunk + b"=" * (-len(chunk) % 4))


def in_fours(chunk: bytes) -> tuple[bytes, bytes]:
    """What decodes by itself, and what waits for more."""
    whole = len(chunk) - len(chunk) % 4
    return chunk[:whole], chunk[whole:]


def quoted_printable_undone(read: Pieces) -> Iterator[bytes]:
    """An escape may be cut in two: what may be the start of one waits. After ``=`` and CR all is dropped until LF."""
    waiting, is_dropping = b"", False
    for piece in read():
        data = waiting + piece
        waiting = b""
        if is_dropping:
            end = data.find(b"\n")
            if end < 0:
                continue
            data, is_dropping = data[end + 1 :], False
        cut = ACTIVE_RETURN.search(data, data.rfind(b"\n") + 1)
        if cut is not None:
            data, is_dropping = data[: cut.end() - 2], True
        else:
            data, waiting = before_open_escape(data)
        yield binascii.a2b_qp(data)
    yield binascii.a2b_qp(waiting)


def before_open_escape(data: bytes) -> tuple[bytes, bytes]:
    """Up to a last ``=`` that fewer than two bytes follow, and from it on. A second ``=`` belongs to the first."""
    for at in (len(data) - 1, len(data) - 2):
        if at >= 0 and data[at : at + 1] == b"=" and data[at + 1 : at + 2] != b"=":
            run = at + 1 - len(data[: at + 1].rstrip(b"="))
            return (data[:at], data[at:]) if run % 2 else (data, b"")
    return data, b""


def uuencoding_undone(read: Pieces) -> Iterator[bytes]:
    if not has_uuencoding(read()):
        yield from read()
        return
    lines = lines_of(read())
    for line in lines:
        if line.startswith(UU_BEGIN):
            break
    for line in lines:
        if line.strip() in (b"end", b"`", b""):
            return
        yield uu_line(line)


def has_uuencoding(pieces: Iterator[bytes]) -> bool:
    seen, read, lines, is_begun = b"", 0, 0, False
    for piece in pieces:
        is_first = read == len(seen)  # then what was seen is the start of it all
        read += len(piece)
        lines += piece.count(b"\n") + piece.count(b"\r")
        seen += piece
        is_begun = is_begun or (is_first and seen.startswith(UU_BEGIN)) or any(each + UU_BEGIN in seen for each in ENDS)
        seen = seen[-len(UU_BEGIN) :]
    return is_begun and lines <= MOST_UU_LINES


def lines_of(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """As ``bytes.splitlines``; of a line of more than 64 kB the start."""
    waiting, has_return = b"", False
    for piece in pieces:
        data = piece[1:] if has_return and piece.startswith(b"\n") else piece
        has_return = piece.endswith(b"\r")
        *ended, last = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        for line in ended:
            yield waiting + line
            waiting = b""
        waiting = (waiting + last)[:LONGEST_UU_LINE]
    if waiting:
        yield waiting


def uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        length = (((line[0] - 32) & 63) * 4 + 5) // 3
        try:
            return binascii.a2b_uu(line[:length])
        except binascii.Error:
            return b""
