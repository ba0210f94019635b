"""Connections to one relay, shared by the threads of one process and by no other.

At most ``connections`` are in use at once; who comes later waits. A connection goes back only when both sides wait for
the next mail. Before it is used again it answers RSET; one found dead is replaced by a fresh one, and as no MAIL was
said yet nothing is in doubt. A pool belongs to the process that made it: two processes that write into one TLS session
break it, so a forked child abandons what it inherited, without a word on the wire.
"""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from worker.core.failures import TemporaryFailure
from worker.mail.relay_connection import Connection, RelayOptions
from worker.mail.relay_opening import open_connection


class Pool:
    def __init__(self, options: RelayOptions, context: ssl.SSLContext) -> None:
        self.options = options
        self.context = context
        self._places = threading.BoundedSemaphore(options.connections)
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
        self._is_closed = False

    @contextmanager
    def connection(self, *, for_mail: bool) -> Iterator[Connection]:
        """A session ready for MAIL; ``for_mail`` False only looks at what it offers and may get a dead one."""
        if not self._places.acquire(timeout=self.options.timeout):
            raise TemporaryFailure(f"all {self.options.connections} connections to the relay are in use")
        try:
            taken = self._take(for_mail=for_mail)
            try:
                yield taken
            finally:
                self._give_back(taken)
        finally:
            self._places.release()

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.leave()
            self._all.discard(connection)

    def abandon(self) -> None:
        """In a forked child. No lock is taken: a thread that is not here may hold it."""
        for connection in list(self._all):
            connection.drop()

    def _take(self, *, for_mail: bool) -> Connection:
        kept = self._take_idle()
        if kept is not None and (not for_mail or self._is_alive(kept)):
            return kept
        opened = open_connection(self.options, self.context)
        self._all.add(opened)
        return opened

    def _is_alive(self, connection: Connection) -> bool:
        is_alive = False
        try:
            is_alive = connection.is_alive()
        finally:
            if not is_alive:
                self._drop(connection)
        return is_alive

    def _take_idle(self) -> Connection | None:
        """The one used last, so that those not needed grow old; the old ones leave."""
        with self._lock:
            stale = [connection for connection in self._idle if connection.is_stale()]
            self._idle = [connection for connection in self._idle if connection not in stale]
            taken = self._idle.pop() if self._idle else None
        for connection in stale:
            connection.leave()
            self._all.discard(connection)
        return taken

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            is_kept = connection.is_reusable and not self._is_closed
            if is_kept:
                self._idle.append(connection)
        if not is_kept:
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        connection.drop()
        self._all.discard(connection)
