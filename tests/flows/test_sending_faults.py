"""When it breaks in the middle: put off, lost, dead, late, refused, given up."""

import pytest

from storage import addresses, outbox, people
from storage.states import (
    AddressState,
    AttemptOutcome,
    AttentionReason,
    FailureClass,
    MailState,
    Tick,
)
from tests.conftest import Firm, HandClock, with_policy
from tests.flows.outgoing import LATER, Post, ScriptedRelay, only, open_for_firm, tick
from tests.flows.test_portal import ask, view
from worker.core.relaying import InDoubt, Never
from worker.flows.conversations import post_message
from worker.flows.sending import send_mail
from worker.mail.printing import MailPrinter


def test_a_try_that_was_put_off_sends_the_same_bytes_later(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    out.relay.answers = [LATER]
    clock.forward(seconds=60)
    assert out.run() == [MailState.QUEUED]
    clock.forward(seconds=30)
    assert out.run() == []
    clock.forward(minutes=2)

    assert out.run() == [MailState.ACCEPTED]
    assert out.relay.sent[0] == out.relay.sent[1]
    assert not only(out.house, started, firm.sophie).may_be_doubled


def test_a_lost_250_sends_the_same_bytes_again_and_is_marked(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    out.relay.answers = [InDoubt(reply="connection lost after the dot")]
    clock.forward(seconds=60)
    out.run()
    clock.forward(minutes=2)
    out.run()

    assert out.relay.sent[0] == out.relay.sent[1]
    assert only(out.house, started, firm.sophie).may_be_doubled
    assert view(out.house, firm.anne, started.conversation_id).messages[0].ticks[0].may_be_doubled


def test_a_worker_that_dies_while_talking_leaves_a_mail_that_is_sent_again_and_marked(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    started = ask(out.house, firm, to=[firm.sophie])

    def die() -> None:
        raise KeyboardInterrupt

    out.relay.before = die
    clock.forward(seconds=60)
    with pytest.raises(KeyboardInterrupt):
        out.run()
    out.relay.before = lambda: None
    clock.forward(seconds=300)
    assert out.run() == [], "the lease still holds"
    clock.forward(seconds=100)

    assert out.run() == [MailState.ACCEPTED]
    assert out.relay.sent[0] == out.relay.sent[1]
    mail = only(out.house, started, firm.sophie)
    assert mail.may_be_doubled
    with out.house.database.reading() as session:
        outcomes = [each.outcome for each in outbox.attempts_of(session, mail.id)]
    assert outcomes == [AttemptOutcome.IN_DOUBT, AttemptOutcome.ACCEPTED]


def test_a_mail_that_a_server_may_have_is_not_made_anew_for_a_corrected_address_but_told_of(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    """The worker died in mid-talk: what it left in doubt comes to light at the next claim, before addresses are looked at."""
    started = ask(out.house, firm, to=[firm.sophie])

    def die() -> None:
        raise KeyboardInterrupt

    out.relay.before = die
    clock.forward(seconds=60)
    with pytest.raises(KeyboardInterrupt):
        out.run()
    out.relay.before = lambda: None
    with out.house.database.writing() as session:
        now = out.house.now(session)
        addresses.set_address_state(session, "sophie@boulangerie.example", AddressState.RETIRED)
        addresses.add_address(
            session, firm.sophie, written="s@new.example", normal="s@new.example", is_primary=True, now=now
        )
    clock.forward(seconds=400)

    assert out.run() == [None]
    assert [each.recipient for each in out.relay.sent] == ["sophie@boulangerie.example"]
    mail = only(out.house, started, firm.sophie)
    assert (mail.state, mail.address, mail.may_be_doubled) == (MailState.SUPPRESSED, "sophie@boulangerie.example", True)
    assert AttentionReason.MAIL_FAILED in open_for_firm(out.house, started.conversation_id)


def test_a_worker_that_wakes_up_late_changes_nothing(out: Post, firm: Firm, clock: HandClock) -> None:
    """It talks so long that its lease ends and another worker sends; its own late 'no' must not undo that."""
    started = ask(out.house, firm, to=[firm.sophie])
    second = ScriptedRelay()

    def meanwhile() -> None:
        clock.forward(seconds=400)
        send_mail(out.house, second, out.printer, only(out.house, started, firm.sophie).id)

    out.relay.before = meanwhile
    out.relay.answers = [Never(reply="550 5.1.1 no", status="5.1.1")]
    clock.forward(seconds=60)
    out.run()

    assert only(out.house, started, firm.sophie).state is MailState.ACCEPTED


def test_two_workers_with_the_same_ring_send_once(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    mail_id = only(out.house, started, firm.sophie).id
    answers = [send_mail(out.house, out.relay, out.printer, mail_id) for _ in range(3)]

    assert answers == [MailState.ACCEPTED, None, None]
    assert len(out.relay.sent) == 1


def test_a_refused_mail_fails_at_once_and_its_author_hears_of_it(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    out.relay.answers = [Never(reply="550 5.1.1 no such user", status="5.1.1")]
    clock.forward(seconds=60)
    assert out.run() == [MailState.FAILED]

    mail = only(out.house, started, firm.sophie)
    assert (mail.failure_class, mail.failure_status) == (FailureClass.HARD, "5.1.1")
    assert tick(out.house, firm, started, firm.sophie) is Tick.FAILED
    assert open_for_firm(out.house, started.conversation_id) == [AttentionReason.MAIL_FAILED]
    assert out.run() == [MailState.ACCEPTED]
    notice = out.relay.sent[-1]
    assert notice.recipient == "anne@fiduciaire.example"
    assert out.parsed()["Auto-Submitted"] == "auto-generated"
    assert "Sophie Martin" in out.text()
    with out.house.database.reading() as session:
        assert addresses.mail_address_of(session, firm.sophie) is None


def test_a_notice_about_a_failure_never_makes_a_notice(out: Post, firm: Firm, clock: HandClock) -> None:
    ask(out.house, firm, to=[firm.sophie])
    no = Never(reply="550 5.1.1 no such user", status="5.1.1")
    out.relay.answers = [no, no]
    clock.forward(seconds=60)
    assert out.run() == [MailState.FAILED]
    assert out.run() == [MailState.FAILED]
    clock.forward(days=1)

    assert out.run() == []


def test_a_contacts_mail_that_fails_at_a_case_manager_is_never_told_to_the_contact(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    house = with_policy(out.house, operator_address="ops@fiduciaire.example")
    with house.database.writing() as session:
        people.update_client(session, firm.bakery, deputy_id=firm.bram)
    out.house = house
    started = ask(house, firm, to=[firm.sophie])
    post_message(house, by=firm.sophie, conversation_id=started.conversation_id, text="Voici la réponse")
    with house.database.reading() as session:
        to_anne = outbox.mails_to(session, started.conversation_id, firm.anne)[0]
    out.relay.answers = [Never(reply="554 5.7.1 refused", status="5.7.1")]
    clock.forward(seconds=60)
    send_mail(house, out.relay, out.printer, to_anne.id)
    out.relay.sent.clear()
    clock.forward(minutes=5)
    out.run()

    told = {each.recipient for each in out.relay.sent if b"auto-generated" in each.content[:]}
    assert told == {"bram@fiduciaire.example", "ops@fiduciaire.example"}


def test_three_soft_failures_in_a_row_suppress_and_a_reply_starts_anew(out: Post, firm: Firm, clock: HandClock) -> None:
    for _ in range(3):
        ask(out.house, firm, to=[firm.sophie])
        out.relay.answers = [Never(reply="554 5.7.1 looks like spam", status="5.7.1")]
        clock.forward(seconds=60)
        out.run()
        out.run()

    with out.house.database.reading() as session:
        states = [each.state for each in addresses.addresses_of(session, firm.sophie)]
    assert states == [AddressState.SUPPRESSED]
    with out.house.database.writing() as session:
        addresses.forget_failures(session, firm.sophie, "sophie@boulangerie.example")
        addresses.lift_suppression(session, "sophie@boulangerie.example", now=clock.at)
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    assert tick(out.house, firm, started, firm.sophie) is Tick.GREY


def test_a_mail_is_given_up_after_five_days_and_said_so(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    out.relay.answers = [LATER] * 100
    for _ in range(60):
        clock.forward(hours=3)
        if MailState.FAILED in out.run():
            break

    mail = only(out.house, started, firm.sophie)
    assert (mail.state, mail.failure_class, mail.failure_reason) == (
        MailState.FAILED,
        FailureClass.EXHAUSTED,
        "expired",
    )
    assert open_for_firm(out.house, started.conversation_id) == [AttentionReason.MAIL_FAILED]


class BrokenPrinter(MailPrinter):
    def render(self, letter: object) -> object:  # type: ignore[override]
        raise ZeroDivisionError


def test_a_mail_that_cannot_be_built_fails_in_the_end_and_stops_no_other(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    working, out.printer = out.printer, BrokenPrinter()
    for _ in range(6):
        clock.forward(hours=2)
        out.run()
    out.printer = working
    clock.forward(hours=1)

    assert only(out.house, started, firm.sophie).failure_reason == "could_not_be_built"
    assert out.run() == [MailState.ACCEPTED], "the notice to Anne"
    assert out.relay.sent[-1].recipient == "anne@fiduciaire.example"
