"""A raw mail that is not in memory."""

from worker.core.failures import TemporaryFailure


class Elsewhere:
    """Bytes that are not in memory. ``reads``: how long each read was. ``breaks_after``: reads that go well."""

    def __init__(self, content: bytes, *, breaks_after: int | None = None) -> None:
        self.content = content
        self.breaks_after = breaks_after
        self.reads: list[int] = []

    def __len__(self) -> int:
        return len(self.content)

    def __getitem__(self, key: slice, /) -> bytes:
        if self.breaks_after is not None and len(self.reads) >= self.breaks_after:
            raise TemporaryFailure("the disk is away")
        found = self.content[key]
        self.reads.append(len(found))
        return found
