"""Sessions are used again while they live, replaced when they are dead, and never shared between processes."""

import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.mail.relay_server import Act, RelayServer, running
from tests.mail.test_relay import MAIL, ON_THE_WIRE, options_for
from worker.core.relaying import Later, Taken
from worker.mail.relay import SmtpRelay

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server() -> Iterator[RelayServer]:
    with running(RelayServer()) as started:
        yield started


@pytest.fixture
def relay(server: RelayServer) -> Iterator[SmtpRelay]:
    made = SmtpRelay(options_for(server))
    yield made
    made.close()


def test_one_connection_carries_many_mails_with_rset_between(server: RelayServer, relay: SmtpRelay) -> None:
    answers = [relay.send(MAIL) for _ in range(5)]

    assert all(isinstance(answer, Taken) for answer in answers)
    assert server.sessions == 1
    assert len(server.said("RSET")) == 4
    assert len(server.said("EHLO")) == 1


def test_a_connection_found_dead_is_replaced_and_nothing_is_in_doubt(server: RelayServer, relay: SmtpRelay) -> None:
    relay.send(MAIL)
    server.hang_up()

    assert isinstance(relay.send(MAIL), Taken)
    assert (server.sessions, len(server.mails)) == (2, 2)


@pytest.mark.parametrize("farewell", [b"421 4.4.2 idle for too long\r\n", Act.CLOSE, b"junk\r\n"])
def test_a_connection_that_the_relay_has_ended_is_replaced(
    server: RelayServer, relay: SmtpRelay, farewell: bytes | Act
) -> None:
    relay.send(MAIL)
    server.answers["RSET"] = [farewell]

    assert isinstance(relay.send(MAIL), Taken)
    assert server.sessions == 2


def test_the_fresh_connection_is_not_replaced_again(server: RelayServer, relay: SmtpRelay) -> None:
    relay.send(MAIL)
    server.answers.update(RSET=[Act.CLOSE], MAIL=[Act.CLOSE])

    assert relay.send(MAIL) == Later(reply="the relay closed the connection", busy=True)
    assert server.sessions == 2


def test_a_connection_that_was_silent_for_long_is_left_politely(server: RelayServer) -> None:
    relay = SmtpRelay(options_for(server, idle_seconds=-1))

    answers = [relay.send(MAIL), relay.send(MAIL)]
    relay.close()

    assert all(isinstance(answer, Taken) for answer in answers)
    assert server.sessions == 2
    assert server.said("RSET") == []
    assert server.said("QUIT")


def test_after_421_the_connection_is_not_used_again(server: RelayServer, relay: SmtpRelay) -> None:
    server.answers["RCPT"] = [b"421 4.7.0 enough\r\n", b"250 ok\r\n"]

    assert relay.send(MAIL) == Later(reply="421 4.7.0 enough", busy=True)
    assert isinstance(relay.send(MAIL), Taken)
    assert server.sessions == 2
    assert server.said("RSET") == []


def test_a_closed_relay_leaves_and_can_be_used_again(server: RelayServer, relay: SmtpRelay) -> None:
    relay.send(MAIL)
    relay.close()
    relay.close()

    assert isinstance(relay.send(MAIL), Taken)
    assert server.sessions == 2


def test_small_writes_are_not_held_back(relay: SmtpRelay) -> None:
    with relay._pool().connection(for_mail=True) as connection:
        assert connection.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_many_threads_share_few_connections(server: RelayServer) -> None:
    relay = SmtpRelay(options_for(server, connections=2))
    answers: list[object] = []
    threads = [threading.Thread(target=lambda: answers.append(relay.send(MAIL))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    relay.close()

    assert [type(answer) for answer in answers] == [Taken] * 12
    assert server.sessions <= 2
    assert server.mails == [ON_THE_WIRE] * 12


def test_a_mail_that_finds_all_connections_in_use_comes_later(server: RelayServer) -> None:
    server.answers["text"] = [Act.HANG]
    relay = SmtpRelay(options_for(server, connections=1, timeout=0.2, data_timeout=20))
    stuck = threading.Thread(target=relay.send, args=(MAIL,))
    stuck.start()
    assert server.has_text.wait(10)

    answer = relay.send(MAIL)
    server.hang_up()
    stuck.join(20)

    assert answer == Later(reply="all 1 connections to the relay are in use", busy=True)


CHILD = r"""
import os, sys
from worker.core.relaying import SealedMail, Taken
from worker.mail.relay import RelayOptions, SmtpRelay

relay = SmtpRelay(RelayOptions(host="127.0.0.1", port=int(sys.argv[1]), helo_name="x.example", ca_file=sys.argv[2]))
mail = SealedMail(envelope_from="a@x.example", recipient="b@x.example", envelope_id="1", content=b"Subject: x\r\n")

def is_taken():
    return isinstance(relay.send(mail), Taken)

assert is_taken()
inherited = list(relay._pool()._all)
assert len(inherited) == 1
child = os.fork()
if child == 0:
    done = is_taken() and is_taken() and inherited[0].socket.fileno() == -1
    relay.close()
    os._exit(0 if done else 1)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 0
assert is_taken()
relay.close()
"""


def test_a_forked_process_opens_its_own_and_leaves_its_parents_alone(tmp_path: Path) -> None:
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with running(RelayServer(tls=context)) as server:
        ended = subprocess.run(
            [sys.executable, "-W", "error", "-c", CHILD, str(server.port), str(ca_file)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert ended.returncode == 0, ended.stderr
    assert server.mails_of == {1: 2, 2: 2}
