"""Sending: what goes, what does not, what happens when it breaks in the middle."""

import email
import email.policy

import pytest

from storage import addresses, attention, conversations, outbox, people
from storage.records import ConversationId, OutgoingMail, PersonId
from storage.states import (
    AddressState,
    AttemptOutcome,
    AttentionReason,
    Evidence,
    FailureClass,
    MailKind,
    MailState,
    Tick,
    Visibility,
)
from tests.conftest import Firm, HandClock, with_policy
from tests.flows.conftest import LATER, Post, ScriptedRelay
from tests.flows.test_portal import ask, view
from tests.flows.test_undo_window import mails, post
from worker.core.policy import Sending
from worker.core.relaying import InDoubt, Never
from worker.core.reports import Action, RecipientReport
from worker.flows.conversations import NewFile, Posted, Started, post_message
from worker.flows.evidence import apply_report
from worker.flows.house import House
from worker.flows.messages import Deleted, Edited, delete_message, edit_message
from worker.flows.sending import send_mail
from worker.mail.printing import MailPrinter


def only(house: House, started: Started, person: PersonId) -> OutgoingMail:
    (mail,) = mails(house, started.conversation_id, person)
    return mail


def report(action: Action, status: str = "2.0.0", *, hard: bool = False) -> RecipientReport:
    return RecipientReport(address="x@y.example", action=action, status=status, reason="userunknown", hard=hard)


def tell(house: House, mail: OutgoingMail, found: RecipientReport) -> None:
    with house.database.writing() as session:
        apply_report(session, house, mail, found, now=house.now(session))


def tick(house: House, firm: Firm, started: Started, person: PersonId) -> Tick:
    ticks = {each.person.id: each.tick for each in view(house, firm.anne, started.conversation_id).messages[0].ticks}
    return ticks[person]


def open_for_firm(house: House, conversation_id: ConversationId) -> list[AttentionReason]:
    with house.database.reading() as session:
        return [each.reason for each in attention.open_reasons(session, conversation_id) if each.side == "firm"]


def test_nothing_goes_before_the_window_ends(out: Post, firm: Firm, clock: HandClock) -> None:
    ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=59)

    assert out.run() == []
    clock.forward(seconds=1)
    assert out.run() == [MailState.ACCEPTED]


def test_the_mail_is_addressed_signed_and_threaded(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()

    sent, mail = out.relay.sent[0], out.parsed()
    assert sent.recipient == "sophie@boulangerie.example"
    assert sent.envelope_from.startswith("b+")
    assert str(mail["From"]) == '"Anne Dupont, Fiduciaire Exemple" <anne.dupont@mail.fiduciaire.example>'
    assert mail["Reply-To"].addresses[0].addr_spec.startswith("r+")
    assert str(mail["Message-ID"]) == f"<{sent.envelope_id}@mail.fiduciaire.example>"
    assert mail["Auto-Submitted"] is None
    assert "facture" in out.text()
    with out.house.database.reading() as session:
        conversation = conversations.conversation(session, started.conversation_id)
        assert conversation is not None
        assert conversation.thread_root in str(mail["References"])


def test_the_second_mail_answers_the_first_in_the_same_thread(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    clock.forward(hours=1)
    post(out.house, firm, started)
    clock.forward(seconds=60)
    out.run()

    first, second = out.parsed(0), out.parsed(1)
    assert second["In-Reply-To"] == first["Message-ID"]
    assert second["Subject"] == first["Subject"]
    assert str(first["Message-ID"]) in str(second["References"])


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


def test_a_try_that_was_put_off_sends_the_same_bytes_later(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    out.relay.answers = [LATER]
    clock.forward(seconds=60)
    assert out.run() == [MailState.QUEUED]
    edit_message(out.house, by=firm.anne, message_id=started.message_id, text="Autre chose", correct=False)
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

    told = {each.recipient for each in out.relay.sent if b"auto-generated" in each.content}
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


@pytest.mark.parametrize(
    ("sending", "listed", "went"),
    [
        (Sending.OFF, (), []),
        (Sending.OFF, ("sophie@boulangerie.example",), []),
        (Sending.ONLY_LISTED, (), []),
        (Sending.ONLY_LISTED, ("marc@boulangerie.example",), ["marc@boulangerie.example"]),
        (Sending.ONLY_LISTED, ("@boulangerie.example",), ["sophie@boulangerie.example", "marc@boulangerie.example"]),
        (Sending.ONLY_LISTED, ("@langerie.example",), []),
        (Sending.ON, (), ["sophie@boulangerie.example", "marc@boulangerie.example"]),
    ],
)
def test_nothing_leaves_before_the_firm_says_so(
    out: Post, firm: Firm, clock: HandClock, sending: Sending, listed: tuple[str, ...], went: list[str]
) -> None:
    started = ask(out.house, firm)
    out.house = with_policy(out.house, sending=sending, sending_listed=listed)
    clock.forward(seconds=60)
    out.run()
    for person in (firm.sophie, firm.marc):
        send_mail(out.house, out.relay, out.printer, only(out.house, started, person).id)

    assert [each.recipient for each in out.relay.sent] == went


def test_a_rehearsal_sends_everything_to_one_address_and_says_to_whom(out: Post, firm: Firm, clock: HandClock) -> None:
    out.house = with_policy(out.house, redirect_all_to="rehearsal@fiduciaire.example")
    ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()

    assert out.relay.sent[0].recipient == "rehearsal@fiduciaire.example"
    assert b"sophie@boulangerie.example" not in out.relay.sent[0].content
    assert "sophie at boulangerie.example" in str(out.parsed()["To"])


def test_an_earlier_mail_of_the_thread_goes_first(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    post(out.house, firm, started, "Plus tard")
    clock.forward(seconds=60)
    first, second = mails(out.house, started.conversation_id, firm.sophie)

    assert send_mail(out.house, out.relay, out.printer, second.id) is None
    assert send_mail(out.house, out.relay, out.printer, first.id) is MailState.ACCEPTED
    assert send_mail(out.house, out.relay, out.printer, second.id) is MailState.ACCEPTED


def test_an_internal_message_never_leaves_in_a_mail_to_a_client_whatever_the_flow_did(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    note = post_message(
        out.house,
        by=firm.bram,
        conversation_id=started.conversation_id,
        text="Attention, ce client ne paie jamais ses factures à temps et il faut le relancer",
        visibility=Visibility.INTERNAL,
    )
    assert isinstance(note, Posted)
    mail = only(out.house, started, firm.sophie)
    with out.house.database.writing() as session:
        reader = conversations.participant_of(session, started.conversation_id, firm.sophie)
        assert reader is not None
        outbox.add_delivery(session, mail.id, note.message_id, reader.id, position=2)
    clock.forward(seconds=60)
    out.run()

    assert only(out.house, started, firm.sophie).state is MailState.FAILED
    assert [each for each in out.relay.sent if each.recipient == "sophie@boulangerie.example"] == []


def test_a_mail_whose_text_repeats_a_note_is_stopped(out: Post, firm: Firm, clock: HandClock) -> None:
    """As if a template quoted one: the guard reads the finished text."""
    secret = "ce client ne paie jamais ses factures à temps et il faut le relancer"
    started = ask(out.house, firm, to=[firm.sophie])
    post_message(
        out.house, by=firm.bram, conversation_id=started.conversation_id, text=secret, visibility=Visibility.INTERNAL
    )
    with out.house.database.writing() as session:
        conversations.update_conversation(session, started.conversation_id, about_kind="invoice", about_number=secret)
    clock.forward(seconds=60)
    out.run()

    assert [each for each in out.relay.sent if each.recipient == "sophie@boulangerie.example"] == []


def test_a_note_goes_to_colleagues_with_a_note_address_only(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    post_message(
        out.house, by=firm.bram, conversation_id=started.conversation_id, text="Un mot", visibility=Visibility.INTERNAL
    )
    clock.forward(seconds=60)
    out.run()

    note = next(each for each in out.relay.sent if each.recipient == "anne@fiduciaire.example")
    parsed = email.message_from_bytes(note.content, policy=email.policy.default)
    assert parsed["Reply-To"].addresses[0].addr_spec.startswith("n+")
    assert b"r+" not in note.content.replace(b"=\r\n", b"")


def test_reports_move_the_tick_and_a_late_bounce_takes_it_away(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    mail = only(out.house, started, firm.sophie)
    assert tick(out.house, firm, started, firm.sophie) is Tick.GREY

    tell(out.house, mail, report(Action.DELIVERED))
    assert tick(out.house, firm, started, firm.sophie) is Tick.BLUE
    tell(out.house, mail, report(Action.FAILED, "5.2.2"))
    assert tick(out.house, firm, started, firm.sophie) is Tick.FAILED
    assert open_for_firm(out.house, started.conversation_id) == [AttentionReason.MAIL_FAILED]


def test_a_failure_told_twice_is_told_once(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    for _ in range(2):
        tell(out.house, only(out.house, started, firm.sophie), report(Action.FAILED, "5.1.1", hard=True))

    assert open_for_firm(out.house, started.conversation_id) == [AttentionReason.MAIL_FAILED]
    with out.house.database.reading() as session:
        everything = outbox.mails_of(session, started.conversation_id)
    assert [each.kind for each in everything].count(MailKind.FAILURE_NOTICE) == 1


def test_a_report_that_overtakes_the_250_keeps_its_blue_tick(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    out.relay.before = lambda: tell(out.house, only(out.house, started, firm.sophie), report(Action.DELIVERED))
    clock.forward(seconds=60)
    out.run()

    mail = only(out.house, started, firm.sophie)
    assert mail.state is MailState.DELIVERED
    assert mail.accepted_at is not None
    clock.forward(days=1)
    assert out.run() == []


@pytest.mark.parametrize(
    ("counts", "mta", "blue"),
    [
        ("auto", "mx.client.example", True),
        ("auto", "relay.ours.example", False),
        ("auto", None, False),
        ("yes", "relay.ours.example", True),
        ("no", "mx.client.example", False),
    ],
)
def test_relayed_is_evidence_only_when_the_host_is_not_ours(
    out: Post, firm: Firm, clock: HandClock, counts: str, mta: str | None, blue: bool
) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    house = with_policy(out.house, relayed_counts=counts, own_relays=("relay.ours.example",))
    relayed = RecipientReport(
        address="x@y.example", action=Action.RELAYED, status="2.0.0", reason="", hard=False, remote_mta=mta
    )
    tell(house, only(house, started, firm.sophie), relayed)

    assert (tick(house, firm, started, firm.sophie) is Tick.BLUE) == blue


def test_a_relay_that_is_the_last_server_makes_its_250_evidence(out: Post, firm: Firm, clock: HandClock) -> None:
    out.house = with_policy(out.house, relay_is_final=True)
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()

    mail = only(out.house, started, firm.sophie)
    assert (mail.state, mail.evidence) == (MailState.DELIVERED, Evidence.RELAY_IS_FINAL)


def test_files_go_along_and_those_the_relay_would_not_take_are_named(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    out.relay.size = 1_000_000
    files = [
        NewFile(name="petit.pdf", content=b"%PDF-1.4 small", media_type="application/pdf"),
        NewFile(name="grand.pdf", content=b"x" * 900_000, media_type="application/pdf"),
    ]
    post_message(out.house, by=firm.anne, conversation_id=started.conversation_id, text="Voici", files=files)
    clock.forward(seconds=60)
    out.run()

    names = [part.get_filename() for part in out.parsed().iter_attachments()]
    assert names == ["petit.pdf"]
    assert "grand.pdf" in out.text()


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


def test_the_reader_who_missed_messages_finds_them_quoted(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    post_message(out.house, by=firm.bram, conversation_id=started.conversation_id, text="Je reprends le dossier")
    with out.house.database.writing() as session:
        conversations.add_participant(session, started.conversation_id, firm.marc, "client", now=clock.at)  # type: ignore[arg-type]
    clock.forward(minutes=5)
    post(out.house, firm, started, "Marc, vous aussi ?")
    clock.forward(seconds=60)
    out.run()

    to_marc = next(at for at, each in enumerate(out.relay.sent) if each.recipient == "marc@boulangerie.example")
    assert "à quoi correspond cette facture" in out.text(to_marc)
    to_sophie = max(at for at, each in enumerate(out.relay.sent) if each.recipient == "sophie@boulangerie.example")
    assert "à quoi correspond cette facture" not in out.text(to_sophie)
