"""How far each mailbox was read, what its server could not give, what it was told, and whether somebody watches.

A mailbox is named ``user@host``. Its folders have positions of their own, and in arrivals a mail's ``mailbox`` is
``user@host/FOLDER``: UIDs and even UIDVALIDITY of two folders may be the same numbers.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storage.mailbox_records import MailboxPosition, MissingUid, SettledAs, UntoldArrival
from storage.records import ArrivalId
from storage.rows import Where, add_if_new, change, read_all, read_one, selecting
from storage.states import Way
from storage.tables.inbox import arrivals, filings, mailbox_positions, missing_uids, watched_mailboxes


def place(mailbox: str, folder: str) -> str:
    """What arrivals call a folder of a mailbox."""
    return f"{mailbox}/{folder}"


def position(session: Session, mailbox: str, folder: str) -> MailboxPosition | None:
    here = (mailbox_positions.c.mailbox == mailbox, mailbox_positions.c.folder == folder)
    return read_one(session, MailboxPosition, selecting(MailboxPosition, mailbox_positions, *here))


def write_position(session: Session, mailbox: str, folder: str, known: MailboxPosition) -> None:
    values = asdict(known)
    here = (mailbox_positions.c.mailbox == mailbox, mailbox_positions.c.folder == folder)
    if not change(session, mailbox_positions, *here, **values):
        add_if_new(session, mailbox_positions, mailbox=mailbox, folder=folder, **values)


def advance(session: Session, mailbox: str, folder: str, *, uidvalidity: int, last_uid: int) -> None:
    """Forward only, and only under the UIDVALIDITY these numbers belong to."""
    here = (
        mailbox_positions.c.mailbox == mailbox,
        mailbox_positions.c.folder == folder,
        mailbox_positions.c.uidvalidity == uidvalidity,
        mailbox_positions.c.last_uid <= last_uid,
    )
    change(session, mailbox_positions, *here, last_uid=last_uid)


def count_gone(session: Session, mailbox: str, folder: str, gone: int) -> None:
    """So many mails left the folder before they were seen."""
    here = (mailbox_positions.c.mailbox == mailbox, mailbox_positions.c.folder == folder)
    change(session, mailbox_positions, *here, gone_uids=mailbox_positions.c.gone_uids + gone)


def mark_good(session: Session, mailbox: str, folder: str, *, now: datetime) -> None:
    """Everything that was in the folder is dealt with."""
    here = (mailbox_positions.c.mailbox == mailbox, mailbox_positions.c.folder == folder)
    change(session, mailbox_positions, *here, last_good_at=now)


def gone_uids(session: Session, mailbox: str) -> int:
    """How many mails left the mailbox's folders before they were seen: by rules, or by people."""
    counted = select(func.coalesce(func.sum(mailbox_positions.c.gone_uids), 0))
    return int(session.execute(counted.where(mailbox_positions.c.mailbox == mailbox)).scalar_one())


def miss(session: Session, mailbox: str, folder: str, *, uidvalidity: int, uid: int, now: datetime) -> int:
    """The server could not give this UID once more; how often by now."""
    add_if_new(
        session, missing_uids, mailbox=mailbox, folder=folder, uidvalidity=uidvalidity, uid=uid, first_tried_at=now
    )
    counted = update(missing_uids).where(*this_uid(mailbox, folder, uidvalidity, uid))
    again = counted.values(tries=missing_uids.c.tries + 1, settled_at=None, settled_as=None)
    return int(session.execute(again.returning(missing_uids.c.tries)).scalar_one())


def settle_missing(
    session: Session, mailbox: str, folder: str, *, uidvalidity: int, uid: int, settled_as: SettledAs, now: datetime
) -> int:
    """1 when it was open."""
    is_open = (*this_uid(mailbox, folder, uidvalidity, uid), missing_uids.c.settled_at.is_(None))
    return change(session, missing_uids, *is_open, settled_at=now, settled_as=settled_as.value)


def this_uid(mailbox: str, folder: str, uidvalidity: int, uid: int) -> tuple[Where, ...]:
    return (*this_folder(mailbox, folder, uidvalidity), missing_uids.c.uid == uid)


def this_folder(mailbox: str, folder: str, uidvalidity: int) -> tuple[Where, ...]:
    return (
        missing_uids.c.mailbox == mailbox,
        missing_uids.c.folder == folder,
        missing_uids.c.uidvalidity == uidvalidity,
    )


def open_missing(session: Session, mailbox: str, folder: str, *, uidvalidity: int) -> list[MissingUid]:
    here = (*this_folder(mailbox, folder, uidvalidity), missing_uids.c.settled_at.is_(None))
    return read_all(session, MissingUid, selecting(MissingUid, missing_uids, *here).order_by(missing_uids.c.uid))


def renumber_missing(session: Session, mailbox: str, folder: str, *, now: datetime) -> datetime | None:
    """The folder's numbers are new: close what was open under the old ones; when the oldest was first tried."""
    is_open = (
        missing_uids.c.mailbox == mailbox,
        missing_uids.c.folder == folder,
        missing_uids.c.settled_at.is_(None),
    )
    found = session.execute(select(missing_uids.c.first_tried_at).where(*is_open)).scalars().all()
    change(session, missing_uids, *is_open, settled_at=now, settled_as=SettledAs.RENUMBERED.value)
    return min(found, default=None)


def sha256_at(session: Session, where: str, *, uidvalidity: int, uid: int) -> str | None:
    """What was kept under this number; ``where`` as of ``place``."""
    here = (arrivals.c.way == Way.IMAP, arrivals.c.mailbox == where)
    wanted = select(arrivals.c.sha256).where(*here, arrivals.c.uidvalidity == uidvalidity, arrivals.c.uid == uid)
    return session.execute(wanted).scalar_one_or_none()


def untold(session: Session, where: str, *, uidvalidity: int, most: int = 200) -> list[UntoldArrival]:
    """What was kept from this folder and not put away, oldest number first."""
    kept = select(arrivals.c.id, arrivals.c.uid, arrivals.c.state, filings.c.outcome)
    kept = kept.join(filings, filings.c.id == arrivals.c.filing_id, isouter=True)
    here = (arrivals.c.way == Way.IMAP, arrivals.c.told_at.is_(None), arrivals.c.mailbox == where)
    kept = kept.where(*here, arrivals.c.uidvalidity == uidvalidity)
    return read_all(session, UntoldArrival, kept.order_by(arrivals.c.uid).limit(most))


def mark_told(session: Session, ids: Sequence[ArrivalId], *, now: datetime) -> None:
    change(session, arrivals, arrivals.c.id.in_(ids), told_at=now)


def watch(session: Session, mailbox: str, *, now: datetime) -> None:
    """From now on somebody must hear when it is not read. Harmless when called twice."""
    add_if_new(session, watched_mailboxes, mailbox=mailbox, last_read_at=now)


def mark_read(session: Session, mailbox: str, *, now: datetime) -> bool:
    """All its folders were read; True once when that ends an alarm."""
    ended = (watched_mailboxes.c.mailbox == mailbox, watched_mailboxes.c.alarmed_at.is_not(None))
    has_recovered = change(session, watched_mailboxes, *ended, alarmed_at=None) > 0
    change(session, watched_mailboxes, watched_mailboxes.c.mailbox == mailbox, last_read_at=now)
    return has_recovered


def mark_progress(session: Session, mailbox: str, *, now: datetime) -> None:
    """Some of it was read: a long catching-up is no silence. An alarm ends when all is read."""
    change(session, watched_mailboxes, watched_mailboxes.c.mailbox == mailbox, last_read_at=now)


def raise_alarm(session: Session, mailbox: str, *, now: datetime, after: timedelta) -> bool:
    """True for the one who finds first that it was not read for so long, whatever number of processes look."""
    is_silent = (
        watched_mailboxes.c.mailbox == mailbox,
        watched_mailboxes.c.last_read_at <= now - after,
        watched_mailboxes.c.alarmed_at.is_(None),
    )
    return change(session, watched_mailboxes, *is_silent, alarmed_at=now) > 0


def alarmed_at(session: Session, mailbox: str) -> datetime | None:
    wanted = select(watched_mailboxes.c.alarmed_at).where(watched_mailboxes.c.mailbox == mailbox)
    return session.execute(wanted).scalar_one_or_none()


def last_read_at(session: Session, mailbox: str) -> datetime | None:
    wanted = select(watched_mailboxes.c.last_read_at).where(watched_mailboxes.c.mailbox == mailbox)
    return session.execute(wanted).scalar_one_or_none()


def ask_for_older(session: Session, mailbox: str, since: datetime, *, now: datetime) -> None:
    """Whoever leads takes mail from this moment on at its next round."""
    watch(session, mailbox, now=now)
    change(session, watched_mailboxes, watched_mailboxes.c.mailbox == mailbox, take_since=since)


def asked_for_older(session: Session, mailbox: str) -> datetime | None:
    wanted = select(watched_mailboxes.c.take_since).where(watched_mailboxes.c.mailbox == mailbox)
    return session.execute(wanted).scalar_one_or_none()


def older_is_taken_up(session: Session, mailbox: str) -> None:
    change(session, watched_mailboxes, watched_mailboxes.c.mailbox == mailbox, take_since=None)
