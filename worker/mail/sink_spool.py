"""Where the bytes of a mail go while it comes in: memory up to 256 kB, a file in the spool beyond.

All disk work is done in a thread, in pieces of 256 kB, so that one slow disk or one large mail does not hold the other
sessions. The session that receives may be cancelled at any moment; the lock makes sure that a piece still being written
and the end of the file do not meet. A fault of the disk leaves here as ``TemporaryFailure``.
"""

import asyncio
import errno
import hashlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import BinaryIO

from worker.core.failures import TemporaryFailure
from worker.mail.sink_desk import MEMORY_BYTES

NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Spool:
    """One mail's bytes. ``new_path`` names a new file; asked only when the mail is large."""

    def __init__(self, new_path: Callable[[], Path], executor: Executor) -> None:
        self.size = 0
        self.path: Path | None = None
        self._new_path = new_path
        self._executor = executor
        self._pieces: list[bytes] = []
        self._in_memory = 0
        self._hash = hashlib.sha256()
        self._file: BinaryIO | None = None
        self._lock = threading.Lock()
        self._is_over = False

    async def add(self, content: bytes) -> None:
        self.size += len(content)
        self._in_memory += len(content)
        self._pieces.append(content)
        if self._in_memory > MEMORY_BYTES:
            await self._in_thread(self._write_out)

    async def finish(self) -> tuple[str, bytes | None]:
        """The SHA-256 in hex and the bytes; None instead of the bytes when they are in ``path``, fsynced."""
        if self.path is None:
            raw = b"".join(self._pieces)
            return hashlib.sha256(raw).hexdigest(), raw
        await self._in_thread(self._close_durably)
        return self._hash.hexdigest(), None

    def hand_over(self) -> Path | None:
        """From now on somebody else owns the file."""
        self._is_over = True
        return self.path

    def discard(self) -> None:
        """Forget everything that was not handed over. Harmless when called twice."""
        self._pieces.clear()
        self._in_memory = 0
        if not self._is_over:
            self._is_over = True
            self._executor.submit(self._remove)

    async def _in_thread(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, self._locked, work)

    def _locked(self, work: Callable[[], None]) -> None:
        with self._lock:
            if self._is_over:
                return
            try:
                work()
            except OSError as fault:
                raise TemporaryFailure("the spool cannot be written", full=fault.errno in NO_SPACE) from fault

    def _write_out(self) -> None:
        if self._file is None:
            path = self._new_path()
            self._file = path.open("xb", buffering=0)
            self.path = path
        piece = b"".join(self._pieces)
        self._pieces.clear()
        self._in_memory = 0
        self._hash.update(piece)
        write_all(self._file, piece)

    def _close_durably(self) -> None:
        assert self._file is not None
        self._write_out()
        os.fsync(self._file.fileno())
        self._file.close()

    def _remove(self) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
            if self.path is not None:
                self.path.unlink(missing_ok=True)


def write_all(file: BinaryIO, piece: bytes) -> None:
    """An unbuffered write may take a part only (a limit, a signal); the rest says why."""
    left = memoryview(piece)
    while left:
        left = left[file.write(left) :]
