"""Every way a mail at the relay can end, against a server that really says it.

One way a test; longer than a module, since all are played to the same scripted server.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from tests.mail.relay_server import EVERYTHING, Act, Answer, RelayServer, running
from worker.core.relaying import InDoubt, Later, Never, SealedMail, Taken
from worker.mail.relay import RelayOptions, SmtpRelay
from worker.mail.wire_text import PIECE

if TYPE_CHECKING:
    from worker.flows.ports import Relay

MAIL = SealedMail(
    envelope_from="b+token@mail.firm.example",
    recipient="sophie+btw@boulangerie.example",
    envelope_id="id+7=x",
    content=b"Subject: Facture\r\n\r\nBonjour\r\n.\r\n..deux\r\nfin\r\n",
)
ON_THE_WIRE = b"Subject: Facture\r\n\r\nBonjour\r\n..\r\n...deux\r\nfin\r\n.\r\n"
Start = Callable[..., tuple[RelayServer, SmtpRelay]]


def as_the_port_wants(relay: SmtpRelay) -> "Relay":
    """mypy holds the adapter against the port."""
    return relay


def options_for(server: RelayServer, **changes: Any) -> RelayOptions:
    known: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "helo_name": "mail.firm.example",
        "tls": "none",
        "connect_timeout": 5,
        "timeout": 5,
        "data_timeout": 5,
    }
    return RelayOptions(**{**known, **changes})


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def begin(
            answers: dict[str, list[Answer]] | None = None, offers: tuple[str, ...] = (), **changes: Any
        ) -> tuple[RelayServer, SmtpRelay]:
            server = stack.enter_context(running(RelayServer(offers=offers, answers=answers or {})))
            relay = SmtpRelay(options_for(server, **changes))
            stack.callback(relay.close)
            return server, relay

        yield begin


@pytest.mark.parametrize("offers", [(), EVERYTHING], ids=["plain", "pipelined"])
def test_a_250_after_the_text_means_taken(start: Start, offers: tuple[str, ...]) -> None:
    server, relay = start(offers=offers)

    answer = as_the_port_wants(relay).send(MAIL)

    assert answer == Taken(reply="250 2.0.0 queued as 4711", reports_asked="DSN" in offers)
    assert server.mails == [ON_THE_WIRE]
    assert relay.name == f"127.0.0.1:{server.port}"


REFUSALS: list[tuple[str, bytes, Later | Never]] = [
    ("MAIL", b"451 4.3.0 not now", Later(reply="451 4.3.0 not now", busy=False)),
    ("MAIL", b"421 4.7.0 leave me", Later(reply="421 4.7.0 leave me", busy=True)),
    ("MAIL", b"550 5.7.1 not you", Never(reply="550 5.7.1 not you", status="5.7.1")),
    ("MAIL", b"552 5.3.4 too big", Never(reply="552 5.3.4 too big", status="5.3.4")),
    ("MAIL", b"530 5.7.0 log in first", Later(reply="530 5.7.0 log in first", busy=True)),
    ("RCPT", b"450 4.7.1 greylisted", Later(reply="450 4.7.1 greylisted", busy=False)),
    ("RCPT", b"452 4.5.3 too many", Later(reply="452 4.5.3 too many", busy=False)),
    ("RCPT", b"552 5.2.2 full", Later(reply="552 5.2.2 full", busy=False)),
    ("RCPT", b"421 4.3.2 closing", Later(reply="421 4.3.2 closing", busy=True)),
    ("RCPT", b"550 5.1.1 who?", Never(reply="550 5.1.1 who?", status="5.1.1")),
    ("RCPT", b"550 #5.1.0 Address rejected.", Never(reply="550 #5.1.0 Address rejected.", status="5.1.0")),
    ("RCPT", b"550 no such user", Never(reply="550 no such user", status="")),
    ("RCPT", b"550 4.2.1 contradicts itself", Never(reply="550 4.2.1 contradicts itself", status="")),
    ("RCPT", b"550 5.1.1.9 is an address", Never(reply="550 5.1.1.9 is an address", status="")),
    ("DATA", b"451 4.3.0 disk", Later(reply="451 4.3.0 disk", busy=False)),
    ("DATA", b"554 5.5.1 no valid recipients", Never(reply="554 5.5.1 no valid recipients", status="5.5.1")),
    ("DATA", b"250 ok", Later(reply="unexpected answer to DATA: 250 ok", busy=True)),
    ("text", b"452 4.3.1 disk full", Later(reply="452 4.3.1 disk full", busy=False)),
    ("text", b"421 4.3.0 going down", Later(reply="421 4.3.0 going down", busy=True)),
    ("text", b"552 5.3.4 too big", Never(reply="552 5.3.4 too big", status="5.3.4")),
    ("text", b"554 5.7.1 spam", Never(reply="554 5.7.1 spam", status="5.7.1")),
    (
        "RCPT",
        b"550-5.1.1 The mailbox\r\n550-5.1.1 does not\r\n550 5.1.1 exist",
        Never(reply="550 5.1.1 The mailbox 5.1.1 does not 5.1.1 exist", status="5.1.1"),
    ),
]


@pytest.mark.parametrize("offers", [(), EVERYTHING], ids=["plain", "pipelined"])
@pytest.mark.parametrize(("step", "reply", "expected"), REFUSALS)
def test_a_refusal_is_told_by_its_code(
    start: Start, step: str, reply: bytes, expected: Later | Never, offers: tuple[str, ...]
) -> None:
    server, relay = start({step: [reply + b"\r\n"]}, offers)

    assert relay.send(MAIL) == expected
    assert len(server.mails) == (step == "text")


@pytest.mark.parametrize("offers", [(), EVERYTHING], ids=["plain", "pipelined"])
def test_a_refused_mail_does_not_spoil_the_next(start: Start, offers: tuple[str, ...]) -> None:
    answers: dict[str, list[Answer]] = {"RCPT": [b"550 5.1.1 who?\r\n", b"250 ok\r\n"]}
    if offers:
        answers["DATA"] = [b"503 5.5.1 no recipient\r\n", b"354 go on\r\n"]
    server, relay = start(answers, offers)

    first, second = relay.send(MAIL), relay.send(MAIL)

    assert isinstance(first, Never)
    assert isinstance(second, Taken)
    assert (server.sessions, server.mails) == (1, [ON_THE_WIRE])


def test_a_relay_that_wants_the_text_of_a_refused_mail_gets_none(start: Start) -> None:
    server, relay = start({"RCPT": [b"550 5.1.1 who?\r\n", b"250 ok\r\n"]}, EVERYTHING)

    assert relay.send(MAIL) == Never(reply="550 5.1.1 who?", status="5.1.1")
    assert relay._pool()._idle == []
    assert isinstance(relay.send(MAIL), Taken)
    assert (server.sessions, server.mails) == (2, [ON_THE_WIRE])


def test_a_relay_that_hangs_up_after_a_refusal_has_still_refused(start: Start) -> None:
    _, relay = start({"MAIL": [b"550 5.7.1 not you\r\n"], "RCPT": [Act.CLOSE]}, EVERYTHING)

    assert relay.send(MAIL) == Never(reply="550 5.7.1 not you", status="5.7.1")


@pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("act", Act)
def test_a_connection_lost_before_the_dot_took_nothing(start: Start, step: str, act: Act) -> None:
    server, relay = start({step: [act]}, timeout=0.2)

    answer = relay.send(MAIL)

    said = "the relay closed the connection" if act is Act.CLOSE else "the relay did not answer in time"
    assert answer == Later(reply=said, busy=True)
    assert server.mails == []


def test_a_connection_lost_in_the_middle_of_the_text_took_nothing(start: Start) -> None:
    server, relay = start({"DATA": [b"354 go\r\n", b"354 go on\r\n"]})
    # The server takes this 354 for a refusal of its own, reads the text as commands and hangs up at the first.
    server.answers["SUBJECT:"] = [Act.CLOSE]

    answer = relay.send(replace(MAIL, content=b"Subject: x\r\n" + b"y" * 20_000_000))

    assert isinstance(answer, Later)
    assert answer.busy
    assert server.mails == []


class Unreadable(Exception):  # noqa: N818 - says what happened
    pass


class Torn:
    """A large mail whose file is gone, or cut, when half of it was read."""

    def __init__(self) -> None:
        self.left = 2 * len(self)

    def __len__(self) -> int:
        return 3_000_000

    def __getitem__(self, key: slice, /) -> bytes:
        start, stop, _ = key.indices(len(self))
        self.left -= stop - start
        if self.left < len(self) // 2:
            raise Unreadable
        return (b"y" * 70 + b"\r\n")[: stop - start] * ((stop - start) // 72)


@pytest.mark.parametrize("offers", [(), EVERYTHING], ids=["plain", "pipelined"])
def test_a_mail_that_cannot_be_read_to_its_end_is_not_ended_by_a_dot(start: Start, offers: tuple[str, ...]) -> None:
    server, relay = start({}, offers)

    with pytest.raises(Unreadable):
        relay.send(replace(MAIL, content=Torn()))
    assert relay._pool()._idle == []
    assert isinstance(relay.send(MAIL), Taken)
    assert (server.sessions, server.mails) == (2, [ON_THE_WIRE])


class FromASlowDisk:
    """Twelve pieces; when they are read to be sent, each takes a tenth of a second."""

    def __init__(self) -> None:
        self.measured = 0

    def __len__(self) -> int:
        return 12 * PIECE

    def __getitem__(self, key: slice, /) -> bytes:
        self.measured += 1
        if self.measured > 12:
            Event().wait(0.1)
        return b"y" * (PIECE - 2) + b"\r\n"


def test_all_pieces_of_a_text_share_one_time(start: Start) -> None:
    server, relay = start({}, data_timeout=0.5)

    assert relay.send(replace(MAIL, content=FromASlowDisk())) == Later(
        reply="the relay did not answer in time", busy=True
    )
    assert server.mails == []


@pytest.mark.parametrize("act", Act)
def test_a_connection_lost_after_the_dot_leaves_a_doubt(start: Start, act: Act) -> None:
    server, relay = start({"text": [act, b"250 ok\r\n"]}, timeout=0.3, data_timeout=0.3)

    assert isinstance(relay.send(MAIL), InDoubt)
    assert isinstance(relay.send(MAIL), Taken)
    assert server.sessions == 2
    assert server.mails == [ON_THE_WIRE, ON_THE_WIRE]


JUNK: list[bytes] = [
    b"\r\n",
    b"hello\r\n",
    b"999 what\r\n",
    b"25\r\n",
    "２５０ ok\r\n".encode(),
    b"\x00\xff\xfe\x80\r\n",
    b"250-" + b"x" * 20_000 + b"\r\n250 ok\r\n",
    b"x" * 20_000,
    b"250-more\r\n" * 500,
]


@pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("junk", JUNK)
def test_a_relay_that_speaks_nonsense_has_refused_nothing(start: Start, step: str, junk: bytes) -> None:
    server, relay = start({step: [junk]}, timeout=0.5)

    answer = relay.send(MAIL)

    assert isinstance(answer, Later)
    assert answer.busy
    assert len(answer.reply) <= 500
    assert answer.reply.isprintable()
    assert server.mails == []


def test_a_reply_that_does_not_end_is_not_read_for_ever(start: Start) -> None:
    _, relay = start({"RCPT": [b"250-more\r\n" * 500]})

    assert relay.send(MAIL) == Later(reply="the relay's reply does not end", busy=True)


@pytest.mark.parametrize("junk", [b"hello\r\n", b"334 what\r\n", b"250-" + b"x" * 20_000])
def test_nonsense_after_the_dot_leaves_a_doubt(start: Start, junk: bytes) -> None:
    _, relay = start({"text": [junk]}, timeout=0.3, data_timeout=0.3)

    assert isinstance(relay.send(MAIL), InDoubt)


def test_replies_are_kept_short_and_clean(start: Start) -> None:
    _, relay = start({"RCPT": [b"550 5.1.1 \x1b[31mred\x00\xe2\x80\xae" + b"x" * 3000 + b"\r\n"]})

    answer = relay.send(MAIL)

    assert isinstance(answer, Never)
    assert answer.reply.startswith("550 5.1.1 [31mred x")
    assert len(answer.reply) == 500
    assert answer.status == "5.1.1"


@pytest.mark.parametrize("greeting", [b"554 5.7.1 no service for you\r\n", b"421 4.3.2 too busy\r\n"])
def test_a_relay_that_does_not_greet_is_busy(start: Start, greeting: bytes) -> None:
    _, relay = start({"greeting": [greeting]})

    answer = relay.send(MAIL)

    assert answer == Later(reply=f"the relay does not greet: {greeting.decode().strip()}", busy=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "x" * 70 + ".example", "a\x00b"])
def test_a_relay_that_is_not_there_is_busy(host: str) -> None:
    relay = SmtpRelay(options_for(RelayServer(port=1), host=host))

    answer = relay.send(MAIL)

    assert isinstance(answer, Later)
    assert answer.busy
    assert answer.reply.startswith("no connection")
    assert relay.largest() is None


def test_an_old_relay_is_greeted_the_old_way(start: Start) -> None:
    server, relay = start({"EHLO": [b"502 5.5.1 never heard of it\r\n"]})

    assert relay.send(MAIL) == Taken(reply="250 2.0.0 queued as 4711", reports_asked=False)
    assert server.lines[1] == b"HELO mail.firm.example\r\n"


@pytest.mark.parametrize(
    ("offer", "largest"),
    [
        ("DSN", None),
        ("SIZE 10240000", 10_240_000),
        ("size 77", 77),
        ("SIZE", None),
        ("SIZE 0", None),
        ("SIZE junk", None),
        ("SIZE " + "9" * 5000, None),
    ],
)
def test_the_largest_mail_is_what_the_relay_announced(start: Start, offer: str, largest: int | None) -> None:
    server, relay = start(offers=(offer,))

    assert relay.largest() == largest
    assert isinstance(relay.send(MAIL), Taken)
    assert relay.largest() == largest
    assert server.sessions == 1
