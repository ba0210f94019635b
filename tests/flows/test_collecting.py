"""Collecting from a real Dovecot: what is new, what is old, what is kept before the server hears of it.

One rule a test; longer than a module, since all share one fixture of a real Dovecot.
"""

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from storage import mailboxes
from storage.database import DatabaseDown
from storage.inbox import claim_arrival, write_arrival
from storage.records import PublicId
from storage.states import AddressKind, ArrivalState, Outcome, Way
from tests.conftest import TEST_KEYS, HandClock
from tests.flows.collected import Meddled, Office, mail
from tests.servers.dovecot import Dovecot, running_dovecot
from worker.core.collecting_rules import CannotGive, ConnectionLost
from worker.core.signed_addresses import local_part
from worker.flows.collecting_box import CollectingRules, LeaseLost
from worker.flows.filing import file_arrival
from worker.flows.house import House
from worker.mail.parsing import MailReader

USERS = tuple(f"office{number}@firm.example" for number in range(1, 200))
MANY = 100_000
LONG_AGO = timedelta(days=400)
"""Dovecot takes no INTERNALDATE that lies in the future of its own clock."""
Offices = Callable[..., Office]


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot(USERS) as running:
        yield running


@pytest.fixture(scope="module")
def users() -> Iterator[str]:
    return iter(USERS)


@pytest.fixture
def offices(house: House, dovecot: Dovecot, users: Iterator[str], clock: HandClock) -> Iterator[Offices]:
    clock.at -= LONG_AGO
    with ExitStack() as stack:

        def move_in(**rules: Any) -> Office:
            made = Office(house, dovecot, next(users), rules=CollectingRules(**rules))
            stack.callback(made.close)
            return made

        yield move_in


@pytest.fixture
def office(offices: Offices) -> Office:
    """Seen once, while it was empty."""
    made = offices()
    made.round()
    return made


def never(*_: object) -> Any:
    raise AssertionError("this should not have been asked")


def test_a_mail_is_committed_before_the_server_is_told_anything(office: Office) -> None:
    office.put(mail("one"))

    def put_away(_uids: Sequence[int], _folder: str | None) -> None:
        assert office.kept() == ["one"]
        assert office.position().last_uid == 1
        raise ConnectionLost("just now")

    with pytest.raises(ConnectionLost):
        office.round(put_away=put_away)

    assert office.subjects() == ["one"]
    office.round()
    assert office.kept() == ["one"]
    assert office.subjects() == []
    assert office.subjects("Archive") == ["one"]


def test_a_mail_that_cannot_be_committed_stays_where_it_is(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.put(mail("one"))

    def full(*_: object, **__: object) -> None:
        raise DatabaseDown("disk full")

    with monkeypatch.context() as patched, pytest.raises(DatabaseDown):
        patched.setattr("worker.flows.collecting_keeping.inbox.keep_mail", full)
        office.round(put_away=never)

    assert (office.kept(), office.subjects(), office.position().last_uid) == ([], ["one"], 0)
    office.round()
    assert office.kept() == ["one"]


def test_a_leader_that_was_away_too_long_writes_nothing(office: Office, clock: HandClock) -> None:
    office.put(mail("one"))
    follower = office.another_box("second")
    assert not follower.lease.take()

    def fetch_slowly(uids: Sequence[int]) -> dict[int, bytes]:
        clock.forward(seconds=21)
        assert follower.lease.take()
        return session.fetch(uids)

    session = office.session()
    with pytest.raises(LeaseLost):
        office.round_in(Meddled(session, fetch=fetch_slowly, put_away=never))

    assert office.kept() == []
    assert not office.box.lease.take()


def test_a_leader_that_was_followed_meanwhile_does_not_go_on_though_the_follower_is_gone(
    office: Office, clock: HandClock
) -> None:
    office.put(mail("one"))
    follower = office.another_box("second")

    def fetch_slowly(uids: Sequence[int]) -> dict[int, bytes]:
        clock.forward(seconds=21)
        assert follower.lease.take()
        follower.lease.give_back()
        clock.forward(seconds=2)
        return session.fetch(uids)

    session = office.session()
    with pytest.raises(LeaseLost):
        office.round_in(Meddled(session, fetch=fetch_slowly, put_away=never))

    assert office.kept() == []


def test_a_leader_that_leaves_is_followed_at_once(office: Office) -> None:
    office.box.lease.give_back()

    assert office.another_box("second").lease.take()


def test_a_living_leader_is_not_followed(office: Office, clock: HandClock) -> None:
    follower = office.another_box("second")
    for _ in range(10):
        clock.forward(seconds=5)
        assert office.box.lease.take()
        assert not follower.lease.take()


def test_a_person_who_reads_and_flags_mail_hides_nothing(office: Office) -> None:
    office.put(mail("read"), mail("flagged"), mail("answered"))
    with office.dovecot.client(office.user) as person:
        person.select()
        person.fetch("1", "(BODY[])")
        person.store("2", "+FLAGS", "\\Flagged \\Seen $Navette")
        person.store("3", "+FLAGS", "\\Answered \\Deleted")

    office.round()

    assert office.kept() == ["read", "flagged", "answered"]


def test_an_old_mail_that_a_person_moves_into_the_inbox_is_new(office: Office, clock: HandClock) -> None:
    office.put(mail("from the archive"), folder="Junk", at=clock.at - timedelta(days=400))
    with office.dovecot.client(office.user) as person:
        person.select("Junk")
        person.copy("1", "INBOX")

    office.round()

    assert office.kept() == ["from the archive"]


def test_what_left_before_it_was_seen_is_counted(office: Office) -> None:
    office.put(mail("taken away by a rule"), mail("stays"))
    with office.dovecot.client(office.user) as person:
        person.select()
        person.store("1", "+FLAGS", "\\Deleted")
        person.expunge()

    with capture_logs() as told:
        office.round()

    assert [(each["event"], each["count"]) for each in told if each["event"] == "gone_before_seen"] == [
        ("gone_before_seen", 1)
    ]
    with office.house.database.reading() as session:
        assert mailboxes.gone_uids(session, office.box.name) == 1


def test_old_mail_at_first_sight_is_left_alone_and_that_is_said_once(offices: Offices, clock: HandClock) -> None:
    office = offices()
    office.put(mail("old"), at=clock.at - timedelta(days=1))

    with capture_logs() as told:
        office.round(fetch=never, look=never, put_away=never)
        office.round(fetch=never, look=never, put_away=never)

    said = [(each["folder"], each["mailbox"]) for each in told if each["event"] == "first_sight"]
    assert said == [("junk", 1), ("inbox", 1)]
    assert office.mails_stored() == 0
    assert office.subjects() == ["old"]


def test_older_mail_is_taken_when_it_is_asked_for(offices: Offices, clock: HandClock) -> None:
    office = offices(archive=None)
    for days in (30, 3, 1):
        office.put(mail(f"{days} days old"), at=clock.at - timedelta(days=days))
    office.round()
    with office.house.database.writing() as session:
        mailboxes.ask_for_older(session, office.box.name, clock.at - timedelta(days=4), now=clock.at)

    office.round()
    office.round(fetch=never)

    assert office.kept() == ["3 days old", "1 days old"]


def test_older_mail_asked_for_before_the_first_sight_is_taken_too(offices: Offices, clock: HandClock) -> None:
    office = offices()
    office.put(mail("yesterday"), at=clock.at - timedelta(days=1))
    with office.house.database.writing() as session:
        mailboxes.ask_for_older(session, office.box.name, clock.at - timedelta(days=4), now=clock.at)

    office.round()

    assert office.kept() == ["yesterday"]


def test_a_new_uidvalidity_brings_back_the_last_week_and_files_nothing_twice(
    offices: Offices, clock: HandClock
) -> None:
    with running_dovecot(("office@firm.example",)) as own:
        office = Office(offices().house, own, "office@firm.example", rules=CollectingRules(archive=None))
        office.put(mail("before our time"), at=clock.at - timedelta(days=2))
        office.round()
        clock.forward(days=20)
        office.put(mail("long ago"), at=clock.at - timedelta(days=9))
        office.put(mail("had"), at=clock.at - timedelta(days=1))
        office.round()
        file_all(office)
        own.stop()
        own.forget_uids(office.user)
        own.start()
        office.put(mail("came meanwhile"), at=clock.at)

        with capture_logs() as told:
            office.round()
        office.close()

    assert "inbox" in [each["folder"] for each in told if each["event"] == "new_uidvalidity"]
    assert office.kept() == ["long ago", "had", "had", "came meanwhile"]
    outcomes = file_all(office)
    assert outcomes[0] is Outcome.IGNORED
    assert office.mails_stored() == 3


def file_all(office: Office) -> list[Any]:
    reader = MailReader()
    waiting = [each for each in office.arrivals() if each.state is ArrivalState.KEPT]
    return [file_arrival(office.house, reader, each.id) for each in waiting]


def test_a_hundred_thousand_old_mails_cost_nothing_at_first_sight_nor_after_a_new_uidvalidity(
    offices: Offices, clock: HandClock
) -> None:
    with running_dovecot(("office@firm.example",)) as own:
        office = Office(offices().house, own, "office@firm.example")
        own.fill(office.user, MANY, at=clock.at - timedelta(days=60))

        office.round(fetch=never, look=never, put_away=never)
        clock.forward(days=30)
        office.put(mail("new"), at=clock.at)
        office.round()
        own.stop()
        own.forget_uids(office.user)
        own.start()
        with capture_logs() as told:
            office.round(fetch=never, look=never, put_away=never)
        office.close()

        assert "new_uidvalidity" in [each["event"] for each in told]
        assert office.kept() == ["new"]
        assert office.position().last_uid == MANY


def test_a_new_uidvalidity_in_the_middle_of_a_reread_starts_it_again(offices: Offices, clock: HandClock) -> None:
    office = offices(archive=None)
    for number in range(3):
        office.put(mail(f"old {number}"), at=clock.at - timedelta(days=1))
    office.round()
    with office.house.database.writing() as session:
        mailboxes.ask_for_older(session, office.box.name, clock.at - timedelta(days=4), now=clock.at)

    def break_at_fetch(_uids: Sequence[int]) -> Any:
        raise ConnectionLost("just now")

    with pytest.raises(ConnectionLost):
        office.round(fetch=break_at_fetch)
    assert office.position().old_since == clock.at - timedelta(days=4)

    office.round()

    assert office.kept() == ["old 0", "old 1", "old 2"]


def test_out_of_junk_only_what_answers_a_mail_of_ours_is_taken(office: Office) -> None:
    token = TEST_KEYS.sign(AddressKind.REPLY, PublicId(7))
    signed = f"{local_part(AddressKind.REPLY, token)}@mail.fiduciaire.example"
    forged = signed.replace(token[-6:], "aaaaaa")
    office.put(
        mail("win a prize"),
        mail("forged", to=forged),
        mail("answer", to=f"Anne <{signed.upper()}>"),
        mail("elsewhere", to=signed.replace("mail.fiduciaire", "mail.other")),
        folder="Junk",
    )

    office.round()

    assert office.kept() == ["answer"]
    assert office.subjects("Junk") == ["win a prize", "forged", "elsewhere"]
    assert office.subjects("Archive") == ["answer"]
    office.round(recipients=never)


def test_a_junk_that_does_not_open_keeps_nobody_from_the_inbox(office: Office) -> None:
    office.put(mail("one"))
    session = office.session()

    def open_inbox_only(folder: str) -> Any:
        if folder != "INBOX":
            raise CannotGive
        return session.open(folder)

    office.round_in(Meddled(session, open=open_inbox_only))

    assert office.kept() == ["one"]


def test_the_same_numbers_in_another_folder_or_mailbox_are_other_mails(office: Office, offices: Offices) -> None:
    other = offices()
    other.round()
    token = TEST_KEYS.sign(AddressKind.REPLY, PublicId(7))
    office.put(mail("inbox"))
    office.put(mail("junk", to=f"r+{token}@mail.fiduciaire.example"), folder="Junk")
    other.put(mail("other"))

    def seen_as_seven(session: Any) -> Callable[[str], Any]:
        return lambda folder: replace(session.open(folder), uidvalidity=7)

    for each in (office, other):
        session = each.session()
        each.round_in(Meddled(session, open=seen_as_seven(session)))
        each.put(mail("next"))
        session = each.session()
        each.round_in(Meddled(session, open=seen_as_seven(session)))

    assert [(each.uidvalidity, each.uid) for each in office.arrivals()][:2] == [(7, 1), (7, 1)]
    assert sorted(office.kept()) == ["inbox", "junk", "next"]
    assert sorted(other.kept()) == ["next", "other"]


def test_a_number_given_to_two_mails_loses_neither(office: Office) -> None:
    office.put(mail("first"))
    office.round()
    known = office.position()
    with office.house.database.writing() as rows:
        mailboxes.write_position(rows, office.box.name, "INBOX", replace(known, last_uid=0))
    office.put(mail("second"))
    session = office.session()

    with capture_logs() as told:
        office.round_in(
            Meddled(
                session,
                new_uids=lambda above: [1] if above < 1 else [],
                look=lambda uids: [replace(each, uid=1) for each in session.look([2])],
                fetch=lambda _uids: {1: session.fetch([2])[2]},
                put_away=lambda _uids, _folder: None,
            )
        )

    assert sorted(office.kept()) == ["first", "second"]
    assert "number_used_twice" in [each["event"] for each in told]


def test_refused_and_quarantined_mail_goes_to_its_own_folder_once_it_is_filed(offices: Offices) -> None:
    office = offices(refused="Refused")
    office.round()
    office.put(mail("good"), mail("bad"), mail("not yet filed"))

    assert office.round().waits
    assert office.subjects() == ["good", "bad", "not yet filed"]
    good, bad, _ = office.arrivals()
    file_arrival(office.house, MailReader(), good.id)
    quarantine(office, bad.id)

    assert office.round().waits
    assert (office.subjects(), office.subjects("Archive"), office.subjects("Refused")) == (
        ["not yet filed"],
        ["good"],
        ["bad"],
    )


def quarantine(office: Office, arrival_id: Any) -> None:
    with office.house.database.writing() as session:
        now = office.house.now(session)
        claimed = claim_arrival(session, arrival_id, now, lease=timedelta(minutes=5))
        assert claimed is not None
        write_arrival(session, arrival_id, claimed.fence, state=ArrivalState.QUARANTINED, error="size", filed_at=now)


def test_a_mail_of_thirty_megabytes_takes_little_memory(office: Office) -> None:
    large = mail("large", body="x" * 76 + "\r\n" + ("y" * 76 + "\r\n") * (30 * 2**20 // 78))
    office.put(large)
    del large

    tracemalloc.start()
    office.round()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    (arrival,) = office.arrivals()
    assert len(office.raw(arrival)) > 30 * 2**20
    assert peak < 8 * 2**20
    assert not list(office.house.files.spool_path().parent.iterdir())


def test_a_batch_of_middling_mails_takes_bounded_memory(office: Office) -> None:
    for number in range(40):
        office.put(mail(f"middling {number}", body=("y" * 76 + "\r\n") * (900 * 1024 // 78)))

    tracemalloc.start()
    office.round()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(office.arrivals()) == 40
    assert peak < 24 * 2**20


def test_two_hundred_and_fifty_mails_come_in_one_round_in_order(office: Office) -> None:
    office.put(*(mail(f"number {number}") for number in range(250)))

    done = office.round()

    assert done.kept == 250
    assert office.kept() == [f"number {number}" for number in range(250)]
    assert office.subjects() == []
    assert len(office.rung) == 250


def test_what_comes_in_while_a_round_runs_is_in_it(office: Office) -> None:
    office.put(mail("first"))
    late = [mail("late")]
    session = office.session()

    def put_away(uids: Sequence[int], folder: str | None) -> None:
        session.put_away(uids, folder)
        while late:
            office.put(late.pop())

    office.round_in(Meddled(session, put_away=put_away))

    assert office.kept() == ["first", "late"]


def test_mails_of_one_second_keep_the_order_of_their_numbers(office: Office, clock: HandClock) -> None:
    came_at = clock.at + timedelta(hours=1)
    office.put(*(mail(name) for name in ("one", "two", "three")), at=came_at)

    office.round()

    moments = [each.happened_at for each in sorted(office.arrivals(), key=lambda each: each.uid or 0)]
    assert len(set(moments)) == 3
    assert moments == sorted(moments)
    assert all(each.replace(microsecond=0) == came_at for each in moments)


def test_a_mail_is_kept_as_it_came_with_the_servers_date(office: Office, clock: HandClock) -> None:
    came_at = clock.at + timedelta(hours=1)
    office.put(mail("one"), at=came_at)

    office.round()

    (arrival,) = office.arrivals()
    assert office.raw(arrival) == mail("one")
    assert (arrival.way, arrival.happened_at, arrival.envelope_to, arrival.envelope_from) == (
        Way.IMAP,
        came_at.replace(microsecond=1),
        "",
        None,
    )
    assert arrival.mailbox == f"{office.box.name}/INBOX"
    assert office.rung == [arrival.id]
    assert office.subjects("Archive") == ["one"]
