"""The mailboxes we collect from: logged in at, and asked what they can. Nothing is read, marked or moved."""

from collections.abc import Iterator

from worker.checking.verdicts import Verdict, fault, ok, warning
from worker.core.failures import TemporaryFailure
from worker.core.mailbox_accounts import MailboxAccount
from worker.mail.imap import ImapSession
from worker.mail.imap_opening import LoginRefused
from worker.settings import Settings
from worker.wiring import mailbox_accounts, mailbox_door

ABOUT = "mailbox"
SECONDS = 60.0


def check_mailboxes(settings: Settings) -> Iterator[Verdict]:
    """Some lines for each mailbox; none when none is set."""
    door = mailbox_door(settings)
    for account in mailbox_accounts(settings):
        try:
            session = door(account)
        except LoginRefused as refused:
            todo = "look at NAVETTE_MAILBOX_PASSWORDS or the NAVETTE_OAUTH_ settings"
            yield fault(named(account), f"the login is refused: {refused}", todo)
            continue
        except TemporaryFailure as lost:
            yield fault(named(account), str(lost), "look at NAVETTE_MAILBOXES and at the server")
            continue
        yield from judge(settings, account, session)


def judge(settings: Settings, account: MailboxAccount, session: ImapSession) -> Iterator[Verdict]:
    try:
        folders = ", ".join(session.folders())
        yield ok(named(account), f"logged in; collected are {folders}")
        if not session.can_idle:
            todo = "mail is found by polling: NAVETTE_MAILBOX_POLL_SECONDS says how often"
            yield warning(named(account), "the server has no IDLE", todo)
        if not session.can_move and not settings.mailbox_flag_only:
            todo = "kept mail is flagged and stays in its folder; NAVETTE_MAILBOX_FLAG_ONLY says so on purpose"
            yield warning(named(account), "the server can neither MOVE nor expunge single mails", todo)
    except TemporaryFailure as lost:
        yield fault(named(account), str(lost), "look at the server")
    finally:
        session.close()


def named(account: MailboxAccount) -> str:
    """By number, as in the logs: addresses are nobody's business there."""
    return f"{ABOUT} {account.number}"
