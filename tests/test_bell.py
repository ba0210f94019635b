"""The bell with a broker that is away: it never raises, and after a failure it lets rings return at once."""

import socket
import threading
from collections.abc import Iterator

import pytest
import redis

from storage.records import OutgoingMailId
from tests.servers.processes import server_folder
from tests.servers.redis import Redis
from worker.app import CeleryBell, app


@pytest.fixture
def broker_at() -> Iterator[None]:
    before = app.conf.broker_url
    yield
    app.conf.broker_url = before


@pytest.fixture
def broker(broker_at: None) -> Iterator[Redis]:
    with server_folder("redis") as folder:
        started = Redis(folder)
        app.conf.broker_url = started.url
        yield started
        started.kill()


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


def test_rings_share_one_connection(broker: Redis) -> None:
    bell = CeleryBell()
    bell.ring_outgoing([OutgoingMailId(1)])
    with redis.Redis(port=broker.port) as client:
        before = client.info()["total_connections_received"]
        bell.ring_outgoing([OutgoingMailId(number) for number in range(120)])

        assert client.info()["total_connections_received"] == before
        assert client.llen("celery") == 1 + 3


def test_after_a_restart_of_the_broker_the_first_ring_is_heard(broker: Redis) -> None:
    bell = CeleryBell()
    bell.ring_outgoing([OutgoingMailId(1)])
    broker.kill()
    broker.start()
    bell.ring_outgoing([OutgoingMailId(2)])

    assert bell.quiet_until == 0
    with redis.Redis(port=broker.port) as client:
        assert client.llen("celery") == 1


def test_a_broker_that_dies_behind_a_kept_connection_raises_nothing(broker: Redis) -> None:
    bell = CeleryBell()
    bell.ring_outgoing([OutgoingMailId(1)])
    broker.kill()
    bell.ring_outgoing([OutgoingMailId(2)])

    assert bell.quiet_until > 0
