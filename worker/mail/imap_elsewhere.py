"""Mail in folders that are not collected: looked for by its headers, for ``navette check``. Nothing is marked or moved.

Folders are opened with EXAMINE. Left alone are those that hold no mail that came in (sent, drafts), and those that show
mail of other folders once more (all, flagged, important). The trash is looked through: a rule may delete.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from worker.mail.from_header import addresses_of
from worker.mail.headers import NO_HEAD, Head, ids_of, message_id_of, split_head
from worker.mail.limits import DEFAULT, LimitPassed
from worker.mail.spans import span_of

RECIPIENT_HEADERS = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-forwarded-to")
ANSWER_HEADERS = ("in-reply-to", "references")
HEADER_BYTES = 64 * 1024
HEADERS = " ".join((*RECIPIENT_HEADERS, *ANSWER_HEADERS, "message-id", "from"))
ITEMS = ("INTERNALDATE", f"BODY.PEEK[HEADER.FIELDS ({HEADERS})]<0.{HEADER_BYTES}>")
NOT_LOOKED_THROUGH = frozenset({b"\\NOSELECT", b"\\NONEXISTENT", b"\\SENT", b"\\DRAFTS", b"\\ALL", b"\\FLAGGED"})
NOT_LOOKED_THROUGH |= {b"\\IMPORTANT"}
MOST_IN_FOLDER = 2000
AT_ONCE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """``answers``: Message-IDs that it answers. ``came_at``: INTERNALDATE, None where that cannot be read."""

    uid: int
    came_at: datetime | None
    message_id: str | None
    senders: tuple[str, ...]
    recipients: tuple[str, ...]
    answers: tuple[str, ...]


def other_folders(client: Any, collected: Collection[str]) -> list[str]:
    """Those that mail may have been moved into."""
    found = []
    for flags, _, name in client.list_folders():
        told = {flag.upper() for flag in flags if isinstance(flag, bytes)}
        if isinstance(name, str) and name not in collected and not told & NOT_LOOKED_THROUGH:
            found.append(name)
    return found


def found_in(client: Any, folder: str, domain: str, since: date) -> Iterator[Found]:
    """The newest that came on this day or later and name the domain; nothing from a folder that does not open."""
    try:
        client.select_folder(folder, readonly=True)
    except IMAPClientAbortError:
        raise
    except IMAPClientError:
        return
    uids = sorted(client.search(["SINCE", since, *naming(f"@{domain}", (*RECIPIENT_HEADERS, *ANSWER_HEADERS))]))
    newest = uids[-MOST_IN_FOLDER:]
    for start in range(0, len(newest), AT_ONCE):
        for uid, items in client.fetch(newest[start : start + AT_ONCE], ITEMS).items():
            yield read(uid, items)


def naming(word: str, headers: Sequence[str]) -> list[Any]:
    """As SEARCH says that one of these headers holds the word."""
    first = ["HEADER", headers[0], word]
    return first if len(headers) == 1 else ["OR", first, naming(word, headers[1:])]


def read(uid: int, items: Mapping[bytes, Any]) -> Found:
    head = head_in(items)
    came_at, own = items.get(b"INTERNALDATE"), head.first("message-id")
    return Found(
        uid=uid,
        came_at=came_at if isinstance(came_at, datetime) and came_at.tzinfo is not None else None,
        message_id=message_id_of(own.value) if own else None,
        senders=addresses_under(head, ("from",)),
        recipients=addresses_under(head, RECIPIENT_HEADERS),
        answers=tuple(each for name in ANSWER_HEADERS for header in head.all(name) for each in ids_of(header.value)),
    )


def head_in(items: Mapping[bytes, Any]) -> Head:
    raw = next((value for name, value in items.items() if name.startswith(b"BODY[HEADER")), b"")
    try:
        return split_head(span_of(raw if isinstance(raw, bytes) else b""), DEFAULT)[0]
    except LimitPassed:
        return NO_HEAD


def addresses_under(head: Head, names: Sequence[str]) -> tuple[str, ...]:
    found = (each for name in names for header in head.all(name) for each in addresses_of(header.undecoded))
    return tuple(dict.fromkeys(found))
