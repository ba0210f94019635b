"""The thread in which the door's event loop runs: bound before ``start`` returns, gone when ``stop`` does."""

import asyncio
import threading
from collections.abc import Callable

from worker.demo.world_smtp import Door


class DoorServer:
    """``factory`` makes one protocol object per connection."""

    def __init__(self, factory: Callable[[], Door], host: str, port: int) -> None:
        self._factory = factory
        self._host, self.port = host, port
        self._ready = threading.Event()
        self._fault: OSError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leave: asyncio.Event | None = None
        self._open: set[Door] = set()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="world-door", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()
        if self._fault is not None:
            self._thread.join()
            raise self._fault

    def stop(self) -> None:
        if self._loop is not None and self._leave is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._leave = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await self._loop.create_server(self._make, self._host, self.port, reuse_address=True)
        except OSError as fault:
            self._fault = fault
            self._ready.set()
            return
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._leave.wait()
        server.close()
        # From Python 3.12.1 on wait_closed waits for every session: they are ended first.
        for session in self._open:
            if session.transport is not None:
                session.transport.abort()
        await server.wait_closed()

    def _make(self) -> Door:
        self._open = {session for session in self._open if session.transport is not None}
        made = self._factory()
        self._open.add(made)
        return made
