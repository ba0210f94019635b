"""The parts of an outgoing mail as bytes: texts and files, each with its own header, in 7-bit lines of at most 78.

Texts are quoted-printable, or base64 where that is shorter (no line limit is passed and 8BITMIME is not needed). Files
are always base64, so that the bytes that arrive are the bytes that were given.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import quote

from worker.core.letters import LetterFile
from worker.core.slices import pieces_of
from worker.mail.cleaning import SURROGATES, clean_line, shortened
from worker.mail.header_lines import line

UNKNOWN_TYPE = "application/octet-stream"
MEDIA_TYPE = re.compile(r"([A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,80})/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,80}")
# RFC 2046 5.2.1 and 5.1: these may not be base64, so a mail that is sent along goes as a file with its name.
NOT_AS_FILE = frozenset({"message", "multipart"})
PLAIN_NAME = re.compile(r"[A-Za-z0-9_.,()+ -]{1,60}")
NOT_IN_NAMES = re.compile(r"[/\\:*?\"<>|]")
MOST_NAME, UNNAMED = 150, "file"
NAME_PIECE = 60
CODED_AT_ONCE = 57 * 1024
"""Whole lines of base64, which have 57 bytes each: the pieces of a file are coded as the file would be."""
LINE_END = re.compile("\r\n|\r")


def text_part(subtype: str, text: str) -> bytes:
    """``text/plain`` or ``text/html``. Lone surrogates cannot be sent and become U+FFFD."""
    raw = SURROGATES.sub("\ufffd", LINE_END.sub("\n", text)).encode("utf-8")
    encoding, body = "quoted-printable", binascii.b2a_qp(raw, istext=True).replace(b"\n", b"\r\n")
    if len(body) * 3 > len(raw) * 4:
        encoding, body = "base64", in_base64(raw.replace(b"\n", b"\r\n"))
    head = line("Content-Type", f"text/{subtype}; charset=utf-8") + line("Content-Transfer-Encoding", encoding)
    return head.encode("ascii") + b"\r\n" + body


def file_part(file: LetterFile) -> Iterator[bytes]:
    """A piece at a time: a large file is never whole in memory."""
    name = file_name_parameter(file.name)
    head = (
        line("Content-Type", media_type(file.media_type))
        + line("Content-Transfer-Encoding", "base64")
        + line("Content-Disposition", f"attachment{name}")
    )
    yield head.encode("ascii") + b"\r\n"
    for piece in pieces_of(file.content, CODED_AT_ONCE):
        yield in_base64(piece)


def in_base64(raw: bytes) -> bytes:
    return base64.encodebytes(raw).replace(b"\n", b"\r\n")


def media_type(given: str) -> str:
    """Without parameters, which are for readers of the source and not of the file."""
    value = given.partition(";")[0].strip().lower()
    found = MEDIA_TYPE.fullmatch(value)
    return value if found and found.group(1) not in NOT_AS_FILE else UNKNOWN_TYPE


def file_name_parameter(name: str) -> str:
    """``; filename="…"`` for plain names, else RFC 2231 in pieces, so that no line grows with the name."""
    name = clean_file_name(name)
    if PLAIN_NAME.fullmatch(name):
        return f';\r\n filename="{name}"'
    pieces = list(name_pieces(name))
    if len(pieces) == 1:
        return f";\r\n filename*=utf-8''{pieces[0]}"
    return "".join(
        f";\r\n filename*{number}*={'' if number else 'utf-8' + chr(39) * 2}{piece}"
        for number, piece in enumerate(pieces)
    )


def clean_file_name(name: str) -> str:
    """One line, no path, not hidden, not endless; the ending, which says what opens it, is kept."""
    name = NOT_IN_NAMES.sub("_", clean_line(name)).strip(". ") or UNNAMED
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > 10:
        return shortened(name, MOST_NAME)
    return shortened(stem, MOST_NAME) + dot + ending


def name_pieces(name: str) -> Iterator[str]:
    """Percent-encoded, cut between characters and never inside one."""
    piece = ""
    for character in name:
        encoded = quote(character, safe="")
        if len(piece) + len(encoded) > NAME_PIECE:
            yield piece
            piece = ""
        piece += encoded
    yield piece
