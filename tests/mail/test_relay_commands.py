"""What goes over the wire for one mail, byte for byte."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.relay_server import EVERYTHING, RelayServer, running
from tests.mail.test_relay import MAIL, options_for
from worker.core.relaying import Never, Taken
from worker.mail.relay import SmtpRelay
from worker.mail.relay_commands import xtext


@pytest.fixture
def server() -> Iterator[RelayServer]:
    with running(RelayServer()) as started:
        yield started


@pytest.fixture
def relay(server: RelayServer) -> Iterator[SmtpRelay]:
    made = SmtpRelay(options_for(server))
    yield made
    made.close()


def test_reports_are_asked_for_in_these_very_bytes(server: RelayServer, relay: SmtpRelay) -> None:
    server.offers = EVERYTHING

    relay.send(MAIL)

    assert server.lines == [
        b"EHLO mail.firm.example\r\n",
        b"MAIL FROM:<b+token@mail.firm.example> SIZE=45 RET=HDRS ENVID=id+2B7+3Dx\r\n",
        b"RCPT TO:<sophie+btw@boulangerie.example> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;sophie+2Bbtw@boulangerie.example\r\n",
        b"DATA\r\n",
    ]


def test_nothing_is_asked_that_was_not_offered(server: RelayServer, relay: SmtpRelay) -> None:
    relay.send(MAIL)

    assert server.lines[1:] == [
        b"MAIL FROM:<b+token@mail.firm.example>\r\n",
        b"RCPT TO:<sophie+btw@boulangerie.example>\r\n",
        b"DATA\r\n",
    ]


@pytest.mark.parametrize(
    ("plain", "written"),
    [("a+b=c", "a+2Bb+3Dc"), ("a b\x7f\x00", "a+20b+7F+00"), ("zoé", "zo+C3+A9"), ("!~<>@", "!~<>@")],
)
def test_xtext_hides_what_would_break_a_parameter(plain: str, written: str) -> None:
    assert xtext(plain) == written


@given(st.text())
def test_xtext_is_one_word_of_visible_ascii(plain: str) -> None:
    assert all(33 <= ord(char) <= 126 and char != "=" for char in xtext(plain))


@pytest.mark.parametrize(
    ("recipient", "envelope_from", "status"),
    [
        ("no address", "a@b.example", "5.1.3"),
        ("a@b.example>\r\nRCPT TO:<thief@evil.example", "a@b.example", "5.1.3"),
        ("", "a@b.example", "5.1.3"),
        ("@b.example", "a@b.example", "5.1.3"),
        ("a@b\u2028.example", "a@b.example", "5.1.3"),
        ("a\ud800@b.example", "a@b.example", "5.1.3"),
        (f"a@{'é' * 80}.example", "a@b.example", "5.1.3"),
        ("c@d.example", "a@b.example>\r\nX", "5.1.7"),
        ("zoé@boulangerie.example", "a@b.example", "5.6.7"),
    ],
)
def test_what_no_relay_could_be_asked_is_refused_before_it_is_said(
    server: RelayServer, relay: SmtpRelay, recipient: str, envelope_from: str, status: str
) -> None:
    answer = relay.send(replace(MAIL, recipient=recipient, envelope_from=envelope_from))

    assert isinstance(answer, Never)
    assert answer.status == status
    assert answer.reply.startswith("not sent: ")
    assert server.lines == [b"EHLO mail.firm.example\r\n"]
    assert isinstance(relay.send(MAIL), Taken)


def test_letters_outside_ascii_are_asked_for_where_the_relay_can(server: RelayServer, relay: SmtpRelay) -> None:
    server.offers = EVERYTHING

    relay.send(replace(MAIL, recipient="zoé+x@bücher.example", content=b"To: zo\xc3\xa9\r\n"))

    assert b" SIZE=10 BODY=8BITMIME SMTPUTF8 RET=HDRS " in server.lines[1]
    assert (
        server.lines[2]
        == (
            "RCPT TO:<zoé+x@xn--bcher-kva.example> NOTIFY=SUCCESS,FAILURE,DELAY"
            " ORCPT=utf-8;zo\\x{E9}\\x{2B}x@xn--bcher-kva.example\r\n"
        ).encode()
    )


def test_a_domain_outside_ascii_needs_no_smtputf8(server: RelayServer, relay: SmtpRelay) -> None:
    assert isinstance(relay.send(replace(MAIL, recipient="anne@bücher.example")), Taken)
    assert server.lines[2] == b"RCPT TO:<anne@xn--bcher-kva.example>\r\n"


def test_the_null_sender_is_written_as_one(server: RelayServer, relay: SmtpRelay) -> None:
    assert isinstance(relay.send(replace(MAIL, envelope_from="")), Taken)
    assert server.lines[1] == b"MAIL FROM:<>\r\n"


@pytest.mark.parametrize("content", [b"a\n.\nb", b"a\r.\rb", b"a\r\n.\r\nb", b"a\n.\r\nb\r\n"])
def test_no_text_ends_the_mail_early(server: RelayServer, relay: SmtpRelay, content: bytes) -> None:
    relay.send(replace(MAIL, content=content))

    assert server.mails == [b"a\r\n..\r\nb\r\n.\r\n"]


def test_a_large_text_arrives_whole(server: RelayServer, relay: SmtpRelay) -> None:
    content = b"".join(b"%0998d\r\n" % number for number in range(2_000))

    assert isinstance(relay.send(replace(MAIL, content=content)), Taken)
    assert server.mails == [content + b".\r\n"]
