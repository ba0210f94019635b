"""Stretches of a mail's bytes, found and cut without being copied; the bytes may be in memory or in a file.

A ``Span`` names a start and an end in the whole mail; its bytes are read when they are asked for. A mail that is not in
memory is seen through a ``Window`` of ``PIECE`` bytes, so that reading a mail takes the same memory whatever its size.
What the mail's own reader raises (``TemporaryFailure``) goes through.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from worker.core.parsed import RawMail

PIECE = 256 * 1024


class Window:
    """A mail that is not in memory, and the piece of it that was read last: what is near it costs no further read."""

    def __init__(self, raw: RawMail, *, width: int = PIECE) -> None:
        self._raw = raw
        self._width = width
        self._start = 0
        self._piece = b""

    def __len__(self) -> int:
        return len(self._raw)

    def __getitem__(self, key: slice, /) -> bytes:
        start, stop, _ = key.indices(len(self._raw))
        if stop - start > self._width:
            return self._raw[start:stop]
        if not self._holds(start, stop):
            self._move_to(start)
        return self._piece[start - self._start : max(stop - self._start, 0)]

    def find(self, wanted: bytes, start: int, end: int) -> int:
        """As ``bytes.find``. ``wanted`` is shorter than the window."""
        while start + len(wanted) <= end:
            if not self._holds(start, start + len(wanted)):
                self._move_to(start)
            found = self._piece.find(wanted, start - self._start, end - self._start)
            if found >= 0:
                return self._start + found
            start = self._start + len(self._piece) - len(wanted) + 1
        return -1

    def _holds(self, start: int, stop: int) -> bool:
        return self._start <= start and stop <= self._start + len(self._piece)

    def _move_to(self, start: int) -> None:
        self._start, self._piece = start, self._raw[start : start + self._width]


@dataclass(frozen=True, slots=True)
class Span:
    """``whole[start:end]``. Positions given and found count from ``start``. Is a ``RawMail`` itself."""

    whole: "bytes | Window"
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def __getitem__(self, key: slice, /) -> bytes:
        start, stop, _ = key.indices(len(self))
        return self.whole[self.start + start : self.start + max(start, stop)]

    def find(self, wanted: bytes, start: int = 0) -> int:
        found = self.whole.find(wanted, self.start + start, self.end)
        return found - self.start if found >= 0 else -1

    def part(self, start: int, end: int | None = None) -> "Span":
        until = len(self) if end is None else min(end, len(self))
        return Span(self.whole, self.start + min(start, until), self.start + until)

    def pieces(self, size: int = PIECE) -> Iterator[bytes]:
        for at in range(self.start, self.end, size):
            yield self.whole[at : min(at + size, self.end)]


def span_of(raw: RawMail) -> Span:
    """The whole of it. A span stays the stretch of its own mail that it is."""
    if isinstance(raw, Span):
        return raw
    return Span(raw if isinstance(raw, (bytes, Window)) else Window(raw), 0, len(raw))


@dataclass(frozen=True, slots=True)
class ReturnsAsFeeds:
    """A mail of a machine that ends its lines with CR alone, as if they were LF."""

    span: Span

    def __len__(self) -> int:
        return len(self.span)

    def __getitem__(self, key: slice, /) -> bytes:
        return self.span[key].replace(b"\r", b"\n")


def with_line_feeds(span: Span) -> Span:
    """The same bytes, with LF for CR where there is no LF at all."""
    return span if span.find(b"\n") >= 0 else span_of(ReturnsAsFeeds(span))
