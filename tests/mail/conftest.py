"""IMAP sessions of ours on real Dovecots, started once a module."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.servers.dovecot import Dovecot, password_of, running_dovecot
from worker.core.mailbox_accounts import MailboxAccount, MailboxTls
from worker.mail.imap import ImapSession, open_session
from worker.mail.imap_opening import ImapOptions

MOST_MAILBOXES = 100
NOTHING = "imap_capability = IMAP4rev1 LITERAL+"


def mail(subject: str, *, extra: str = "", body: str = "Bonjour.") -> bytes:
    return f"From: a@b.example\r\nTo: office@firm.example\r\n{extra}Subject: {subject}\r\n\r\n{body}\r\n".encode()


def account_for(dovecot: Dovecot, user: str) -> MailboxAccount:
    return MailboxAccount(
        number=1,
        user=user,
        host="127.0.0.1",
        port=dovecot.imap_port,
        tls=MailboxTls.NONE,
        password=password_of(user),
    )


@dataclass
class Servers:
    """Starts each kind of Dovecot once, and gives every test a mailbox of its own."""

    stack: ExitStack
    running: dict[tuple[str, ...], Dovecot]
    number: int = 0

    def mailbox(self, *settings: str) -> tuple[Dovecot, str]:
        if settings not in self.running:
            users = tuple(f"office{number}@firm.example" for number in range(1, MOST_MAILBOXES))
            self.running[settings] = self.stack.enter_context(running_dovecot(users, settings=settings))
        self.number += 1
        return self.running[settings], f"office{self.number}@firm.example"


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack, {})


@pytest.fixture
def sessions() -> Iterator[Callable[..., ImapSession]]:
    with ExitStack() as stack:

        def begin(dovecot: Dovecot, user: str, **options: float | str) -> ImapSession:
            made = open_session(account_for(dovecot, user), ImapOptions(**options))  # type: ignore[arg-type]
            stack.callback(made.close)
            return made

        yield begin


Begin = Callable[..., ImapSession]
