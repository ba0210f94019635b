"""What collecting asks of a mailbox's server. ``worker.mail.imap.ImapSession`` fits it without knowing it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Protocol

from worker.core.collecting_rules import Look, Sight


class MailboxSession(Protocol):
    """One session, logged in. Every method raises ConnectionLost when it broke; then it is of no use any more."""

    def folders(self) -> Sequence[str]:
        """Those to collect from, INBOX last."""

    def open(self, folder: str) -> Sight:
        """Raises CannotGive when the server refuses."""

    def new_uids(self, above: int) -> list[int]: ...

    def old_uids(self, first: int, last: int, since: date) -> list[int]: ...

    def has_news(self) -> bool:
        """Something came in while ``new_uids`` was answered: ask again before waiting."""

    def look(self, uids: Sequence[int]) -> list[Look]: ...

    def fetch(self, uids: Sequence[int]) -> dict[int, bytes]: ...

    def pieces(self, uid: int) -> Iterator[bytes]:
        """Raises CannotGive, at the start or later."""

    def recipients(self, uids: Sequence[int]) -> dict[int, tuple[str, ...]]: ...

    def still_there(self, uids: Sequence[int]) -> set[int]: ...

    def put_away(self, uids: Sequence[int], folder: str | None) -> None: ...

    def wait(self, seconds: float, pause: Callable[[float], bool]) -> None: ...

    def close(self) -> None: ...
