"""One mail thread per conversation, in every mail client (DESIGN.md section 4).

*References and In-Reply-To* (RFC 5322 3.6.4), for all clients but old Outlooks. The conversation has a root id of its
own, which stands first in every mail of it, so that two people's copies and a thread whose first mail was lost still
belong together. After it come the mails this person knows, his own among them; In-Reply-To is the last of these. The
header stays under a limit: some servers refuse or cut long ones. First and last are kept, the middle goes.

*Thread-Index* ([MS-OXOMSG] 2.2.1.3, PidTagConversationIndex), for Outlook; base64 of::

    byte 0       1, reserved
    bytes 1-5    FILETIME (100 ns since 1601) of the start: bits 16-55, big endian; newer versions write bits 24-63
    bytes 6-21   GUID of the conversation
    then per reply 5 bytes: 1 bit delta code, 31 bits time since the start, 4 bits random, 4 bits level

The delta code says the unit: 0 is 2^18 × 100 ns (for 1.7 years), 1 is 2^23 × 100 ns. GUID and "random" come from a hash
of the conversation's public id, so that the same mail has the same bytes on every try. Where the client started the
conversation his own index is continued: Outlook then shows one thread. Thread-Topic is the stable subject.

Ids here have no angle brackets.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from storage.records import PublicId

MOST_CHARACTERS = 1500
LONGEST_ID = 500
"""An id cannot be folded and a header line ends at 998 (RFC 5322 2.1.1); longer ones are not written back."""
USABLE_ID = re.compile(r"[!-;=?-~]+")  # visible ASCII without angle brackets

HEADER_BYTES = 22
BLOCK_BYTES = 5
MOST_BLOCKS = 60
"""With these the header line stays under 500 characters; Outlook orders by time once the blocks stop growing."""
FILETIME_START = datetime(1601, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadLink:
    """A mail of the conversation that this person knows: one of ours to him, or one of his own."""

    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadHeaders:
    """``in_reply_to`` is None in the first mail to a person; ``references`` always begin with the root."""

    in_reply_to: str | None
    references: tuple[str, ...]


def thread_of(root: str, earlier: Sequence[ThreadLink], limit: int = MOST_CHARACTERS) -> ThreadHeaders:
    """``earlier``: the mails this person knows, oldest first; ids that no header can carry are passed over.

    ``limit``: characters of References with brackets and one space between; the root and the last id are kept whatever
    it is.
    """
    first = root.strip(" <>")
    known = usable_ids(earlier)
    rest = [each for each in known if each != first]
    return ThreadHeaders(
        in_reply_to=known[-1] if known else None,
        references=(first, *latest_that_fit(rest, limit - len(first) - 2)),
    )


def usable_ids(earlier: Iterable[ThreadLink]) -> list[str]:
    """Each id once, where it stood last."""
    ids = [link.message_id.strip(" \t\r\n<>") for link in earlier]
    usable = [each for each in ids if len(each) <= LONGEST_ID and USABLE_ID.fullmatch(each)]
    return list(reversed(dict.fromkeys(reversed(usable))))


def latest_that_fit(ids: Sequence[str], room: int) -> tuple[str, ...]:
    kept: list[str] = []
    for each in reversed(ids):
        room -= len(each) + 3
        if kept and room < 0:
            break
        kept.append(each)
    return tuple(reversed(kept))


def thread_index(conversation_public_id: PublicId, started_at: datetime, replies: Sequence[datetime]) -> str:
    """Thread-Index of a conversation that we started. ``replies``: when each later mail was made, oldest first."""
    digest = hashlib.sha256(b"thread-index" + conversation_public_id.to_bytes(8, "big")).digest()
    index = b"\x01" + (filetime(started_at) >> 16 & (1 << 40) - 1).to_bytes(5, "big") + digest[:16]
    for at in replies[:MOST_BLOCKS]:
        index += block(index, at)
    return base64.b64encode(index).decode("ascii")


def extend_thread_index(theirs: str, at: datetime) -> str | None:
    """The client's own Thread-Index with our reply added; None when it is none (then ours is used)."""
    index = decoded_index(theirs)
    if index is None:
        return None
    if len(index) < HEADER_BYTES + BLOCK_BYTES * MOST_BLOCKS:
        index += block(index, at)
    return base64.b64encode(index).decode("ascii")


def decoded_index(written: str) -> bytes | None:
    most = HEADER_BYTES + BLOCK_BYTES * MOST_BLOCKS
    plain = "".join(written[: most * 3].split())
    try:
        index = base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        return None
    whole_blocks = len(index) >= HEADER_BYTES and (len(index) - HEADER_BYTES) % BLOCK_BYTES == 0
    return index[:most] if whole_blocks and index[0] == 1 else None


def block(index: bytes, at: datetime) -> bytes:
    """The response level that a reply made ``at`` adds to this index."""
    since_start = max(filetime(at) - started(index), 0)
    far = since_start >= 1 << 49
    delta = min(since_start >> (23 if far else 18), (1 << 31) - 1)
    level = (len(index) - HEADER_BYTES) // BLOCK_BYTES & 0x0F
    chance = hashlib.sha256(index + delta.to_bytes(4, "big")).digest()[0] & 0xF0
    return (int(far) << 31 | delta).to_bytes(4, "big") + bytes([chance | level])


def started(index: bytes) -> int:
    """FILETIME of the header; a second byte of 1 tells the newer layout, for FILETIMEs of our century begin with it."""
    if index[1] == 1:
        return int.from_bytes(index[1:6], "big") << 24
    return int.from_bytes(index[0:6], "big") << 16


def filetime(at: datetime) -> int:
    return (at - FILETIME_START) // timedelta(microseconds=1) * 10
