"""Many waiting sessions, one commit (STACK.md: 200 a second one by one, a thousand and more in groups).

One thread owns the writing. It takes what waits, commits it as a group, and sets the results in the event loop; while
it commits, the next group gathers. Where the last groups were larger it lingers a moment for the rest, since a commit
costs more than that; a session that is alone never waits for a timer. The rules:

- A session is cancelled when its peer goes away, and its future with it: sessions wait behind ``asyncio.shield``, and a
  result is set only where none is.
- A group that fails is committed one by one, so that only the bad one gets the bad answer. A ``TemporaryFailure`` means
  that the database is down: then there is no second try, which could take a lock's whole timeout for each.
- A result is a value, never an exception: nobody may be there to look at it.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from worker.core.failures import TemporaryFailure

Item = TypeVar("Item")
Done = TypeVar("Done")

MOST_IN_A_GROUP = 100
LINGER_S = 0.001
FORGET = 0.9
"""The usual size of a group falls by this factor for each smaller one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting(Generic[Item, Done]):
    item: Item
    future: "asyncio.Future[Done]"
    loop: asyncio.AbstractEventLoop


class GroupCommitter(Generic[Item, Done]):
    """``commit`` writes a group in one transaction or raises; ``give_up`` says what a single item that failed gets."""

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Sequence[Done]],
        give_up: Callable[[Item, Exception], Done],
        *,
        most: int = MOST_IN_A_GROUP,
    ) -> None:
        self._commit = commit
        self._give_up = give_up
        self._most = most
        self._usual = 0.0
        self._queue: queue.SimpleQueue[Waiting[Item, Done] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Commit what waits, then end. Blocks."""
        self._queue.put(None)
        self._thread.join()

    def wait_for(self, item: Item) -> Waiting[Item, Done]:
        """A place for the result, in the running event loop; ``put`` lines the item up."""
        loop = asyncio.get_running_loop()
        return Waiting(item=item, future=loop.create_future(), loop=loop)

    def put(self, waiting: Waiting[Item, Done]) -> None:
        """From any thread."""
        self._queue.put(waiting)

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            group, goes_on = self._next_group()
            if group:
                tell(group, self.settle([each.item for each in group]))

    def _next_group(self) -> tuple[list[Waiting[Item, Done]], bool]:
        """What waits, at least one; False when it is the last."""
        group: list[Waiting[Item, Done]] = []
        waiting = self._queue.get()
        while waiting is not None:
            group.append(waiting)
            if len(group) >= self._most:
                return group, True
            try:
                waiting = self._queue.get(timeout=LINGER_S if len(group) < self._usual else 0)
            except queue.Empty:
                self._usual = max(len(group), self._usual * FORGET)
                return group, True
        return group, False

    def settle(self, items: Sequence[Item]) -> list[Done]:
        """Commit the group, or each by itself. In the committer's thread only."""
        try:
            return list(self._commit(items))
        except TemporaryFailure as fault:
            return [self._give_up(each, fault) for each in items]
        except Exception as fault:  # noqa: BLE001 - the outermost loop of the thread that all sessions wait for
            if len(items) == 1:
                return [self._give_up(items[0], fault)]
            return [done for each in items for done in self.settle([each])]


def tell(group: Sequence[Waiting[Item, Done]], results: Sequence[Done]) -> None:
    """Set the results, in one call per event loop."""
    for loop in {each.loop for each in group}:
        theirs = [(each.future, done) for each, done in zip(group, results, strict=True) if each.loop is loop]
        with contextlib.suppress(RuntimeError):  # the loop is closed: the program ended, what is committed is kept
            loop.call_soon_threadsafe(set_results, theirs)


def set_results(pairs: "Sequence[tuple[asyncio.Future[Done], Done]]") -> None:
    for future, done in pairs:
        if not future.done():
            future.set_result(done)
