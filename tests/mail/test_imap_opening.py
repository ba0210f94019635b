"""The way into a mailbox: no silent plaintext, no wrong name, no password in any text, OAuth2 with a second try."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.mail.imap_server import ImapServer, running_imap
from tests.mail.oauth_server import OauthServer, running_oauth
from tests.servers.dovecot import Dovecot, password_of, running_dovecot
from worker.core.collecting_rules import ConnectionLost
from worker.core.failures import TemporaryFailure
from worker.core.mailbox_accounts import MailboxAccount, MailboxTls
from worker.mail.imap import open_session
from worker.mail.imap_opening import ImapOptions
from worker.mail.tokens import OauthOptions, OauthTokens

USER = "office@firm.example"


@pytest.fixture(scope="module")
def oauth() -> Iterator[OauthServer]:
    with running_oauth(OauthServer(user=USER)) as running:
        yield running


@pytest.fixture(scope="module")
def dovecot(oauth: OauthServer) -> Iterator[Dovecot]:
    with running_dovecot((USER,), introspect_url=oauth.introspect_url) as running:
        yield running


@pytest.fixture
def account(dovecot: Dovecot) -> MailboxAccount:
    return MailboxAccount(
        number=1,
        user=USER,
        host="127.0.0.1",
        port=dovecot.imap_port,
        tls=MailboxTls.STARTTLS,
        password=password_of(USER),
    )


@pytest.fixture
def options(dovecot: Dovecot) -> ImapOptions:
    return ImapOptions(ca_file=str(dovecot.ca_file))


@pytest.fixture
def tokens(oauth: OauthServer) -> OauthTokens:
    oauth.answers, oauth.asked, oauth.good = [], [], set()
    return OauthTokens(OauthOptions(token_url=oauth.token_url, client_id="navette", client_secret="s3cret"))


def test_nobody_there_is_a_connection_lost(account: MailboxAccount, options: ImapOptions) -> None:
    with pytest.raises(ConnectionLost, match="no connection"):
        open_session(replace(account, port=1), options)


def test_a_certificate_that_does_not_hold_stops_before_the_login(account: MailboxAccount) -> None:
    with pytest.raises(ConnectionLost, match="certificate"):
        open_session(account, ImapOptions())


def test_a_name_that_is_not_in_the_certificate_stops_too(
    dovecot: Dovecot, account: MailboxAccount, options: ImapOptions
) -> None:
    with pytest.raises(ConnectionLost, match="certificate"):
        open_session(replace(account, host="localhost", port=dovecot.imaps_port, tls=MailboxTls.IMPLICIT), options)


def test_a_stripped_starttls_is_no_reason_for_plain_text(account: MailboxAccount, options: ImapOptions) -> None:
    with running_imap(ImapServer()) as server:
        with pytest.raises(TemporaryFailure, match="offers no STARTTLS"):
            open_session(replace(account, port=server.port), options)

        assert server.said("LOGIN|AUTHENTICATE") == []


def test_a_refused_login_names_neither_user_nor_password(account: MailboxAccount, options: ImapOptions) -> None:
    with pytest.raises(TemporaryFailure) as fault:
        open_session(replace(account, password="wr0ng"), options)

    assert str(fault.value) == "the mailbox's server refuses our login"
    assert fault.value.__cause__ is None


def test_a_connection_that_breaks_at_the_login_is_lost(account: MailboxAccount, options: ImapOptions) -> None:
    broken = ImapServer(answers=[("CAPABILITY", b"", None)])
    with running_imap(broken) as server, pytest.raises(ConnectionLost):
        open_session(replace(account, port=server.port, tls=MailboxTls.NONE), options)


def test_a_token_refused_twice_is_a_refused_login(
    account: MailboxAccount, options: ImapOptions, oauth: OauthServer, tokens: OauthTokens
) -> None:
    oauth.answers = [(200, {"access_token": "stale"}), (200, {"access_token": "stale too"})]

    with pytest.raises(TemporaryFailure, match="refuses our login"):
        open_session(replace(account, password=""), options, tokens)

    assert len(oauth.asked) == 2


def test_a_refused_token_is_renewed_once(
    account: MailboxAccount, options: ImapOptions, oauth: OauthServer, tokens: OauthTokens
) -> None:
    first = tokens.token()
    oauth.good.discard(first)

    open_session(replace(account, password=""), options, tokens).close()

    assert len(oauth.asked) == 2


@pytest.mark.parametrize("mechanism", ["XOAUTH2", "OAUTHBEARER"])
def test_both_oauth_logins_work_with_dovecot(
    oauth: OauthServer, options: ImapOptions, tokens: OauthTokens, mechanism: str
) -> None:
    only = (f"auth_mechanisms = {mechanism.lower()}",)
    with running_dovecot((USER,), introspect_url=oauth.introspect_url, settings=only) as server:
        account = MailboxAccount(number=1, user=USER, host="127.0.0.1", port=server.imap_port, tls=MailboxTls.NONE)
        session = open_session(account, options, tokens)

        assert session.open("INBOX").next_uid == 1
        session.close()


@pytest.mark.parametrize("tls", [MailboxTls.STARTTLS, MailboxTls.IMPLICIT])
def test_a_password_goes_over_tls(
    dovecot: Dovecot, account: MailboxAccount, options: ImapOptions, tls: MailboxTls
) -> None:
    port = dovecot.imaps_port if tls is MailboxTls.IMPLICIT else dovecot.imap_port
    session = open_session(replace(account, tls=tls, port=port), options)

    assert session.open("INBOX").next_uid == 1
    session.close()
