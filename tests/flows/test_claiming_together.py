"""Which arrivals many may claim in one go, and what keeps a late worker from writing over a newer one."""

from datetime import timedelta

from storage import inbox
from storage.records import Arrival, ArrivalId
from storage.states import ArrivalState
from tests.conftest import HandClock
from tests.flows.mailroom import Mailroom
from worker.flows.filing import claim, file_arrival
from worker.flows.filing_together import claim_together, due_among, give_back

TO = "info@mail.example"


def keep(room: Mailroom, count: int) -> list[ArrivalId]:
    mails = [f"From: x@y.example\r\nSubject: {number}\r\n\r\nx\r\n".encode() for number in range(count)]
    return [arrival for mail in mails for arrival in room.keep(mail, TO)]


def claimed_alone(room: Mailroom, arrival_id: ArrivalId) -> Arrival:
    found = claim(room.house, arrival_id)
    assert found is not None
    return found


def test_they_are_given_in_the_order_they_came_in(room: Mailroom) -> None:
    ids = keep(room, 4)
    given = list(reversed(ids))

    assert [each.id for each in due_among(room.house, given)] == ids
    assert [each.id for each in claim_together(room.house, given)] == ids


def test_what_is_put_off_is_due_when_its_pause_is_over(room: Mailroom, clock: HandClock) -> None:
    ids = keep(room, 2)
    give_back(room.house, claim_together(room.house, ids), pause=timedelta(minutes=5))
    clock.forward(minutes=4)
    assert (due_among(room.house, ids), claim_together(room.house, ids)) == ([], [])

    clock.forward(minutes=1)
    assert [each.id for each in due_among(room.house, ids)] == ids
    assert [each.id for each in claim_together(room.house, ids)] == ids


def test_what_somebody_holds_or_has_done_is_not_due(room: Mailroom) -> None:
    held, done, free = ids = keep(room, 3)
    claimed_alone(room, held)
    file_arrival(room.house, room.reader, done)
    with room.house.database.reading() as session:
        assert getattr(inbox.arrival(session, done), "state", None) is not ArrivalState.KEPT

    assert [each.id for each in due_among(room.house, ids)] == [free]
    assert [each.id for each in claim_together(room.house, ids)] == [free]


def test_who_lost_a_worker_once_stays_alone_when_he_was_put_off_since(room: Mailroom, clock: HandClock) -> None:
    (number,) = ids = keep(room, 1)
    claim_together(room.house, ids)
    clock.forward(seconds=400)
    give_back(room.house, [claimed_alone(room, number)], pause=timedelta(0))

    assert [each.alone for each in due_among(room.house, ids)] == [True]
    assert claim_together(room.house, ids) == []


def test_a_late_worker_writes_nothing_over_who_claimed_after_him(room: Mailroom) -> None:
    (number,) = ids = keep(room, 1)
    late = claimed_alone(room, number)
    give_back(room.house, [late], pause=timedelta(0))
    (newer,) = claim_together(room.house, ids)
    give_back(room.house, [late], pause=timedelta(hours=1))

    with room.house.database.reading() as session:
        found = inbox.arrival(session, number)
    assert found == newer


def test_what_somebody_is_just_claiming_is_passed_over_and_not_waited_for(room: Mailroom) -> None:
    """On PostgreSQL; SQLite has one writer."""
    taken, free = ids = keep(room, 2)
    if room.house.database.is_sqlite:
        return
    with room.house.database.writing() as session:
        inbox.claim_arrival(session, taken, room.house.now(session), lease=timedelta(minutes=5))
        assert [each.id for each in claim_together(room.house, ids)] == [free]
