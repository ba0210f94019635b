"""Files outside the database: attachments and outgoing bytes per client, large raw mail.

Layout below the root (DESIGN.md 11.8)::

    clients/<client public id, 16 hex>/<aa>/<sha256>     attachments; never shared between clients
    outgoing/<yyyy-mm>/<outgoing mail public id>.eml     bytes of an outgoing mail, fixed before the first try
    inbound/<aa>/<sha256>.eml                            raw mail over 256 kB
    spool/                                               what the sink is still receiving
    aside/                                               what the sweep of orphans is judging

Every write, whole or in pieces: temporary name in the same folder, fsync, rename, fsync of the folder; only then may a
row name it. A file without a row is what a crash between the two leaves; flows.housekeeping removes those that are
older than a day, and says why it never takes one that a row is about to name. Its half of the bargain is ours: **who
names a file in a row has just written it anew**, also where the same content lay already.

The root is one file system with atomic renames and hard links (any POSIX one, NFS too; not SMB, not exFAT).
"""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO
from urllib.parse import quote, unquote

from storage.records import PublicId

SWEEP_AGE_S = 24 * 3600
ASIDE = "aside"
SYNCED_AT_ONCE = 8


class FilesDown(Exception):  # noqa: N818 - a state of the world, named as one reads it
    """The file store could not be read or written (full, gone, no right). Try again later; nothing is decided."""


class FileStore:
    """``root``: an existing or new folder on this machine or on the one volume that all machines share."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put_attachment(self, client: PublicId, content: bytes) -> str:
        """Store the content for this client; its SHA-256 in hex."""
        sha256 = hashlib.sha256(content).hexdigest()
        write_durably(self.attachment_path(client, sha256), [content])
        return sha256

    def put_attachment_pieces(self, client: PublicId, sha256: str, pieces: Iterable[bytes]) -> None:
        """Store a large content, whose SHA-256 is known, as it comes. ``FilesDown`` when it is not what it was."""
        digest = hashlib.sha256()

        def hashed() -> Iterator[bytes]:
            for piece in pieces:
                digest.update(piece)
                yield piece
            if digest.hexdigest() != sha256:
                raise FilesDown("what was read twice was not the same")

        write_durably(self.attachment_path(client, sha256), hashed())

    def attachment_path(self, client: PublicId, sha256: str) -> Path:
        return self.root / "clients" / f"{client:016x}" / sha256[:2] / sha256

    def read_attachment(self, client: PublicId, sha256: str) -> bytes:
        return read_whole(self.attachment_path(client, sha256))

    def put_outgoing(self, mail: PublicId, content: bytes, month: str) -> str:
        """Store the bytes of an outgoing mail; the path to keep in its row. ``month``: ``2026-11``."""
        with self.shelf() as shelf:
            return shelf.put_outgoing(mail, content, month)

    @contextlib.contextmanager
    def shelf(self) -> Iterator["Shelf"]:
        """Several files stored together: what was put there has its name, durably, when the block has ended."""
        shelf = Shelf(self.root)
        try:
            yield shelf
            shelf.close()
        finally:
            shelf.clear()

    def put_inbound(self, sha256: str, content: bytes) -> str:
        name = self.inbound_name(sha256)
        write_durably(self.root / name, [content])
        return name

    def adopt_inbound(self, sha256: str, spooled: Path) -> str:
        """Make a spooled file (already fsynced) the raw mail; the path to keep in its row."""
        name = self.inbound_name(sha256)
        target = self.root / name
        with told_as_down():
            make_folder(target.parent)
            spooled.replace(target)
            sync_folder(target.parent)
        return name

    def inbound_name(self, sha256: str) -> str:
        return f"inbound/{sha256[:2]}/{sha256}.eml"

    def read(self, name: str) -> bytes:
        return read_whole(self.root / name)

    def kept(self, name: str) -> "KeptFile":
        """To read a large file a piece at a time."""
        path = self.root / name
        with told_as_down():
            return KeptFile(path, path.stat().st_size)

    def spool_path(self) -> Path:
        with told_as_down():
            make_folder(self.root / "spool")
        return self.root / "spool" / f"{secrets.token_hex(16)}.part"

    def old_files(self, *, now: float) -> Iterator[str]:
        """Names of files that are older than a day (``now`` in seconds since 1970): only those may be orphans."""
        for path in self.root.rglob("*"):
            name = path.relative_to(self.root)
            with contextlib.suppress(FileNotFoundError):
                if name.parts[0] != ASIDE and path.is_file() and is_older(path, now):
                    yield str(name)

    def set_aside(self, name: str) -> Path | None:
        """Take a file away from its name, in one step; where it is now. None: it is gone."""
        aside = self.root / ASIDE / f"{secrets.token_hex(8)}.{quote(name, safe='')}"
        with told_as_down():
            make_folder(aside.parent)
            try:
                return (self.root / name).rename(aside)
            except FileNotFoundError:
                return None

    def is_fresh(self, aside: Path, *, now: float) -> bool:
        """Whether what was taken away is not the old file that was seen, but one that was written meanwhile."""
        with told_as_down():
            try:
                with aside.open("rb") as file:  # NFS asks its server again when a file is opened
                    return now - os.fstat(file.fileno()).st_mtime <= SWEEP_AGE_S
            except FileNotFoundError:  # put back by another sweep
                return True

    def put_back(self, aside: Path) -> None:
        """Give it its name again, unless the name was given to a newer file: that one stays."""
        target = self.root / unquote(aside.name.partition(".")[2])
        with told_as_down():
            with contextlib.suppress(FileExistsError, FileNotFoundError):
                os.link(aside, target)
            sync_folder(target.parent)
            aside.unlink(missing_ok=True)

    def left_aside(self) -> list[Path]:
        """What a sweep that was killed has neither removed nor put back."""
        folder = self.root / ASIDE
        with told_as_down():
            return list(folder.iterdir()) if folder.is_dir() else []

    def remove(self, aside: Path) -> None:
        with told_as_down():
            aside.unlink(missing_ok=True)


class KeptFile:
    """The bytes of a file, each slice read when it is asked for. Nothing is open in between; ``FilesDown`` when the
    file cannot be read, or is not as long as it was.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, key: slice, /) -> bytes:
        start, stop, _ = key.indices(self._size)
        with told_as_down(), self._path.open("rb", buffering=0) as file:
            found = os.pread(file.fileno(), max(stop - start, 0), start)
            while len(found) < stop - start:
                more = os.pread(file.fileno(), stop - start - len(found), start + len(found))
                if not more:
                    raise FilesDown("a file is shorter than it was")
                found += more
        return found


class Shelf:
    """Bytes of outgoing mails on their way into the store: written at once, so that memory holds one of them, then
    synced, named, and each folder synced once.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._written: list[tuple[IO[bytes], Path, Path]] = []

    def put_outgoing(self, mail: PublicId, content: bytes, month: str) -> str:
        """As FileStore.put_outgoing; nothing may name the path before the shelf was closed."""
        name = f"outgoing/{month}/{mail:016x}.eml"
        target = self.root / name
        with told_as_down():
            make_folder(target.parent)
            temporary = temporary_name(target)
            file = temporary.open("wb")
            self._written.append((file, temporary, target))
            file.write(content)
            file.flush()
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
            with contextlib.suppress(OSError):
                file.close()
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        self._written.clear()


def is_older(path: Path, now: float) -> bool:
    return now - path.stat().st_mtime > SWEEP_AGE_S


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
