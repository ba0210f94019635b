"""The sink's port: ours, free, or somebody else's."""

import contextlib
import errno
import os
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.checking.conftest import Make, fitting, told
from tests.e2e.conftest import free_port
from tests.mail.relay_server import RelayServer, running
from worker.checking import sink
from worker.checking.sink import check_sink
from worker.flows.house import House
from worker.settings import Settings

StartSink = Callable[[House, Settings], int]


@contextlib.contextmanager
def other_program(says: bytes) -> Iterator[int]:
    """Takes one peer, says this and waits until the peer goes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            peer, _ = listening.accept()
            with peer:
                peer.sendall(says)
                while peer.recv(4096):
                    pass

        thread = threading.Thread(target=answer)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(20)


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_our_sink_is_known_by_its_greeting_and_its_keys(
    set_up: Make, house: House, start_sink: StartSink, protocol: str
) -> None:
    settings = set_up(sink_protocol=protocol, sink_port=0)
    port = start_sink(fitting(house, settings), settings)

    found = told(check_sink(set_up(sink_protocol=protocol, sink_port=port)))["sink"]
    assert found.level == "ok"
    assert "knows our signed addresses" in found.found


@pytest.mark.parametrize("changes", [{"keys": "3:a-secret-that-nobody-else-has-1234"}, {"separator": "-"}])
def test_a_sink_with_other_settings_is_a_fault(
    set_up: Make, house: House, start_sink: StartSink, changes: dict[str, str]
) -> None:
    settings = set_up(sink_port=0)
    port = start_sink(fitting(house, settings), settings)

    found = told(check_sink(set_up(sink_port=port, **changes)))["sink"]
    assert found.level == "fault"
    assert "NAVETTE_KEYS" in found.todo


def test_a_sink_on_all_addresses_is_asked_on_this_machine(set_up: Make, house: House, start_sink: StartSink) -> None:
    settings = set_up(sink_port=0)
    port = start_sink(fitting(house, settings), settings)

    assert told(check_sink(set_up(sink_port=port, sink_host="0.0.0.0")))["sink"].level == "ok"


def test_a_free_port_is_ok(set_up: Make) -> None:
    found = told(check_sink(set_up(sink_port=free_port())))["sink"]

    assert found.level == "ok"
    assert "is free" in found.found


@pytest.mark.parametrize(
    "says",
    [
        b"220 mail.fiduciaire.example ESMTP Postfix\r\n",
        b"220 other.example ESMTP\r\n",
        b"554 no\r\n",
        b"* OK IMAP4rev1 ready\r\n",
    ],
)
def test_another_program_on_the_port_is_a_fault(set_up: Make, says: bytes) -> None:
    with other_program(says) as port:
        found = told(check_sink(set_up(sink_port=port)))["sink"]

    assert found.level == "fault"
    assert f"it says: {says.decode().strip()}" in found.found or says.startswith(b"*")
    assert "NAVETTE_SINK_PORT" in found.todo


def test_a_sink_of_the_other_protocol_is_a_fault(set_up: Make, house: House, start_sink: StartSink) -> None:
    settings = set_up(sink_protocol="lmtp", sink_port=0)
    port = start_sink(fitting(house, settings), settings)

    found = told(check_sink(set_up(sink_protocol="smtp", sink_port=port)))["sink"]
    assert found.level == "fault"
    assert f"it says: 220 {settings.domain} LMTP" in found.found


def test_a_program_that_says_nothing_is_given_up(set_up: Make) -> None:
    with other_program(b"") as port:
        found = told(check_sink(set_up(sink_port=port), patience_s=0.2))["sink"]

    assert found.level == "fault"
    assert "no SMTP greeting" in found.found


def test_a_busy_sink_is_a_warning(set_up: Make) -> None:
    with other_program(b"421 4.3.2 too many sessions, try again later\r\n") as port:
        assert told(check_sink(set_up(sink_port=port)))["sink"].level == "warning"


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (errno.EACCES, "above 1023"),
        (errno.EADDRINUSE, "NAVETTE_SINK_PORT"),
        (errno.EADDRNOTAVAIL, "an address of this machine"),
    ],
)
def test_a_port_that_may_not_be_bound_says_why(set_up: Make, code: int, advice: str) -> None:
    found = sink.not_ours(set_up(), OSError(code, os.strerror(code)))

    assert found.level == "fault"
    assert advice in found.todo


def test_a_port_taken_without_anybody_listening_is_a_fault(set_up: Make) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = told(check_sink(set_up(sink_port=taken.getsockname()[1])))["sink"]

    assert found.level == "fault"


def test_a_sink_that_takes_forged_addresses_is_a_fault(set_up: Make) -> None:
    greeting = b"220 mail.fiduciaire.example ESMTP\r\n"
    with running(RelayServer(answers={"greeting": [greeting]})) as server:
        found = told(check_sink(set_up(sink_port=server.port)))["sink"]

    assert found.level == "fault"
    assert "250 to forged ones" in found.found


def test_a_port_that_the_system_chooses_is_a_warning(set_up: Make) -> None:
    assert told(check_sink(set_up(sink_port=0)))["sink"].level == "warning"
