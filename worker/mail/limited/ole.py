"""The folder of an OLE compound file ([MS-CFB]) and the beginnings of its streams: enough to see who locked it."""

import struct
from dataclasses import dataclass

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
END = 0xFFFFFFFA  # and above: end of a chain, free, or the file's own tables
ENTRY = struct.Struct("<64sHBBIII16sIQQIQ")
STREAM, ROOT = 2, 5
MINI_SECTOR, MINI_LIMIT = 64, 4096


class Broken(Exception):  # noqa: N818 - reads as what it is
    """Not a compound file, or cut short."""


@dataclass(frozen=True, slots=True)
class Entry:
    first: int
    size: int


class Compound:
    """``streams``: by lower-case name, whatever the storage they are in."""

    def __init__(self, content: bytes) -> None:
        if len(content) < 1536 or not content.startswith(MAGIC):
            raise Broken
        self.content = content
        self.sector = 1 << min(struct.unpack_from("<H", content, 30)[0], 16)
        count, first_folder = struct.unpack_from("<I", content, 44)[0], struct.unpack_from("<I", content, 48)[0]
        heads = struct.unpack_from("<109I", content, 76)[: min(count, 109)]
        self.next = [each for head in heads if head < END for each in self.numbers(self.at(head))]
        self.streams: dict[str, Entry] = {}
        self.root = Entry(first=END, size=0)
        folder = self.chain(first_folder, self.next)
        for start in range(0, len(folder) - 127, 128):
            self.note(ENTRY.unpack_from(folder, start))

    def note(self, fields: tuple[bytes | int, ...]) -> None:
        raw, length, kind, first, size = fields[0], fields[1], fields[2], fields[11], fields[12]
        assert isinstance(raw, bytes)
        assert isinstance(length, int)
        name = raw[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace").lower()
        entry = Entry(first=int(first), size=int(size) & 0xFFFFFFFF)
        if kind == ROOT:
            self.root = entry
        elif kind == STREAM:
            self.streams.setdefault(name, entry)

    def at(self, number: int) -> bytes:
        start = (number + 1) * self.sector
        return self.content[start : start + self.sector]

    def numbers(self, piece: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(piece) // 4}I", piece[: len(piece) // 4 * 4])

    def chain(self, first: int, following: list[int], most: int = 1 << 20) -> bytes:
        """At most ``most`` bytes of the sectors from ``first`` on; a ring ends there too."""
        pieces, number, size = [], first, 0
        while number < END and size < most:
            piece = self.at(number)
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
            number = following[number] if number < len(following) else END
        return b"".join(pieces)

    def beginning(self, name: str, most: int = 1 << 20) -> bytes:
        """The first bytes of a stream; empty when there is none, or it is so small that it lies among the others."""
        entry = self.streams.get(name)
        if entry is None or entry.size < MINI_LIMIT:
            return b"" if entry is None else self.small(entry)
        return self.chain(entry.first, self.next, most)[: entry.size]

    def small(self, entry: Entry) -> bytes:
        """A stream under 4 kB starts at a sector of 64 bytes inside the root's stream; its beginning is there."""
        together = self.chain(self.root.first, self.next)
        start = entry.first * MINI_SECTOR
        return together[start : start + min(entry.size, MINI_SECTOR)]
