r"""The bytes of DATA, in chunks as the network gives them (RFC 5321 4.1.1.4, 4.5.2).

Only ``CR LF . CR LF`` ends a mail; every other mix of CR, LF, NUL and dots is content, or a peer could smuggle a second
mail into the first one. A dot that opens a line is taken away. Both rules hold across chunk borders: what could be the
beginning of an end (at most 4 bytes) is held back until more has come.

The text begins at a line's beginning, so it is read as if ``CR LF`` stood before it; that pair is not part of the mail.
"""

from dataclasses import dataclass, field

END = b"\r\n.\r\n"
LINE_END = b"\r\n"
DOT_LINE = b"\r\n."
DOT = b"."
BEGINNINGS = tuple(END[:length] for length in range(len(END) - 1, 0, -1))
"""What a chunk may end with that the next one could complete, longest first."""


@dataclass(slots=True)
class DataReader:
    """Feed it chunks until ``ended``. ``bare_lf`` says whether a LF without its CR was among the content."""

    ended: bool = False
    bare_lf: bool = False
    rest: bytes = b""
    _held: bytes = LINE_END
    _to_skip: int = field(default=len(LINE_END))

    def feed(self, chunk: bytes) -> bytes:
        """The content that is sure by now. After the end, ``rest`` is what the peer sent behind it (pipelining)."""
        have = self._held + chunk
        # Base64 has no dots, and to look for one byte costs a fiftieth of looking for three.
        dot = have.find(DOT_LINE) if DOT in have else -1
        end = have.find(END, dot) if dot >= 0 else -1
        if end >= 0:
            self.ended = True
            self.rest = have[end + len(END) :]
            return self._content(have[: end + len(LINE_END)], has_dots=dot < end)
        self._held = next((each for each in BEGINNINGS if have.endswith(each)), b"")
        return self._content(have[: len(have) - len(self._held)], has_dots=dot >= 0)

    def _content(self, taken: bytes, *, has_dots: bool) -> bytes:
        """Whole pairs of CR and LF only: a pair at the end of a chunk was held back."""
        if not self.bare_lf and taken.count(b"\n") != taken.count(LINE_END):
            self.bare_lf = True
        content = taken.replace(DOT_LINE, LINE_END) if has_dots else taken
        if self._to_skip and content:
            content = content[self._to_skip :]
            self._to_skip = 0
        return content
