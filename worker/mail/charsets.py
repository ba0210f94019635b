"""Bytes to text, whatever they claim to be; and text to clean text (the guarantee of ``worker.core.parsed``).

Rescue, in order: a byte order mark; the declared charset when it is one of ``CODECS`` and fits; UTF-8; and for the
bytes that are not UTF-8, cp1252, then Latin-1. The last is done byte by byte, so that one cp1252 apostrophe inside a
UTF-8 mail does not spoil the accents around it. What calls itself Latin-1 or ASCII and is valid UTF-8 is UTF-8.

``CODECS`` is a list of what may be used, not of what may not: idna, punycode, unicode_escape, the byte-to-byte codecs
and whatever Python adds next raise or take quadratic time, and no foreign name reaches ``codecs.lookup``. UTF-7 is left
out too: in it plain ASCII says something else to us than to whoever looked at the mail before (RFC 2152 is forgotten).
"""

import codecs
import re
import unicodedata

CODECS = {
    "utf8": "utf-8", "utf16": "utf-16", "utf16le": "utf-16-le", "utf16be": "utf-16-be",
    "utf32": "utf-32", "ucs2": "utf-16-be",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "cp936": "gb18030", "hzgb2312": "hz",
    "big5": "big5", "big5hkscs": "big5hkscs", "cp950": "cp950",
    "shiftjis": "cp932", "sjis": "cp932", "windows31j": "cp932", "cp932": "cp932", "xsjis": "cp932",
    "eucjp": "euc_jp", "iso2022jp": "iso2022_jp_ext", "iso2022jp1": "iso2022_jp_ext", "iso2022jp2": "iso2022_jp_2",
    "euckr": "cp949", "ksc56011987": "cp949", "cp949": "cp949", "iso2022kr": "iso2022_kr",
    "koi8r": "koi8_r", "koi8u": "koi8_u", "tis620": "cp874",
    "macintosh": "mac_roman", "xmacroman": "mac_roman", "macroman": "mac_roman",
    "ibm437": "cp437", "cp437": "cp437", "ibm850": "cp850", "cp850": "cp850", "cp858": "cp858", "ibm852": "cp852",
    "cp852": "cp852", "cp866": "cp866", "ibm866": "cp866",
    **{f"{prefix}{number}": f"cp{number}" for prefix in ("windows", "cp", "win") for number in range(1250, 1259)},
    **{f"iso8859{number}": f"iso8859_{number}" for number in (*range(2, 9), 10, 11, 13, 14, 15, 16)},
    **{f"iso8859{number}{way}": f"iso8859_{number}" for number in (6, 8) for way in "ie"},
    "iso88599": "cp1254", "latin2": "iso8859_2", "latin9": "iso8859_15",
}  # fmt: skip
"""By the name without case and punctuation. Latin-1 and ASCII are absent: their bytes take the rescue's own way."""

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def codec_of(label: str | None) -> str | None:
    return CODECS.get(re.sub(r"[^a-z0-9]", "", label[:60].lower())) if label else None


def decode(data: bytes, label: str | None = None) -> str:
    """Text of the bytes; never raises. The result may still hold what ``clean`` takes away."""
    for mark, marked in MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(marked, "replace")
    codec = codec_of(label)
    if codec is None or codec == "utf-8":
        return rescued(data)
    try:
        return data.decode(codec)
    except UnicodeError:
        pass
    try:
        return data.decode("utf-8")
    except UnicodeError:
        return data.decode(codec, "replace")


def as_cp1252(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeError:
        return chr(byte)


STRAY_BYTES = {0xDC00 + byte: as_cp1252(byte) for byte in range(0x80, 0x100)}


def rescued(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeError:
        return data.decode("utf-8", "surrogateescape").translate(STRAY_BYTES)


def ranges_of(points: list[int]) -> str:
    """A character class of regular expressions that holds exactly these code points."""
    pairs: list[list[int]] = []
    for point in points:
        if pairs and point == pairs[-1][1] + 1:
            pairs[-1][1] = point
        else:
            pairs.append([point, point])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in pairs)


LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # control characters, without those that end lines
    "\ud800-\udfff"  # lone surrogates
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi controls: they make exe.fdp out of pdf.exe
    "\ufeff\ufffe\uffff]"  # marks and non-characters
)
# Marks in long runs make normalisation quadratic; Unicode's stream-safe text has at most 30 in a row (UAX 15).
MARKS_IN_ROW = re.compile(
    f"([{ranges_of([p for p in range(0x300, 0x1F000) if unicodedata.combining(chr(p))])}]{{30}})"
    f"[{ranges_of([p for p in range(0x300, 0x1F000) if unicodedata.combining(chr(p))])}]+"
)


def clean(text: str) -> str:
    """NFC; lines end with a line feed; no NUL, lone surrogate, bidi control or other control character but tabs."""
    text = UNWANTED.sub("", LINE_ENDS.sub("\n", text))
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", MARKS_IN_ROW.sub(r"\1", text))


def clean_line(text: str) -> str:
    """As ``clean``, on one line: tabs and line ends are spaces, none at the ends."""
    return re.sub(r"[\t\n]+", " ", clean(text)).strip()
