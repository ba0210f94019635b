"""The raw bytes of a kept mail, for the reader: a small one is in memory, a large one is read where it lies.

A file that cannot be read while the mail is parsed is a ``TemporaryFailure``, which the reader lets through: the mail
is put off, and never quarantined for what the disk did.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from storage.files import FilesDown, KeptFile
from storage.records import InboundMail
from worker.core.failures import TemporaryFailure
from worker.core.parsed import RawMail
from worker.flows.house import House

PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class LargeMail:
    """Fits ``RawMail``."""

    file: KeptFile

    def __len__(self) -> int:
        return len(self.file)

    def __getitem__(self, key: slice, /) -> bytes:
        try:
            return self.file[key]
        except FilesDown as fault:
            raise TemporaryFailure("the raw mail cannot be read") from fault


def raw_of(house: House, kept: InboundMail) -> RawMail:
    """Raises ``FilesDown`` when its file is not there."""
    if kept.raw is not None:
        return kept.raw
    if kept.raw_path is None:
        raise ValueError("this mail's bytes were purged")
    return LargeMail(house.files.kept(kept.raw_path))


def pieces_of(raw: RawMail) -> Iterator[bytes]:
    return (raw[at : at + PIECE] for at in range(0, len(raw), PIECE))
