"""Bytes that may be too many for memory."""

from collections.abc import Iterator
from typing import Protocol


class Slices(Protocol):
    """In memory (``bytes`` fits) or in a file, read a slice at a time. What reading raises goes through."""

    def __len__(self) -> int: ...

    def __getitem__(self, key: slice, /) -> bytes: ...


def pieces_of(content: Slices, size: int) -> Iterator[bytes]:
    """All of it in order, so many bytes at a time."""
    return (content[start : start + size] for start in range(0, len(content), size))
