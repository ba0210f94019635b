"""A relay that says what a test tells it to: real sockets, real TLS, one thread per session."""

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

EVERYTHING = ("PIPELINING", "SIZE 10240000", "DSN", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES")


class Act(Enum):
    """What a server can do instead of answering."""

    CLOSE = "close"
    HANG = "hang"


Answer = bytes | Act
GO_ON, START_TLS = b"354 go on\r\n", b"220 2.0.0 go on\r\n"
GOOD: dict[str, bytes] = {
    "greeting": b"220 relay.example ESMTP\r\n",
    "HELO": b"250 relay.example\r\n",
    "RSET": b"250 2.0.0 forgotten\r\n",
    "MAIL": b"250 2.1.0 sender ok\r\n",
    "RCPT": b"250 2.1.5 recipient ok\r\n",
    "DATA": GO_ON,
    "text": b"250 2.0.0 queued as 4711\r\n",
    "STARTTLS": START_TLS,
    "AUTH": b"235 2.7.0 welcome\r\n",
    "QUIT": b"221 2.0.0 bye\r\n",
}


@dataclass
class RelayServer:
    """``answers``: per command (``greeting`` and ``text`` too) what is said, one after the other, the last for ever."""

    offers: tuple[str, ...] = ()
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    is_implicit: bool = False
    port: int = 0
    sessions: int = 0
    lines: list[bytes] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    mails_of: dict[int, int] = field(default_factory=dict)
    has_text: threading.Event = field(default_factory=threading.Event)
    is_over: threading.Event = field(default_factory=threading.Event)
    peers: list[socket.socket] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    def answer(self, verb: str) -> Answer:
        left = self.answers.get(verb)
        if left:
            return left.pop(0) if len(left) > 1 else left[0]
        return GOOD.get(verb, b"500 5.5.1 what?\r\n")

    def said(self, verb: str) -> list[bytes]:
        return [line for line in self.lines if line.upper().startswith(verb.encode())]

    def hang_up(self) -> None:
        """Every session ends, without a word."""
        for peer in self.peers:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(peer, socket.SHUT_RDWR)

    def serve(self, listening: socket.socket) -> None:
        while not self.is_over.is_set():
            try:
                peer, _ = listening.accept()
            except OSError:
                return
            # Real relays join the replies to pipelined commands; this one must not wait for ACKs between them either.
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sessions += 1
            self.peers.append(peer)
            session = Session(self, peer, self.sessions)
            self.threads.append(threading.Thread(target=session.run))
            self.threads[-1].start()


class HungUp(Exception):  # noqa: N818 - says what happened
    pass


class Session:
    def __init__(self, server: RelayServer, peer: socket.socket, number: int) -> None:
        self.server, self.peer, self.number = server, peer, number
        self.is_encrypted = False
        self.unread = b""

    def run(self) -> None:
        with contextlib.suppress(OSError, HungUp):
            if self.server.is_implicit:
                self.encrypt()
            self.reply("greeting")
            while True:
                line = self.read_line()
                self.server.lines.append(line)
                self.obey(re.split(r"[ \r]", line.decode().upper())[0])
        self.peer.close()

    def obey(self, verb: str) -> None:
        if verb == "EHLO" and "EHLO" not in self.server.answers:
            self.peer.sendall(self.hello())
            return
        answer = self.reply(verb)
        if verb == "DATA" and answer == GO_ON:
            self.take_text()
        if verb == "STARTTLS" and answer == START_TLS:
            self.encrypt()
        if verb == "QUIT":
            raise HungUp

    def hello(self) -> bytes:
        words = ["relay.example greets you", *self.server.offers]
        if self.server.tls is not None and not self.is_encrypted:
            words.append("STARTTLS")
        return b"".join(f"250{' ' if at == len(words) else '-'}{word}\r\n".encode() for at, word in enumerate(words, 1))

    def take_text(self) -> None:
        lines = [self.read_line()]
        while lines[-1] != b".\r\n":
            lines.append(self.read_line())
        self.server.mails.append(b"".join(lines))
        self.server.mails_of[self.number] = self.server.mails_of.get(self.number, 0) + 1
        self.server.has_text.set()
        self.reply("text")

    def read_line(self) -> bytes:
        while b"\r\n" not in self.unread:
            received = self.peer.recv(1 << 20)
            if not received:
                raise HungUp
            self.unread += received
        line, _, self.unread = self.unread.partition(b"\r\n")
        return line + b"\r\n"

    def reply(self, verb: str) -> Answer:
        answer = self.server.answer(verb)
        if answer is Act.CLOSE:
            raise HungUp
        if isinstance(answer, bytes):
            self.peer.sendall(answer)
        else:
            self.server.is_over.wait(30)
        return answer

    def encrypt(self) -> None:
        assert self.server.tls is not None
        self.peer = self.server.tls.wrap_socket(self.peer, server_side=True)
        self.server.peers.append(self.peer)
        self.is_encrypted = True


@contextlib.contextmanager
def running(server: RelayServer) -> Iterator[RelayServer]:
    listening = socket.create_server(("127.0.0.1", 0))
    server.port = listening.getsockname()[1]
    accepting = threading.Thread(target=server.serve, args=(listening,))
    accepting.start()
    try:
        yield server
    finally:
        server.is_over.set()
        # shutdown wakes the accept, which a close alone does not
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        accepting.join(10)
        listening.close()
        server.hang_up()
        for thread in server.threads:
            thread.join(10)
