"""Bytes of outgoing mails on their way into the store, several together.

A mail with large files is written as it comes: memory holds one piece of it. Its name is not known before its last
byte, for the SHA-256 of the bytes stands in it: whoever reads them for another try sees that they are the same.
"""

import contextlib
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from storage.durable import make_folder, sync_all, sync_folder, temporary_name, told_as_down
from storage.records import PublicId

DIGITS = 64


class Shelf:
    """Written at once, then synced, named, and each folder synced once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._written: list[tuple[IO[bytes], Path, Path]] = []

    def put_outgoing(self, mail: PublicId, pieces: Iterable[bytes], month: str) -> str:
        """As FileStore.put_outgoing; nothing may name the path before the shelf was closed.

        Of a mail that cannot be written whole nothing stays; what else is on the shelf is not touched.
        """
        folder = self.root / "outgoing" / month
        digest = hashlib.sha256()
        with told_as_down():
            make_folder(folder)
            temporary = temporary_name(folder / f"{mail:016x}")
            file = temporary.open("wb")
            try:
                for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
                file.flush()
            except BaseException:
                throw_away(file, temporary)
                raise
        name = f"outgoing/{month}/{mail:016x}.{digest.hexdigest()}.eml"
        self._written.append((file, temporary, self.root / name))
        return name

    def close(self) -> None:
        with told_as_down():
            sync_all([file for file, _, _ in self._written])
            for _, temporary, target in self._written:
                temporary.replace(target)
            for folder in {target.parent for _, _, target in self._written}:
                sync_folder(folder)

    def clear(self) -> None:
        """Closes the files, and takes away what got no name."""
        for file, temporary, _ in self._written:
            throw_away(file, temporary)
        self._written.clear()


def throw_away(file: IO[bytes], temporary: Path) -> None:
    with contextlib.suppress(OSError):
        file.close()
    with contextlib.suppress(OSError):
        temporary.unlink(missing_ok=True)


def digest_in(name: str) -> str | None:
    """The SHA-256 that the bytes of an outgoing mail had when they were stored; None in names from before that."""
    words = Path(name).name.split(".")
    return words[1] if len(words) == 3 and len(words[1]) == DIGITS else None
