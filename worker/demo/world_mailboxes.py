"""Everybody's mailbox: one Maildir per address, ``FOLDER/sophie@bakery.example``, readable with ``mutt -f``.

Stored with the three headers a final server adds (Return-Path, Delivered-To, Received) and with LF line ends, as
Maildirs are. ``mails_of`` gives bytes as they would travel, with CRLF.
"""

import mailbox
import os
from pathlib import Path

from worker.core.mail_addresses import is_address, normal_address


class Mailboxes:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add_person(self, address: str) -> Path:
        """The person's Maildir, made when there is none; ValueError for what is no address or no file name."""
        if not is_address(address) or "/" in address:
            raise ValueError(f"{address!r} is no address")
        path = self.path_of(address)
        mailbox.Maildir(path, create=True).close()
        return path

    def path_of(self, address: str) -> Path:
        return self.folder / normal_address(address)

    def knows(self, address: str) -> bool:
        return "/" not in address and "@" in address and (self.path_of(address) / "new").is_dir()

    def people(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir() if self.knows(path.name))

    def store(self, address: str, content: bytes) -> None:
        """On the disk when this returns: the file by ``mailbox``, its name by the sync of the folder."""
        path = self.path_of(address)
        maildir = mailbox.Maildir(path, create=False)
        maildir.add(content.replace(b"\r\n", b"\n"))
        maildir.close()
        sync_folder(path / "new")

    def mails_of(self, address: str) -> list[bytes]:
        """All mails of a person, read or not, oldest first."""
        path = self.path_of(address)
        files = [file for name in ("new", "cur") for file in (path / name).iterdir()]
        return [with_crlf(file.read_bytes()) for file in sorted(files, key=arrival_of)]


def arrival_of(file: Path) -> tuple[int, int, int]:
    """``mailbox`` names files ``seconds.M<microseconds>P<pid>Q<count>.host``: enough to order one world's mails."""
    seconds, _, rest = file.name.partition(".")
    micros, _, rest = rest.removeprefix("M").partition("P")
    count = rest.partition("Q")[2].partition(".")[0]
    numbers = [int(part) if part.isdecimal() else 0 for part in (seconds, micros, count)]
    return numbers[0], numbers[1], numbers[2]


def with_crlf(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
