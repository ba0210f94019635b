"""Outlook's Thread-Index: 22 bytes for the first mail of a thread, 5 more for each answer ([MS-OXOMSG] 2.2.1.3).

::

    bytes 0-5    the first mail's FILETIME (100 ns since 1601), its six highest bytes
    bytes 6-21   a GUID of the thread
    then, each   bit 0: unit (0: 2^18 of them), 31 bits: time since the first mail; 8 bits by chance
"""

import base64
import binascii
import secrets
from datetime import UTC, datetime, timedelta

FIRST_LENGTH, ANSWER_LENGTH = 22, 5
EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def next_thread_index(index: str, at: datetime) -> str:
    """The index one answer longer; a new thread's when there was none that can be read."""
    try:
        known = base64.b64decode(index, validate=True)
    except binascii.Error:
        known = b""
    if len(known) < FIRST_LENGTH or (len(known) - FIRST_LENGTH) % ANSWER_LENGTH:
        known = filetime(at).to_bytes(8, "big")[:6] + secrets.token_bytes(16)
    began = int.from_bytes(known[:6] + b"\0\0", "big")
    since = max(filetime(at) - began, 0) >> 18 & 0x7FFFFFFF
    return base64.b64encode(known + since.to_bytes(4, "big") + secrets.token_bytes(1)).decode("ascii")


def filetime(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1) * 10
