"""One SMTP session with a relay: bytes out, replies in, each within a time that is counted as a whole.

A reply is read within bounds of size and time, so that no server can hold a worker or fill its memory. Every fault of
the network is a TemporaryFailure whose text is fit for a timeline. TCP_NODELAY is set on plain and TLS sockets alike:
over TLS, bodies above 16 kB go at 22 mails a second without it and at 280 with it (STACK.md).
"""

import contextlib
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Literal

from worker.core.failures import TemporaryFailure
from worker.mail.relay_answers import Reply, readable, reply_line
from worker.mail.tokens import TokenSource

LONGEST_LINE = 8 * 1024
MOST_LINES = 200
CHUNK = 64 * 1024
QUIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayOptions:
    """``helo_name``: our own host name. ``connections``: at most, per process. ``ca_file``: PEM of the authorities to
    believe instead of the system's. A connection that was silent for ``idle_seconds`` is not used again. ``tokens``:
    logs ``user`` in with OAuth2 instead of ``password``.
    """

    host: str
    port: int
    helo_name: str
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    tokens: TokenSource | None = None
    connections: int = 4
    connect_timeout: float = 30
    timeout: float = 60
    data_timeout: float = 300
    idle_seconds: float = 60
    ca_file: str | None = None


class Connection:
    """``offers``: what EHLO said. ``is_reusable``: both sides wait for the next MAIL; false while one is under way."""

    def __init__(self, connected: socket.socket, options: RelayOptions) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connected
        self.options = options
        self.offers: dict[str, str] = {}
        self.is_reusable = False
        self.heard_at = time.monotonic()
        self._unread = b""

    @property
    def largest(self) -> int | None:
        """SIZE of RFC 1870; zero and nonsense mean that no limit is known."""
        said = self.offers.get("SIZE", "").strip()
        return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 and int(said) > 0 else None

    def is_stale(self) -> bool:
        return time.monotonic() - self.heard_at > self.options.idle_seconds

    def is_alive(self) -> bool:
        """RSET was answered: the session is there, and nothing of an earlier mail is left in it."""
        try:
            return self.ask(b"RSET\r\n").is_good
        except TemporaryFailure:
            return False

    def ask(self, command: bytes) -> Reply:
        self.write(command)
        return self.read_reply()

    def write(self, data: bytes, seconds: float | None = None) -> None:
        deadline = self._deadline(seconds)
        view = memoryview(data)
        try:
            for start in range(0, len(view), CHUNK):
                self.socket.settimeout(left_until(deadline))
                self.socket.sendall(view[start : start + CHUNK])
        except OSError as fault:
            raise TemporaryFailure(network_fault(fault)) from fault

    def read_reply(self, seconds: float | None = None) -> Reply:
        deadline = self._deadline(seconds)
        lines: list[str] = []
        for _ in range(MOST_LINES):
            code, is_last, text = reply_line(self._read_line(deadline))
            lines.append(text)
            if is_last:
                self.heard_at = time.monotonic()
                return Reply(code=code, lines=tuple(lines))
        raise TemporaryFailure("the relay's reply does not end")

    def start_tls(self, context: ssl.SSLContext) -> None:
        """From here on everything is encrypted; what was offered before counts no more: greet again (RFC 3207 4.2)."""
        if self._unread:
            # Somebody between us put commands' replies there that would be taken for encrypted ones.
            raise TemporaryFailure("the relay spoke before TLS began")
        self.socket.settimeout(self.options.timeout)
        self.socket = context.wrap_socket(self.socket, server_hostname=self.options.host)

    def drop(self) -> None:
        """Close without a word: the session may be broken, or another process's."""
        self.is_reusable = False
        with contextlib.suppress(OSError):
            self.socket.close()

    def leave(self) -> None:
        """Say goodbye and close; the answer is not waited for."""
        with contextlib.suppress(TemporaryFailure):
            self.write(b"QUIT\r\n", QUIT_SECONDS)
        self.drop()

    def _deadline(self, seconds: float | None) -> float:
        return time.monotonic() + (self.options.timeout if seconds is None else seconds)

    def _read_line(self, deadline: float) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > LONGEST_LINE:
                raise TemporaryFailure(f"the relay's reply has a line of more than {LONGEST_LINE} bytes")
            self._unread += self._receive(deadline)
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def _receive(self, deadline: float) -> bytes:
        try:
            self.socket.settimeout(left_until(deadline))
            received = self.socket.recv(LONGEST_LINE)
        except OSError as fault:
            raise TemporaryFailure(network_fault(fault)) from fault
        if not received:
            raise TemporaryFailure("the relay closed the connection")
        return received


def left_until(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def network_fault(fault: OSError) -> str:
    if isinstance(fault, TimeoutError):
        return "the relay did not answer in time"
    if isinstance(fault, ssl.SSLCertVerificationError):
        return readable(f"the relay's certificate does not hold: {fault.verify_message}")
    return readable(f"no connection: {fault.strerror or type(fault).__name__}")
