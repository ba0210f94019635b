"""What can be asked of the limited reader, and within which limits."""

from dataclasses import dataclass
from enum import StrEnum


class Question(StrEnum):
    """One module of this package answers each."""

    PDF = "pdf"
    ZIP = "zip"
    OFFICE = "office"
    TNEF = "tnef"
    SMIME = "smime"
    INVOICE = "invoice"
    IMAGE = "image"
    JPEG = "jpeg"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLimits:
    """``memory``: bytes of address space of the child; ``cpu_seconds`` and ``seconds`` (by the wall) of one question;
    ``file_bytes``: the largest file it may write; ``pixels``: the largest picture that is turned into a JPEG.
    """

    memory: int = 512 * 1024 * 1024
    cpu_seconds: int = 5
    seconds: float = 20.0
    file_bytes: int = 64 * 1024 * 1024
    pixels: int = 30_000_000


DEFAULT = ReaderLimits()
