"""Which mails count as new, what a new UIDVALIDITY brings back, in what portions, when it is tried again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.mailbox_records import MailboxPosition, MissingUid
from storage.states import ArrivalState, Outcome
from tests.conftest import START
from worker.core.collecting_rules import (
    LARGE_BYTES,
    LEASE,
    LEASE_EVERY_S,
    MOST_BATCH_BYTES,
    MOST_IN_BATCH,
    Look,
    PutAway,
    Sight,
    SightKind,
    destination,
    gone_between,
    idle_seconds,
    is_large,
    is_recent,
    portions,
    position_at,
    position_to_take,
    retry_is_due,
)

DAY = timedelta(days=1)
SEEN = MailboxPosition(uidvalidity=7, last_uid=50, first_seen_at=START, last_good_at=START + 30 * DAY)


def look(uid: int, *, size: int = 100, came_at: datetime | None = START) -> Look:
    return Look(uid=uid, size=size, came_at=came_at)


def test_at_first_sight_everything_there_is_old() -> None:
    position, kind = position_at(None, Sight(uidvalidity=7, next_uid=100_001), now=START)

    assert kind is SightKind.FIRST_SIGHT
    assert (position.last_uid, position.old_until_uid) == (100_000, 0)


def test_the_same_folder_goes_on_where_it_stood() -> None:
    assert position_at(SEEN, Sight(uidvalidity=7, next_uid=51), now=START) == (SEEN, SightKind.SAME)


def test_a_new_uidvalidity_reads_again_what_came_in_the_last_week() -> None:
    position, kind = position_at(SEEN, Sight(uidvalidity=8, next_uid=101), now=START + 40 * DAY)

    assert kind is SightKind.NEW_UIDVALIDITY
    assert (position.uidvalidity, position.last_uid, position.old_until_uid) == (8, 0, 100)
    assert not is_recent(position, look(100, came_at=START + 22 * DAY))
    assert is_recent(position, look(1, came_at=START + 23 * DAY))


def test_a_new_uidvalidity_never_reaches_back_before_the_first_sight() -> None:
    young = replace(SEEN, last_good_at=START + DAY)

    position, _ = position_at(young, Sight(uidvalidity=8, next_uid=101), now=START + 2 * DAY)

    assert not is_recent(position, look(3, came_at=START - timedelta(seconds=1)))
    assert is_recent(position, look(3, came_at=START))


def test_a_mailbox_never_read_to_its_end_goes_back_to_its_first_sight() -> None:
    position, _ = position_at(replace(SEEN, last_good_at=None), Sight(uidvalidity=8, next_uid=9), now=START + 90 * DAY)

    assert position.old_since == START


def test_what_came_after_the_reread_began_is_new_whatever_its_date() -> None:
    position, _ = position_at(SEEN, Sight(uidvalidity=8, next_uid=101), now=START)

    assert is_recent(position, look(101, came_at=START - 900 * DAY))
    assert is_recent(position, look(101, came_at=None))


def test_old_mail_without_a_date_is_left_alone() -> None:
    position, _ = position_at(SEEN, Sight(uidvalidity=8, next_uid=101), now=START)

    assert not is_recent(position, look(100, came_at=None))


def test_a_mail_still_missing_pulls_the_bound_back() -> None:
    sight = Sight(uidvalidity=8, next_uid=101)

    position, _ = position_at(SEEN, sight, now=START + 40 * DAY, oldest_missing_at=START + 10 * DAY)

    assert position.old_since == START + 3 * DAY


def test_a_second_change_during_a_reread_keeps_the_first_bound() -> None:
    first, _ = position_at(SEEN, Sight(uidvalidity=8, next_uid=101), now=START + 40 * DAY)
    interrupted = replace(first, last_uid=20, last_good_at=START + 60 * DAY)

    second, _ = position_at(interrupted, Sight(uidvalidity=9, next_uid=101), now=START + 60 * DAY)

    assert second.old_since == first.old_since


def test_numbers_that_go_back_are_read_as_new_ones() -> None:
    position, kind = position_at(SEEN, Sight(uidvalidity=7, next_uid=50), now=START)

    assert kind is SightKind.NUMBERS_WENT_BACK
    assert (position.last_uid, position.old_until_uid) == (0, 49)


def test_a_guessed_next_number_proves_nothing() -> None:
    assert position_at(SEEN, Sight(uidvalidity=7, next_uid=3, is_certain=False), now=START)[1] is SightKind.SAME


def test_older_mail_is_taken_on_request_up_to_where_we_stand() -> None:
    position = position_to_take(SEEN, START - 9 * DAY)

    assert (position.last_uid, position.old_until_uid, position.old_since) == (0, 50, START - 9 * DAY)
    assert position_to_take(position, START).old_since == START - 9 * DAY


@pytest.mark.parametrize(
    ("last", "uids", "gone"), [(5, [6, 7], 0), (5, [9], 3), (0, [1], 0), (5, [7, 9], 2), (5, [], 0)]
)
def test_mails_taken_away_before_we_saw_them_are_counted(last: int, uids: list[int], gone: int) -> None:
    assert gone_between(last, uids) == gone


sizes = st.lists(st.one_of(st.integers(0, 60_000), st.integers(0, 3 * LARGE_BYTES)), max_size=250)


@given(sizes, st.sets(st.integers(1, 250), max_size=5))
def test_portions_hold_every_mail_once_in_order_and_within_bounds(sizes: list[int], alone: set[int]) -> None:
    looks = [look(uid, size=size) for uid, size in enumerate(sizes, 1)]

    made = list(portions(reversed(looks), alone))  # type: ignore[arg-type]  # any order will do

    assert [each for portion in made for each in portion] == looks
    for portion in made:
        assert 0 < len(portion) <= MOST_IN_BATCH
        assert is_large(portion) or sum(each.size for each in portion) <= MOST_BATCH_BYTES
        assert len(portion) == 1 or not alone & {each.uid for each in portion}
        assert len(portion) == 1 or all(each.size < LARGE_BYTES for each in portion)


def test_what_is_missing_is_asked_for_ever_more_rarely_and_for_ever() -> None:
    def is_due(tries: int, **after: float) -> bool:
        missing = MissingUid(uid=1, tries=tries, first_tried_at=START)
        return retry_is_due(missing, START + timedelta(**after))

    assert not is_due(1, seconds=59)
    assert is_due(1, seconds=60)
    assert not is_due(2, seconds=179)
    assert is_due(2, seconds=180)
    assert is_due(10, days=1)
    assert not is_due(99, days=1)


def test_idle_ends_every_nine_minutes_and_well_before_an_alarm() -> None:
    assert idle_seconds(timedelta(minutes=30)) == 9 * 60
    assert idle_seconds(timedelta(minutes=4)) == 120


def test_a_dead_leader_is_followed_within_thirty_seconds() -> None:
    assert LEASE.total_seconds() + LEASE_EVERY_S <= 30
    assert LEASE.total_seconds() > 2 * LEASE_EVERY_S


@pytest.mark.parametrize(
    ("state", "outcome", "has_folder", "where"),
    [
        (ArrivalState.KEPT, None, False, PutAway.ARCHIVE),
        (ArrivalState.QUARANTINED, None, False, PutAway.ARCHIVE),
        (ArrivalState.KEPT, None, True, PutAway.WAIT),
        (ArrivalState.FILED, Outcome.POSTED, True, PutAway.ARCHIVE),
        (ArrivalState.FILED, Outcome.HELD, True, PutAway.ARCHIVE),
        (ArrivalState.FILED, Outcome.REJECTED, True, PutAway.REFUSED),
        (ArrivalState.QUARANTINED, None, True, PutAway.REFUSED),
    ],
)
def test_only_what_was_refused_or_quarantined_goes_to_the_folder_of_its_own(
    state: ArrivalState, outcome: Outcome | None, has_folder: bool, where: PutAway
) -> None:
    assert destination(state, outcome, has_refused_folder=has_folder) is where
