"""OAuth2: asked for rarely, renewed in time, told once when it fails, and never printed."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from tests.mail.oauth_server import OauthServer, running_oauth
from worker.core.failures import TemporaryFailure
from worker.mail.tokens import OauthOptions, OauthTokens


@dataclass
class Stopwatch:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[OauthServer]:
    with running_oauth(OauthServer()) as running:
        yield running


@pytest.fixture
def watch() -> Stopwatch:
    return Stopwatch()


def tokens_for(server: OauthServer, watch: Stopwatch, *, refresh_token: str = "") -> OauthTokens:
    options = OauthOptions(
        token_url=server.token_url,
        client_id="navette",
        client_secret="s3cret",
        refresh_token=refresh_token,
        scope="mail",
    )
    return OauthTokens(options, monotonic=watch)


def test_a_refusal_is_told_once_and_its_end_once(server: OauthServer, watch: Stopwatch) -> None:
    server.answers = [(400, {"error": "invalid_client", "error_description": "s3cret is wrong"})]
    tokens = tokens_for(server, watch)

    with capture_logs() as told:
        for _ in range(3):
            with pytest.raises(TemporaryFailure, match="400 invalid_client"):
                tokens.token()
            watch.now += 11
        server.answers = []
        tokens.token()

    assert [each["event"] for each in told] == ["oauth_failed", "oauth_recovered"]
    assert "s3cret" not in str(told)


def test_after_a_failure_nobody_asks_again_at_once(server: OauthServer, watch: Stopwatch) -> None:
    server.answers = [(500, b"oops")]
    tokens = tokens_for(server, watch)

    for _ in range(5):
        with pytest.raises(TemporaryFailure):
            tokens.token()

    assert len(server.asked) == 1


def test_a_server_that_is_away_is_a_temporary_failure(server: OauthServer, watch: Stopwatch) -> None:
    tokens = tokens_for(server, watch)
    object.__setattr__(tokens._options, "token_url", "http://127.0.0.1:1/token")

    with pytest.raises(TemporaryFailure, match="does not answer"):
        tokens.token()


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"access_token": 5}', b'{"access_token": ""}', b'{"access_token": "a\\nb"}']
)
def test_an_answer_without_a_token_is_a_temporary_failure(server: OauthServer, watch: Stopwatch, body: bytes) -> None:
    server.answers = [(200, body)]

    with pytest.raises(TemporaryFailure, match="no access token"):
        tokens_for(server, watch).token()


def test_an_old_token_serves_while_it_lives_when_the_server_is_down(server: OauthServer, watch: Stopwatch) -> None:
    tokens = tokens_for(server, watch)
    first = tokens.token()
    server.answers = [(503, b"")]

    watch.now += 3000
    assert tokens.token() == first
    watch.now += 601
    with pytest.raises(TemporaryFailure):
        tokens.token()


def test_a_token_is_replaced_at_four_fifths_of_its_life(server: OauthServer, watch: Stopwatch) -> None:
    tokens = tokens_for(server, watch)
    first = tokens.token()

    watch.now += 0.8 * 3600 - 1
    assert tokens.token() == first
    watch.now += 2
    assert tokens.token() != first
    assert len(server.asked) == 2


@pytest.mark.parametrize("life", [None, "soon", -5, "nan", 1e300])
def test_a_life_nobody_can_read_is_an_hour(server: OauthServer, watch: Stopwatch, life: object) -> None:
    server.life = life
    tokens = tokens_for(server, watch)
    tokens.token()

    watch.now += 0.8 * 3600 - 1
    tokens.token()
    assert len(server.asked) == 1


def test_a_refused_token_is_renewed_once_for_all_who_held_it(server: OauthServer, watch: Stopwatch) -> None:
    tokens = tokens_for(server, watch)
    refused = tokens.token()

    fresh = tokens.renewed(refused)

    assert fresh != refused
    assert tokens.renewed(refused) == fresh
    assert len(server.asked) == 2


def test_without_a_refresh_token_the_application_asks_for_itself(server: OauthServer, watch: Stopwatch) -> None:
    tokens_for(server, watch).token()

    assert server.asked == [
        {"client_id": "navette", "client_secret": "s3cret", "scope": "mail", "grant_type": "client_credentials"}
    ]


def test_a_refresh_token_that_is_replaced_is_used_from_then_on(server: OauthServer, watch: Stopwatch) -> None:
    server.answers = [(200, {"access_token": "a", "expires_in": 10, "refresh_token": "second"})]
    tokens = tokens_for(server, watch, refresh_token="first")

    tokens.token()
    watch.now += 9
    tokens.token()

    assert [each["refresh_token"] for each in server.asked] == ["first", "second"]
    assert {each["grant_type"] for each in server.asked} == {"refresh_token"}


def test_nothing_prints_a_secret(server: OauthServer, watch: Stopwatch) -> None:
    tokens = tokens_for(server, watch, refresh_token="r3fresh")
    tokens.token()

    assert "s3cret" not in repr(tokens._options) + repr(tokens._token)
    assert "r3fresh" not in repr(tokens._options)
    assert "token-1" not in repr(tokens._token)
