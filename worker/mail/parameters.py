"""Parameters of Content-Type and Content-Disposition: RFC 2045, RFC 2231 (pieces, charsets), RFC 2047 inside.

Values come in as Latin-1 text, one character a byte, so that a boundary stays the bytes it is; what people read is
decoded by ``text_of``. One pass from left to right; of a repeated name the first counts.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_to_bytes

from worker.mail.charsets import clean_line, decode
from worker.mail.encoded_words import decoded
from worker.mail.limits import LimitPassed

NAME = re.compile(r"[\s;]*([^\s;=\"]{1,80})\s*=\s*")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|\\?\Z)', re.DOTALL)
PIECE = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?")


def split_value(value: str, most: int) -> tuple[str, dict[str, str]]:
    """The value before the first ``;`` in lower case, and the parameters by lower-case name, as Latin-1 text."""
    if value.count(";") > most:
        raise LimitPassed("parameters")
    first, _, rest = value.partition(";")
    found: dict[str, str] = {}
    for name, content in scanned(rest):
        found.setdefault(name, content)
    return first.strip().lower(), found


def scanned(rest: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(rest):
        name = NAME.match(rest, position)
        if name is None:
            position = next_semicolon(rest, position) + 1
            continue
        quoted = QUOTED.match(rest, name.end())
        if quoted is not None:
            yield name.group(1).lower(), re.sub(r'\\(["\\])', r"\1", quoted.group(1))
            position = quoted.end()
        else:
            end = next_semicolon(rest, name.end())
            yield name.group(1).lower(), rest[name.end() : end].strip()
            position = end
        position = max(position, name.end())


def next_semicolon(text: str, position: int) -> int:
    found = text.find(";", position)
    return len(text) if found < 0 else found


def text_of(found: Mapping[str, str], name: str) -> str | None:
    """The parameter as people read it: pieces joined, charset and encoded words decoded, clean; None when absent."""
    charset, content = bytes_of(found, name)
    if content is None:
        return None
    return clean_line(decoded(decode(content, charset)))


def bytes_of(found: Mapping[str, str], name: str) -> tuple[str | None, bytes | None]:
    """Charset (of RFC 2231) and bytes of a parameter; the plain spelling stands in when there is no other."""
    charset: str | None = None
    content = []
    for number, is_coded, written in sorted(pieces_of(found, name)):
        value = written
        if is_coded and number == 0 and written.count("'") >= 2:
            charset, _, value = written.split("'", 2)
        content.append(unquote_to_bytes(value.encode("latin-1")) if is_coded else value.encode("latin-1"))
    if content:
        return charset, b"".join(content)
    plain = found.get(name)
    return None, None if plain is None else plain.encode("latin-1")


def pieces_of(found: Mapping[str, str], name: str) -> Iterator[tuple[int, bool, str]]:
    for key, value in found.items():
        piece = PIECE.fullmatch(key)
        if piece is not None and piece.group(1) == name and key != name:
            yield int(piece.group(2) or 0), bool(piece.group(3)), value
