"""clamd, asked by INSTREAM (clamd(8)): the bytes travel over the socket, so that it may run as anybody anywhere.

Never raises: whatever clamd or the network does, a file is clean, infected or unscanned. clamd closes its side while we
still send when the stream is longer than its StreamMaxLength; its answer is read all the same.
"""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from worker.core.scanning import CLEAN, Scanned, ScannerAddress, infected, unscanned

PIECE = 64 * 1024
MOST_ANSWER = 4096


class ClamdScanner:
    """``seconds``: for connecting, and for each file from its first byte to the answer."""

    def __init__(self, address: ScannerAddress, *, connect_seconds: float = 3, seconds: float = 60) -> None:
        self.address = address
        self.connect_seconds = connect_seconds
        self.seconds = seconds

    def scan(self, path: Path) -> Scanned:
        try:
            with path.open("rb") as file:
                return self.asked(iter(lambda: file.read(PIECE), b""))
        except OSError as fault:
            return unscanned(f"file: {fault.strerror}")

    def asked(self, pieces: Iterator[bytes]) -> Scanned:
        try:
            with self.connected() as line:
                return verdict(self.exchanged(line, pieces))
        except OSError as fault:
            return unscanned(type(fault).__name__, is_down=True)

    def connected(self) -> socket.socket:
        if not self.address.path:
            return socket.create_connection((self.address.host, self.address.port), self.connect_seconds)
        line = socket.socket(socket.AF_UNIX)
        try:
            line.settimeout(self.connect_seconds)
            line.connect(self.address.path)
        except OSError:
            line.close()
            raise
        return line

    def exchanged(self, line: socket.socket, pieces: Iterator[bytes]) -> bytes:
        end = time.monotonic() + self.seconds
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            give(line, b"zINSTREAM\0", end)
            for piece in pieces:
                give(line, len(piece).to_bytes(4, "big") + piece, end)
            give(line, bytes(4), end)
        return heard(line, end)


def give(line: socket.socket, piece: bytes, end: float) -> None:
    line.settimeout(left(end))
    line.sendall(piece)


def heard(line: socket.socket, end: float) -> bytes:
    answer = b""
    while b"\0" not in answer and len(answer) < MOST_ANSWER:
        line.settimeout(left(end))
        piece = line.recv(MOST_ANSWER)
        if not piece:
            break
        answer += piece
    return answer


def left(end: float) -> float:
    """Seconds. Raises TimeoutError (an OSError) when there are none."""
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def verdict(answer: bytes) -> Scanned:
    """``stream: OK``, ``stream: Eicar-Test-Signature FOUND``, ``INSTREAM size limit exceeded. ERROR``."""
    said = answer.partition(b"\0")[0].decode("utf-8", "replace").strip()
    if said == "stream: OK":
        return CLEAN
    if said.startswith("stream: ") and said.endswith(" FOUND"):
        return infected(said[8:-6].strip()[:200])
    if not said:
        return unscanned("no answer", is_down=True)
    return unscanned(said[:200])
