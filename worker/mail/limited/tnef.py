"""winmail.dat ([MS-OXTNEF]) to its text and files: ``{text, html, files}``, names of what was written to the folder.

Read by ourselves: tnefparse gives up the whole file for one row of recipients it does not like, leaves padding at the
end of files, and copies the rest of the file for every attribute. Here an attribute that makes no sense is passed over,
and what came before the first broken one is kept. A mail inside a mail gives its files and, as a file, its text.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worker.mail.limited.questions import ReaderLimits
from worker.mail.limited.rtf import decompressed, html_or_text

SIGNATURE = 0x223E9F78
BODY, PROPERTIES, CODE_PAGE, SUBJECT = 0x800C, 0x9003, 0x9007, 0x8004
NEW_FILE, FILE_TITLE, FILE_DATA, FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
FIXED = {0x2: 4, 0x3: 4, 0x4: 4, 0xA: 4, 0xB: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0x14: 8, 0x40: 8, 0x48: 16, 0x1: 0}
VARIABLE, UNICODE, STRING = {0x1E, 0x1F, 0x102, 0xD}, 0x1F, 0x1E
TEXT, HTML, RTF, CPID = 0x1000, 0x1013, 0x1009, 0x3FDE
DISPLAY_NAME, SHORT_NAME, LONG_NAME, MIME_TAG, CONTENT_ID, DATA = 0x3001, 0x3704, 0x3707, 0x370E, 0x3712, 0x3701
MESSAGE_INSIDE = bytes.fromhex("0703020000000000c000000000000046")
MOST_FILES, DEEPEST, MOST_ATTRIBUTES = 200, 3, 20_000


@dataclass(slots=True)
class InnerFile:
    title: bytes = b""
    content: bytes = b""
    properties: dict[int, bytes | str] = field(default_factory=dict)

    def word(self, *keys: int) -> str:
        return next((value for key in keys if isinstance(value := self.properties.get(key), str) and value), "")


@dataclass(slots=True)
class Mail:
    charset: str = "cp1252"
    body: bytes = b""
    properties: dict[int, bytes | str] = field(default_factory=dict)
    files: list[InnerFile] = field(default_factory=list)


def answer(path: Path, out: Path | None, limits: ReaderLimits) -> dict[str, Any]:
    del limits
    assert out is not None
    mail = read_mail(path.read_bytes())
    text, html = body_of(mail)
    (out / "text").write_text(text, "utf-8", errors="replace")
    (out / "html").write_text(html, "utf-8", errors="replace")
    files = [
        {"file": str(number), "name": name, "type": kind, "content_id": content_id}
        for number, (name, kind, content_id, content) in enumerate(written(mail, out, 0))
        if (out / str(number)).write_bytes(content) is not None
    ]
    return {"text": "text", "html": "html", "files": files}


def read_mail(tnef: bytes) -> Mail:
    if len(tnef) < 6 or struct.unpack_from("<I", tnef)[0] != SIGNATURE:
        raise ValueError("no TNEF")
    mail = Mail()
    for name, value in attributes(tnef):
        take(mail, name, value)
    return mail


def attributes(tnef: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    for _ in range(MOST_ATTRIBUTES):
        if at + 9 > len(tnef):
            return
        _, name, _, length = struct.unpack_from("<BHHI", tnef, at)
        yield name, tnef[at + 9 : at + 9 + length]
        at += 9 + length + 2


def take(mail: Mail, name: int, value: bytes) -> None:
    file = mail.files[-1] if mail.files else None
    if name == CODE_PAGE and len(value) >= 4:
        mail.charset = f"cp{struct.unpack_from('<I', value)[0]}"
    elif name == BODY:
        mail.body = value
    elif name == PROPERTIES:
        mail.properties |= properties(value, mail.charset)
    elif name == NEW_FILE and len(mail.files) < MOST_FILES:
        mail.files.append(InnerFile())
    elif file is not None and name == FILE_TITLE:
        file.title = value
    elif file is not None and name == FILE_DATA:
        file.content = value
    elif file is not None and name == FILE_PROPERTIES:
        file.properties |= properties(value, mail.charset)


def properties(block: bytes, charset: str) -> dict[int, bytes | str]:
    """By number; the first of several values. What follows a property that cannot be read is not read."""
    found: dict[int, bytes | str] = {}
    try:
        count, at = struct.unpack_from("<I", block)[0], 4
        for _ in range(min(count, MOST_ATTRIBUTES)):
            kind, name = struct.unpack_from("<HH", block, at)
            at = after_name(block, at + 4) if name >= 0x8000 else at + 4
            value, at = value_at(block, at, kind, charset)
            if name < 0x8000 and value is not None:
                found.setdefault(name, value)
    except (struct.error, ValueError):
        pass
    return found


def after_name(block: bytes, at: int) -> int:
    """A named property: its set's GUID, then a number or a name."""
    kind, length = struct.unpack_from("<II", block, at + 16)
    return at + 24 + (0 if kind == 0 else -(-length // 4) * 4)


def value_at(block: bytes, at: int, kind: int, charset: str) -> tuple[bytes | str | None, int]:
    many, kind = bool(kind & 0x1000), kind & 0xFFF
    count = 1
    if many or kind in VARIABLE:
        count, at = struct.unpack_from("<I", block, at)[0], at + 4
    first: bytes | str | None = None
    for number in range(min(count, MOST_ATTRIBUTES)):
        if kind in VARIABLE:
            length, at = struct.unpack_from("<I", block, at)[0], at + 4
            value, at = block[at : at + length], at + -(-length // 4) * 4
        elif kind in FIXED:
            value, at = block[at : at + FIXED[kind]], at + FIXED[kind]
        else:
            raise ValueError("unknown kind of property")
        if number == 0:
            first = decoded(value, kind, charset)
    return first, at


def decoded(value: bytes, kind: int, charset: str) -> bytes | str:
    if kind == UNICODE:
        return value.decode("utf-16-le", "replace").split("\0")[0]
    return as_text(value, charset) if kind == STRING else value


def as_text(value: bytes, charset: str) -> str:
    try:
        return value.split(b"\0")[0].decode(charset)
    except (UnicodeDecodeError, LookupError):
        return value.split(b"\0")[0].decode("cp1252", "replace")


def body_of(mail: Mail) -> tuple[str, str]:
    """(Text, HTML); the RTF is asked where there is no HTML."""
    told = mail.properties.get(CPID)
    charset = "utf-8"
    if isinstance(told, bytes) and len(told) >= 4:
        number = struct.unpack_from("<I", told)[0]
        charset = "utf-8" if number == 65001 else f"cp{number}"
    shown = mail.properties.get(HTML, "")
    html = as_text(shown, charset) if isinstance(shown, bytes) else shown
    said = mail.properties.get(TEXT) or mail.body
    text = as_text(said, mail.charset) if isinstance(said, bytes) else said
    packed = mail.properties.get(RTF)
    if not html and isinstance(packed, bytes):
        try:
            html, rtf_text = html_or_text(decompressed(packed))
        except ValueError:
            return text, html
        text = text or rtf_text
    return text, html


def written(mail: Mail, out: Path, depth: int) -> Iterator[tuple[str, str, str, bytes]]:
    """(Name, declared type, content id, content) of each file, those of mails inside too."""
    for file in mail.files:
        data = file.properties.get(DATA)
        content = data if isinstance(data, bytes) and data else file.content
        name = file.word(LONG_NAME, SHORT_NAME) or as_text(file.title, mail.charset) or file.word(DISPLAY_NAME)
        if content.startswith(MESSAGE_INSIDE) and depth < DEEPEST:
            inner = read_mail(content[len(MESSAGE_INSIDE) :])
            text, html = body_of(inner)
            kind, said = ("text/html", html) if html else ("text/plain", text)
            yield f"{name}.{'html' if html else 'txt'}", kind, "", said.encode("utf-8", "replace")
            yield from written(inner, out, depth + 1)
        elif content:
            yield name, file.word(MIME_TAG), file.word(CONTENT_ID), content
