"""What stands inside the files of a case manager's mail, as far as a note could hide there.

A file is read as what its bytes are, whatever it is called: a mail with the files in it, or a text. PDF, Office and
other binary files are not looked into. What is more than these limits is not read, and then nobody can say that no note
is in it: the mail is held.
"""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from storage.records import RevisionId
from worker.core.file_texts import encoding_of, is_mail, readings_of
from worker.core.internal_guard import windows_of
from worker.core.original_signatures import OriginalSignature
from worker.core.parsed import Content, ParsedFile, ParsedMail
from worker.core.subjects import is_forward
from worker.flows.ports import Reader

MAIL = "message/rfc822"
LOOKED_AT = 16_384
MOST_MAILS = 100
MOST_BYTES = 64 * 1024 * 1024
STRETCH = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Files and ``texts`` were compared outside any transaction: with these revisions of notes, and which told one."""

    revisions: frozenset[RevisionId] = frozenset()
    texts: frozenset[str] = frozenset()
    told_by_texts: bool = False
    told_by_files: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFile:
    content: Content
    encoding: str

    def pieces(self) -> Iterator[str]:
        return codecs.iterdecode(stretches(self.content), self.encoding, "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """``texts``: of attached mails; ``files``: texts of any size; ``is_too_much``: not everything was read;
    ``original``: the one attached mail.
    """

    texts: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    files: tuple[TextFile, ...] = ()
    is_too_much: bool = False
    original: ParsedMail | None = None
    signature: OriginalSignature | None = None
    compared: Compared = Compared()

    def all_texts(self) -> Iterator[str]:
        """The long ones in stretches, read when they are reached."""
        yield from self.texts
        for each in self.files:
            for window in windows_of(each.pieces()):
                yield from readings_of(window)


def stretches(content: Content) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in content.pieces():
        waiting += piece
        if len(waiting) >= STRETCH:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


@dataclass(slots=True, kw_only=True)
class Reading:
    """What was found so far in files, and in the files of mails among them."""

    reader: Reader
    texts: list[str] = field(default_factory=list)
    message_ids: list[str] = field(default_factory=list)
    files: list[TextFile] = field(default_factory=list)
    mails: int = 0
    size: int = 0
    is_too_much: bool = False

    def read(self, files: Sequence[ParsedFile]) -> list[ParsedMail]:
        """The attached mails among these files, not those inside them."""
        found: list[ParsedMail] = []
        for file in files:
            start = start_of(file.content)
            declared = file.media_type == MAIL
            encoding = encoding_of(start)
            if encoding is None and not declared:
                continue
            self.size += file.size
            if self.size > MOST_BYTES:
                self.is_too_much = True
                return found
            if declared or is_mail(start):
                found += self.read_mail(file)
            if encoding is not None:
                self.files.append(TextFile(content=file.content, encoding=encoding))
        return found

    def read_mail(self, file: ParsedFile) -> list[ParsedMail]:
        self.mails += 1
        if self.mails > MOST_MAILS:
            self.is_too_much = True
            return []
        inner = self.reader.parse(file.content.as_mail())
        self.texts.append(inner.text)
        self.message_ids += [inner.message_id] if inner.message_id else []
        self.is_too_much = self.is_too_much or inner.quarantine is not None
        self.read(inner.files)
        return [inner] if file.media_type == MAIL else []


def start_of(content: Content) -> bytes:
    start = b""
    for piece in content.pieces():
        start += piece[: LOOKED_AT - len(start)]
        if len(start) >= LOOKED_AT:
            break
    return start


def read_attached(reader: Reader, mail: ParsedMail) -> Attached:
    """All files, read outside any transaction. Long texts are only found here, and read when they are compared."""
    reading = Reading(reader=reader)
    originals = reading.read(mail.files)
    return Attached(
        texts=tuple(reading.texts),
        message_ids=tuple(reading.message_ids),
        files=tuple(reading.files),
        is_too_much=reading.is_too_much,
        original=originals[0] if len(originals) == 1 else None,
    )


def with_signature(reader: Reader, mail: ParsedMail, attached: Attached) -> Attached:
    """Asked only for what a case manager passes on or has accepted: no stranger makes us look for keys."""
    if attached.original is None or not is_forward(mail.subject):
        return attached
    file = next(each for each in mail.files if each.media_type == MAIL)
    return replace(attached, signature=reader.signature(file.content.pieces()))
