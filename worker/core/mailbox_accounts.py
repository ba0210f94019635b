"""Which mailboxes are collected: ``NAVETTE_MAILBOXES`` and ``NAVETTE_MAILBOX_PASSWORDS`` to accounts.

One URL each, separated by commas: ``imaps://office%40firm.example@imap.firm.example:993`` (TLS from the first byte),
``imap://…`` (STARTTLS, required), ``imap+plain://…`` (no TLS: loopback only). Passwords stand in the same order, each
percent-encoded, so that a comma in one is ``%2C``; an empty one logs in with OAuth2. No text of an error here holds
what was typed: it may be a password in the wrong place.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, unquote, urlsplit

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class MailboxTls(StrEnum):
    IMPLICIT = "imaps"
    STARTTLS = "imap"
    NONE = "imap+plain"


PORTS = {MailboxTls.IMPLICIT: 993, MailboxTls.STARTTLS: 143, MailboxTls.NONE: 143}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxAccount:
    """``number``: from 1, in the order of the setting; logs know the mailbox by it. ``password``: empty for OAuth2."""

    number: int
    user: str
    host: str
    port: int
    tls: MailboxTls
    password: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """What rows call it: the same when port or encryption change."""
        return f"{self.user}@{self.host}".lower()


def read_accounts(urls: str, passwords: str, *, has_oauth: bool) -> tuple[MailboxAccount, ...]:
    """ValueError says which one is wrong, by its number, and how it should look."""
    written = [each.strip() for each in urls.split(",") if each.strip()]
    secrets = [unquote(each.strip()) for each in passwords.split(",")] if passwords.strip() else [""] * len(written)
    if len(secrets) != len(written):
        raise ValueError(
            f"{len(written)} mailboxes and {len(secrets)} passwords: give one each, in the same order, and write a "
            "comma inside a password as %2C; an empty one means OAuth2"
        )
    accounts = tuple(
        read_account(number, url, secret) for number, (url, secret) in enumerate(zip(written, secrets, strict=True), 1)
    )
    if len({each.name for each in accounts}) < len(accounts):
        raise ValueError("a mailbox is given twice")
    for each in accounts:
        if not each.password and not has_oauth:
            raise ValueError(
                f"mailbox {each.number} has no password: set NAVETTE_MAILBOX_PASSWORDS, or NAVETTE_OAUTH_TOKEN_URL "
                "for a login with OAuth2"
            )
    return accounts


def read_account(number: int, url: str, password: str) -> MailboxAccount:
    parts = split(number, url)
    if parts.scheme not in set(MailboxTls):
        raise ValueError(f"mailbox {number}: begin with imaps:// (TLS) or imap:// (STARTTLS)")
    if parts.password is not None:
        raise ValueError(f"mailbox {number}: no password in the URL; it belongs into NAVETTE_MAILBOX_PASSWORDS")
    if not parts.username or not parts.hostname:
        raise ValueError(f"mailbox {number}: write imaps://user%40firm.example@imap.firm.example, @ in the user as %40")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"mailbox {number}: nothing may follow host and port; INBOX and Junk are read")
    tls = MailboxTls(parts.scheme)
    if tls is MailboxTls.NONE and parts.hostname not in LOOPBACK:
        raise ValueError(f"mailbox {number}: imap+plain is for this machine itself; use imaps:// or imap://")
    return MailboxAccount(
        number=number,
        user=unquote(parts.username),
        host=parts.hostname,
        port=parts.port or PORTS[tls],
        tls=tls,
        password=password,
    )


def split(number: int, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        assert parts.port is None or parts.port > 0  # reading the port is what finds a wrong one
    except (ValueError, AssertionError):
        raise ValueError(f"mailbox {number}: host or port cannot be read") from None
    return parts
