"""Collecting from a mailbox: one round over its folders, from what is new to what the server was told.

Per folder: open it and find the position (``core.collecting_rules``), put away what was kept before, ask again for
what the server could not give, then portion after portion: fetch, keep, advance in one commit, and only then tell the
server (DESIGN.md invariant 1). A crash anywhere repeats work and loses nothing: arrivals are unique on mailbox,
UIDVALIDITY and UID, and ``told_at`` remembers what is still to be put away.

Raises ``TemporaryFailure`` (server, disk), ``DatabaseDown``, ``FilesDown`` and ``LeaseLost``: the round is over,
nothing is decided, and the next one goes on where the last commit was.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from storage import mailboxes
from storage.mailbox_records import MailboxPosition, SettledAs
from worker.core.collecting_rules import (
    INBOX,
    CannotGive,
    ConnectionLost,
    Look,
    Sight,
    SightKind,
    gone_between,
    portions,
    position_at,
    position_to_take,
    retry_is_due,
)
from worker.core.letters import Alarm, AlarmKind
from worker.flows.alarming import alarm_operator
from worker.flows.collecting_box import Box
from worker.flows.collecting_keeping import choose, keep_portion, put_away_kept
from worker.flows.collecting_missing import Place, record_not_given, settle, suspect
from worker.flows.collecting_ports import MailboxSession

log = structlog.get_logger("navette.collector")

LOOK_AT_ONCE = 200
MOST_EMPTY_SEARCHES = 3
WAIT_FOR_FILING_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """``kept``: how many mails. ``waits``: some stay in their folder until they are filed; look again soon."""

    kept: int
    waits: bool


def collect_round(box: Box, session: MailboxSession) -> Round:
    """Everything that is new in the mailbox's folders, kept and put away. INBOX is open in the end, to wait in."""
    folders = session.folders()
    take_up_older(box, session, folders)
    rounds = [collect_folder(box, session, place) for folder in folders if (place := open_folder(box, session, folder))]
    with box.writing() as (rows, now):
        has_recovered = mailboxes.mark_read(rows, box.name, now=now)
        if has_recovered:
            alarm = Alarm(kind=AlarmKind.MAILBOX_RECOVERED, mailbox=box.name)
            alarm_operator(rows, box.house, alarm, now=now)
    if has_recovered:
        log.info("mailbox_recovered", mailbox=box.number)
    return Round(kept=sum(each.kept for each in rounds), waits=any(each.waits for each in rounds))


def take_up_older(box: Box, session: MailboxSession, folders: Sequence[str]) -> None:
    """``navette collect --since``: positions go back once, in one commit, before anything is fetched."""
    with box.house.database.reading() as rows:
        since = mailboxes.asked_for_older(rows, box.name)
    if since is None:
        return
    places = [place for folder in folders if (place := open_folder(box, session, folder))]
    with box.writing() as (rows, _now):
        for place in places:
            mailboxes.write_position(rows, box.name, place.folder, position_to_take(place.position, since))
        mailboxes.older_is_taken_up(rows, box.name)
    log.info("takes_older", mailbox=box.number, since=since.isoformat())


def open_folder(box: Box, session: MailboxSession, folder: str) -> Place | None:
    """None for a Junk that the server does not open: that must not keep us from INBOX."""
    try:
        sight = session.open(folder)
    except CannotGive:
        if folder == INBOX:
            raise ConnectionLost("the server does not open INBOX") from None
        log.warning("junk_not_opened", mailbox=box.number)
        return None
    with box.writing() as (rows, now):
        position, kind = settle_position(rows, box, folder, sight, now)
        missing = mailboxes.open_missing(rows, box.name, folder, uidvalidity=position.uidvalidity)
    if kind is not SightKind.SAME:
        log.info(kind.value, mailbox=box.number, folder=folder_word(folder), uidvalidity=sight.uidvalidity)
    return Place(folder=folder, position=position, missing=tuple(missing))


def settle_position(
    rows: Session, box: Box, folder: str, sight: Sight, now: datetime
) -> tuple[MailboxPosition, SightKind]:
    known = mailboxes.position(rows, box.name, folder)
    position, kind = position_at(known, sight, now=now)
    if kind in {SightKind.NEW_UIDVALIDITY, SightKind.NUMBERS_WENT_BACK}:
        oldest = mailboxes.renumber_missing(rows, box.name, folder, now=now)
        position, kind = position_at(known, sight, now=now, oldest_missing_at=oldest)
    if kind is not SightKind.SAME:
        mailboxes.write_position(rows, box.name, folder, position)
    return position, kind


def folder_word(folder: str) -> str:
    """For logs: a folder's own name may be anything."""
    return "inbox" if folder == INBOX else "junk"


def collect_folder(box: Box, session: MailboxSession, place: Place) -> Round:
    put_away_kept(box, session, place)
    retry_missing(box, session, place)
    kept = collect_old(box, session, place) + collect_new(box, session, place)
    waits = put_away_kept(box, session, place)
    with box.writing() as (rows, now):
        mailboxes.mark_good(rows, box.name, place.folder, now=now)
    return Round(kept=kept, waits=waits)


def retry_missing(box: Box, session: MailboxSession, place: Place) -> None:
    """Those behind the position whose time has come, each alone: it may break the connection once more."""
    with box.house.database.reading() as rows:
        now = box.house.now(rows)
    for each in place.missing:
        if each.uid <= place.position.last_uid and retry_is_due(each, now):
            retry_uid(box, session, place, each.uid)


def retry_uid(box: Box, session: MailboxSession, place: Place, uid: int) -> None:
    try:
        looks = session.look([uid])
        wanted, not_given = choose(box.house, session, place, looks)
    except ConnectionLost:
        suspect(box, place, [uid])
        raise
    if not looks or not_given:
        record_not_given(box, session, place, [uid])
    elif not wanted:
        with box.writing() as (rows, _now):
            settle(rows, box, place, uid, SettledAs.PASSED_OVER)
    elif keep_portion(box, session, place, wanted):
        log.info("mail_recovered", mailbox=box.number, uid=uid, uidvalidity=place.uidvalidity)


def collect_old(box: Box, session: MailboxSession, place: Place) -> int:
    """The part of the folder that is read again, or was asked for; nothing as a rule."""
    position = place.position
    if position.old_since is None or position.last_uid >= position.old_until_uid:
        return 0
    uids = session.old_uids(position.last_uid + 1, position.old_until_uid, day_before(position.old_since))
    kept = collect_uids(box, session, place, uids)
    with box.writing() as (rows, _now):
        mailboxes.advance(
            rows, box.name, place.folder, uidvalidity=position.uidvalidity, last_uid=position.old_until_uid
        )
    return kept


def day_before(moment: datetime) -> date:
    """SEARCH knows days only, and a server counts them in its own zone."""
    return (moment - timedelta(days=1)).date()


def collect_new(box: Box, session: MailboxSession, place: Place) -> int:
    """Until a search finds nothing and nothing came in while it ran."""
    kept, empty, last = 0, 0, max(place.position.last_uid, place.position.old_until_uid)
    while empty < MOST_EMPTY_SEARCHES:
        uids = session.new_uids(last)
        if uids:
            note_gone(box, place, last, uids)
            kept += collect_uids(box, session, place, uids)
            last, empty = uids[-1], 0
        elif session.has_news():
            empty += 1
        else:
            break
    return kept


def note_gone(box: Box, place: Place, last: int, uids: Sequence[int]) -> None:
    gone = gone_between(last, uids)
    if gone:
        with box.writing() as (rows, _now):
            mailboxes.count_gone(rows, box.name, place.folder, gone)
        log.info("gone_before_seen", mailbox=box.number, folder=folder_word(place.folder), count=gone)


def collect_uids(box: Box, session: MailboxSession, place: Place, uids: Sequence[int]) -> int:
    kept = 0
    alone = {uid for folder, uid in box.suspects if folder == place.folder}
    for some in groups(uids, alone):
        wanted, not_given = look_at(box, session, place, some)
        # First what was not given, for the commits below advance beyond it.
        record_not_given(box, session, place, not_given)
        for portion in portions(wanted, alone):
            kept += keep_portion(box, session, place, portion)
        with box.writing() as (rows, _now):
            mailboxes.advance(rows, box.name, place.folder, uidvalidity=place.uidvalidity, last_uid=some[-1])
    return kept


def look_at(box: Box, session: MailboxSession, place: Place, uids: Sequence[int]) -> tuple[list[Look], set[int]]:
    """Those we want, and those the server says nothing of."""
    try:
        looks = session.look(uids)
        wanted, unclear = choose(box.house, session, place, looks)
    except ConnectionLost:
        suspect(box, place, uids)
        raise
    return wanted, unclear | set(uids) - {each.uid for each in looks}


def groups(uids: Sequence[int], alone: AbstractSet[int]) -> Iterator[list[int]]:
    """As many as are looked at in one go, in their order; each of ``alone`` by itself."""
    group: list[int] = []
    for uid in uids:
        if group and (uid in alone or group[-1] in alone or len(group) >= LOOK_AT_ONCE):
            yield group
            group = []
        group.append(uid)
    if group:
        yield group
