"""What the firm is shown of mail in quarantine: each mail for itself, as long as it is there."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from storage import inbox
from storage.records import ArrivalId
from storage.states import ArrivalState, Outcome
from storage.tables.inbox import arrivals
from tests.conftest import Firm, HandClock
from tests.flows.mailroom import Asked, Mailroom, address_in, reply, texts
from tests.flows.outgoing import open_for_firm
from tests.flows.test_quarantine_alarms import PoisonReader
from worker.flows.filing import claim, file_arrival
from worker.flows.shelving import MOST_ERRORS, count_error


class MendedReader(PoisonReader):
    """After the fix."""

    broken = False


@pytest.fixture
def poisoned(room: Mailroom) -> Mailroom:
    return replace(room, reader=PoisonReader())


@pytest.fixture
def mended(room: Mailroom) -> Mailroom:
    return replace(room, reader=MendedReader())


def shelve(room: Mailroom, clock: HandClock, raw: bytes, to: str) -> ArrivalId:
    (arrival,) = room.keep(raw, to)
    outcome: object = None
    for minutes in (0, 1, 3):
        clock.forward(minutes=minutes)
        outcome = file_arrival(room.house, room.reader, arrival)
    assert outcome is ArrivalState.QUARANTINED
    return arrival


def refile(room: Mailroom, arrival: ArrivalId) -> object:
    with room.house.database.writing() as session:
        assert inbox.reopen_arrival(session, arrival, now=room.house.now(session))
    return file_arrival(room.house, room.reader, arrival)


def is_shown(room: Mailroom, asked: Asked) -> bool:
    return "held" in open_for_firm(room.house, asked[0].conversation_id)


def test_each_mail_in_quarantine_is_shown_until_it_is_filed_itself(
    poisoned: Mailroom, mended: Mailroom, asked: Asked, clock: HandClock
) -> None:
    to = address_in(asked[1])
    first, second = (shelve(poisoned, clock, reply(asked[1], f"poison {n}", number=n), to) for n in (1, 2))

    assert refile(mended, first) is Outcome.POSTED
    assert is_shown(mended, asked)
    assert refile(mended, second) is Outcome.POSTED
    assert not is_shown(mended, asked)


def test_a_mail_that_broke_once_ends_nobody_elses_quarantine(
    poisoned: Mailroom, mended: Mailroom, asked: Asked, clock: HandClock
) -> None:
    shelve(poisoned, clock, reply(asked[1], "poison un", number=1), address_in(asked[1]))
    (other,) = poisoned.keep(reply(asked[1], "poison deux", number=2), address_in(asked[1]))
    assert file_arrival(poisoned.house, poisoned.reader, other) is None
    clock.forward(minutes=2)

    assert file_arrival(mended.house, mended.reader, other) is Outcome.POSTED
    assert is_shown(mended, asked)


def test_a_mail_whose_copy_was_filed_meanwhile_is_shown_no_more_when_it_is_refiled(
    poisoned: Mailroom, mended: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    raw = reply(asked[1], "poison un")
    first = shelve(poisoned, clock, raw, address_in(asked[1]))
    (copy,) = mended.keep(b"Received: from a by b; Tue, 24 Nov 2026 10:02:00 +0100\r\n" + raw, address_in(asked[1]))
    assert file_arrival(mended.house, mended.reader, copy) is Outcome.POSTED

    assert refile(mended, first) is Outcome.IGNORED
    assert len(texts(mended.house, firm, asked[0])) == 2
    assert not is_shown(mended, asked)


def test_a_worker_that_lost_its_lease_quarantines_nothing(room: Mailroom, asked: Asked, clock: HandClock) -> None:
    (arrival,) = room.keep(reply(asked[1]), address_in(asked[1]))
    with room.house.database.writing() as session:
        session.execute(update(arrivals).values(errors=MOST_ERRORS - 1))
    stale = claim(room.house, arrival)
    assert stale is not None
    clock.forward(minutes=10)
    assert file_arrival(room.house, room.reader, arrival) is Outcome.POSTED

    assert count_error(room.house, stale, "ValueError") is None
    with room.house.database.reading() as session:
        kept = inbox.arrival(session, arrival)
        assert kept is not None
        assert kept.state is ArrivalState.FILED
    assert not is_shown(room, asked)
