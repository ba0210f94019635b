"""What was wrapped in a winmail.dat or an opaque S/MIME part, from bytes to text and files.

The rest of the parser goes on with these as if they had stood in the mail. None: it could not be unpacked, and stays
the file it came as.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from worker.mail.limited.answers import LONGEST, is_encrypted, list_of, text_of
from worker.mail.limited.questions import Question
from worker.mail.limited.reader import LimitedReader, Told, folder_for

MOST_FILES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackedFile:
    """As the sender's program named and declared it; ``declared_type`` and ``content_id`` empty when it did not."""

    name: str
    declared_type: str
    content_id: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackedMail:
    """Of a winmail.dat. ``html`` is empty where there was none."""

    text: str
    html: str
    files: tuple[UnpackedFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnwrappedPart:
    """Of an S/MIME part. ``content``: a MIME entity with its head; ``signers``: who says he signed, **not checked**."""

    content: bytes
    signers: tuple[str, ...]
    is_encrypted: bool = False


def unpack_tnef(reader: LimitedReader, content: Iterable[bytes]) -> UnpackedMail | None:
    """``content`` in pieces; what reading them raises goes through, else nothing is raised."""
    try:
        with folder_for(content) as (path, out):
            answer = reader.ask(Question.TNEF, path, out=out)
            if not isinstance(answer, Told):
                return None
            files = [file_of(out, each) for each in list_of(answer.values.get("files"))[:MOST_FILES]]
            return UnpackedMail(
                text=(out / "text").read_text("utf-8", errors="replace"),
                html=(out / "html").read_text("utf-8", errors="replace"),
                files=tuple(each for each in files if each is not None),
            )
    except OSError:
        return None


def file_of(out: Path, told: object) -> UnpackedFile | None:
    if not isinstance(told, dict) or not text_of(told.get("file")).isdigit():
        return None
    return UnpackedFile(
        name=text_of(told.get("name")),
        declared_type=text_of(told.get("type")).lower(),
        content_id=text_of(told.get("content_id"))[:LONGEST],
        content=(out / text_of(told.get("file"))).read_bytes(),
    )


def unwrap_smime(reader: LimitedReader, content: Iterable[bytes]) -> UnwrappedPart | None:
    """As ``unpack_tnef``."""
    try:
        with folder_for(content) as (path, out):
            answer = reader.ask(Question.SMIME, path, out=out)
            if not isinstance(answer, Told):
                return None
            if is_encrypted(answer.values):
                return UnwrappedPart(content=b"", signers=(), is_encrypted=True)
            if answer.values.get("file") != "0":
                return None
            signers = tuple(text_of(each) for each in list_of(answer.values.get("signers")))
            return UnwrappedPart(content=(out / "0").read_bytes(), signers=signers)
    except OSError:
        return None
