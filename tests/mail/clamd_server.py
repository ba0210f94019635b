"""A scripted clamd: what it heard, and the one thing it says, or does instead."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Scripted(socketserver.ThreadingTCPServer):
    """``says``: its answer; None: it hangs up; ``stops_after``: bytes of a stream after which it answers and closes."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Line)
        self.says: bytes | None = b"stream: OK\0"
        self.stops_after: int | None = None
        self.heard: list[bytes] = []
        self.is_silent = threading.Event()

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.server_address[1]}"


class Line(socketserver.StreamRequestHandler):
    server: Scripted

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while length := int.from_bytes(self.rfile.read(4), "big"):
            content += self.rfile.read(length)
            if self.server.stops_after is not None and len(content) > self.server.stops_after:
                break
        self.server.heard.append(content)
        if self.server.is_silent.is_set():
            self.rfile.read(1)  # until the other side gives up
        elif self.server.says is not None:
            self.wfile.write(self.server.says)

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()


@contextmanager
def scripted_clamd() -> Iterator[Scripted]:
    server = Scripted()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(20)


def nobody_listens() -> Any:
    """An address of a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"
