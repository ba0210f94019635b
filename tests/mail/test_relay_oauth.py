"""The relay's login with OAuth2: Microsoft 365 has no other."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest

from tests.mail.relay_server import Answer, RelayServer, running
from tests.mail.test_relay import MAIL, options_for
from worker.core.failures import TemporaryFailure
from worker.core.relaying import Later, Taken
from worker.mail.relay import SmtpRelay
from worker.mail.tokens import TokenFailed

REFUSED = b"535 5.7.3 Authentication unsuccessful: eyJ token-1\r\n"
CHALLENGE = b"334 eyJzdGF0dXMiOiI0MDEifQ==\r\n"
WELCOME = b"235 2.7.0 welcome\r\n"


@dataclass
class CountedTokens:
    """token-1, token-2, …"""

    given: int = 1
    refused: list[str] = field(default_factory=list)
    is_down: bool = False
    refuses: bool = False

    def token(self) -> str:
        if self.refuses:
            raise TokenFailed("the token server refuses: 401 invalid_client")
        if self.is_down:
            raise TemporaryFailure("the token server does not answer: URLError")
        return f"token-{self.given}"

    def renewed(self, refused: str) -> str:
        self.refused.append(refused)
        self.given += 1
        return self.token()


@dataclass
class Stage:
    server: RelayServer
    relay: SmtpRelay
    tokens: CountedTokens

    def said(self) -> list[bytes]:
        """What was said to log in, decoded."""
        lines = [
            each for each in self.server.lines if not each.startswith((b"EHLO", b"MAIL", b"RCPT", b"DATA", b"QUIT"))
        ]
        return [base64.b64decode(each.split()[-1]) if each.split() else b"" for each in lines]


@pytest.fixture
def stages() -> Iterator["Stages"]:
    with ExitStack() as stack:
        yield Stages(stack)


@dataclass
class Stages:
    stack: ExitStack

    def begin(self, offers: str, *auth: Answer, after_challenge: Answer = REFUSED) -> Stage:
        answers: dict[str, list[Answer]] = {"AUTH": list(auth), "": [after_challenge], "AQ==": [after_challenge]}
        server = self.stack.enter_context(running(RelayServer(offers=(offers,), answers=answers)))
        tokens = CountedTokens()
        relay = SmtpRelay(options_for(server, user="office@firm.example", tokens=tokens))
        self.stack.callback(relay.close)
        return Stage(server, relay, tokens)


def test_a_token_refused_twice_keeps_the_mail_for_later_and_names_no_secret(stages: Stages) -> None:
    stage = stages.begin("AUTH XOAUTH2", CHALLENGE)

    answer = stage.relay.send(MAIL)

    assert isinstance(answer, Later)
    assert (answer.busy, answer.refuses_us) == (True, True)
    assert "NAVETTE_OAUTH_SCOPE" in answer.reply
    assert "token-" not in answer.reply
    assert stage.tokens.refused == ["token-1"]
    assert stage.server.said("MAIL") == []


def test_a_token_server_that_is_down_keeps_the_mail_for_later(stages: Stages) -> None:
    stage = stages.begin("AUTH XOAUTH2", WELCOME)
    stage.tokens.is_down = True

    assert stage.relay.send(MAIL) == Later(reply="the token server does not answer: URLError", busy=True)


def test_a_token_server_that_refuses_is_a_matter_for_a_person(stages: Stages) -> None:
    stage = stages.begin("AUTH XOAUTH2", WELCOME)
    stage.tokens.refuses = True

    answer = stage.relay.send(MAIL)

    assert answer == Later(reply="the token server refuses: 401 invalid_client", busy=True, refuses_us=True)


def test_a_relay_without_oauth_is_told_what_to_set(stages: Stages) -> None:
    answer = stages.begin("AUTH PLAIN LOGIN", WELCOME).relay.send(MAIL)

    assert isinstance(answer, Later)
    assert "NAVETTE_RELAY_PASSWORD" in answer.reply


def test_a_refused_token_is_renewed_once_in_the_same_session(stages: Stages) -> None:
    stage = stages.begin("AUTH XOAUTH2", CHALLENGE, WELCOME)

    assert isinstance(stage.relay.send(MAIL), Taken)
    assert stage.said() == [
        b"user=office@firm.example\1auth=Bearer token-1\1\1",
        b"",
        b"user=office@firm.example\1auth=Bearer token-2\1\1",
    ]


def test_oauthbearer_serves_where_xoauth2_is_missing(stages: Stages) -> None:
    stage = stages.begin("AUTH OAUTHBEARER", CHALLENGE, WELCOME)

    assert isinstance(stage.relay.send(MAIL), Taken)
    assert stage.said() == [
        b"n,a=office@firm.example,\1auth=Bearer token-1\1\1",
        b"\1",
        b"n,a=office@firm.example,\1auth=Bearer token-2\1\1",
    ]


def test_a_good_token_logs_in_at_once(stages: Stages) -> None:
    stage = stages.begin("AUTH PLAIN XOAUTH2", WELCOME)

    assert isinstance(stage.relay.send(MAIL), Taken)
    assert stage.tokens.refused == []
