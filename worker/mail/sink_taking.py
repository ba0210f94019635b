"""What happens between DATA and its answer: the bytes come in, and the house is asked to keep them.

Whatever goes wrong on the way, the mail is read to its end before anything is answered: its lines would otherwise be
taken for commands, which is how a peer would smuggle some.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor

import structlog

from worker.mail.sink_answers import BARE_LF, KEPT, TOO_LARGE, answer_to
from worker.mail.sink_data import DataReader
from worker.mail.sink_desk import Desk, SinkSettings, TakenMail
from worker.mail.sink_spool import Spool

log = structlog.get_logger("navette.sink")

MOST_AT_ONCE = 2**20


class Taking:
    """One mail. ``receive``, then ``keep``, and ``forget`` at the end in any case."""

    def __init__(self, settings: SinkSettings, desk: Desk, executor: Executor) -> None:
        self._settings = settings
        self._desk = desk
        self._spool = Spool(desk.spool_path, executor)

    async def receive(self, reader: asyncio.StreamReader, came: Callable[[], None]) -> str | None:
        """Read to the end of DATA; why the mail is refused, or None. ``came`` is called for each chunk."""
        data = DataReader()
        refusal: str | None = None
        while not data.ended:
            came()
            chunk = await reader.read(MOST_AT_ONCE)
            if not chunk:
                raise ConnectionResetError
            content = data.feed(chunk)
            if data.rest:
                # What was pipelined behind the mail goes back: until the next await the reader is empty.
                reader.feed_data(data.rest)
            if refusal is None:
                refusal = await self._add(content)
        if refusal is None and data.bare_lf and self._settings.limits_peers:
            refusal = BARE_LF
        if refusal is not None:
            log.info("refused", why=refusal[4:10].rstrip(), way=self._settings.protocol, size=self._spool.size)
        return refusal

    async def _add(self, content: bytes) -> str | None:
        if self._spool.size + len(content) > self._settings.max_bytes:
            self.forget()
            return TOO_LARGE
        try:
            await self._spool.add(content)
        except Exception as fault:  # noqa: BLE001 - the outermost loop of DATA: what follows is still data, not commands
            self.forget()
            return answer_to(fault)
        return None

    async def keep(self, envelope_from: str, recipients: Sequence[str], peer: str | None) -> Sequence[str]:
        """An answer per recipient."""
        try:
            sha256, raw = await self._spool.finish()
            mail = TakenMail(
                sha256=sha256,
                size=self._spool.size,
                raw=raw,
                path=self._spool.hand_over(),
                envelope_from=envelope_from,
                recipients=tuple(recipients),
                peer=peer,
                way=self._settings.protocol,
            )
            outcomes = await self._desk.keep(mail)
        except Exception as fault:  # noqa: BLE001 - the outermost loop of a mail: a fault of ours is never a refusal
            return [answer_to(fault)] * len(recipients)
        return [KEPT if each is None else answer_to(each) for each in outcomes]

    def forget(self) -> None:
        """Give back memory and file, unless the house has them."""
        self._spool.discard()
