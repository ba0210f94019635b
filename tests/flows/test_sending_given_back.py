"""What a batch gives back untried: a relay that is away or slow, a task whose time is up; as if it had never been claimed."""

from storage.states import AttemptOutcome, MailState
from tests.conftest import Firm, HandClock
from tests.flows.outgoing import OK, Post, only
from tests.flows.test_sending_batches import AWAY, ask_many, at_mail, attempts, mails_in
from worker.flows.messages import delete_message, edit_message
from worker.flows.sealing import GROUP
from worker.flows.sending import send_mails
from worker.flows.talking import SLOW_S, Watch


def test_a_relay_that_is_away_is_asked_twice_and_the_others_go_back_as_if_never_claimed(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    asked = ask_many(out, firm, clock, GROUP + 5)
    out.relay.answers = [AWAY, AWAY]
    out.run()

    found = mails_in(out.house, asked, firm)
    assert len(out.relay.sent) == 2
    assert {each.state for each in found} == {MailState.QUEUED}
    assert [each.tries for each in found] == [1, 1] + [0] * (GROUP + 3)
    assert not any(each.may_be_doubled for each in found)
    assert {each.bytes_path for each in found[2:]} == {None}
    assert AttemptOutcome.OPEN not in {one for each in found for one in attempts(out.house, each.id)}
    clock.forward(seconds=59)
    assert out.run() == [], "a relay that is away is left alone for a minute"
    clock.forward(minutes=2)
    assert out.run() == [MailState.ACCEPTED] * len(found)
    assert not any(each.may_be_doubled for each in mails_in(out.house, asked, firm))


def test_one_broken_connection_stops_no_other_mail(out: Post, firm: Firm, clock: HandClock) -> None:
    ask_many(out, firm, clock, 4)
    out.relay.answers = [OK, AWAY, OK, AWAY]

    assert out.run() == [MailState.ACCEPTED, MailState.QUEUED, MailState.ACCEPTED, MailState.QUEUED]


def test_a_slow_mail_does_not_hold_up_the_others(out: Post, firm: Firm, clock: HandClock) -> None:
    """They go back at once and are rung for: another process may be free."""
    asked = ask_many(out, firm, clock, 4)
    ids = [each.id for each in mails_in(out.house, asked, firm)]
    stopwatch = [0.0]

    def take_long() -> None:
        stopwatch[0] += SLOW_S + 1

    out.relay.before = at_mail(2, take_long, out.relay)
    out.bell.outgoing.clear()
    send_mails(out.house, out.relay, out.printer, ids, Watch(seconds=lambda: stopwatch[0]))

    assert [each.state for each in mails_in(out.house, asked, firm)] == [MailState.ACCEPTED] * 2 + [
        MailState.QUEUED
    ] * 2
    assert out.bell.outgoing == ids[2:]
    assert out.run() == [MailState.ACCEPTED] * 2


def test_no_mail_is_begun_when_the_task_has_no_time_left_and_the_rest_goes_back(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    asked = ask_many(out, firm, clock, GROUP + 3)
    ids = [each.id for each in mails_in(out.house, asked, firm)]
    stopwatch = [0.0]

    def tick() -> None:
        stopwatch[0] += 1

    out.relay.before = tick
    send_mails(out.house, out.relay, out.printer, ids, Watch(seconds=lambda: stopwatch[0], until=3))

    found = mails_in(out.house, asked, firm)
    assert [each.state for each in found] == [MailState.ACCEPTED] * 3 + [MailState.QUEUED] * GROUP
    assert {each.tries for each in found[3:]} == {0}
    assert {each.lease_until for each in found[3:]} == {None}


def test_what_was_given_back_goes_with_what_was_edited_since(out: Post, firm: Firm, clock: HandClock) -> None:
    asked = ask_many(out, firm, clock, 3)
    out.relay.answers = [AWAY, AWAY]
    out.run()
    edit_message(out.house, by=firm.anne, message_id=asked[2].message_id, text="Texte corrigé, 350 EUR")
    clock.forward(minutes=5)
    out.run()

    assert sum("Texte corrigé, 350 EUR" in out.text(number) for number in range(2, 5)) == 1


def test_a_message_deleted_while_its_mail_waits_behind_others_does_not_go_once_it_is_given_back(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    """The deletion came while the mail was claimed, and said it came too late; the relay never got it."""
    asked = ask_many(out, firm, clock, 3)
    out.relay.answers = [AWAY, AWAY]

    def delete() -> None:
        delete_message(out.house, by=firm.anne, message_id=asked[2].message_id)

    out.relay.before = at_mail(1, delete, out.relay)
    out.run()
    clock.forward(minutes=5)

    assert out.run().count(MailState.ACCEPTED) == 2
    assert only(out.house, asked[2], firm.sophie).state is MailState.CANCELLED
