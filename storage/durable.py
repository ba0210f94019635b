"""Files that are there after a crash: temporary name in the same folder, fsync, rename, fsync of the folder."""

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

SYNCED_AT_ONCE = 8


class FilesDown(Exception):  # noqa: N818 - a state of the world, named as one reads it
    """The file store could not be read or written (full, gone, no right). Try again later; nothing is decided."""


def write_durably(target: Path, pieces: Iterable[bytes]) -> None:
    """Nothing is left behind when the pieces end in an error."""
    with told_as_down():
        make_folder(target.parent)
        temporary = temporary_name(target)
        try:
            with temporary.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(target.parent)


def sync_all(files: Sequence[IO[bytes]]) -> None:
    """Side by side: the file system's journal then writes several in one go, in a quarter of the time."""
    with ThreadPoolExecutor(max(1, min(SYNCED_AT_ONCE, len(files)))) as pool:
        for _ in pool.map(os.fsync, [each.fileno() for each in files]):
            pass


def temporary_name(target: Path) -> Path:
    return target.with_name(f".{target.name}.{secrets.token_hex(8)}")


def make_folder(folder: Path) -> None:
    """Like mkdir -p, with each new name made durable in its parent."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_whole(path: Path) -> bytes:
    with told_as_down():
        return path.read_bytes()


@contextlib.contextmanager
def told_as_down() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise FilesDown(f"{fault.strerror} ({fault.errno})") from fault
