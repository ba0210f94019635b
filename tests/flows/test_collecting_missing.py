"""A mail that the server does not give is recorded, asked for again and told; and it holds no others up."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from storage import mailboxes
from tests.conftest import HandClock
from tests.flows.collected import Meddled, Office, mail, without
from tests.servers.dovecot import Dovecot, running_dovecot
from worker.core.collecting_rules import CannotGive, ConnectionLost
from worker.flows.collecting_alarms import judge_silence
from worker.flows.house import House

USERS = tuple(f"office{number}@firm.example" for number in range(1, 60))


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot(USERS) as running:
        yield running


@pytest.fixture(scope="module")
def users() -> Iterator[str]:
    return iter(USERS)


@pytest.fixture
def office(house: House, dovecot: Dovecot, users: Iterator[str], clock: HandClock) -> Iterator[Office]:
    clock.at -= timedelta(days=400)  # behind Dovecot's own clock
    made = Office(house, dovecot, next(users))
    made.round()
    yield made
    made.close()


def events(told: Sequence[Any], *names: str) -> list[str]:
    return [each["event"] for each in told if each["event"] in names]


def breaks_at(session: Any, *bad: int) -> Callable[[Sequence[int]], Any]:
    """A fetch during which the connection breaks when one of these is asked for."""

    def fetch(uids: Sequence[int]) -> Any:
        if set(bad) & set(uids):
            raise ConnectionLost("just now")
        return session.fetch(uids)

    return fetch


def test_a_mail_not_given_is_recorded_asked_for_again_and_got(office: Office, clock: HandClock) -> None:
    office.put(mail("one"), mail("two"), mail("three"))
    session = office.session()
    with capture_logs() as told:
        office.round_in(Meddled(session, fetch=without(session, 2)))
        assert office.kept() == ["one", "three"]
        assert office.missing() == [(2, 1, None)]
        office.round()
        assert office.missing() == [(2, 1, None)], "too early"
        clock.forward(minutes=1)
        office.round()

    assert office.missing() == [(2, 1, "given")]
    assert office.kept() == ["one", "three", "two"]
    assert office.subjects() == []
    assert events(told, "mail_not_given", "mail_missing", "mail_recovered") == ["mail_not_given", "mail_recovered"]


def test_the_third_try_is_an_alarm_and_it_goes_on_for_ever(office: Office, clock: HandClock) -> None:
    office.put(mail("one"))

    with capture_logs() as told:
        for _ in range(5):
            session = office.session()
            office.round_in(Meddled(session, fetch=without(session, 1)))
            clock.forward(hours=1)

    assert office.missing() == [(1, 5, None)]
    assert (
        events(told, "mail_not_given", "mail_missing")
        == ["mail_not_given"] * 2 + ["mail_missing"] + ["mail_not_given"] * 2
    )
    assert office.subjects() == ["one"]


def test_a_mail_the_server_says_nothing_of_is_recorded_before_anything_is_read(office: Office) -> None:
    office.put(mail("one"), mail("two"))
    session = office.session()

    def look(uids: Sequence[int]) -> Any:
        return [each for each in session.look(uids) if each.uid != 1]

    office.round_in(Meddled(session, look=look))

    assert office.kept() == ["two"]
    assert office.missing() == [(1, 1, None)]


def test_a_mail_that_went_between_look_and_fetch_is_told_and_not_asked_for_again(
    office: Office, clock: HandClock
) -> None:
    office.put(mail("one"), mail("two"))
    session = office.session()

    def fetch(uids: Sequence[int]) -> Any:
        with office.dovecot.client(office.user) as person:
            person.select()
            person.store("1", "+FLAGS", "\\Deleted")
            person.expunge()
        return {uid: raw for uid, raw in session.fetch(uids).items() if uid != 1}

    with capture_logs() as told:
        office.round_in(Meddled(session, fetch=fetch))

    assert events(told, "gone_before_fetched") == ["gone_before_fetched"]
    assert office.kept() == ["two"]
    assert office.missing() == [(1, 1, "gone")]
    clock.forward(days=1)
    office.round()
    assert office.missing() == [(1, 1, "gone")]


def test_a_mail_that_breaks_the_connection_three_times_holds_no_others_up(office: Office, clock: HandClock) -> None:
    office.put(mail("one"), mail("poison"), mail("three"))

    with capture_logs() as told:
        for _ in range(4):  # once in a batch, three times alone
            with pytest.raises(ConnectionLost):
                office.round_in(Meddled(office.session(), fetch=breaks_at(office.sessions[-1], 2)))
        office.round_in(Meddled(office.session(), fetch=breaks_at(office.sessions[-1], 2)))

    assert office.kept() == ["one", "three"]
    assert office.missing() == [(2, 3, None)]
    assert events(told, "mail_missing") == ["mail_missing"]
    clock.forward(hours=1)
    office.round()
    assert office.kept() == ["one", "three", "poison"]
    assert office.missing() == [(2, 3, "given")]


def test_a_missing_mail_that_breaks_the_connection_again_is_counted_and_put_off(
    office: Office, clock: HandClock
) -> None:
    office.put(mail("poison"))
    session = office.session()
    office.round_in(Meddled(session, fetch=without(session, 1)))
    office.put(mail("two"))
    clock.forward(minutes=1)

    with pytest.raises(ConnectionLost):
        office.round_in(Meddled(office.session(), fetch=breaks_at(office.sessions[-1], 1)))
    office.round_in(Meddled(office.session(), fetch=breaks_at(office.sessions[-1], 1)))

    assert office.missing() == [(1, 2, None)]
    assert office.kept() == ["two"]


def test_an_outage_in_the_middle_of_a_batch_loses_nothing(office: Office) -> None:
    office.put(*(mail(f"number {number}") for number in range(5)))

    for _ in range(2):
        with pytest.raises(ConnectionLost):
            office.round_in(Meddled(office.session(), fetch=breaks_at(office.sessions[-1], 4)))
    office.round()

    assert office.kept() == [f"number {number}" for number in range(5)]
    assert office.missing() == [(4, 1, "given")]
    assert office.box.suspects == set()


def test_looking_at_a_mail_that_breaks_the_connection_holds_no_others_up(office: Office) -> None:
    office.put(mail("one"), mail("poison"), mail("three"))

    def breaks(session: Any) -> Callable[[Sequence[int]], Any]:
        def look(uids: Sequence[int]) -> Any:
            if 2 in uids:
                raise ConnectionLost("just now")
            return session.look(uids)

        return look

    for _ in range(4):
        with pytest.raises(ConnectionLost):
            office.round_in(Meddled(office.session(), look=breaks(office.sessions[-1])))
    office.round_in(Meddled(office.session(), look=breaks(office.sessions[-1])))

    assert office.kept() == ["one", "three"]
    assert office.missing() == [(2, 3, None)]


def test_a_large_mail_that_ends_in_the_middle_leaves_nothing_behind(office: Office) -> None:
    office.put(mail("large", body="x\r\n" * 600_000))

    def pieces(_uid: int) -> Iterator[bytes]:
        yield b"half of it"
        raise CannotGive

    office.round_in(Meddled(office.session(), pieces=pieces))

    assert office.missing() == [(1, 1, None)]
    assert office.kept() == []
    assert not list(office.house.files.spool_path().parent.iterdir())
    assert not (office.house.files.root / "inbound").exists()


def test_a_missing_mail_comes_back_under_its_new_number(office: Office, clock: HandClock) -> None:
    office.put(mail("one"), at=clock.at)
    session = office.session()
    office.round_in(Meddled(session, fetch=without(session, 1)))
    clock.forward(days=30)
    office.round_in(Meddled(office.session(), fetch=without(office.sessions[-1], 1)))

    def renumbered(folder: str) -> Any:
        return replace(office.sessions[-1].open(folder), uidvalidity=99)

    office.round_in(Meddled(office.session(), open=renumbered))

    assert office.kept() == ["one"]
    assert office.missing() == [(1, 2, "renumbered")]


def test_a_missing_junk_mail_that_is_not_for_us_is_passed_over(office: Office, clock: HandClock) -> None:
    office.put(mail("win a prize"), folder="Junk")
    office.round_in(Meddled(office.session(), recipients=lambda _uids: {}))
    assert office.missing() == [(1, 1, None)]
    clock.forward(minutes=1)

    office.round()

    assert office.missing() == [(1, 1, "passed_over")]
    assert office.kept() == []


def test_a_mailbox_not_read_is_told_once_and_its_recovery_once(office: Office, clock: HandClock) -> None:
    other = office.another_box("second")
    with capture_logs() as told:
        clock.forward(minutes=29)
        assert not judge_silence(office.box)
        clock.forward(minutes=1)
        assert [judge_silence(office.box), judge_silence(other), judge_silence(office.box)] == [True, False, False]
        office.round()
        office.round()
        assert not judge_silence(other)

    assert events(told, "mailbox_not_read", "mailbox_recovered") == ["mailbox_not_read", "mailbox_recovered"]
    assert [each["minutes"] for each in told if each["event"] == "mailbox_not_read"] == [30]


def test_a_long_catching_up_is_no_silence(office: Office, clock: HandClock) -> None:
    office.put(mail("one"), mail("two"))
    session = office.session()
    silent: list[bool] = []

    def put_away(uids: Sequence[int], folder: str | None) -> None:
        session.put_away(uids, folder)
        silent.append(judge_silence(office.box))

    clock.forward(minutes=31)
    office.round_in(Meddled(session, put_away=put_away))

    assert silent == [False]


def test_no_log_line_of_collecting_has_an_address_or_a_subject(office: Office, clock: HandClock) -> None:
    office.put(mail("secret matter"), mail("two"))
    with capture_logs() as told:
        session = office.session()
        office.round_in(Meddled(session, fetch=without(session, 2)))
        clock.forward(days=1)
        judge_silence(office.box)
        office.round()

    assert len(told) > 3
    for word in ("secret matter", "firm.example", "boulangerie"):
        assert word not in str(told)


def test_what_was_asked_to_be_watched_twice_is_watched_once(office: Office, clock: HandClock) -> None:
    clock.forward(minutes=31)
    with office.house.database.writing() as session:
        mailboxes.watch(session, office.box.name, now=clock.at)

    assert judge_silence(office.box)
