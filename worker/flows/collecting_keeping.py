"""Fetch a portion, keep it, tell the server: what the server gave is committed before it hears anything."""

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from storage import inbox, mailboxes
from storage.inbox import RAW_COLUMN_BYTES, KeptMail
from storage.mailbox_records import SettledAs, UntoldArrival
from storage.records import ArrivalId
from storage.states import Way
from worker.core.collecting_rules import (
    INBOX,
    CannotGive,
    ConnectionLost,
    Look,
    PutAway,
    destination,
    is_large,
    is_recent,
)
from worker.core.failures import TemporaryFailure
from worker.core.signed_addresses import token_in
from worker.flows.collecting_box import Box
from worker.flows.collecting_missing import Place, note_not_given, settle, suspect, tell_not_given
from worker.flows.collecting_ports import MailboxSession
from worker.flows.house import House
from worker.flows.keeping import is_about_space

log = structlog.get_logger("navette.collector")


def choose(house: House, session: MailboxSession, place: Place, looks: Sequence[Look]) -> tuple[list[Look], set[int]]:
    """Those we want, and the UIDs of which that cannot be told.

    Of a re-read only what is recent; out of Junk only what has a signed address of ours whose MAC holds.
    """
    recent = [each for each in looks if is_recent(place.position, each)]
    if place.folder == INBOX or not recent:
        return recent, set()
    told = session.recipients([each.uid for each in recent])
    ours = [each for each in recent if any(is_signed(house, address) for address in told.get(each.uid, ()))]
    return ours, {each.uid for each in recent} - told.keys()


def is_signed(house: House, address: str) -> bool:
    token = token_in(address, house.policy.domain, house.policy.separator)
    return token is not None and house.keys.verify(token) is not None


def keep_portion(box: Box, session: MailboxSession, place: Place, portion: Sequence[Look]) -> int:
    """How many mails were kept. What the server gave is kept and the position advanced in one commit."""
    mails = fetch_portion(box, session, place, portion)
    not_given = {each.uid for each in portion} - {each.uid for each in mails}
    gone = not_given - session.still_there(sorted(not_given)) if not_given else set()
    with box.writing() as (rows, now):
        made = [each for mail in mails for each in keep(rows, box, place, mail, now)]
        tries = [note_not_given(rows, box, place, uid, now, is_gone=uid in gone) for uid in sorted(not_given)]
        mailboxes.advance(rows, box.name, place.folder, uidvalidity=place.uidvalidity, last_uid=portion[-1].uid)
        mailboxes.mark_progress(rows, box.name, now=now)
    box.suspects.difference_update({(place.folder, each.uid) for each in portion})
    box.ring(made)
    if mails:
        log.info("kept", mailbox=box.number, arrivals=made, count=len(mails), size=sum(each.size for each in mails))
    tell_not_given(box, place, sorted(not_given), tries)
    put_away_kept(box, session, place)
    return len(mails)


def fetch_portion(box: Box, session: MailboxSession, place: Place, portion: Sequence[Look]) -> list[KeptMail]:
    """Those the server gave, in order. When the connection breaks, who was under way is remembered."""
    try:
        if is_large(portion):
            return fetch_large(box, session, place, portion[0])
        bodies = session.fetch([each.uid for each in portion])
    except ConnectionLost:
        suspect(box, place, [each.uid for each in portion])
        raise
    return [small_mail(box, place, each, bodies[each.uid]) for each in portion if each.uid in bodies]


def small_mail(box: Box, place: Place, look: Look, raw: bytes) -> KeptMail:
    sha256 = hashlib.sha256(raw).hexdigest()
    in_row = len(raw) <= RAW_COLUMN_BYTES
    path = None if in_row else box.house.files.put_inbound(sha256, raw)
    return as_kept(box, place, look, sha256=sha256, size=len(raw), raw=raw if in_row else None, raw_path=path)


def fetch_large(box: Box, session: MailboxSession, place: Place, look: Look) -> list[KeptMail]:
    """Into a file of the spool, a piece at a time; memory stays the same whatever the size."""
    path = box.house.files.spool_path()
    try:
        sha256, size = spool(session, look.uid, path)
        raw_path = box.house.files.adopt_inbound(sha256, path)
    except CannotGive:
        return []
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)
    return [as_kept(box, place, look, sha256=sha256, size=size, raw=None, raw_path=raw_path)]


def spool(session: MailboxSession, uid: int, path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as file:
            for piece in session.pieces(uid):
                digest.update(piece)
                size += len(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        raise TemporaryFailure("the spool cannot be written", full=is_about_space(fault)) from fault
    return digest.hexdigest(), size


def as_kept(
    box: Box, place: Place, look: Look, *, sha256: str, size: int, raw: bytes | None, raw_path: str | None
) -> KeptMail:
    """The envelope is not known over IMAP; which address it was sent to is found in its headers."""
    return KeptMail(
        sha256=sha256,
        size=size,
        raw=raw,
        raw_path=raw_path,
        way=Way.IMAP,
        envelope_from=None,
        recipients=(),
        mailbox=mailboxes.place(box.name, place.folder),
        uidvalidity=place.uidvalidity,
        uid=look.uid,
        happened_at=moment_of(look),
    )


def moment_of(look: Look) -> datetime | None:
    """INTERNALDATE counts whole seconds: mails of one second keep the order of their UIDs, by microseconds."""
    came_at = look.came_at
    return came_at if came_at is None or came_at.microsecond else came_at.replace(microsecond=look.uid % 1_000_000)


def keep(rows: Session, box: Box, place: Place, mail: KeptMail, now: datetime) -> list[ArrivalId]:
    """The arrival, when it is new. A server that gives one number to two mails loses neither of them."""
    assert mail.uid is not None
    made = inbox.keep_mail(rows, mail, now=now)
    if not made:
        where = mailboxes.place(box.name, place.folder)
        known = mailboxes.sha256_at(rows, where, uidvalidity=place.uidvalidity, uid=mail.uid)
        if known != mail.sha256:
            log.error("number_used_twice", mailbox=box.number, uid=mail.uid, uidvalidity=place.uidvalidity)
            made = inbox.keep_mail(rows, replace(mail, mailbox=f"{where}#{mail.sha256}"), now=now)
    if mail.uid in {each.uid for each in place.missing}:
        settle(rows, box, place, mail.uid, SettledAs.GIVEN)
    return made


def put_away_kept(box: Box, session: MailboxSession, place: Place) -> bool:
    """Tell the server about everything that is committed; True when some still wait to be filed first."""
    where = mailboxes.place(box.name, place.folder)
    while True:
        with box.house.database.reading() as rows:
            untold = mailboxes.untold(rows, where, uidvalidity=place.uidvalidity)
        sorted_out = [(each, put_where(box, each)) for each in untold]
        for target, folder in ((PutAway.ARCHIVE, box.rules.archive), (PutAway.REFUSED, box.rules.refused)):
            those = [each for each, wanted in sorted_out if wanted is target]
            if those:
                session.put_away([each.uid for each in those], folder)
                with box.writing() as (rows, now):
                    mailboxes.mark_told(rows, [each.id for each in those], now=now)
        if any(wanted is PutAway.WAIT for _, wanted in sorted_out) or not untold:
            return bool(untold)


def put_where(box: Box, arrival: UntoldArrival) -> PutAway:
    return destination(arrival.state, arrival.outcome, has_refused_folder=box.rules.refused is not None)
