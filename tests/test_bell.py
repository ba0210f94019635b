"""The bell with a broker that is away: it never raises, and after a failure it lets rings return at once."""

import socket
import threading
from collections.abc import Iterator

import pytest

from storage.records import OutgoingMailId
from worker.app import CeleryBell, app


@pytest.fixture
def broker_at() -> Iterator[None]:
    before = app.conf.broker_url
    yield
    app.conf.broker_url = before


class Silent:
    """Listens, takes connections and never says a word."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        self.taken: list[socket.socket] = []
        self.thread = threading.Thread(target=self.take, daemon=True)
        self.thread.start()

    def take(self) -> None:
        while True:
            try:
                self.taken.append(self.server.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join()
        for each in self.taken:
            each.close()


@pytest.mark.usefixtures("broker_at")
def test_a_broker_that_never_answers_is_asked_once_and_then_left_alone_for_a_while() -> None:
    silent = Silent()
    app.conf.broker_url = f"redis://127.0.0.1:{silent.port}/0"
    bell = CeleryBell()
    bell.ring_outgoing([OutgoingMailId(1)])
    tried = len(silent.taken)
    bell.ring_outgoing([OutgoingMailId(2)])
    silent.close()

    assert tried >= 1
    assert len(silent.taken) == tried


@pytest.mark.usefixtures("broker_at")
def test_a_port_that_refuses_raises_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    app.conf.broker_url = f"redis://127.0.0.1:{port}/0"
    bell = CeleryBell()
    bell.ring_outgoing([OutgoingMailId(1)])

    assert bell.quiet_until > 0
