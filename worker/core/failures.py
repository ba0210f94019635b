"""One exception class per reaction. Decisions are values, not exceptions; these are for what stops a piece of work."""


class TemporaryFailure(Exception):  # noqa: N818 - named by the reaction
    """A fault that may pass (database, disk, peer): nothing is decided, try again later. ``full``: no space is left."""

    def __init__(self, what: str, *, full: bool = False) -> None:
        super().__init__(what)
        self.full = full
