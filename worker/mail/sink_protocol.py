"""One session of the sink: SMTP (RFC 5321) or LMTP (RFC 2033) on top of aiosmtpd, with that library's traps closed.

Ours are MAIL, RCPT, DATA and every answer; aiosmtpd splits commands and does STARTTLS. What differs from it, and why:

- DATA comes in chunks and into a spool, not line by line into memory; a line may be as long as it likes; only
  ``CR LF . CR LF`` ends it (``sink_data``).
- RCPT tells the truth; an unknown address gets ``550 5.1.1`` and not a word more. Nobody is refused for his sender.
- Every fault of ours is 451 (452 when the disk is full) without its text. A fault in the middle of DATA is told at its
  end: the rest of the mail must be read as data, or its lines would be taken for commands.
- 250 is said after ``Desk.keep`` said that it is kept, never before. LMTP answers once per accepted recipient.
- RET, ENVID, NOTIFY are not offered; HELP, VRFY and EXPN tell nothing.
- Every answer carries an enhanced status code (RFC 2034), also those that aiosmtpd gives.
"""

# ruff: noqa: N802 - aiosmtpd finds the commands by these names

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import AnyStr

import structlog
from aiosmtpd.smtp import SMTP, Envelope

from worker.mail.sink_answers import (
    BAD_MAIL,
    BAD_RCPT,
    GOODBYE,
    GUESSING,
    IDLE,
    TOO_BUSY,
    UNKNOWN,
    answer_to,
    why_not,
    with_status,
)
from worker.mail.sink_desk import Desk, SinkSettings, Verdict
from worker.mail.sink_limits import Limits
from worker.mail.sink_paths import read_path
from worker.mail.sink_taking import Taking

log = structlog.get_logger("navette.sink")


@dataclass(kw_only=True)
class Inside:
    """What all sessions of one sink share."""

    settings: SinkSettings
    desk: Desk
    limits: Limits
    executor: Executor
    sessions: "set[SinkSession]" = field(default_factory=set)


class Faults:
    """What aiosmtpd asks when something of ours raised. It would answer 500 and print the exception to the peer."""

    async def handle_exception(self, error: Exception) -> str:
        return answer_to(error)


class SinkSession(SMTP):
    """An SMTP session. aiosmtpd calls ``smtp_X`` for command X."""

    line_length_limit = 64 * 1024
    command_size_limit = 2048

    def __init__(self, inside: Inside) -> None:
        settings = inside.settings
        # Of this session: aiosmtpd's own is one dictionary for all, and each EHLO adds to it.
        self.command_size_limits = defaultdict(lambda: self.command_size_limit)
        super().__init__(
            Faults(),
            data_size_limit=settings.max_bytes,
            enable_SMTPUTF8=True,
            hostname=settings.hostname,
            ident="ESMTP" if settings.protocol == "smtp" else "LMTP",
            tls_context=settings.tls,
            timeout=settings.idle_s,
            loop=asyncio.get_running_loop(),
        )
        self.inside = inside
        self.is_taking = False
        self.is_stopping = False

    def peer(self) -> str | None:
        """The peer's IP address; None on a unix socket."""
        peer: object = self.session.peer if self.session is not None else None
        return str(peer[0]) if isinstance(peer, tuple) else None

    async def _handle_client(self) -> None:
        peer = self.peer()
        if not self.inside.limits.may_enter(peer):
            await self.push(TOO_BUSY)
            self.hang_up()
            return
        self.inside.sessions.add(self)
        try:
            with contextlib.suppress(ConnectionError):
                await super()._handle_client()
        finally:
            self.inside.sessions.discard(self)
            self.inside.limits.leave(peer)

    async def push(self, status: AnyStr) -> None:
        if isinstance(status, str):
            await super().push(with_status(status))
        else:
            await super().push(status)

    def _timeout_cb(self) -> None:
        """A peer that does not read either is cut off: closing would wait for it for ever."""
        assert self.transport is not None
        if self._writer.transport.get_write_buffer_size():
            self._writer.transport.abort()
        else:
            self._writer.write(IDLE)
            self.hang_up()

    def hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()

    def cut_off(self) -> None:
        if self.transport is not None:
            self._writer.transport.abort()

    def running_task(self) -> "asyncio.Task[None]":
        """No property: aiosmtpd reads all of those while it is being made."""
        assert self._handler_coroutine is not None
        return self._handler_coroutine

    def wind_down(self) -> None:
        """The sink stops: a session that waits for a command ends now, one inside DATA after its answer."""
        self.is_stopping = True
        if not self.is_taking and self.transport is not None:
            self._writer.write(GOODBYE.encode() + b"\r\n")
            self.hang_up()

    def offers(self) -> list[str]:
        settings = self.inside.settings
        tls = ["STARTTLS"] if settings.tls is not None and self._tls_protocol is None else []
        return [f"SIZE {settings.max_bytes}", "8BITMIME", "SMTPUTF8", "PIPELINING", *tls, "ENHANCEDSTATUSCODES"]

    async def smtp_EHLO(self, hostname: str) -> None:
        if not hostname:
            await self.push("501 5.5.4 Syntax: EHLO hostname")
            return
        self.envelope = Envelope()
        assert self.session is not None
        self.session.extended_smtp = True
        self.session.host_name = hostname
        lines = [self.hostname, *self.offers()]
        told = [f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]
        await super().push("\r\n".join(told))

    async def smtp_HELO(self, hostname: str) -> None:
        if not hostname:
            await self.push("501 5.5.4 Syntax: HELO hostname")
            return
        self.envelope = Envelope()
        assert self.session is not None
        self.session.host_name = hostname
        await super().push(f"250 {self.hostname}")

    async def smtp_MAIL(self, arg: str | None) -> None:
        await self.push(self._answer_to_mail(arg))

    def _answer_to_mail(self, arg: str | None) -> str:
        assert self.session is not None
        assert self.envelope is not None
        if not self.session.host_name:
            return "503 5.5.1 say EHLO first"
        if self.envelope.mail_from is not None:
            return "503 5.5.1 there is a MAIL already"
        path = read_path(arg, "FROM:")
        if path is None:
            return BAD_MAIL
        refusal = why_not(path.parameters, self.inside.settings.max_bytes)
        if refusal is not None:
            return refusal
        if not self.inside.limits.may_send(self.peer(), self.loop.time()):
            return "451 4.7.1 too many mails in a minute, try again later"
        self.envelope.mail_from = path.address
        return "250 2.1.0 ok"

    async def smtp_RCPT(self, arg: str | None) -> None:
        answer = await self._answer_to_rcpt(arg)
        await self.push(answer)
        if answer == GUESSING:
            self.hang_up()

    async def _answer_to_rcpt(self, arg: str | None) -> str:
        assert self.envelope is not None
        if self.envelope.mail_from is None:
            return "503 5.5.1 say MAIL first"
        path = read_path(arg, "TO:")
        if path is None or not path.address:
            return BAD_RCPT
        if path.parameters:
            return "555 5.5.4 no parameters of RCPT are offered"
        if len(self.envelope.rcpt_tos) >= self.inside.settings.max_recipients:
            return "452 4.5.3 too many recipients, send the rest in another mail"
        verdict = await self._judge(path.address)
        if not verdict.is_known:
            return self._refuse_unknown()
        self.inside.limits.found_one(self.peer())
        self.envelope.rcpt_tos.append(path.address)
        return "250 2.1.5 ok"

    async def _judge(self, address: str) -> Verdict:
        """Most mail comes to signed addresses: their MAC says enough, and a thread costs more than it."""
        desk = self.inside.desk
        at_sight = desk.judge_at_sight(address)
        if at_sight is not None:
            return at_sight
        return await self.loop.run_in_executor(self.inside.executor, desk.judge, address)

    def _refuse_unknown(self) -> str:
        may_go_on = self.inside.limits.may_guess_on(self.peer(), self.loop.time())
        log.info("refused", why="unknown_recipient" if may_go_on else "guessing", way=self.inside.settings.protocol)
        return UNKNOWN if may_go_on else GUESSING

    async def smtp_DATA(self, arg: str) -> None:
        assert self.envelope is not None
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 no recipient was accepted")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        self.is_taking = True
        try:
            await self.push("354 go on, end with <CR><LF>.<CR><LF>")
            answers = await self._take()
            self.envelope = Envelope()
            await self.push("\r\n".join(answers))
        finally:
            self.is_taking = False
        if self.is_stopping:
            self.wind_down()

    async def _take(self) -> Sequence[str]:
        """Receive and keep; as many answers as the protocol wants."""
        assert self.envelope is not None
        recipients = self.envelope.rcpt_tos
        taking = Taking(self.inside.settings, self.inside.desk, self.inside.executor)
        try:
            refusal = await taking.receive(self._reader, self._reset_timeout)
            if refusal is not None:
                return self.answers_for([refusal] * len(recipients))
            return self.answers_for(await taking.keep(self.envelope.mail_from or "", recipients, self.peer()))
        finally:
            taking.forget()

    def answers_for(self, by_recipient: Sequence[str]) -> Sequence[str]:
        """SMTP knows one answer for all: the worst. What was kept stays kept, and a retry is a copy."""
        return [max(by_recipient, key=lambda answer: int(answer[:3]))]

    async def smtp_HELP(self, _arg: str) -> None:
        await self.push("214 2.0.0 see RFC 5321")

    async def smtp_VRFY(self, _arg: str) -> None:
        await self.push("252 2.5.2 send mail and see")

    async def smtp_EXPN(self, _arg: str) -> None:
        await self.push("502 5.5.1 not offered")

    async def smtp_AUTH(self, _arg: str) -> None:
        await self.push("502 5.5.1 not offered")


class LmtpSession(SinkSession):
    """LHLO instead of EHLO; after DATA one answer for each accepted RCPT, in their order."""

    async def smtp_LHLO(self, arg: str) -> None:
        await super().smtp_EHLO(arg)

    async def smtp_EHLO(self, _hostname: str) -> None:
        await self.push("500 5.5.1 this is LMTP: say LHLO")

    async def smtp_HELO(self, _hostname: str) -> None:
        await self.push("500 5.5.1 this is LMTP: say LHLO")

    def answers_for(self, by_recipient: Sequence[str]) -> Sequence[str]:
        return by_recipient
