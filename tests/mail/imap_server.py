"""An IMAP server that says what a test tells it to, for what a real one does not do on request."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

CAPABILITIES = b"* CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS\r\n"
SELECTED = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 4] x\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n"


@dataclass
class ImapServer:
    """``answers``: (pattern of a command without its tag, untagged lines, end), the first that matches; tried in order.

    The end is what follows the tag; None closes the connection. After IDLE it comes when the client said DONE.
    """

    answers: list[tuple[str, bytes, bytes | None]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    port: int = 0
    peers: list[socket.socket] = field(default_factory=list)

    def answer(self, command: str) -> tuple[bytes, bytes | None]:
        for pattern, untagged, end in [*self.answers, *USUAL]:
            if re.match(pattern, command, re.IGNORECASE):
                return untagged, end
        return b"", b"BAD what"

    def said(self, pattern: str) -> list[str]:
        return [line for line in self.lines if re.match(pattern, line, re.IGNORECASE)]

    def serve(self, listening: socket.socket) -> None:
        while True:
            try:
                peer, _ = listening.accept()
            except OSError:
                return
            self.peers.append(peer)
            threading.Thread(target=self.talk, args=(peer,), daemon=True).start()

    def talk(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError), peer, peer.makefile("rb") as lines:
            peer.sendall(b"* OK ready\r\n")
            for line in lines:
                tag, _, command = line.decode().strip().partition(" ")
                self.lines.append(command)
                untagged, end = self.answer(command)
                peer.sendall(untagged)
                if end is None or (command.upper() == "IDLE" and not lines.readline()):
                    return
                peer.sendall(tag.encode() + b" " + end + b" done\r\n")


USUAL: list[tuple[str, bytes, bytes | None]] = [
    ("CAPABILITY", CAPABILITIES, b"OK"),
    ("LOGIN", b"", b"OK"),
    ("SELECT", SELECTED, b"OK [READ-WRITE] x"),
    ("LIST", b'* LIST () "/" INBOX\r\n', b"OK"),
    ("NOOP", b"", b"OK"),
]


@contextlib.contextmanager
def running_imap(server: ImapServer) -> Iterator[ImapServer]:
    listening = socket.create_server(("127.0.0.1", 0))
    server.port = listening.getsockname()[1]
    accepting = threading.Thread(target=server.serve, args=(listening,))
    accepting.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        accepting.join(10)
        listening.close()
        for peer in server.peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
