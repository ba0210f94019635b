"""What happens with mails that the server does not give.

A UID that was not given is recorded in the same commit that advances beyond it, asked for again (after one minute, then
ever more rarely), and told as an alarm at the third try. If it is not in the folder any more, a person or a rule took
it away first: that is recorded too. A mail during whose fetch the connection breaks is next time fetched alone; when
that broke it three times, it counts as not given, so that one bad mail holds no others up.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from storage import mailboxes
from storage.mailbox_records import MailboxPosition, MissingUid, SettledAs
from worker.core.collecting_rules import TRIES_BEFORE_ALARM
from worker.flows.collecting_box import Box
from worker.flows.collecting_ports import MailboxSession

log = structlog.get_logger("navette.collector")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An open folder: where its reading stands, and what is still missing from it."""

    folder: str
    position: MailboxPosition
    missing: tuple[MissingUid, ...]

    @property
    def uidvalidity(self) -> int:
        return self.position.uidvalidity


def record_not_given(box: Box, session: MailboxSession, place: Place, uids: Collection[int]) -> None:
    """UIDs the server lists and then says nothing of."""
    if not uids:
        return
    gone = set(uids) - session.still_there(sorted(uids))
    with box.writing() as (rows, now):
        tries = [note_not_given(rows, box, place, uid, now, is_gone=uid in gone) for uid in sorted(uids)]
    tell_not_given(box, place, sorted(uids), tries)


def note_not_given(rows: Session, box: Box, place: Place, uid: int, now: datetime, *, is_gone: bool) -> int:
    """How often it was tried; 0 when it is gone."""
    tries = mailboxes.miss(rows, box.name, place.folder, uidvalidity=place.uidvalidity, uid=uid, now=now)
    if is_gone:
        settle(rows, box, place, uid, SettledAs.GONE)
        return 0
    return tries


def settle(rows: Session, box: Box, place: Place, uid: int, settled_as: SettledAs) -> None:
    mailboxes.settle_missing(
        rows,
        box.name,
        place.folder,
        uidvalidity=place.uidvalidity,
        uid=uid,
        settled_as=settled_as,
        now=box.house.now(rows),
    )


def suspect(box: Box, place: Place, uids: Sequence[int]) -> None:
    """The connection broke while these were under way."""
    if len(uids) > 1:
        box.suspects.update((place.folder, uid) for uid in uids)
        return
    uid = uids[0]
    with box.writing() as (rows, now):
        tries = mailboxes.miss(rows, box.name, place.folder, uidvalidity=place.uidvalidity, uid=uid, now=now)
        if tries >= TRIES_BEFORE_ALARM:
            mailboxes.advance(rows, box.name, place.folder, uidvalidity=place.uidvalidity, last_uid=uid)
    tell_not_given(box, place, [uid], [tries])


def tell_not_given(box: Box, place: Place, uids: Sequence[int], tries: Sequence[int]) -> None:
    for uid, tried in zip(uids, tries, strict=True):
        about = {"mailbox": box.number, "uid": uid, "uidvalidity": place.uidvalidity}
        if tried == 0:
            log.warning("gone_before_fetched", **about)
        elif tried == TRIES_BEFORE_ALARM:
            log.error("mail_missing", tries=tried, **about)
        else:
            log.warning("mail_not_given", tries=tried, **about)
