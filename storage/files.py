"""Files outside the database: attachments and outgoing bytes per client, large raw mail.

Layout below the root (DESIGN.md 11.8)::

    clients/<client public id, 16 hex>/<aa>/<sha256>     attachments; never shared between clients
    outgoing/<yyyy-mm>/<public id>.<sha256>.eml          bytes of an outgoing mail, fixed before the first try
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
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, unquote

from storage.durable import FilesDown, make_folder, read_whole, sync_folder, told_as_down, write_durably
from storage.records import PublicId
from storage.shelf import Shelf, digest_in

__all__ = ["FileStore", "FilesDown", "KeptFile", "Shelf"]

SWEEP_AGE_S = 24 * 3600
ASIDE = "aside"
PIECE = 64 * 1024


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

    def kept_attachment(self, client: PublicId, sha256: str) -> "KeptFile":
        """To read a piece at a time. ``FilesDown`` when it is gone or no more what it was."""
        return kept_file(self.attachment_path(client, sha256), sha256)

    def put_outgoing(self, mail: PublicId, pieces: Iterable[bytes], month: str) -> str:
        """Store the bytes of an outgoing mail; the path to keep in its row. ``month``: ``2026-11``."""
        with self.shelf() as shelf:
            return shelf.put_outgoing(mail, pieces, month)

    def kept_outgoing(self, name: str) -> "KeptFile":
        """The bytes to send, and to send again. ``FilesDown`` when they are gone or no more what they were."""
        return kept_file(self.root / name, digest_in(name))

    @contextlib.contextmanager
    def shelf(self) -> Iterator[Shelf]:
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
        return kept_file(self.root / name, None)

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


def is_older(path: Path, now: float) -> bool:
    return now - path.stat().st_mtime > SWEEP_AGE_S


def kept_file(path: Path, sha256: str | None) -> KeptFile:
    """Looked through once when it is known what must be in it."""
    with told_as_down():
        kept = KeptFile(path, path.stat().st_size)
    if sha256 is not None and digest_of(kept) != sha256:
        raise FilesDown("a file is not what it was")
    return kept


def digest_of(kept: KeptFile) -> str:
    digest = hashlib.sha256()
    for start in range(0, len(kept), PIECE):
        digest.update(kept[start : start + PIECE])
    return digest.hexdigest()
