"""Messages between parent and child: four bytes of length, big endian, then JSON in UTF-8."""

import json
import os
import select
import time
from collections.abc import Callable
from typing import Any

LARGEST = 1024 * 1024
"""Bytes of one message. Answers are small: what is large lies in a file."""


class Silence(Exception):  # noqa: N818 - a state of the world
    """The other side ended, or said what is no message."""


class TooLong(Exception):  # noqa: N818 - a state of the world
    """The other side said nothing in time."""


def framed(message: dict[str, Any]) -> bytes:
    body = json.dumps(message).encode()
    return len(body).to_bytes(4, "big") + body


def read_message(take: Callable[[int], bytes]) -> dict[str, Any]:
    """``take(n)`` gives exactly n bytes or raises. Silence when it is no message."""
    length = int.from_bytes(take(4), "big")
    if length > LARGEST:
        raise Silence
    try:
        message = json.loads(take(length))
    except ValueError as fault:
        raise Silence from fault
    if not isinstance(message, dict):
        raise Silence
    return message


def taker(handle: int, until: float | None = None) -> Callable[[int], bytes]:
    """Reads from a pipe; ``until`` on the monotonic clock."""

    def take(count: int) -> bytes:
        got = bytearray()
        while len(got) < count:
            if until is not None:
                left = until - time.monotonic()
                if left <= 0 or not select.select([handle], [], [], left)[0]:
                    raise TooLong
            piece = os.read(handle, count - len(got))
            if not piece:
                raise Silence
            got += piece
        return bytes(got)

    return take
