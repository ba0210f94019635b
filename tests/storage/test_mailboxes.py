"""Positions go forward only, alarms are raised once, and what was told is remembered; on both databases."""

import hashlib
from dataclasses import replace
from datetime import timedelta

from storage import mailboxes
from storage.database import Database
from storage.inbox import KeptMail, keep_mail
from storage.mailbox_records import MailboxPosition, MissingUid, SettledAs
from storage.records import ArrivalId
from storage.states import ArrivalState, Way
from tests.conftest import START

OFFICE, INBOX = "office@imap.firm.example", "INBOX"
SEEN = MailboxPosition(uidvalidity=7, last_uid=50, first_seen_at=START)


def last_uid(database: Database, folder: str = INBOX) -> int | None:
    with database.reading() as session:
        found = mailboxes.position(session, OFFICE, folder)
    return None if found is None else found.last_uid


def test_a_position_goes_forward_only_and_only_under_its_own_uidvalidity(database: Database) -> None:
    with database.writing() as session:
        mailboxes.write_position(session, OFFICE, INBOX, SEEN)
        for uidvalidity, uid in ((7, 60), (7, 40), (6, 99)):
            mailboxes.advance(session, OFFICE, INBOX, uidvalidity=uidvalidity, last_uid=uid)

    assert last_uid(database) == 60


def test_a_position_that_is_written_again_replaces_the_first(database: Database) -> None:
    renewed = replace(SEEN, uidvalidity=8, last_uid=0, old_until_uid=99, old_since=START, last_good_at=START)
    with database.writing() as session:
        mailboxes.write_position(session, OFFICE, INBOX, SEEN)
        mailboxes.write_position(session, OFFICE, INBOX, renewed)
        mailboxes.write_position(session, OFFICE, "Junk", SEEN)

    with database.reading() as session:
        assert mailboxes.position(session, OFFICE, INBOX) == renewed
    assert last_uid(database, "Junk") == 50
    assert last_uid(database, "Sent") is None


def test_what_left_before_it_was_seen_adds_up_over_the_folders_of_a_mailbox(database: Database) -> None:
    with database.writing() as session:
        for folder in (INBOX, "Junk"):
            mailboxes.write_position(session, OFFICE, folder, SEEN)
            mailboxes.count_gone(session, OFFICE, folder, 2)
        mailboxes.count_gone(session, OFFICE, INBOX, 1)
        assert mailboxes.gone_uids(session, OFFICE) == 5
        assert mailboxes.gone_uids(session, "other@imap.firm.example") == 0


def test_an_alarm_is_raised_once_and_ends_once(database: Database) -> None:
    after = timedelta(minutes=30)
    with database.writing() as session:
        mailboxes.watch(session, OFFICE, now=START)
        assert not mailboxes.raise_alarm(session, OFFICE, now=START + after - timedelta(seconds=1), after=after)
        assert mailboxes.raise_alarm(session, OFFICE, now=START + after, after=after)
        assert not mailboxes.raise_alarm(session, OFFICE, now=START + 2 * after, after=after)
        mailboxes.mark_progress(session, OFFICE, now=START + 2 * after)
        assert mailboxes.mark_read(session, OFFICE, now=START + 2 * after)
        assert not mailboxes.mark_read(session, OFFICE, now=START + 2 * after)
        assert not mailboxes.raise_alarm(session, OFFICE, now=START + 2 * after, after=after)
        assert mailboxes.last_read_at(session, OFFICE) == START + 2 * after


def test_watching_again_forgets_nothing(database: Database) -> None:
    with database.writing() as session:
        mailboxes.watch(session, OFFICE, now=START)
        mailboxes.watch(session, OFFICE, now=START + timedelta(days=1))
        assert mailboxes.last_read_at(session, OFFICE) == START


def test_older_mail_is_asked_for_before_the_mailbox_was_ever_read(database: Database) -> None:
    with database.writing() as session:
        assert mailboxes.asked_for_older(session, OFFICE) is None
        mailboxes.ask_for_older(session, OFFICE, START, now=START)
        assert mailboxes.asked_for_older(session, OFFICE) == START
        mailboxes.older_is_taken_up(session, OFFICE)
        assert mailboxes.asked_for_older(session, OFFICE) is None


def test_a_missing_uid_counts_its_tries_and_opens_again(database: Database) -> None:
    with database.writing() as session:
        for tries in (1, 2):
            told = mailboxes.miss(session, OFFICE, INBOX, uidvalidity=7, uid=5, now=START + timedelta(days=tries))
            assert told == tries
        mailboxes.miss(session, OFFICE, "Junk", uidvalidity=7, uid=5, now=START)
        first = MissingUid(uid=5, tries=2, first_tried_at=START + timedelta(days=1))
        assert mailboxes.open_missing(session, OFFICE, INBOX, uidvalidity=7) == [first]
        settled = {"uidvalidity": 7, "uid": 5, "settled_as": SettledAs.GIVEN, "now": START}
        assert mailboxes.settle_missing(session, OFFICE, INBOX, **settled) == 1  # type: ignore[arg-type]
        assert mailboxes.settle_missing(session, OFFICE, INBOX, **settled) == 0  # type: ignore[arg-type]
        assert mailboxes.open_missing(session, OFFICE, INBOX, uidvalidity=7) == []
        assert mailboxes.miss(session, OFFICE, INBOX, uidvalidity=7, uid=5, now=START) == 3
        assert len(mailboxes.open_missing(session, OFFICE, INBOX, uidvalidity=7)) == 1


def test_new_numbers_close_what_was_missing_and_say_since_when(database: Database) -> None:
    with database.writing() as session:
        assert mailboxes.renumber_missing(session, OFFICE, INBOX, now=START) is None
        for days, uid in ((3, 5), (1, 6)):
            mailboxes.miss(session, OFFICE, INBOX, uidvalidity=7, uid=uid, now=START + timedelta(days=days))
        assert mailboxes.renumber_missing(session, OFFICE, INBOX, now=START) == START + timedelta(days=1)
        assert mailboxes.open_missing(session, OFFICE, INBOX, uidvalidity=7) == []


def keep(database: Database, *, folder: str, uid: int) -> ArrivalId:
    raw = f"{folder} {uid}".encode()
    kept = KeptMail(
        sha256=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        raw=raw,
        raw_path=None,
        way=Way.IMAP,
        envelope_from=None,
        recipients=(),
        mailbox=mailboxes.place(OFFICE, folder),
        uidvalidity=7,
        uid=uid,
    )
    with database.writing() as session:
        return keep_mail(session, kept, now=START)[0]


def test_what_was_kept_is_untold_until_the_server_was_told(database: Database) -> None:
    first, second = keep(database, folder=INBOX, uid=1), keep(database, folder=INBOX, uid=2)
    keep(database, folder="Junk", uid=1)
    where = mailboxes.place(OFFICE, INBOX)
    with database.writing() as session:
        told = mailboxes.untold(session, where, uidvalidity=7)
        assert [(each.id, each.uid, each.state, each.outcome) for each in told] == [
            (first, 1, ArrivalState.KEPT, None),
            (second, 2, ArrivalState.KEPT, None),
        ]
        mailboxes.mark_told(session, [first], now=START)
        assert [each.id for each in mailboxes.untold(session, where, uidvalidity=7)] == [second]
        assert mailboxes.untold(session, where, uidvalidity=8) == []


def test_what_was_kept_under_a_number_is_known_by_its_bytes(database: Database) -> None:
    keep(database, folder=INBOX, uid=1)
    where = mailboxes.place(OFFICE, INBOX)
    with database.reading() as session:
        assert mailboxes.sha256_at(session, where, uidvalidity=7, uid=1) == hashlib.sha256(b"INBOX 1").hexdigest()
        assert mailboxes.sha256_at(session, where, uidvalidity=8, uid=1) is None
