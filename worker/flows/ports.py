"""What flows ask of the world. Adapters fit these shapes without importing them; each has one contract suite."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy.orm import Session

from storage.records import ArrivalId, OutgoingMailId
from worker.core.file_looks import FileLook
from worker.core.letters import Heading, Letter, LetterFile, Words
from worker.core.original_signatures import OriginalSignature
from worker.core.parsed import ParsedMail, RawMail
from worker.core.relaying import RelayAnswer, SealedMail
from worker.core.scanning import Scanned


class Clock(Protocol):
    def now(self, session: Session) -> datetime:
        """Aware UTC; asked once per transaction. Production asks the database."""


class Bell(Protocol):
    """Rings for work after the commit. May be lost, late or doubled: the sweep rings again. Never raises."""

    def ring_outgoing(self, ids: Sequence[OutgoingMailId]) -> None: ...

    def ring_inbound(self, ids: Sequence[ArrivalId]) -> None: ...


class Relay(Protocol):
    """The outgoing SMTP server. Never raises for what a server says or a network does: every end is an answer.
    What reading the mail raises goes through; then nothing was taken.
    """

    @property
    def name(self) -> str:
        """Host and port, for the attempts' rows."""

    def largest(self) -> int | None:
        """The SIZE the relay announced, in bytes; None when it announced none or cannot be reached."""

    def send(self, mail: SealedMail) -> RelayAnswer: ...


class Printer(Protocol):
    """Letters to words to bytes. The same input gives the same bytes."""

    def render(self, letter: Letter) -> Words: ...

    def build(self, heading: Heading, words: Words, files: Sequence[LetterFile]) -> Iterable[bytes]:
        """In order, made as they are asked for. Raises Unprintable then, and what reading the files raises."""


class Scanner(Protocol):
    """The virus scanner. Never raises: what it cannot say is ``unscanned``."""

    def scan(self, path: Path) -> Scanned: ...


class Reader(Protocol):
    """Bytes to a parsed mail, files to what is in them. Total: never raises, whatever the bytes; only what reading a
    mail raises goes through.
    """

    def parse(self, raw: RawMail) -> ParsedMail: ...

    def look(self, path: Path, *, media_type: str, name: str) -> FileLook:
        """Into a file, by a reader with little memory and time."""

    def jpeg(self, path: Path) -> bytes | None:
        """A HEIC picture as JPEG; None when it could not be made."""

    def signature(self, content: Iterable[bytes]) -> OriginalSignature:
        """DKIM of a mail that came as a file; asks the name server for its key."""
