"""A peer that says exactly what it is told to say, and a desk that remembers what it was given."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from worker.core.failures import TemporaryFailure
from worker.mail.sink import Desk, Sink, SinkSettings, TakenMail, Verdict

HERE = "r+here@mail.example"
ALSO_HERE = "n+here@mail.example"
MAIL = b"From: Sophie <sophie@boulangerie.example>\r\nSubject: facture\r\n\r\nBonjour Anne\r\n"


@dataclass(frozen=True)
class Judged:
    is_known: bool


@dataclass
class RememberingDesk:
    """Known is what has ``here`` in it; ``asked`` in a thread what has ``house``. ``fault`` is raised by all it does."""

    folder: Path | None = None
    kept: list[TakenMail] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    fault: Exception | None = None
    failing: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def judge_at_sight(self, recipient: str) -> Verdict | None:
        return None if "house" in recipient else Judged("here" in recipient)

    def judge(self, recipient: str) -> Verdict:
        self.asked.append(recipient)
        if self.fault is not None:
            raise self.fault
        return Judged(recipient.startswith("anne"))

    def spool_path(self) -> Path:
        if self.fault is not None:
            raise self.fault
        assert self.folder is not None
        return self.folder / f"{len(self.kept)}.part"

    async def keep(self, mail: TakenMail) -> Sequence[TemporaryFailure | None]:
        if self.fault is not None:
            raise self.fault
        self.kept.append(mail)
        self.bodies.append(mail.raw or b"" if mail.path is None else mail.path.read_bytes())
        return [TemporaryFailure("no") if each in self.failing else None for each in mail.recipients]


class Client:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def answer(self) -> str:
        """One whole answer, several lines joined with |."""
        lines: list[str] = []
        while True:
            line = (await self.reader.readline()).decode()
            if not line:
                return "|".join([*lines, "gone"])
            lines.append(line.removesuffix("\r\n"))
            if line[3:4] != "-":
                return "|".join(lines)

    async def say(self, line: str | bytes) -> str:
        await self.send((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return await self.answer()

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def greet(self, word: str = "EHLO") -> str:
        await self.answer()
        return await self.say(f"{word} peer.example")

    async def address(self, *recipients: str, sender: str = "sophie@boulangerie.example") -> list[str]:
        return [await self.say(f"MAIL FROM:<{sender}>"), *[await self.say(f"RCPT TO:<{each}>") for each in recipients]]

    async def data(self, content: bytes) -> str:
        """DATA with the content as it is, and the end; the first answer."""
        assert (await self.say("DATA")).startswith("354")
        await self.send(content + b"\r\n.\r\n")
        return await self.answer()

    async def mail(self, *recipients: str, content: bytes = MAIL.removesuffix(b"\r\n")) -> str:
        """A whole mail; the answer to it."""
        told = await self.address(*(recipients or (HERE,)))
        assert all(each.startswith("250") for each in told), told
        return await self.data(content)

    async def is_gone(self) -> bool:
        """Whether the server closed: nothing but an end comes."""
        return not await self.reader.read()

    def hang_up(self) -> None:
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


@dataclass
class Running:
    sink: Sink
    port: int
    clients: list[Client] = field(default_factory=list)
    is_stopped: bool = False

    async def stop(self) -> None:
        if not self.is_stopped:
            self.is_stopped = True
            await self.sink.stop()

    async def client(self) -> Client:
        made = Client(*await asyncio.open_connection("127.0.0.1", self.port))
        self.clients.append(made)
        return made

    async def greeted(self, word: str = "EHLO") -> Client:
        made = await self.client()
        await made.greet(word)
        return made


@contextlib.asynccontextmanager
async def running(desk: Desk, **settings: Any) -> AsyncIterator[Running]:
    sink = Sink(SinkSettings(port=0, **{"grace_s": 5.0, **settings}), desk)
    _, port = await sink.start()
    made = Running(sink, port)
    try:
        yield made
    finally:
        for each in made.clients:
            await each.close()
        await made.stop()


async def until(claim: Callable[[], bool]) -> None:
    """Let the loop go on until the claim holds; the test's own timeout ends a wait for what never comes."""
    while not claim():  # noqa: ASYNC110 - a file that appears rings no event
        await asyncio.sleep(0.001)
