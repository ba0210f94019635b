"""The operator's mails about mailboxes: one alarm and one recovery, and when they may leave."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from storage import outbox
from storage.database import Database, DatabaseDown
from storage.records import OutgoingMail
from storage.states import Language, MailKind, MailState
from tests.conftest import HandClock, with_policy
from tests.flows.outgoing import Post
from worker.core.letters import AlarmKind
from worker.core.policy import Sending
from worker.flows.collecting import collect_round
from worker.flows.collecting_alarms import judge_silence, tell_refused, watch_mailboxes
from worker.flows.collecting_box import Box, CollectingRules, Lease
from worker.flows.house import House

OPERATOR = "operator@firm.example"
OFFICE = "office@imap.firm.example"
OTHER_ALARMS = {AlarmKind.MAIL_QUARANTINED, AlarmKind.COMPLAINT}
"""Said by other tests; nothing of a mailbox is in them."""
MAILBOX_ALARMS = [each for each in AlarmKind if each not in OTHER_ALARMS]


class EmptyMailbox:
    """A session on a mailbox without folders: all that a round's end needs."""

    def __getattr__(self, name: str) -> Any:
        assert name == "folders"
        return lambda: ()


@pytest.fixture
def post(out: Post) -> Post:
    house = with_policy(out.house, operator_address=OPERATOR, mailboxes=(OFFICE,))
    return replace(out, house=house)


def box_of(house: House) -> Box:
    box = Box(
        house=house,
        name=OFFICE,
        number=1,
        rules=CollectingRules(),
        lease=Lease(house, OFFICE, "first"),
        ring=ignore,
    )
    assert box.lease.take()
    return box


def ignore(_ids: Sequence[int]) -> None: ...


def alarms(house: House) -> list[OutgoingMail]:
    with house.database.reading() as session:
        found = outbox.mails_in(session, tuple(MailState))
    return [each for each in reversed(found) if each.kind is MailKind.ALARM]


def kinds(house: House) -> list[str]:
    return [(each.details or {})["alarm"] for each in alarms(house)]


def fall_silent(house: House, clock: HandClock) -> None:
    watch_mailboxes(house)
    clock.forward(minutes=31)


def test_a_mailbox_whose_collector_never_ran_is_mailed_once(post: Post, clock: HandClock) -> None:
    fall_silent(post.house, clock)
    for _ in range(3):
        watch_mailboxes(post.house)

    assert post.run() == [MailState.ACCEPTED]
    assert post.relay.sent[0].recipient == OPERATOR
    assert OFFICE in post.parsed()["Subject"]
    assert "31 minutes" in post.text()
    assert post.parsed()["Auto-Submitted"] == "auto-generated"
    assert post.parsed()["Reply-To"] is None


def test_the_first_look_at_a_new_mailbox_is_no_alarm(post: Post) -> None:
    watch_mailboxes(post.house)

    assert alarms(post.house) == []


def test_the_recovery_is_mailed_once(post: Post, clock: HandClock) -> None:
    fall_silent(post.house, clock)
    watch_mailboxes(post.house)
    box = box_of(post.house)
    for _ in range(2):
        collect_round(box, EmptyMailbox())

    assert kinds(post.house) == [AlarmKind.MAILBOX_NOT_READ, AlarmKind.MAILBOX_RECOVERED]


@pytest.mark.parametrize("kind", [AlarmKind.LOGIN_REFUSED, AlarmKind.TOKEN_FAILED])
def test_a_refusal_is_mailed_at_once_and_is_the_only_alarm(post: Post, clock: HandClock, kind: AlarmKind) -> None:
    watch_mailboxes(post.house)
    box = box_of(post.house)
    assert [tell_refused(box, kind), tell_refused(box, kind)] == [True, False]
    clock.forward(minutes=31)
    watch_mailboxes(post.house)
    assert not judge_silence(box)

    assert kinds(post.house) == [kind]


class FailingDatabase(Database):
    """Its nth transaction is rolled back where it would have committed."""

    fails_at = 0
    begun = 0

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with super().writing() as session:
            self.begun += 1
            number = self.begun
            yield session
            if number == self.fails_at:
                raise DatabaseDown("No space left on device")


@pytest.mark.parametrize("fails_at", [1, 2])
def test_an_alarm_that_is_rolled_back_leaves_no_mail(post: Post, clock: HandClock, fails_at: int) -> None:
    """Mark and mail are one transaction, so there is no second one to fail; in two, one would stay without the other,
    and the next look would mail again or never.
    """
    fall_silent(post.house, clock)
    database = FailingDatabase(post.house.database.url.render_as_string(hide_password=False))
    database.fails_at = fails_at
    with suppress(DatabaseDown):
        watch_mailboxes(replace(post.house, database=database))
    database.close()
    assert len(alarms(post.house)) == (0 if fails_at == 1 else 1)

    watch_mailboxes(post.house)
    assert kinds(post.house) == [AlarmKind.MAILBOX_NOT_READ]


def test_with_sending_off_an_alarm_waits_until_it_is_on(post: Post, clock: HandClock) -> None:
    off = with_policy(post.house, sending=Sending.OFF)
    fall_silent(off, clock)
    watch_mailboxes(off)

    assert replace(post, house=off).run() == []
    assert post.run() == [MailState.ACCEPTED]


def test_only_listed_lets_an_alarm_out_to_an_operator_who_is_not_listed(post: Post, clock: HandClock) -> None:
    listed = with_policy(post.house, sending=Sending.ONLY_LISTED, sending_listed=("somebody@else.example",))
    fall_silent(listed, clock)
    watch_mailboxes(listed)

    assert replace(post, house=listed).run() == [MailState.ACCEPTED]


def test_without_an_operator_there_is_only_the_event(post: Post, clock: HandClock) -> None:
    nobody = with_policy(post.house, operator_address=None)
    fall_silent(nobody, clock)
    watch_mailboxes(nobody)

    assert alarms(nobody) == []


@pytest.mark.parametrize("kind", MAILBOX_ALARMS)
@pytest.mark.parametrize("language", Language)
def test_every_alarm_has_words_in_every_language(post: Post, kind: AlarmKind, language: Language) -> None:
    house = with_policy(post.house, operator_language=language)
    watch_mailboxes(house)
    tell_refused(box_of(house), kind)

    assert replace(post, house=house).run() == [MailState.ACCEPTED]
    assert post.parsed()["Content-Language"] == language
    assert OFFICE in post.text()
    assert "{" not in post.text()
