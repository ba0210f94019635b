"""Mail for us that lies in a folder which is not collected: a rule, or a person, moved it away before we saw it.

For us is what carries a signed address of ours, or answers a mail of ours; both by their MAC, so that nothing else is
named. Since INBOX was first seen, for what was there before counts as old. What we have by now, by whatever way, is
not told of: it was filed under its Message-ID, or the same bytes were kept.

The way back is INBOX: a mail that is moved gets a new UID there, above the last one that was seen.
"""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from storage import inbox, mailboxes
from storage.database import Database, DatabaseDown
from storage.states import AddressKind
from worker.checking.database import is_missing, opened
from worker.checking.verdicts import Verdict, warning
from worker.core.collecting_rules import INBOX, CannotGive
from worker.core.key_rings import read_keys
from worker.core.mailbox_accounts import MailboxAccount
from worker.core.policy import Policy
from worker.core.signed_addresses import KeyRing, token_in
from worker.mail.imap import ImapSession
from worker.mail.imap_elsewhere import Found
from worker.settings import Settings
from worker.wiring import policy_of

MOST_HASHED = 50
"""Of one folder: those whose Message-ID is not known are fetched, to see whether their bytes are. More are counted."""
ONE_DAY = timedelta(days=1)
BACK = (
    "end the rule that moves them (in the mailbox's settings, or in a mail program), and move them back to INBOX: "
    "they are collected there"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """``ends_at``: of ``time.monotonic``; folders that are not reached by then are told of as such."""

    database: Database
    keys: KeyRing
    policy: Policy
    account: MailboxAccount
    session: ImapSession
    ends_at: float

    def is_ours(self, found: Found) -> bool:
        """For us, and neither a mail of ours nor one that the mailbox itself sent."""
        is_own = self.account.user.lower() in {each.lower() for each in found.senders}
        if is_own or self.names_ours(found.message_id or ""):
            return False
        return any(map(self.is_signed, found.recipients)) or any(map(self.names_ours, found.answers))

    def is_signed(self, address: str) -> bool:
        token = token_in(address, self.policy.domain, self.policy.separator)
        return token is not None and self.keys.verify(token) is not None

    def names_ours(self, message_id: str) -> bool:
        local, _, domain = message_id.rpartition("@")
        token = self.keys.verify(local.lower()) if domain.lower() == self.policy.domain else None
        return token is not None and token.kind is AddressKind.RETURN_PATH

    def unknown_in(self, folder: str, since: datetime) -> int:
        came = list(self.session.found_in(folder, self.policy.domain, (since - ONE_DAY).date()))
        ours = [each for each in came if self.is_ours(each) and (each.came_at is None or each.came_at >= since)]
        with self.database.reading() as rows:
            fresh = [each for each in ours if not each.message_id or not inbox.was_filed(rows, each.message_id)]
        had = {each.uid for each in fresh[:MOST_HASHED] if self.was_kept(each.uid)}
        return sum(each.uid not in had for each in fresh)

    def was_kept(self, uid: int) -> bool:
        """Kept and not filed yet, or without a Message-ID."""
        digest = hashlib.sha256()
        try:
            for piece in self.session.pieces(uid):
                digest.update(piece)
        except CannotGive:
            return False
        with self.database.reading() as rows:
            return inbox.was_kept(rows, digest.hexdigest())


def look_elsewhere(
    settings: Settings, account: MailboxAccount, session: ImapSession, *, about: str, ends_at: float
) -> Iterator[Verdict]:
    """One line per folder that holds such mail. Nothing where the database fails us: it has a line of its own."""
    database = opened(settings)
    if isinstance(database, Verdict):
        return
    try:
        since = first_seen(database, account)
        if since is None:
            return
        search = Search(
            database=database,
            keys=read_keys(settings.keys.get_secret_value()),
            policy=policy_of(settings),
            account=account,
            session=session,
            ends_at=ends_at,
        )
        yield from folder_by_folder(settings, search, since, about)
    except (DatabaseDown, SQLAlchemyError):
        return
    finally:
        database.close()


def first_seen(database: Database, account: MailboxAccount) -> datetime | None:
    """None before the mailbox was collected for the first time."""
    if is_missing(database) or not database.is_migrated():
        return None
    with database.reading() as rows:
        known = mailboxes.position(rows, account.name, INBOX)
    return known.first_seen_at if known else None


def folder_by_folder(settings: Settings, search: Search, since: datetime, about: str) -> Iterator[Verdict]:
    folders = search.session.other_folders([settings.mailbox_archive, settings.mailbox_refused])
    for at, folder in enumerate(folders):
        if time.monotonic() > search.ends_at:
            left = f"{len(folders) - at} of {len(folders)} other folders were not looked through in time"
            yield warning(about, left, "look there for mail that a rule moved away; fewer folders, or a faster server")
            return
        count = search.unknown_in(folder, since)
        if count:
            yield warning(about, f"{mails(count)} for us moved to {quoted(folder)} before they were collected", BACK)


def mails(count: int) -> str:
    return "1 mail" if count == 1 else f"{count} mails"


def quoted(folder: str) -> str:
    """Its name is a person's: what cannot be printed must not act on a terminal."""
    return '"' + "".join(each if each.isprintable() else "…" for each in folder) + '"'
