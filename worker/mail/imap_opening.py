"""From nothing to an IMAP session that is logged in: connect, encrypt, log in.

TLS checks chain and name, 1.2 at least; ``imap://`` means STARTTLS and nothing is said without it. Login is PLAIN where
offered, else LOGIN; without a password OAUTHBEARER (RFC 7628) or XOAUTH2, and when a token is refused, once more with a
fresh one. Everything that stands in the way is a ``TemporaryFailure`` in words of ours: a server's own may hold an
address.
"""

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from worker.core.collecting_rules import ConnectionLost
from worker.core.failures import TemporaryFailure
from worker.core.mailbox_accounts import MailboxAccount, MailboxTls
from worker.mail.tokens import TokenSource

CONNECT_S = 30.0
ANSWER_S = 60.0
LOGIN_REFUSED = "the mailbox's server refuses our login"


class LoginRefused(TemporaryFailure):
    """Try once more with a fresh token; with a password there is no second try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapOptions:
    """``ca_file``: PEM of the authorities to believe instead of the system's. ``poll_seconds``: where IDLE is missing.

    ``flag``: the keyword or flag that says "we have it", where mail is not moved. Times in seconds.
    """

    ca_file: str | None = None
    poll_seconds: float = 60.0
    flag: str = "$Navette"
    connect_timeout: float = CONNECT_S
    timeout: float = ANSWER_S


@contextlib.contextmanager
def told_as_lost(doing: str) -> Iterator[None]:
    """The one place where exceptions of imapclient, imaplib and the socket become ours.

    ValueError, KeyError and their like are what imapclient raises on answers it cannot read.
    """
    try:
        yield
    except ssl.SSLCertVerificationError as fault:
        raise ConnectionLost("the mailbox server's certificate does not hold") from fault
    except (IMAPClientError, OSError, ValueError, LookupError, TypeError, EOFError) as fault:
        raise ConnectionLost(f"{doing}: {type(fault).__name__}") from fault


def open_client(account: MailboxAccount, options: ImapOptions, tokens: TokenSource | None) -> Any:
    """A logged-in client. Raises TemporaryFailure."""
    if account.password:
        return open_with(account, options, token=None)
    if tokens is None:
        raise TemporaryFailure("the mailbox has neither a password nor OAuth2")
    token = tokens.token()
    try:
        return open_with(account, options, token=token)
    except LoginRefused:
        return open_with(account, options, token=tokens.renewed(token))


def open_with(account: MailboxAccount, options: ImapOptions, *, token: str | None) -> Any:
    client = connect(account, options)
    try:
        if account.tls is MailboxTls.STARTTLS:
            start_tls(client, options)
        log_in(client, account, token)
    except BaseException:
        # Whatever stopped us: no socket stays behind.
        close(client)
        raise
    # INTERNALDATE with its own offset; normalised it would be naive local time.
    client.normalise_times = False
    return client


def connect(account: MailboxAccount, options: ImapOptions) -> Any:
    is_implicit = account.tls is MailboxTls.IMPLICIT
    with told_as_lost("no connection to the mailbox's server"):
        return IMAPClient(
            account.host,
            port=account.port,
            ssl=is_implicit,
            ssl_context=tls_context(options) if is_implicit else None,
            timeout=SocketTimeout(options.connect_timeout, options.timeout),
        )


def tls_context(options: ImapOptions) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=options.ca_file)


def start_tls(client: Any, options: ImapOptions) -> None:
    with told_as_lost("the mailbox's server does not start TLS"):
        if not client.has_capability("STARTTLS"):
            raise TemporaryFailure("the mailbox's server offers no STARTTLS, so nothing was said: use imaps://")
        client.starttls(tls_context(options))


def log_in(client: Any, account: MailboxAccount, token: str | None) -> None:
    with told_as_lost("the connection broke at the login"):
        try:
            if token is not None:
                log_in_with_token(client, account, token)
            elif client.has_capability("AUTH=PLAIN"):
                client.plain_login(account.user, account.password)
            else:
                client.login(account.user, account.password)
        except LoginError:
            raise LoginRefused(LOGIN_REFUSED) from None


def log_in_with_token(client: Any, account: MailboxAccount, token: str) -> None:
    if client.has_capability("AUTH=OAUTHBEARER"):
        client.oauthbearer_login(account.user, token)
    else:
        client.oauth2_login(account.user, token)


def close(client: Any) -> None:
    """Without a word: the session may be broken."""
    with contextlib.suppress(IMAPClientError, OSError):
        client.shutdown()
