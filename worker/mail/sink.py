"""The sink: our SMTP and LMTP listener. It takes a mail, has it kept, and only then says 250.

It knows nothing of storage or flows: ``Desk`` (``sink_desk``) is what it asks, and ``flows.keeping.Keeping`` fits it::

    sink = Sink(SinkSettings(port=0), desk)
    host, port = await sink.start()
    ...
    await sink.stop()

Parts: ``sink_protocol`` a session, ``sink_data`` the bytes of DATA, ``sink_spool`` where they go, ``sink_paths`` the
arguments of MAIL and RCPT, ``sink_limits`` how much is too much. What may be at once: ``max_sessions`` sessions, each
with 256 kB of a mail and as much of the network's buffer; the rest of a large mail is in a file.

One event per mail is logged where it is kept; here only refusals and faults, by code and size, never an address.
aiosmtpd's own logger prints addresses and is silenced.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from worker.mail.sink_desk import Desk, SinkSettings, TakenMail, Verdict
from worker.mail.sink_limits import Limits
from worker.mail.sink_protocol import Inside, LmtpSession, SinkSession

__all__ = ["Desk", "Sink", "SinkSettings", "TakenMail", "Verdict"]

THREADS = 8
BACKLOG = 512


class Sink:
    """One listener. ``start`` and ``stop`` once each, in one event loop."""

    def __init__(self, settings: SinkSettings, desk: Desk) -> None:
        self.settings = settings
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="sink")
        self._inside = Inside(settings=settings, desk=desk, limits=Limits(settings), executor=self._executor)
        self._server: asyncio.Server | None = None

    async def start(self) -> tuple[str, int]:
        """Listen; the address and the port that was bound (with port 0 the system chooses)."""
        logging.getLogger("mail.log").disabled = True
        session = LmtpSession if self.settings.protocol == "lmtp" else SinkSession
        self._server = await asyncio.get_running_loop().create_server(
            lambda: session(self._inside), self.settings.host, self.settings.port, backlog=BACKLOG
        )
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def stop(self) -> None:
        """Take no new session, finish the mails that are coming in within ``grace_s``, then cut the rest off."""
        assert self._server is not None, "the sink was not started"
        self._server.close()
        for session in tuple(self._inside.sessions):
            session.wind_down()
        if not await self._all_gone(self.settings.grace_s):
            for session in tuple(self._inside.sessions):
                session.cut_off()
            await self._all_gone(None)
        await self._server.wait_closed()
        await asyncio.to_thread(self._executor.shutdown)

    async def _all_gone(self, seconds: float | None) -> bool:
        tasks = [session.running_task() for session in self._inside.sessions]
        if not tasks:
            return True
        _, still_there = await asyncio.wait(tasks, timeout=seconds)
        return not still_there
