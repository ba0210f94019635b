"""How the world treats mail to one address: a small table, set per address, that tests and demo choose from.

A behaviour counts down: ``times`` says for how many tries it holds, then the address behaves like any other.
``parse_assignment`` reads ``address=name`` and ``address=name:3`` from the command line.
"""

import threading
from dataclasses import dataclass
from enum import StrEnum

from worker.core.mail_addresses import normal_address

FOR_EVER = 1_000_000_000


class Behaviour(StrEnum):
    DELIVER = "deliver"  # as any address: known people get their mail, unknown ones bounce later
    REFUSE = "refuse"
    GREYLIST = "greylist"
    BUSY = "busy"
    TOO_MANY = "too_many"
    FULL = "full"
    REFUSE_CONTENT = "refuse_content"
    LATER_CONTENT = "later_content"
    LOSE_250 = "lose_250"
    DELAY = "delay"
    RELAY = "relay"
    BOUNCE = "bounce"
    BOUNCE_FULL = "bounce_full"
    LATE_BOUNCE = "late_bounce"


SAID_TO_RCPT = {
    Behaviour.REFUSE: "550 5.1.1 No such person here",
    Behaviour.GREYLIST: "450 4.7.1 Greylisted, try again later",
    Behaviour.BUSY: "421 4.3.2 Busy, closing the connection",
    Behaviour.TOO_MANY: "452 4.5.3 Too many recipients, try again later",
    Behaviour.FULL: "552 5.2.2 Mailbox full",
}
SAID_TO_DATA = {
    Behaviour.REFUSE_CONTENT: "554 5.7.1 This mail is not wanted here",
    Behaviour.LATER_CONTENT: "451 4.3.0 Cannot take it now",
}
"""One bad recipient speaks for the whole mail, as the end of DATA has one answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """What a failed report says: ``status`` of RFC 3463, ``reply`` as a server would have said it."""

    status: str
    reply: str


UNKNOWN = Failing(status="5.1.1", reply="550 5.1.1 No such person here")
BOUNCES = {
    Behaviour.BOUNCE: UNKNOWN,
    Behaviour.BOUNCE_FULL: Failing(status="5.2.2", reply="552 5.2.2 Mailbox full"),
    Behaviour.LATE_BOUNCE: Failing(status="5.1.1", reply="550 5.1.1 The forwarding address does not exist"),
}

AT_RCPT = frozenset(SAID_TO_RCPT)
AT_DATA = frozenset({*SAID_TO_DATA, Behaviour.LOSE_250})
ON_THE_WAY = frozenset(Behaviour) - AT_RCPT - AT_DATA
ONCE = frozenset({Behaviour.GREYLIST, Behaviour.BUSY, Behaviour.TOO_MANY, Behaviour.LATER_CONTENT, Behaviour.LOSE_250})
"""These end after one try when no number is given; the others stay."""


class Behaviours:
    """The table. Tests set it while the door reads it from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, tuple[Behaviour, int]] = {}

    def assign(self, address: str, behaviour: Behaviour, *, times: int | None = None) -> None:
        left = times if times is not None else 1 if behaviour in ONCE else FOR_EVER
        with self._lock:
            self._rows[normal_address(address)] = (behaviour, left)

    def use(self, address: str, among: frozenset[Behaviour]) -> Behaviour:
        """The address's behaviour at one point of a mail's way, counted down; DELIVER when it has none here."""
        key = normal_address(address)
        with self._lock:
            behaviour, left = self._rows.get(key, (Behaviour.DELIVER, 0))
            if behaviour not in among or left <= 0:
                return Behaviour.DELIVER
            self._rows[key] = (behaviour, left - 1)
            return behaviour


def parse_assignment(written: str) -> tuple[str, Behaviour, int | None]:
    """``bob@x.example=greylist:3`` → address, behaviour, times; ValueError with a reason for anything else."""
    address, equals, rest = written.rpartition("=")
    name, _, times = rest.partition(":")
    if not equals or "@" not in address or name not in set(Behaviour):
        raise ValueError(f"{written!r}: want ADDRESS=NAME or ADDRESS=NAME:TIMES, NAME one of {', '.join(Behaviour)}")
    if times and not (times.isascii() and times.isdecimal()):
        raise ValueError(f"{written!r}: {times!r} is no number of times")
    return address, Behaviour(name), int(times) if times else None
