"""The mailboxes we collect from: logged in at, asked what they can, and looked through for mail that a rule moved away.

Nothing is marked or moved, and nothing becomes read.
"""

import ssl
import time
from collections.abc import Iterator

from worker.checking.elsewhere import look_elsewhere
from worker.checking.relay import todo_about_certificate
from worker.checking.verdicts import Verdict, fault, ok, warning
from worker.core.failures import TemporaryFailure
from worker.core.mailbox_accounts import MailboxAccount
from worker.mail.imap import ImapSession
from worker.mail.imap_opening import LoginRefused
from worker.settings import Settings
from worker.wiring import mailbox_accounts, mailbox_door

ABOUT = "mailbox"
SECONDS = 60.0
ELSEWHERE_SECONDS = 30.0
"""From the start on, for the other folders of all mailboxes: what else there is to tell must come in time."""


def check_mailboxes(settings: Settings) -> Iterator[Verdict]:
    """Some lines for each mailbox; none when none is set."""
    door, ends_at = mailbox_door(settings), time.monotonic() + ELSEWHERE_SECONDS
    for account in mailbox_accounts(settings):
        try:
            session = door(account)
        except LoginRefused as refused:
            todo = "look at NAVETTE_MAILBOX_PASSWORDS or the NAVETTE_OAUTH_ settings"
            yield fault(named(account), f"the login is refused: {refused}", todo)
            continue
        except TemporaryFailure as lost:
            yield fault(named(account), str(lost), todo_about(lost))
            continue
        yield from judge(settings, account, session, ends_at)


def todo_about(lost: TemporaryFailure) -> str:
    if isinstance(lost.__cause__, ssl.SSLCertVerificationError):
        code = lost.__cause__.verify_code
        host, authorities = "the host in NAVETTE_MAILBOXES", "NAVETTE_MAILBOX_CA_FILE"
        return todo_about_certificate(code, whose="mailbox server", host=host, authorities=authorities)
    return "look at NAVETTE_MAILBOXES and at the server"


def judge(settings: Settings, account: MailboxAccount, session: ImapSession, ends_at: float) -> Iterator[Verdict]:
    try:
        folders = ", ".join(session.folders())
        yield ok(named(account), f"logged in; collected are {folders}")
        if not session.can_idle:
            todo = "mail is found by polling: NAVETTE_MAILBOX_POLL_SECONDS says how often"
            yield warning(named(account), "the server has no IDLE", todo)
        if not session.can_move and not settings.mailbox_flag_only:
            todo = "kept mail is flagged and stays in its folder; NAVETTE_MAILBOX_FLAG_ONLY says so on purpose"
            yield warning(named(account), "the server can neither MOVE nor expunge single mails", todo)
        yield from look_elsewhere(settings, account, session, about=named(account), ends_at=ends_at)
    except TemporaryFailure as lost:
        yield fault(named(account), str(lost), "look at the server")
    finally:
        session.close()


def named(account: MailboxAccount) -> str:
    """By number, as in the logs: addresses are nobody's business there."""
    return f"{ABOUT} {account.number}"
