"""What happened in the world, in order, and a way to wait for it without polling.

Every event is recorded *after* what it tells of is done and on disk. ``wait_for`` asks its question now and again at
each event, so that a test names what it expects and how long it is patient.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")


class Happened(StrEnum):
    RECEIVED = "received"  # taken at the door, one event per recipient
    REFUSED = "refused"  # said no or later at the door; detail: the reply
    DROPPED = "dropped"  # taken, but the peer was not told (lost 250)
    STORED = "stored"  # in a Maildir
    REPORTED = "reported"  # a report was made for the sender; detail: the action
    POSTPONED = "postponed"  # the next hop did not take it yet; detail: why
    FORWARDED = "forwarded"  # the next hop took it; detail: its reply
    GIVEN_UP = "given_up"  # nobody could be told (a report or answer that failed); detail: why
    FAULT = "fault"  # the world's own code broke; detail: the exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``number``: of the mail in the received folder, 0 before it has one; ``address``: the recipient it is about."""

    what: Happened
    number: int
    address: str
    detail: str = ""


class Journal:
    def __init__(self, told: Callable[[Event], None] | None = None) -> None:
        """``told`` hears each event too, in order (the process mode prints it)."""
        self._condition = threading.Condition()
        self._events: list[Event] = []
        self._told = told

    def record(self, what: Happened, *, number: int = 0, address: str = "", detail: str = "") -> None:
        event = Event(what=what, number=number, address=address, detail=detail)
        with self._condition:
            self._events.append(event)
            if self._told is not None:
                self._told(event)
            self._condition.notify_all()

    @property
    def events(self) -> tuple[Event, ...]:
        with self._condition:
            return tuple(self._events)

    def count(self, what: Happened, address: str | None = None, detail: str | None = None) -> int:
        return sum(
            1
            for event in self.events
            if event.what is what
            and (address is None or event.address.lower() == address.lower())
            and (detail is None or event.detail == detail)
        )

    def wait_for(self, question: Callable[["Journal"], T], timeout: float = 10.0) -> T:
        """The first true answer to the question; TimeoutError, with what did happen, after ``timeout`` seconds."""
        with self._condition:
            answer = self._condition.wait_for(lambda: question(self), timeout)
            if not answer:
                raise TimeoutError(f"not within {timeout} s; happened: {self.summary()}")
            return answer

    def summary(self) -> str:
        lines = [f"{event.what} {event.number} {event.address} {event.detail}".rstrip() for event in self.events]
        return "; ".join(lines) or "nothing"
