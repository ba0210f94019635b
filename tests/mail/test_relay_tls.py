"""No silent plaintext, no wrong name, no password in any text."""

import base64
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.mail.relay_server import Answer, RelayServer, running
from tests.mail.test_relay import MAIL, options_for
from worker.core.relaying import Later, Taken
from worker.mail.relay import SmtpRelay

PASSWORD = "gehéim-7"
SECRET = base64.b64encode(f"\0anne\0{PASSWORD}".encode())
ENCODED = base64.b64encode(PASSWORD.encode())
Start = Callable[..., tuple[RelayServer, SmtpRelay]]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_context(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
def start(authority: trustme.CA, tmp_path: Path) -> Iterator[Start]:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    with ExitStack() as stack:

        def begin(server: RelayServer, **changes: Any) -> tuple[RelayServer, SmtpRelay]:
            stack.enter_context(running(server))
            relay = SmtpRelay(options_for(server, **{"tls": "starttls", "ca_file": str(ca_file), **changes}))
            stack.callback(relay.close)
            return server, relay

        yield begin


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_mail_goes_over_tls_and_over_one_connection(start: Start, authority: trustme.CA, tls: str) -> None:
    server, relay = start(RelayServer(tls=server_context(authority), is_implicit=tls == "implicit"), tls=tls)

    assert isinstance(relay.send(MAIL), Taken)
    assert isinstance(relay.send(MAIL), Taken)
    assert server.sessions == 1
    assert len(server.said("EHLO")) == (2 if tls == "starttls" else 1)
    with relay._pool().connection(for_mail=True) as connection:
        assert isinstance(connection.socket, ssl.SSLSocket)
        assert connection.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_stripped_starttls_is_no_reason_for_plain_text(start: Start) -> None:
    server, relay = start(RelayServer())

    answer = relay.send(MAIL)

    assert isinstance(answer, Later)
    assert answer.busy
    assert "STARTTLS" in answer.reply
    assert "NAVETTE_RELAY_TLS" in answer.reply
    assert server.lines == [b"EHLO mail.firm.example\r\n"]


def test_starttls_that_is_refused_sends_nothing(start: Start, authority: trustme.CA) -> None:
    refusal: dict[str, list[Answer]] = {"STARTTLS": [b"454 4.7.0 no TLS today\r\n"]}
    server, relay = start(RelayServer(tls=server_context(authority), answers=refusal))

    assert relay.send(MAIL) == Later(reply="the relay does not start TLS: 454 4.7.0 no TLS today", busy=True)
    assert server.said("MAIL") == []


def test_what_was_said_before_tls_does_not_count(start: Start, authority: trustme.CA) -> None:
    injected: dict[str, list[Answer]] = {"STARTTLS": [b"220 go on\r\n250-evil\r\n250 AUTH PLAIN\r\n"]}
    server, relay = start(RelayServer(tls=server_context(authority), answers=injected))

    assert relay.send(MAIL) == Later(reply="the relay spoke before TLS began", busy=True)
    assert server.said("MAIL") == []


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_of_another_name_is_refused(start: Start, authority: trustme.CA, tls: str) -> None:
    context = server_context(authority, "other.example")
    server, relay = start(RelayServer(tls=context, is_implicit=tls == "implicit"), tls=tls)

    answer = relay.send(MAIL)

    assert isinstance(answer, Later)
    assert answer.busy
    assert "certificate does not hold" in answer.reply
    assert "NAVETTE_RELAY_HOST" in answer.reply
    assert server.said("MAIL") == []


def test_a_certificate_of_an_unknown_authority_is_refused(start: Start) -> None:
    server, relay = start(RelayServer(tls=server_context(trustme.CA())))

    answer = relay.send(MAIL)

    assert isinstance(answer, Later)
    assert "certificate does not hold" in answer.reply
    assert server.said("MAIL") == []


def test_a_port_without_tls_is_no_crash(start: Start) -> None:
    _, relay = start(RelayServer(), tls="implicit")

    answer = relay.send(MAIL)

    assert isinstance(answer, Later)
    assert answer.busy
    assert answer.reply.startswith("TLS with the relay failed")


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        ("AUTH PLAIN LOGIN", [b"AUTH PLAIN " + SECRET + b"\r\n"]),
        ("AUTH=PLAIN", [b"AUTH PLAIN " + SECRET + b"\r\n"]),
        ("AUTH LOGIN", [b"AUTH LOGIN\r\n", b"YW5uZQ==\r\n", ENCODED + b"\r\n"]),
    ],
)
def test_we_log_in_by_what_the_relay_offers(start: Start, authority: trustme.CA, offer: str, said: list[bytes]) -> None:
    dialogue: dict[str, list[Answer]] = {
        "YW5UZQ==": [b"334 UGFzc3dvcmQ6\r\n"],
        ENCODED.decode().upper(): [b"235 2.7.0 welcome\r\n"],
    }
    if "PLAIN" not in offer:
        dialogue["AUTH"] = [b"334 VXNlcm5hbWU6\r\n"]
    served = RelayServer(offers=(offer,), tls=server_context(authority), answers=dialogue)
    server, relay = start(served, user="anne", password=PASSWORD)

    assert isinstance(relay.send(MAIL), Taken)
    assert server.lines[3 : 3 + len(said)] == said


@pytest.mark.parametrize("offer", ["AUTH PLAIN", "AUTH LOGIN"])
def test_a_refused_login_is_never_the_mails_fault_and_tells_no_password(start: Start, offer: str) -> None:
    echo = b"535 5.7.8 you said " + SECRET + b", " + ENCODED + b" and " + PASSWORD.encode() + b"\r\n"
    served = RelayServer(offers=(offer,), answers={"AUTH": [echo]})
    server, relay = start(served, tls="none", user="anne", password=PASSWORD)

    answer = relay.send(MAIL)

    assert isinstance(answer, Later)
    assert (answer.busy, answer.refuses_us) == (True, True)
    assert "535 5.7.8 you said …, … and …" in answer.reply
    assert "NAVETTE_RELAY_PASSWORD" in answer.reply
    assert PASSWORD not in repr(relay.options)
    assert server.said("MAIL") == []


def test_a_relay_that_cannot_check_a_password_now_does_not_refuse_us(start: Start) -> None:
    served = RelayServer(offers=("AUTH PLAIN",), answers={"AUTH": [b"454 4.7.0 temporary authentication failure\r\n"]})
    _, relay = start(served, tls="none", user="anne", password=PASSWORD)

    answer = relay.send(MAIL)

    assert isinstance(answer, Later)
    assert (answer.busy, answer.refuses_us) == (True, False)


def test_a_relay_without_our_logins_is_told_by_name(start: Start) -> None:
    server, relay = start(RelayServer(offers=("AUTH NTLM",)), tls="none", user="anne", password=PASSWORD)

    answer = relay.send(MAIL)

    assert isinstance(answer, Later)
    assert answer.busy
    assert "NTLM" in answer.reply
    assert server.said("AUTH") == []
