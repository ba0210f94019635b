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
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLimits:
    """``memory``: bytes of address space of the child; ``cpu_seconds`` of the processor and ``seconds`` by the wall of
    one question; ``parsing_cpu_seconds``: of the processor, of one that the parser waits for (a mail is read within two
    seconds); ``file_bytes``: the largest file it may write; ``pixels``: the largest picture that is turned into a JPEG;
    ``name_server``: who is asked for the keys of signed originals, ``host:port``, the system's (empty) or nobody (off).
    """

    memory: int = 512 * 1024 * 1024
    cpu_seconds: float = 5.0
    parsing_cpu_seconds: float = 1.2
    seconds: float = 20.0
    file_bytes: int = 64 * 1024 * 1024
    pixels: int = 30_000_000
    name_server: str = "off"

    def cpu_seconds_of(self, question: Question) -> float:
        return self.parsing_cpu_seconds if question in WHILE_PARSING else self.cpu_seconds


WHILE_PARSING = frozenset({Question.TNEF, Question.SMIME})
DEFAULT = ReaderLimits()
