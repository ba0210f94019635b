"""Folders of a mailbox, and how a kept mail leaves its own: MOVE (RFC 6851); else COPY, the flag Deleted, and EXPUNGE
of these UIDs alone (UIDPLUS, RFC 4315); else, or when the server refuses, only a flag.

EXPUNGE without UIDs is never said: it would remove what a person has deleted and may want back.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

log = structlog.get_logger("navette.collector")

MOST_AT_ONCE = 200
JUNK, NO_SELECT, DELETED, ANY_KEYWORD = b"\\JUNK", b"\\NOSELECT", "\\Deleted", b"\\*"


def find_junk(client: Any) -> str | None:
    """By special use (RFC 6154) alone: a name says nothing sure."""
    for flags, _, name in client.list_folders():
        told = {flag.upper() for flag in flags if isinstance(flag, bytes)}
        if JUNK in told and NO_SELECT not in told and isinstance(name, str):
            return name
    return None


class Shelf:
    """For one session. ``note_folder`` tells what SELECT said of the folder that is open now."""

    def __init__(self, client: Any, number: int, flag: str) -> None:
        self._client = client
        self._number = number
        self._flag = flag
        self.can_move = bool(client.has_capability("MOVE"))
        self.can_expunge = bool(client.has_capability("UIDPLUS"))
        self._can_flag = True
        self._ready: dict[str, str] = {}
        self._told: set[str] = set()

    def note_folder(self, seen: Mapping[bytes, Any]) -> None:
        lasting = {each.strip(b"()").upper() for each in seen.get(b"PERMANENTFLAGS", (ANY_KEYWORD,))}
        may_keep = ANY_KEYWORD in lasting and not self._flag.startswith("\\")
        self._can_flag = may_keep or self._flag.encode().upper() in lasting

    def put_away(self, uids: Sequence[int], folder: str | None) -> None:
        for start in range(0, len(uids), MOST_AT_ONCE):
            some = uids[start : start + MOST_AT_ONCE]
            if folder is None or not self._move(some, folder):
                self._mark(some)

    def _move(self, uids: Sequence[int], folder: str) -> bool:
        if not self.can_move and not self.can_expunge:
            self._tell_once("cannot_move", "the server offers neither MOVE nor UIDPLUS")
            return False
        try:
            self._leave(uids, self._ready.get(folder) or self._make_ready(folder))
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            self._ready.pop(folder, None)  # somebody may have removed it
            self._tell_once("cannot_move", "the server refuses")
            return False
        return True

    def _leave(self, uids: Sequence[int], name: str) -> None:
        if self.can_move:
            self._client.move(list(uids), name)
            return
        self._client.copy(list(uids), name)
        self._client.add_flags(list(uids), [DELETED], silent=True)
        self._client.uid_expunge(list(uids))

    def _make_ready(self, folder: str) -> str:
        """The folder's name on this server, made when it is not there."""
        name = self.name_of(folder)
        if not self._client.folder_exists(name):
            self._client.create_folder(name)
            self._client.subscribe_folder(name)
        self._ready[folder] = name
        return name

    def name_of(self, folder: str) -> str:
        """What the settings call a folder, as this server calls it."""
        prefix, delimiter = self._personal()
        name = folder.replace("/", delimiter)
        if prefix and not name.startswith(prefix) and not self._client.folder_exists(name):
            return prefix + name
        return name

    def _personal(self) -> tuple[str, str]:
        """What the names of one's own folders begin with, and what parts them: ``INBOX.`` and ``.`` at many hosts."""
        if self._client.has_capability("NAMESPACE"):
            personal = self._client.namespace().personal
            if personal:
                prefix, delimiter = personal[0]
                return prefix or "", delimiter or "/"
        return "", "/"

    def _mark(self, uids: Sequence[int]) -> None:
        if not self._can_flag:
            self._tell_once("cannot_flag", "the folder keeps no such flag")
            return
        try:
            self._client.add_flags(list(uids), [self._flag], silent=True)
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            self._tell_once("cannot_flag", "the server refuses")

    def _tell_once(self, event: str, why: str) -> None:
        if event not in self._told:
            self._told.add(event)
            log.warning(event, mailbox=self._number, why=why)
