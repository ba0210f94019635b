"""Runs checks: all begin at once, each in a thread of its own; what they tell is told in their order.

A check that does not end in its time leaves what it told so far and a fault; its thread is left behind (a daemon: it
cannot hold the process). A check that breaks is a fault of the doctor, told by the class of the exception alone.
"""

import queue
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from worker.checking.verdicts import Verdict, fault

VEIL = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """``look`` may block; ``seconds``: its time, counted from the start of all."""

    about: str
    look: Callable[[], Iterable[Verdict]]
    seconds: float = 20.0


def verdicts_of(checks: Iterable[Check], *, secrets: Collection[str] = ()) -> Iterator[Verdict]:
    """``secrets`` appear in no verdict, whatever a server or a library put into its words."""
    for looking in [Looking(check) for check in checks]:
        for verdict in looking.verdicts():
            yield replace(verdict, found=veiled(verdict.found, secrets), todo=veiled(verdict.todo, secrets))


def veiled(text: str, secrets: Collection[str]) -> str:
    """The longest first: one secret may be part of another."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, VEIL)
    return text


class Looking:
    """One check under way."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self.told: queue.SimpleQueue[Verdict | None] = queue.SimpleQueue()
        self.ends_at = time.monotonic() + check.seconds
        threading.Thread(target=self.look, name=f"check {check.about}", daemon=True).start()

    def look(self) -> None:
        try:
            for verdict in self.check.look():
                self.told.put(verdict)
        except Exception as broke:  # noqa: BLE001 - the outermost line of a thread: one check stops no other
            what = f"this check broke ({type(broke).__name__})"
            self.told.put(fault(self.check.about, what, "tell us: a check should find faults and have none"))
        self.told.put(None)

    def verdicts(self) -> Iterator[Verdict]:
        while True:
            try:
                verdict = self.told.get(timeout=max(0.0, self.ends_at - time.monotonic()))
            except queue.Empty:
                what = f"no answer within {self.check.seconds:g} seconds"
                yield fault(
                    self.check.about, what, "see whether what it talks to hangs, or a firewall swallows packets"
                )
                return
            if verdict is None:
                return
            yield verdict
