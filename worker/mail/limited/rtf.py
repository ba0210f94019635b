"""RTF as Outlook hides it in a winmail.dat: unpacked ([MS-OXRTFCP]), then back to HTML ([MS-OXRTFEX]) or to text.

Linear: one pass over the tokens. What is shown stands in the order it is written; fonts, styles, pictures and all other
destinations are passed over.
"""

import re
import struct
from dataclasses import dataclass, replace

DICTIONARY = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS "
    b"Sans SerifSymbolArialTimes New RomanCourier"
    b"{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u"
    b"\\tab\\tx"
)
COMPRESSED, PLAIN = 0x75465A4C, 0x414C454D
LARGEST = 8 * 1024 * 1024
TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})? ?|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])"
    rb"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\"
)
# Groups whose words are not the text's.
ASIDE = frozenset(
    b"fonttbl colortbl stylesheet info pict object header footer headerl headerr footerl footerr listtable "
    b"listoverridetable rsidtbl themedata colorschememapping latentstyles datastore generator xmlnstbl "
    b"fldinst bkmkstart bkmkend".split()
)
SAID = {
    b"par": "\n", b"line": "\n", b"tab": "\t", b"cell": "\t", b"row": "\n", b"lquote": "‘", b"rquote": "’",
    b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•", b"endash": "–", b"emdash": "—",
}  # fmt: skip
SIGNS = {b"\\": "\\", b"{": "{", b"}": "}", b"~": "\u00a0", b"_": "-", b"\n": "\n", b"\r": "\n"}


def decompressed(packed: bytes) -> bytes:
    """At most ``LARGEST`` bytes; what is cut short gives what was there. Raises ValueError for another format."""
    if len(packed) < 16:
        raise ValueError("no compressed RTF")
    _, size, kind, _ = struct.unpack_from("<IIII", packed)
    if kind == PLAIN:
        return packed[16 : 16 + size]
    if kind != COMPRESSED:
        raise ValueError("no compressed RTF")
    return expanded(packed, min(size, LARGEST))


def expanded(packed: bytes, size: int) -> bytes:
    ring = bytearray(DICTIONARY) + bytearray(4096 - len(DICTIONARY))
    write, read, made = len(DICTIONARY), 16, bytearray()
    while read < len(packed) and len(made) < size:
        control, read = packed[read], read + 1
        for bit in range(8):
            if control >> bit & 1:
                if read + 2 > len(packed):
                    return bytes(made)
                place, read = packed[read] << 8 | packed[read + 1], read + 2
                if place >> 4 == write:
                    return bytes(made[:size])
                taken = [0] * ((place & 0xF) + 2)
                for step in range(len(taken)):
                    taken[step] = ring[(place >> 4) + step & 0xFFF]
                    ring[write], write = taken[step], write + 1 & 0xFFF
                made += bytes(taken)
            elif read < len(packed):
                ring[write], write = packed[read], write + 1 & 0xFFF
                made.append(packed[read])
                read += 1
    return bytes(made[:size])


@dataclass(frozen=True, slots=True)
class State:
    """Of a group. ``aside``: not shown; ``tag``: HTML as it was; ``doubled``: inside ``htmlrtf``, RTF's own double of
    the HTML; ``skip``: characters that stand in for a Unicode one.
    """

    aside: bool = False
    tag: bool = False
    doubled: bool = False
    skip: int = 1


class Rtf:
    def __init__(self, rtf: bytes) -> None:
        self.rtf = rtf
        self.is_html = b"\\fromhtml" in rtf[:2_000]
        page = re.search(rb"\\ansicpg(\d{3,5})", rtf[:2_000])
        self.charset = f"cp{page.group(1).decode()}" if page else "cp1252"
        self.state = State()
        self.around: list[State] = []
        self.pieces: list[str] = []
        self.raw = bytearray()
        self.to_skip = 0
        self.starred = False

    def read(self) -> str:
        for token in TOKEN.finditer(self.rtf):
            if brace := token["brace"]:
                self.brace(brace)
            elif word := token["word"]:
                self.word(word, token["number"])
            elif code := token["hex"]:
                self.byte(bytes([int(code, 16)]))
            elif sign := token["sign"]:
                self.sign(sign)
            elif text := token["text"]:
                self.byte(text)
        self.flush()
        return "".join(self.pieces)

    def brace(self, brace: bytes) -> None:
        self.flush()
        self.starred, self.to_skip = False, 0
        if brace == b"{":
            self.around.append(self.state)
            self.state = replace(self.state, tag=False)
        elif self.around:
            self.state = self.around.pop()

    def word(self, word: bytes, number: bytes | None) -> None:
        if word == b"u" and number:
            self.flush()
            self.say(chr(int(number) % 0x10000))
            self.to_skip = self.state.skip
        elif word == b"uc" and number:
            self.state = replace(self.state, skip=min(max(int(number), 0), 10))
        elif word == b"htmlrtf":
            self.flush()
            self.state = replace(self.state, doubled=number != b"0")
        elif word == b"htmltag":
            self.state = replace(self.state, tag=True)
        elif word in ASIDE or (self.starred and word != b"fldrslt"):
            self.state = replace(self.state, aside=True)
        elif word in SAID:
            self.flush()
            self.say(SAID[word])
        self.starred = False

    def sign(self, sign: bytes) -> None:
        if sign == b"*":
            self.starred = True
        elif sign in SIGNS:
            self.flush()
            self.say(SIGNS[sign])

    def byte(self, text: bytes) -> None:
        if self.to_skip:
            text, self.to_skip = text[self.to_skip :], max(0, self.to_skip - len(text))
        if not self.state.aside and not self.state.doubled:
            self.raw += text

    def say(self, text: str) -> None:
        if not self.state.aside and not self.state.doubled:
            self.pieces.append(text)

    def flush(self) -> None:
        if not self.raw:
            return
        try:
            self.pieces.append(self.raw.decode(self.charset, "replace"))
        except LookupError:
            self.pieces.append(self.raw.decode("cp1252", "replace"))
        self.raw.clear()


def without_pairs(text: str) -> str:
    """RTF gives characters above the first plane in two halves: joined, and a lone half made harmless."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def html_or_text(rtf: bytes) -> tuple[str, str]:
    """(HTML, text): one of them is empty."""
    reader = Rtf(rtf[:LARGEST])
    said = without_pairs(reader.read())
    return (said, "") if reader.is_html else ("", said)
