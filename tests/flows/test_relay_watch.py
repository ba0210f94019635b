"""An outage of our login at the relay is told once, and its end once, by whichever process hears it."""

from dataclasses import replace

import pytest
import structlog

from storage import mailboxes
from storage.records import OutgoingMail
from storage.states import MailKind, MailState
from tests.conftest import HandClock, with_policy
from tests.flows.outgoing import OK, Post, ScriptedRelay
from tests.flows.test_alarms import OPERATOR, FailingDatabase, alarms
from worker.core.letters import AlarmKind
from worker.core.relaying import Later, Never, RelayAnswer, SealedMail
from worker.flows.house import House
from worker.flows.relay_watch import WatchedRelay, row_of

REFUSES = Later(reply="the relay refuses our OAuth2 token", busy=True, refuses_us=True)
AWAY = Later(reply="no connection", busy=True)
NO = Never(reply="550 5.1.1 unknown", status="5.1.1")
MAIL = SealedMail(envelope_from="b+x@mail.example", recipient="a@b.example", envelope_id="x", content=b"")


@pytest.fixture
def post(out: Post) -> Post:
    return replace(out, house=with_policy(out.house, operator_address=OPERATOR))


def watched(house: House, *answers: RelayAnswer) -> WatchedRelay:
    return WatchedRelay(ScriptedRelay(answers=list(answers)), house)


def hear(relay: WatchedRelay, times: int) -> list[RelayAnswer]:
    return [relay.send(MAIL) for _ in range(times)]


def told(logs: list[structlog.typing.EventDict]) -> list[str]:
    return [each["event"] for each in logs if each["event"].startswith("relay_")]


def test_a_refused_login_is_told_once_by_all_processes(post: Post) -> None:
    one, other = watched(post.house, REFUSES, REFUSES), watched(post.house, REFUSES)
    with structlog.testing.capture_logs() as logs:
        assert hear(one, 2) + hear(other, 1) == [REFUSES] * 3
    assert told(logs) == ["relay_refuses_us"]
    assert alarms(post.house) == [], "a mail about it could not leave either"


def test_its_end_is_told_once_with_how_long_it_was(post: Post, clock: HandClock) -> None:
    one, other = watched(post.house, REFUSES, OK, OK), watched(post.house, OK)
    hear(one, 1)
    clock.forward(minutes=90)
    with structlog.testing.capture_logs() as logs:
        hear(one, 2)
        hear(other, 1)
    assert told(logs) == ["relay_recovered"]
    (mail,) = alarms(post.house)
    assert (mail.kind, mail.address, mail.state) == (MailKind.ALARM, OPERATOR, MailState.QUEUED)
    assert mail.details == {"alarm": AlarmKind.RELAY_RECOVERED, "mailbox": "relay.test:25", "minutes": 90}


def test_a_process_that_started_later_ends_the_outage_of_a_dead_one(post: Post) -> None:
    hear(watched(post.house, REFUSES), 1)
    hear(watched(post.house, OK), 1)
    assert kinds(alarms(post.house)) == [AlarmKind.RELAY_RECOVERED]


def test_a_relay_that_is_away_says_nothing_about_our_login(post: Post) -> None:
    relay = watched(post.house, REFUSES, AWAY)
    hear(relay, 2)
    with post.house.database.reading() as session:
        assert mailboxes.alarmed_at(session, row_of(relay.name)) is not None
    assert alarms(post.house) == []


def test_a_refused_recipient_shows_that_the_login_works(post: Post) -> None:
    hear(watched(post.house, REFUSES, NO), 2)
    assert kinds(alarms(post.house)) == [AlarmKind.RELAY_RECOVERED]


def test_a_second_outage_is_told_again(post: Post) -> None:
    with structlog.testing.capture_logs() as logs:
        hear(watched(post.house, REFUSES, OK, REFUSES, OK), 4)
    assert told(logs) == ["relay_refuses_us", "relay_recovered"] * 2


def test_the_operator_reads_for_how_long_nothing_left(post: Post, clock: HandClock) -> None:
    relay = watched(post.house, REFUSES, OK)
    hear(relay, 1)
    clock.forward(minutes=45)
    hear(relay, 1)
    assert post.run() == [MailState.ACCEPTED]
    assert post.relay.sent[0].recipient == OPERATOR
    assert "45" in post.text()
    assert "relay.test:25" in post.text()


def kinds(found: list[OutgoingMail]) -> list[str]:
    return [(each.details or {})["alarm"] for each in found]


def test_a_database_that_is_down_takes_nothing_from_what_the_relay_said(post: Post) -> None:
    """The mail went: what is lost is the alarm, until the next answer."""
    database = FailingDatabase(post.house.database.url.render_as_string(hide_password=False))
    database.fails_at = 1
    relay = watched(replace(post.house, database=database), REFUSES, REFUSES)
    with structlog.testing.capture_logs() as logs:
        assert hear(relay, 1) == [REFUSES]
        assert told(logs) == []
        hear(relay, 1)
    database.close()
    assert told(logs) == ["relay_refuses_us"]
