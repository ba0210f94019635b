"""The world's door: SMTP by aiosmtpd, with what its stock server lacks or gets wrong put right.

- DSN parameters (RFC 3461) are taken off MAIL and RCPT with their case kept; stock refuses them with 555.
- Only CRLF.CRLF ends DATA; a line may be of any length; what is too large is read to its end and not held in memory.
- A fault of ours is 451 (452 when the disk is full) without its text; stock says a permanent 500 with the exception.
- Control bytes and broken UTF-8 in an envelope are refused at once; at most 100 recipients a mail, then 452.
- What is taken is on disk before 250. This happens without awaiting, for a peer that goes away cancels what awaits.
"""

import asyncio
import collections
import errno
import re
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword, Session
from aiosmtpd.smtp import Envelope as StockEnvelope

from worker.demo.world_behaviours import AT_DATA, AT_RCPT, SAID_TO_DATA, SAID_TO_RCPT, Behaviour, Behaviours
from worker.demo.world_dsn import MailAsk, Malformed, RcptAsk, read_mail_words, read_rcpt_words
from worker.demo.world_journal import Happened, Journal
from worker.demo.world_queue import Envelope, Recipient

MOST_RECIPIENTS = 100
LONGEST_COMMAND = 4_096
LONGEST_PIECE = 65_536
UNCLEAN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Desk(Protocol):
    """What stands behind the door."""

    hostname: str
    journal: Journal
    behaviours: Behaviours

    def take(self, envelope: Envelope, content: bytes) -> None: ...

    def envelope(self, session: Any, sender: str, recipients: tuple[Recipient, ...], ask: MailAsk) -> Envelope: ...


class DoorEnvelope(StockEnvelope):
    """``ask`` and ``recipients``: of the commands that were accepted so far; ``taken``: the content."""

    def __init__(self) -> None:
        super().__init__()
        self.ask = MailAsk()
        self.recipients: list[Recipient] = []
        self.taken = b""


class Door(SMTP):
    line_length_limit = LONGEST_PIECE
    session: Session
    envelope: DoorEnvelope
    transport: asyncio.Transport | None

    def __init__(self, porter: "Porter", *, dsn: bool, users: dict[str, str], size_limit: int, **options: Any) -> None:
        super().__init__(
            porter, authenticator=check_login(users), ident="mail world", data_size_limit=size_limit, **options
        )
        # Stock keeps one dictionary for all sessions, clears it at each connection and lets each EHLO add to it.
        self.command_size_limits = collections.defaultdict(lambda: LONGEST_COMMAND)
        self.command_size_limit = LONGEST_COMMAND
        self.offers_dsn = dsn
        self.users = users
        self.size_limit = size_limit
        self.mail_ask = MailAsk()
        self.rcpt_ask = RcptAsk()

    def _create_envelope(self) -> DoorEnvelope:
        return DoorEnvelope()

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd finds commands by name
        if self.users and not self.session.authenticated:
            await self.push("530 5.7.0 Authentication required")
            return
        try:
            arg, self.mail_ask = self.without_dsn(arg, "FROM:", read_mail_words, MailAsk())
        except Malformed as fault:
            await self.push(f"501 5.5.4 {fault}")
            return
        await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802 - as above
        try:
            arg, self.rcpt_ask = self.without_dsn(arg, "TO:", read_rcpt_words, RcptAsk())
        except Malformed as fault:
            await self.push(f"501 5.5.4 {fault}")
            return
        await super().smtp_RCPT(arg)

    def without_dsn(self, arg: str | None, keyword: str, read: Callable[[list[str]], Any], nothing: Any) -> Any:
        """The argument with its DSN parameters taken off, and what they asked."""
        if arg is None:
            return arg, nothing
        if UNCLEAN.search(arg):
            raise Malformed("control characters or broken UTF-8")
        stripped = self._strip_command_keyword(keyword, arg)
        _, rest = self._getaddr(stripped) if stripped else (None, None)
        if not self.offers_dsn or not rest:
            return arg, nothing
        ask, others = read(rest.split())
        return " ".join([arg.strip().removesuffix(rest.strip()).strip(), *others]), ask

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - as above
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        if not self.envelope.recipients:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await self.read_content()
        if content is None:
            self.envelope = self._create_envelope()
            await self.push("552 5.3.4 Larger than the SIZE announced")
            return
        self.envelope.taken = content
        status = await self._call_handler_hook("DATA")
        self.envelope = self._create_envelope()
        await self.push(status)

    async def read_content(self) -> bytes | None:
        """The mail without dots doubled for the journey; None when it was larger than the limit."""
        pieces: list[bytes] = []
        size, at_line_start = 0, True
        while True:
            piece, ends = await self.read_piece()
            if at_line_start and piece.startswith(b"."):
                if piece == b".\r\n":
                    break
                piece = piece[1:]
            at_line_start = ends
            size += len(piece)
            if size > self.size_limit:
                pieces.clear()
            else:
                pieces.append(piece)
            self._reset_timeout()
        return b"".join(pieces) if size <= self.size_limit else None

    async def read_piece(self) -> tuple[bytes, bool]:
        """A line with its CRLF, or a part of a long one; whether a line ended."""
        try:
            return await self._reader.readuntil(b"\r\n"), True
        except asyncio.LimitOverrunError as long_line:
            return await self._reader.read(long_line.consumed), False


def check_login(users: dict[str, str]) -> Callable[..., AuthResult]:
    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        known = users.get(data.login.decode("utf-8", "replace"))
        good = known is not None and known.encode() == data.password
        return AuthResult(success=good, handled=False, auth_data=data if good else None)

    return authenticate


class Porter:
    """Answers the door's questions; each method is the hook that aiosmtpd calls for a command it found well formed."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def handle_EHLO(  # noqa: N802 - aiosmtpd finds hooks by name
        self, server: Door, session: Any, _envelope: DoorEnvelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        offered = [line for line in responses if server.users or not line.startswith("250-AUTH")]
        more = ["250-PIPELINING", "250-ENHANCEDSTATUSCODES", *(["250-DSN"] if server.offers_dsn else [])]
        return [*offered[:-1], *more, offered[-1]]

    async def handle_MAIL(  # noqa: N802 - as above
        self, server: Door, _session: Any, envelope: DoorEnvelope, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.ask = server.mail_ask
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - as above
        self, server: Door, _session: Any, envelope: DoorEnvelope, address: str, _options: list[str]
    ) -> str:
        if len(envelope.recipients) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        behaviour = self.desk.behaviours.use(address, AT_RCPT)
        if behaviour is not Behaviour.DELIVER:
            said = SAID_TO_RCPT[behaviour]
            self.desk.journal.record(Happened.REFUSED, address=address, detail=said)
            return await self.hang_up(server, said) if behaviour is Behaviour.BUSY else said
        envelope.rcpt_tos.append(address)
        envelope.recipients.append(Recipient(address=address, ask=server.rcpt_ask))
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Door, session: Any, envelope: DoorEnvelope) -> str:  # noqa: N802 - as above
        behaviours = {one.address: self.desk.behaviours.use(one.address, AT_DATA) for one in envelope.recipients}
        for address, behaviour in behaviours.items():
            if behaviour in SAID_TO_DATA:
                said = SAID_TO_DATA[behaviour]
                self.desk.journal.record(Happened.REFUSED, address=address, detail=said)
                return said
        sender = "" if envelope.mail_from == "<>" else str(envelope.mail_from)
        made = self.desk.envelope(session, sender, tuple(envelope.recipients), envelope.ask)
        self.desk.take(made, envelope.taken)
        for address, behaviour in behaviours.items():
            if behaviour is Behaviour.LOSE_250:
                self.desk.journal.record(Happened.DROPPED, address=address)
                drop(server)
        return "250 2.0.0 OK, taken"

    async def hang_up(self, server: Door, said: str) -> NoReturn:
        await server.push(said)
        if server.transport is not None:
            server.transport.close()
        raise asyncio.CancelledError

    async def handle_exception(self, error: Exception) -> str:
        self.desk.journal.record(Happened.FAULT, detail=repr(error))
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        return "452 4.3.1 No space left, try again later" if full else "451 4.3.0 Fault of ours, try again later"


def drop(server: Door) -> NoReturn:
    """The peer hears nothing more; the task of its session ends as if the peer had gone."""
    if server.transport is not None:
        server.transport.abort()
    raise asyncio.CancelledError
