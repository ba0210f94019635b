"""Whether anybody works outbox, inbox and mailboxes, and what lies in quarantine."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from storage import inbox, mailboxes, operation, outbox
from storage.database import Database
from storage.states import ArrivalState, Language, MailKind, MailState, Visibility
from tests.checking.conftest import Make, levels, told
from tests.conftest import HandClock
from tests.flows.mailroom import Mailroom
from worker.checking.verdicts import Verdict
from worker.checking.working import a_worker_answers, check_work
from worker.flows.house import House
from worker.mail.parsing import MailReader

Look = Callable[..., dict[str, Verdict]]
BOX = "imaps://office%40firm.example@imap.firm.example"


def nobody(_settings: object) -> bool:
    return False


def somebody(_settings: object) -> bool:
    return True


@pytest.fixture
def look(set_up: Make, database: Database) -> Look:
    def begin(answers: Callable[..., bool] = nobody, **changes: object) -> dict[str, Verdict]:
        url = database.url.render_as_string(hide_password=False)
        return told(check_work(set_up(**({"database_url": url, "sending": "on"} | changes)), answers=answers))

    return begin


def swept(database: Database, ago: timedelta) -> None:
    every = timedelta(seconds=1)
    with database.writing() as session:
        operation.begin_turn(session, "turn:sweep", now=database.now(session) - ago - every, every=every)


def due(database: Database, ago: timedelta, address: str = "sophie@boulangerie.example") -> None:
    with database.writing() as session:
        at = database.now(session) - ago
        outbox.add_mail(
            session,
            kind=MailKind.MESSAGE,
            visibility=Visibility.SHARED,
            language=Language.FR,
            person_id=None,
            address=address,
            priority=1,
            opened_at=at,
            due_at=at,
            now=at,
            state=MailState.QUEUED,
        )


def test_a_firm_that_nobody_works_for_is_told_what_to_start(look: Look) -> None:
    found = look()

    assert found["work"].level == "warning"
    assert found["work"].found == ("nothing works outbox and inbox: no worker answers, and there was no sweep yet")
    assert found["work"].todo == "start `navette run`, or `navette worker` and `navette beat`"
    assert "collector" not in found


def test_how_long_mail_waits_is_told(look: Look, database: Database) -> None:
    due(database, timedelta(hours=3))
    due(database, timedelta(minutes=1))
    swept(database, timedelta(days=4))

    assert look()["work"].found.endswith("the last sweep was 4 days ago; the oldest mail that is due waits for 3 hours")


def test_mail_that_is_held_back_is_not_called_due(look: Look, database: Database) -> None:
    due(database, timedelta(hours=3))

    assert "due" not in look(sending="off")["work"].found
    listed = {"sending": "only-listed", "sending_listed": "@firm.example"}
    assert "due" not in look(**listed)["work"].found
    due(database, timedelta(hours=3), address="anne@firm.example")
    assert "due waits for 3 hours" in look(**listed)["work"].found


def test_workers_without_beat_are_told_apart(look: Look, database: Database) -> None:
    swept(database, timedelta(minutes=5))
    found = look(somebody)["work"]

    assert found.level == "warning"
    assert "a worker answers, and nobody asks for a sweep: the last sweep was 5 minutes ago" in found.found
    assert found.todo.startswith("start `navette beat`")


def test_a_sweep_of_a_moment_ago_proves_beat_and_worker(look: Look, database: Database) -> None:
    swept(database, timedelta(seconds=2))
    due(database, timedelta(seconds=20))

    assert look()["work"].level == "ok"


def test_mail_that_waits_though_somebody_works_is_a_warning(look: Look, database: Database) -> None:
    swept(database, timedelta(seconds=2))
    due(database, timedelta(minutes=20))

    assert look()["work"].level == "warning"
    assert "the oldest mail that is due waits for 20 minutes" in look()["work"].found


def test_mail_that_came_in_and_is_not_filed_is_told(look: Look, house: House, clock: HandClock) -> None:
    with house.database.reading() as session:
        clock.at = house.database.now(session) - timedelta(hours=4)
    Mailroom(house, MailReader(), None).keep(b"Subject: x\r\n\r\nBonjour\r\n", "new@mail.fiduciaire.example")

    assert look()["work"].found.endswith("the oldest mail that came in waits for 4 hours")


def test_mail_in_quarantine_is_named_with_what_shows_it(look: Look, house: House) -> None:
    assert look()["quarantine"].level == "ok"
    room = Mailroom(house, MailReader(), None)
    for number, day in ((1, 3), (2, 2)):
        (arrival,) = room.keep(b"Subject: %d\r\n\r\nBonjour\r\n" % number, "new@mail.fiduciaire.example")
        with house.database.writing() as session:
            now = house.now(session)
            claimed = inbox.claim_arrival(session, arrival, now, lease=timedelta(seconds=9))
            assert claimed is not None
            values = {"state": ArrivalState.QUARANTINED, "error": "size", "filed_at": now - timedelta(days=day)}
            inbox.write_arrival(session, arrival, claimed.fence, **values)

    found = look()["quarantine"]
    assert found.level == "warning"
    assert found.found == "2 mails, the oldest of 2026-11-21 09:00 UTC"
    assert "`navette inbox list --state quarantined`" in found.todo


def test_a_mailbox_that_nobody_collects_is_a_warning(look: Look, database: Database) -> None:
    box = {"mailboxes": BOX, "mailbox_passwords": "geheim"}
    assert look(**box)["collector"].found == "mailbox 1 was never collected"
    with database.writing() as session:
        now = database.now(session)
        mailboxes.watch(session, "office@firm.example@imap.firm.example", now=now - timedelta(hours=2))

    found = look(**box)["collector"]
    assert (found.level, found.found) == ("warning", "mailbox 1 was not read for 2 hours")
    assert "navette collect" in found.todo
    with database.writing() as session:
        mailboxes.mark_read(session, "office@firm.example@imap.firm.example", now=now)
    assert look(**box)["collector"].level == "ok"


def test_without_a_database_only_its_own_line_says_so(set_up: Make) -> None:
    assert list(check_work(set_up())) == []
    assert list(check_work(set_up(database_url="nonsense"))) == []
    lost = set_up(database_url="postgresql://navette@127.0.0.1:1/none")
    assert levels(check_work(lost)) == {"work": "warning"}


@pytest.mark.parametrize("broker_url", ["", "redis://127.0.0.1:1/0"])
def test_a_broker_that_is_away_is_asked_without_a_fault(set_up: Make, broker_url: str) -> None:
    assert a_worker_answers(set_up(broker_url=broker_url)) is False
