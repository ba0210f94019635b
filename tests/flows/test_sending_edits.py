"""Edits and deletions at every point of a mail's way."""

from storage.states import (
    MailState,
    Tick,
)
from tests.conftest import Firm, HandClock
from tests.flows.outgoing import LATER, Post, only
from tests.flows.test_portal import ask, view
from worker.flows.messages import Deleted, Edited, delete_message, edit_message


def test_edited_before_the_claim_the_new_text_goes(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    edit_message(out.house, by=firm.anne, message_id=started.message_id, text="Texte corrigé, 350 EUR")
    clock.forward(seconds=60)
    out.run()

    assert "Texte corrigé, 350 EUR" in out.text()
    assert "à quoi correspond" not in out.text()


def test_edited_after_it_went_the_old_text_shows_and_a_correction_follows(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    answer = edit_message(
        out.house, by=firm.anne, message_id=started.message_id, text="Bonjour, c'est 350 EUR en fait."
    )

    assert answer == Edited(too_late_for=1, corrected=(firm.sophie,))
    assert view(out.house, firm.anne, started.conversation_id).messages[0].edited_after_mailed
    clock.forward(seconds=60)
    assert out.run() == [MailState.ACCEPTED]
    assert "350 EUR" in out.text()
    assert out.parsed(1)["In-Reply-To"] == out.parsed(0)["Message-ID"]
    assert not view(out.house, firm.anne, started.conversation_id).messages[0].edited_after_mailed


def test_two_edits_make_one_correction_with_the_last_text(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    for amount in ("350", "450"):
        edit_message(out.house, by=firm.anne, message_id=started.message_id, text=f"C'est {amount} EUR.")
    clock.forward(seconds=60)
    out.run()

    assert len(out.relay.sent) == 2
    assert "450 EUR" in out.text()


def test_an_edit_while_the_relay_talks_comes_too_late(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    answers: list[object] = []
    out.relay.before = lambda: answers.append(
        edit_message(out.house, by=firm.anne, message_id=started.message_id, text="x", correct=False)
    )
    clock.forward(seconds=60)
    out.run()

    assert answers == [Edited(too_late_for=1, corrected=())]
    assert "à quoi correspond" in out.text()


def test_deleted_after_it_went_leaves_a_tombstone_and_no_mail(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()

    assert delete_message(out.house, by=firm.anne, message_id=started.message_id) == Deleted(too_late_for=1, stopped=0)
    clock.forward(minutes=10)
    assert out.run() == []
    assert view(out.house, firm.anne, started.conversation_id).messages[0].ticks[0].tick is Tick.GREY


def test_deleted_between_two_tries_it_does_not_go(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    out.relay.answers = [LATER]
    clock.forward(seconds=60)
    out.run()
    delete_message(out.house, by=firm.anne, message_id=started.message_id)
    clock.forward(hours=1)

    assert out.run() == []
    assert only(out.house, started, firm.sophie).state is MailState.CANCELLED
