"""One IMAP session as collecting wants it (``worker.flows.collecting_ports.MailboxSession``): read, put away, wait.

The traps, each in its place below: UIDs only, never sequence numbers; ``UID n:*`` returns the last mail even below n;
BODY.PEEK, so that nothing becomes read by us; lists of UIDs, for imapclient takes no ranges in a fetch; MOVE, or COPY
and EXPUNGE by UID, or a flag, and never an EXPUNGE without UIDs; a dead connection in IDLE answers nothing at once, for
ever. A broken session raises ``ConnectionLost`` and is of no use any more.
"""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from worker.core.collecting_rules import INBOX, LARGE_BYTES, CannotGive, ConnectionLost, Look, Sight
from worker.core.mailbox_accounts import MailboxAccount
from worker.mail.imap_elsewhere import (
    HEADER_BYTES,
    RECIPIENT_HEADERS,
    Found,
    addresses_under,
    found_in,
    head_in,
    other_folders,
)
from worker.mail.imap_folders import Shelf, find_junk
from worker.mail.imap_opening import ImapOptions, close, open_client, told_as_lost
from worker.mail.tokens import TokenSource

PIECE_BYTES = 2**20
SLICE_S = 1.0
"""How often a waiting session looks whether it shall stop."""
RECIPIENTS = f"BODY.PEEK[HEADER.FIELDS ({' '.join(RECIPIENT_HEADERS)})]<0.{HEADER_BYTES}>"

Pause = Callable[[float], bool]
"""Waits up to so many seconds; True when it is time to stop."""


class ImapSession:
    """Logged in. ``close`` it in the end, whatever happened."""

    def __init__(self, client: Any, account: MailboxAccount, options: ImapOptions) -> None:
        self._client = client
        self._options = options
        with told_as_lost("the mailbox's server does not say what it can"):
            self.can_idle = bool(client.has_capability("IDLE"))
            self._shelf = Shelf(client, account.number, options.flag)
        self._has_news = False

    @property
    def can_move(self) -> bool:
        """Kept mail can leave its folder, by MOVE or by COPY and EXPUNGE; else it is only flagged."""
        return self._shelf.can_move or self._shelf.can_expunge

    def close(self) -> None:
        close(self._client)

    def folders(self) -> tuple[str, ...]:
        """Junk, where there is one, then INBOX, which stays open to wait in."""
        with told_as_lost("the mailbox's server does not list its folders"):
            junk = find_junk(self._client)
        return (junk, INBOX) if junk else (INBOX,)

    def open(self, folder: str) -> Sight:
        """Raises CannotGive when the server refuses."""
        with told_as_lost("a folder cannot be opened"):
            try:
                seen = self._client.select_folder(folder)
            except IMAPClientAbortError:
                raise
            except IMAPClientError:
                raise CannotGive from None
            self._shelf.note_folder(seen)
            next_uid = seen.get(b"UIDNEXT")
            return Sight(
                uidvalidity=int(seen[b"UIDVALIDITY"]),
                next_uid=int(next_uid) if next_uid is not None else self._highest_uid() + 1,
                is_certain=next_uid is not None,
            )

    def _highest_uid(self) -> int:
        return max(self._client.search(["UID", "*"]), default=0)

    def new_uids(self, above: int) -> list[int]:
        """Rising. ``has_news`` tells afterwards whether something came in while the server searched."""
        with told_as_lost("a folder cannot be searched"):
            self._take_news()
            found = self._client.search(["UID", f"{above + 1}:*"])
            self._has_news = self._take_news()
        return sorted(uid for uid in set(found) if uid > above)

    def old_uids(self, first: int, last: int, since: date) -> list[int]:
        """Rising; those whose INTERNALDATE may lie on or after this day, in whatever zone the server counts days."""
        with told_as_lost("a folder cannot be searched"):
            found = self._client.search(["UID", f"{first}:{last}", "SINCE", since])
        return sorted(uid for uid in set(found) if first <= uid <= last)

    def has_news(self) -> bool:
        return self._has_news

    def _take_news(self) -> bool:
        """Whether the server announced mail along with another answer: IDLE would not repeat that.

        imapclient keeps such announcements to itself, so they are taken from imaplib's store.
        """
        return self._client._imap.untagged_responses.pop("EXISTS", None) is not None  # noqa: SLF001 - see above

    def look(self, uids: Sequence[int]) -> list[Look]:
        """What the server tells of each; those it tells nothing of are missing."""
        told = self._fetch(uids, ("RFC822.SIZE", "INTERNALDATE"))
        return [
            Look(uid=uid, size=size_of(items), came_at=utc(items.get(b"INTERNALDATE"))) for uid, items in told.items()
        ]

    def fetch(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Whole mails; those the server does not give are missing."""
        told = self._fetch(uids, ("BODY.PEEK[]",))
        return {uid: items[b"BODY[]"] for uid, items in told.items() if isinstance(items.get(b"BODY[]"), bytes)}

    def pieces(self, uid: int) -> Iterator[bytes]:
        """One mail, a piece at a time. Ends at an empty piece and not at a short one. Raises CannotGive."""
        offset = 0
        while piece := self._piece(uid, offset):
            yield piece
            offset += len(piece)

    def _piece(self, uid: int, offset: int) -> bytes:
        told = self._fetch((uid,), (f"BODY.PEEK[]<{offset}.{PIECE_BYTES}>",)).get(uid, {})
        piece = next((value for name, value in told.items() if name.startswith(b"BODY[]")), None)
        if not isinstance(piece, bytes) or (not piece and not offset):
            raise CannotGive
        return piece

    def recipients(self, uids: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Every address in the headers that say whom a mail is for."""
        told = self._fetch(uids, (RECIPIENTS,))
        return {uid: addresses_under(head_in(items), RECIPIENT_HEADERS) for uid, items in told.items()}

    def still_there(self, uids: Sequence[int]) -> set[int]:
        with told_as_lost("a folder cannot be searched"):
            self._client.noop()
            return set(self._client.search(["UID", ",".join(map(str, uids))])) & set(uids) if uids else set()

    def _fetch(self, uids: Sequence[int], items: Sequence[str]) -> dict[int, Mapping[bytes, Any]]:
        """When the server refuses all, each is asked for alone: one bad mail must not hide the others."""
        with told_as_lost("mails cannot be fetched"):
            try:
                told: dict[int, Mapping[bytes, Any]] = self._client.fetch(list(uids), list(items))
            except IMAPClientAbortError:
                raise
            except (IMAPClientError, ValueError):
                if len(uids) == 1:
                    return self._fetch_less(uids[0], items)
                told = {}
                for uid in uids:
                    told |= self._fetch((uid,), items)
            return told

    def _fetch_less(self, uid: int, items: Sequence[str]) -> dict[int, Mapping[bytes, Any]]:
        """A mail whose INTERNALDATE nobody can read still has a size."""
        return self._fetch((uid,), items[:1]) if len(items) > 1 else {}

    def put_away(self, uids: Sequence[int], folder: str | None) -> None:
        """Out of the open folder into this one, or flagged where that cannot be."""
        with told_as_lost("mails cannot be put away"):
            self._shelf.put_away(uids, folder)

    def other_folders(self, put_away_to: Sequence[str | None]) -> list[str]:
        """Those that are neither collected nor where kept mail goes (named as the settings name them)."""
        collected = self.folders()
        with told_as_lost("the mailbox's server does not list its folders"):
            ours = {self._shelf.name_of(each) for each in put_away_to if each}
            return other_folders(self._client, ours.union(collected))

    def found_in(self, folder: str, domain: str, since: date) -> Iterator[Found]:
        """Mail that names this domain, by its headers alone; the folder is open for reading afterwards."""
        with told_as_lost("a folder cannot be looked through"):
            yield from found_in(self._client, folder, domain, since)

    def wait(self, seconds: float, pause: Pause) -> None:
        """Until something comes in, it is time to stop, or the time is over."""
        with told_as_lost("the connection broke while waiting"):
            if self.can_idle:
                self._idle(seconds, pause)
            else:
                self._poll(min(seconds, self._options.poll_seconds), pause)

    def _idle(self, seconds: float, pause: Pause) -> None:
        self._client.idle()
        if not self._has_unread():
            self._listen(seconds, pause)
        self._client.idle_done()

    def _has_unread(self) -> bool:
        """Whether the server said more in one breath with its consent to IDLE.

        That lies in imaplib's buffer then, and imapclient polls the socket, where nothing is left to come: mail
        announced so would wait until the server speaks again, or until IDLE is renewed.
        """
        line = self._client.socket()
        patience = line.gettimeout()
        line.setblocking(False)
        try:
            return bool(self._client._imap.file.peek(1))  # noqa: SLF001 - see above
        except ssl.SSLWantReadError:
            return False
        finally:
            line.settimeout(patience)

    def _listen(self, seconds: float, pause: Pause) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not pause(0):
            began = time.monotonic()
            told = self._client.idle_check(timeout=SLICE_S)
            if any(is_about_arrivals(each) for each in told):
                break
            if not told and time.monotonic() - began < SLICE_S / 2:
                break  # an answer of nothing, and early: idle_done finds out whether the connection is dead

    def _poll(self, seconds: float, pause: Pause) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not pause(min(SLICE_S, max(0.0, end - time.monotonic()))):
            pass
        self._client.noop()


def open_session(account: MailboxAccount, options: ImapOptions, tokens: TokenSource | None = None) -> ImapSession:
    client = open_client(account, options, tokens)
    try:
        return ImapSession(client, account, options)
    except ConnectionLost:
        close(client)
        raise


def is_about_arrivals(told: Sequence[object]) -> bool:
    """EXISTS, or BYE, after which there is nothing to wait for."""
    words = {each.upper() for each in told if isinstance(each, bytes)}
    return bool(words & {b"EXISTS", b"BYE"})


def size_of(items: Mapping[bytes, Any]) -> int:
    """A mail of unknown size is treated as a large one."""
    size = items.get(b"RFC822.SIZE")
    return size if isinstance(size, int) else LARGE_BYTES


def utc(told: object) -> datetime | None:
    if not isinstance(told, datetime):
        return None
    return (told if told.tzinfo is not None else told.replace(tzinfo=UTC)).astimezone(UTC)
