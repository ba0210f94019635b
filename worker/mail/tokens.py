"""OAuth2 access tokens for mailbox and relay (Microsoft 365 and Gmail have no other way in).

With a refresh token the grant is ``refresh_token``, else ``client_credentials`` (RFC 6749 6 and 4.4). A token is kept,
replaced at 80 % of its life, and once more when a server refuses it (``renewed``). While the old one lives, a token
server that does not answer stops nobody; it is told once as ``oauth_failed`` and once as ``oauth_recovered``. A refresh
token that the server replaces is used from then on, in this process.

No secret and no word of the server but its error code is in any text or log line.
"""

import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Protocol

import structlog

from worker.core.failures import TemporaryFailure

log = structlog.get_logger("navette.oauth")

SHARE_OF_LIFE = 0.8
DEFAULT_LIFE_S = 3600.0
ANSWER_S = 30.0
PAUSE_S = 10.0
"""After a failure nobody asks again for so long: many sessions may want a token at once."""
MOST_ANSWER_BYTES = 1024 * 1024
ERROR_CODE = re.compile(r"[a-z_]{1,60}")


class TokenFailed(TemporaryFailure):
    """The token server gives none: a person must look, most of the time."""


class TokenSource(Protocol):
    def token(self) -> str:
        """An access token that should be good now. Raises TemporaryFailure."""

    def renewed(self, refused: str) -> str:
        """Another one than this, which a server has just refused. Raises TemporaryFailure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OauthOptions:
    """``token_url``: the token endpoint. ``refresh_token``: empty for client credentials."""

    token_url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    text: str = field(repr=False)
    fresh_until: float
    good_until: float


class OauthTokens:
    """Safe to use from several threads. ``monotonic``: seconds."""

    def __init__(self, options: OauthOptions, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._options = options
        self._refresh_token = options.refresh_token
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._failure: tuple[float, str] | None = None

    def token(self) -> str:
        with self._lock:
            known, now = self._token, self._monotonic()
            if known is not None and now < known.fresh_until:
                return known.text
            try:
                return self._fetch().text
            except TemporaryFailure:
                if known is not None and now < known.good_until:
                    return known.text
                raise

    def renewed(self, refused: str) -> str:
        with self._lock:
            if self._token is not None and self._token.text != refused:
                return self._token.text  # another session has renewed it meanwhile
            self._token = None
            return self._fetch().text

    def _fetch(self) -> Token:
        began = self._monotonic()
        if self._failure is not None and began - self._failure[0] < PAUSE_S:
            raise TokenFailed(self._failure[1])
        try:
            answer = ask(self._options, self._refresh_token)
        except TemporaryFailure as fault:
            if self._failure is None:
                log.error("oauth_failed", why=str(fault))  # noqa: TRY400 - an alarm in our words, no traceback
            self._failure = (began, str(fault))
            raise
        if self._failure is not None:
            log.info("oauth_recovered")
        self._failure = None
        self._refresh_token = str(answer.get("refresh_token") or self._refresh_token)
        life = life_of(answer)
        self._token = Token(
            text=answer["access_token"], fresh_until=began + life * SHARE_OF_LIFE, good_until=began + life
        )
        return self._token


def ask(options: OauthOptions, refresh_token: str) -> dict[str, Any]:
    """One request to the token endpoint; its answer has an access token."""
    form = {"client_id": options.client_id, "client_secret": options.client_secret, "scope": options.scope}
    form |= {"grant_type": "refresh_token", "refresh_token": refresh_token} if refresh_token else {}
    form.setdefault("grant_type", "client_credentials")
    body = urllib.parse.urlencode({name: value for name, value in form.items() if value}).encode()
    request = urllib.request.Request(options.token_url, data=body, headers={"Accept": "application/json"})  # noqa: S310 - settings take https, or http to this machine
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310 - as above
            told = read_json(answer.read(MOST_ANSWER_BYTES))
    except urllib.error.HTTPError as fault:
        with fault:
            code = read_json(fault.read(MOST_ANSWER_BYTES)).get("error")
        raise TokenFailed(f"the token server refuses: {fault.code} {error_code(code)}".strip()) from None
    except (OSError, HTTPException) as fault:
        raise TokenFailed(f"the token server does not answer: {type(fault).__name__}") from None
    token = told.get("access_token")
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        raise TokenFailed("the token server's answer has no access token")
    return told


def read_json(raw: bytes) -> dict[str, Any]:
    try:
        told = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def error_code(told: object) -> str:
    """``invalid_grant`` and its like (RFC 6749 5.2); nothing else of what the server says."""
    return told if isinstance(told, str) and ERROR_CODE.fullmatch(told) else ""


def life_of(answer: dict[str, Any]) -> float:
    try:
        life = float(answer.get("expires_in", DEFAULT_LIFE_S))
    except (TypeError, ValueError):
        return DEFAULT_LIFE_S
    return life if 0 < life < 10**9 else DEFAULT_LIFE_S
