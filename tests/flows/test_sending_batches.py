"""Many mails in one task: what each is still promised when others ride along."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text

from storage import addresses, outbox
from storage.files import FilesDown
from storage.records import OutgoingMail, OutgoingMailId
from storage.states import AddressState, AttemptOutcome, MailState
from tests.conftest import Firm, HandClock, with_policy
from tests.flows.outgoing import LATER, OK, Post, ScriptedRelay, only, report, tell
from tests.flows.test_portal import ask
from tests.flows.test_undo_window import mails, post
from worker.core.letter_rules import Unprintable
from worker.core.letters import Alarm, AlarmKind, Letter, Words
from worker.core.relaying import Later, Never, RelayAnswer
from worker.core.reports import Action
from worker.flows.alarming import alarm_operator
from worker.flows.claiming import batches_of
from worker.flows.conversations import NewFile, Started, post_message
from worker.flows.house import House
from worker.flows.sealing import GROUP
from worker.flows.sending import send_mails
from worker.mail.printing import MailPrinter

AWAY = Later(reply="no connection: Connection refused", busy=True)


def ask_many(out: Post, firm: Firm, clock: HandClock, count: int) -> list[Started]:
    """So many conversations with Sophie, each with one mail that is due."""
    asked = [ask(out.house, firm, to=[firm.sophie]) for _ in range(count)]
    clock.forward(seconds=60)
    return asked


def mails_in(house: House, asked: list[Started], firm: Firm) -> list[OutgoingMail]:
    return [only(house, each, firm.sophie) for each in asked]


def attempts(house: House, mail_id: OutgoingMailId) -> list[AttemptOutcome]:
    with house.database.reading() as session:
        return [each.outcome for each in outbox.attempts_of(session, mail_id)]


def at_mail(number: int, what: Callable[[], None], relay: ScriptedRelay) -> Callable[[], None]:
    """Happens while the relay talks about its so-manyth mail."""
    return lambda: what() if len(relay.sent) == number else None


def die() -> None:
    raise KeyboardInterrupt


def test_what_is_due_goes_together_the_most_important_first(out: Post, firm: Firm, clock: HandClock) -> None:
    out.house = with_policy(out.house, operator_address="ops@fiduciaire.example")
    with out.house.database.writing() as session:
        alarm_operator(session, out.house, Alarm(kind=AlarmKind.TOKEN_FAILED, mailbox="box"), now=clock.at)
    asked = ask_many(out, firm, clock, 3)

    assert out.run() == [MailState.ACCEPTED] * 4
    assert [each.recipient for each in out.relay.sent][-1] == "ops@fiduciaire.example"
    assert [each.tries for each in mails_in(out.house, asked, firm)] == [1, 1, 1]


def test_of_one_thread_the_first_goes_and_the_next_is_rung_for(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    post(out.house, firm, started, "Plus tard")
    clock.forward(seconds=60)
    first, second = mails(out.house, started.conversation_id, firm.sophie)
    out.bell.outgoing.clear()

    assert send_mails(out.house, out.relay, out.printer, [second.id, first.id]) == {first.id: MailState.ACCEPTED}
    assert out.bell.outgoing == [second.id]


def test_attempts_are_open_before_the_talk_and_only_for_the_next_few(out: Post, firm: Firm, clock: HandClock) -> None:
    asked = ask_many(out, firm, clock, GROUP + 2)
    ids = [each.id for each in mails_in(out.house, asked, firm)]
    seen: list[list[list[AttemptOutcome]]] = []
    out.relay.before = lambda: seen.append([attempts(out.house, each) for each in ids])
    out.run()

    assert seen[0] == [[AttemptOutcome.OPEN]] * GROUP + [[], []]
    assert seen[-1] == [[AttemptOutcome.ACCEPTED]] * GROUP + [[AttemptOutcome.OPEN]] * 2


def test_a_crash_puts_at_most_one_group_in_doubt_and_sends_nothing_twice_that_was_recorded(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    asked = ask_many(out, firm, clock, 2 * GROUP + 2)
    out.relay.before = at_mail(GROUP + 1, die, out.relay)
    with pytest.raises(KeyboardInterrupt):
        out.run()
    out.relay.before = lambda: None
    clock.forward(seconds=400)
    out.run()

    found = mails_in(out.house, asked, firm)
    assert [each.state for each in found] == [MailState.ACCEPTED] * len(found)
    assert [each.may_be_doubled for each in found] == [False] * GROUP + [True] * GROUP + [False] * 2
    assert len(out.relay.sent) == len(found) + 1
    first, again = (each for each in out.relay.sent if each == out.relay.sent[GROUP])
    assert first == again, "the same bytes"


def test_answers_that_were_heard_are_recorded_when_something_stops_the_talk(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    asked = ask_many(out, firm, clock, 4)
    out.relay.before = at_mail(3, die, out.relay)
    with pytest.raises(KeyboardInterrupt):
        out.run()

    found = mails_in(out.house, asked, firm)
    assert [each.state for each in found] == [MailState.ACCEPTED] * 2 + [MailState.SENDING] * 2
    assert attempts(out.house, found[2].id) == [AttemptOutcome.OPEN], "what was under way is in doubt"


def test_what_a_worker_lost_is_claimed_alone(out: Post, firm: Firm, clock: HandClock) -> None:
    """It may be what killed the worker: it takes no other mail with it a second time."""
    asked = ask_many(out, firm, clock, 3)
    ids = [each.id for each in mails_in(out.house, asked, firm)]
    out.relay.before = die
    with pytest.raises(KeyboardInterrupt):
        send_mails(out.house, out.relay, out.printer, ids[:2])
    clock.forward(seconds=400)

    assert [[each.id for each in batch] for batch in batches_of(out.house, ids)] == [[ids[2]], [ids[0]], [ids[1]]]


class PickyPrinter(MailPrinter):
    """Cannot print one subject; the message says how."""

    def __init__(self, fault: Exception) -> None:
        self.fault, self.count = fault, 0

    def render(self, letter: Letter) -> Words:
        self.count += 1
        if self.count == 2:
            raise self.fault
        return super().render(letter)


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (ZeroDivisionError(), MailState.QUEUED),
        (Unprintable("no"), MailState.FAILED),
        (FilesDown("gone (2)"), MailState.QUEUED),
    ],
)
def test_a_fault_of_ours_in_one_mail_stops_no_other_of_its_batch(
    out: Post, firm: Firm, clock: HandClock, fault: Exception, state: MailState
) -> None:
    ask_many(out, firm, clock, 3)
    out.printer = PickyPrinter(fault)

    assert out.run() == [MailState.ACCEPTED, state, MailState.ACCEPTED]


def test_a_mail_that_cannot_be_claimed_stops_no_other_of_its_batch(out: Post, firm: Firm, clock: HandClock) -> None:
    asked = ask_many(out, firm, clock, 3)
    with out.house.database.writing() as session:
        session.execute(text(f"DELETE FROM revisions WHERE message_id = {asked[1].message_id}"))
    out.run()

    found = mails_in(out.house, asked, firm)
    assert [each.state for each in found] == [MailState.ACCEPTED, MailState.QUEUED, MailState.ACCEPTED]
    assert found[1].tries == 1


def test_a_mail_whose_file_is_gone_is_put_off_alone(out: Post, firm: Firm, clock: HandClock) -> None:
    asked = ask_many(out, firm, clock, 2)
    file = NewFile(name="a.pdf", content=b"%PDF-1.4 a", media_type="application/pdf")
    post_message(out.house, by=firm.anne, conversation_id=asked[0].conversation_id, text="Voici", files=[file])
    clock.forward(seconds=120)
    for each in (out.house.files.root / "clients").rglob("*"):
        if each.is_file():
            each.unlink()
    out.run()
    out.run()

    assert [each.state for each in mails(out.house, asked[0].conversation_id, firm.sophie)] == [
        MailState.ACCEPTED,
        MailState.QUEUED,
    ]
    assert only(out.house, asked[1], firm.sophie).state is MailState.ACCEPTED


def test_further_mails_to_an_address_that_was_just_refused_are_looked_at_anew(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    asked = ask_many(out, firm, clock, GROUP + 3)
    out.relay.answers = [Never(reply="550 5.1.1 no such user", status="5.1.1")]
    out.run()
    assert len(out.relay.sent) == 1
    out.run()

    assert [each.state for each in mails_in(out.house, asked, firm)] == [MailState.FAILED] + [MailState.SUPPRESSED] * (
        GROUP + 2
    )
    assert {each.recipient for each in out.relay.sent[1:]} == {"anne@fiduciaire.example"}


def test_two_mails_to_an_address_that_the_first_one_suppresses_do_not_both_go(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    """The first has been tried for too long and is the third failure in a row: looked at in the same claim."""
    old, new = ask_many(out, firm, clock, 2)
    with out.house.database.writing() as session:
        addresses.count_failure(session, "sophie@boulangerie.example")
        addresses.count_failure(session, "sophie@boulangerie.example")
        outbox.update_mail(session, only(out.house, old, firm.sophie).id, {MailState.WAITING}, tries=50)
    clock.forward(days=6)
    out.run()

    assert only(out.house, old, firm.sophie).state is MailState.FAILED
    assert only(out.house, new, firm.sophie).state is MailState.SUPPRESSED
    assert "sophie@boulangerie.example" not in {each.recipient for each in out.relay.sent}


def test_a_mail_that_something_else_moved_before_its_turn_is_not_talked_about(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    asked = ask_many(out, firm, clock, GROUP + 2)
    late = only(out.house, asked[GROUP], firm.sophie)
    out.relay.before = at_mail(1, lambda: tell(out.house, late, report(Action.FAILED, "5.7.1", hard=True)), out.relay)
    out.run()

    assert len(out.relay.sent) == GROUP + 1
    assert only(out.house, asked[GROUP], firm.sophie).state is MailState.FAILED
    assert only(out.house, asked[GROUP + 1], firm.sophie).state is MailState.ACCEPTED


def test_a_greylisted_mail_waits_and_the_others_go(out: Post, firm: Firm, clock: HandClock) -> None:
    ask_many(out, firm, clock, 3)
    answers: list[RelayAnswer] = [OK, LATER, OK]
    out.relay.answers = answers

    assert out.run() == [MailState.ACCEPTED, MailState.QUEUED, MailState.ACCEPTED]


def test_a_corrected_address_counts_for_every_mail_of_the_batch(out: Post, firm: Firm, clock: HandClock) -> None:
    ask_many(out, firm, clock, 3)
    with out.house.database.writing() as session:
        addresses.set_address_state(session, "sophie@boulangerie.example", AddressState.RETIRED)
        addresses.add_address(
            session, firm.sophie, written="s@new.example", normal="s@new.example", is_primary=True, now=clock.at
        )
    out.run()

    assert [each.recipient for each in out.relay.sent] == ["s@new.example"] * 3


def test_two_workers_with_overlapping_batches_send_each_mail_once_and_wait_for_each_other_only_briefly(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    """Opposite orders, real locks: alarms have no conversation whose lock would order them."""
    out.house = with_policy(out.house, operator_address="ops@fiduciaire.example")
    ask_many(out, firm, clock, 12)
    with out.house.database.writing() as session:
        for number in range(12):
            alarm = Alarm(kind=AlarmKind.TOKEN_FAILED, mailbox=f"box{number}")
            alarm_operator(session, out.house, alarm, now=clock.at)
        ids = [each.id for each in outbox.mails_in(session, {MailState.WAITING, MailState.QUEUED})]
    relays, faults = [ScriptedRelay(), ScriptedRelay()], []
    barrier = threading.Barrier(2)

    def work(relay: ScriptedRelay, mine: list[OutgoingMailId]) -> None:
        try:
            for _ in range(3):
                barrier.wait(20)
                send_mails(out.house, relay, out.printer, mine)
        except BaseException as fault:  # noqa: BLE001 - told below
            faults.append(fault)
            barrier.abort()

    threads = [
        threading.Thread(target=work, args=(relays[0], ids)),
        threading.Thread(target=work, args=(relays[1], ids[::-1])),
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)

    sent = [each.envelope_id for relay in relays for each in relay.sent]
    assert faults == []
    assert (len(sent), len(set(sent))) == (24, 24)
