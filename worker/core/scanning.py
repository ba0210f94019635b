"""What a virus scanner said, where it is, and when it is asked again."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from storage.states import ScanState

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """``signature``: what was found, by the scanner's name for it. ``is_down``: the scanner, not the file, is why it
    is unscanned: asking about the next file now would be in vain. ``why``: for the log.
    """

    state: ScanState
    signature: str | None = None
    is_down: bool = False
    why: str = ""


CLEAN, NOT_SCANNED = Scanned(state=ScanState.CLEAN), Scanned(state=ScanState.UNSCANNED)


def infected(signature: str) -> Scanned:
    return Scanned(state=ScanState.INFECTED, signature=signature)


def unscanned(why: str, *, is_down: bool = False) -> Scanned:
    return Scanned(state=ScanState.UNSCANNED, is_down=is_down, why=why)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerAddress:
    """``path`` of a unix socket, or ``host`` and ``port``."""

    path: str = ""
    host: str = ""
    port: int = 0


def read_scanner(url: str) -> ScannerAddress:
    """``tcp://host:port`` or ``unix:///path``. Raises ValueError with what is wrong."""
    parts = urlsplit(url)
    if parts.scheme == "unix" and parts.path.startswith("/") and not parts.netloc:
        return ScannerAddress(path=parts.path)
    if parts.scheme == "tcp" and parts.hostname and parts.port and parts.path in {"", "/"}:
        return ScannerAddress(host=parts.hostname, port=parts.port)
    raise ValueError("must be tcp://host:port or unix:///path of clamd")


def next_scan(tries: int) -> timedelta:
    """How long until the try after the ``tries``-th: the scanner comes back, or its signatures do."""
    return min(FIRST_PAUSE * (1 << min(tries, 10)), LONGEST_PAUSE)
