"""The relay: our outgoing SMTP server, as the port ``worker.flows.ports.Relay`` wants it.

One mail to one recipient per ``send``, and every way it can end is an answer of ``worker.core.relaying``; what a server
says or a network does never raises, what reading a large mail raises goes through. The dialogue is MAIL, RCPT, DATA,
the text (``wire_text``), a dot; with PIPELINING (RFC 2920) the first three go in one write. **The dot is the line**: a
fault before it is Later (nothing was taken), one after it is InDoubt (the relay may have taken the mail and its 250 was
lost).

- ``relay_answers``: replies to answers; ``relay_commands``: what is said; ``relay_connection``: one session
- ``relay_opening``: TLS and login; ``relay_pool``: sessions used again, per process
"""

import os
import time

from worker.core.failures import TemporaryFailure
from worker.core.relaying import InDoubt, Later, RelayAnswer, SealedMail
from worker.core.slices import Slices
from worker.mail.relay_answers import Step, agrees, answer_to
from worker.mail.relay_commands import Commands, commands_for
from worker.mail.relay_connection import Connection, RelayOptions
from worker.mail.relay_opening import LoginRefused, tls_context
from worker.mail.relay_pool import Pool
from worker.mail.tokens import TokenFailed
from worker.mail.wire_text import wire_text

__all__ = ["RelayOptions", "SmtpRelay"]


class SmtpRelay:
    """Safe to use from several threads and after a fork. Raises only here, for a ``ca_file`` that cannot be read."""

    def __init__(self, options: RelayOptions) -> None:
        self.options = options
        self._context = tls_context(options)
        self._pools: dict[int, Pool] = {}

    @property
    def name(self) -> str:
        return f"{self.options.host}:{self.options.port}"

    def largest(self) -> int | None:
        try:
            with self._pool().connection(for_mail=False) as connection:
                return connection.largest
        except TemporaryFailure:
            return None

    def send(self, mail: SealedMail) -> RelayAnswer:
        try:
            with self._pool().connection(for_mail=True) as connection:
                return hand_over(connection, mail)
        except (LoginRefused, TokenFailed) as fault:
            return Later(reply=str(fault), busy=True, refuses_us=True)
        except TemporaryFailure as fault:
            return Later(reply=str(fault), busy=True)

    def close(self) -> None:
        pool = self._pools.pop(os.getpid(), None)
        if pool is not None:
            pool.close()

    def _pool(self) -> Pool:
        """This process's own; ``setdefault`` lets two threads that come first agree on one."""
        mine = os.getpid()
        for process in [each for each in self._pools if each != mine]:
            inherited = self._pools.pop(process, None)
            if inherited is not None:
                inherited.abandon()
        return self._pools.get(mine) or self._pools.setdefault(mine, Pool(self.options, self._context))


def hand_over(connection: Connection, mail: SealedMail) -> RelayAnswer:
    commands = commands_for(mail, connection.offers)
    if not isinstance(commands, Commands):
        return commands
    # Until the dialogue has come to a known end, nobody else may use this session.
    connection.is_reusable = False
    return ask_leave(connection, commands) or hand_over_text(connection, commands, mail.content)


def ask_leave(connection: Connection, commands: Commands) -> RelayAnswer | None:
    """MAIL, RCPT, DATA: the answer to the first that is refused, None when the relay waits for the text."""
    is_pipelined = "PIPELINING" in connection.offers
    if is_pipelined:
        connection.write(b"".join(commands.lines.values()))
    for sent, (step, line) in enumerate(commands.lines.items(), 1):
        if not is_pipelined:
            connection.write(line)
        reply = connection.read_reply()
        if not agrees(step, reply):
            unread = len(commands.lines) - sent if is_pipelined else 0
            connection.is_reusable = reply.code >= 400 and reply.code != 421 and is_in_step(connection, unread)
            return answer_to(step, reply, reports_asked=False)
    return None


def is_in_step(connection: Connection, unread: int) -> bool:
    """Reads the replies to what was sent along with a refused command.

    False when the session cannot be used again: it broke, it ends, or the relay waits for a text that it must not get.
    """
    try:
        codes = [connection.read_reply().code for _ in range(unread)]
    except TemporaryFailure:
        return False
    return 354 not in codes and 421 not in codes


def hand_over_text(connection: Connection, commands: Commands, content: Slices) -> RelayAnswer:
    """Text and dot share ``data_timeout``; after a slow upload the answer still has a command's time.

    When the content cannot be read to its end, no dot is said: the session is dropped, and nothing was taken.
    """
    options = connection.options
    began = time.monotonic()
    for piece in wire_text(content):
        connection.write(piece, options.data_timeout - (time.monotonic() - began))
    try:
        connection.write(b".\r\n")
        reply = connection.read_reply(max(options.timeout, options.data_timeout - (time.monotonic() - began)))
    except TemporaryFailure as fault:
        return InDoubt(reply=str(fault))
    connection.is_reusable = reply.is_good or (reply.code >= 400 and reply.code != 421)
    return answer_to(Step.END, reply, reports_asked=commands.reports_asked)
