"""Sending: what goes, to whom, in which thread, and what the last guard stops."""

import email
import email.policy

import pytest

from storage import conversations, outbox
from storage.records import PersonId
from storage.states import (
    MailState,
    Visibility,
)
from tests.conftest import Firm, HandClock, with_policy
from tests.flows.outgoing import LATER, Post, only
from tests.flows.test_portal import ask
from tests.flows.test_undo_window import mails, post
from worker.core.policy import Sending
from worker.flows.conversations import NewFile, Posted, Started, post_message
from worker.flows.recording import following
from worker.flows.sending import send_mail


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
    assert b"sophie@boulangerie.example" not in out.relay.sent[0].content[:]
    assert "sophie at boulangerie.example" in str(out.parsed()["To"])


def ask_twice(out: Post, firm: Firm, clock: HandClock, *, to: list[PersonId] | None = None) -> Started:
    """Two mails to each reader, both due."""
    started = ask(out.house, firm, to=to)
    clock.forward(seconds=60)
    post(out.house, firm, started, "Plus tard")
    clock.forward(seconds=60)
    return started


def test_an_earlier_mail_of_the_thread_goes_first(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask_twice(out, firm, clock, to=[firm.sophie])
    first, second = mails(out.house, started.conversation_id, firm.sophie)

    assert send_mail(out.house, out.relay, out.printer, second.id) is None
    assert send_mail(out.house, out.relay, out.printer, first.id) is MailState.ACCEPTED
    assert send_mail(out.house, out.relay, out.printer, second.id) is MailState.ACCEPTED


def test_the_next_mail_of_a_thread_is_rung_for_as_soon_as_the_one_before_went(
    out: Post, firm: Firm, clock: HandClock
) -> None:
    started = ask_twice(out, firm, clock)
    (first, second), (other, _) = (mails(out.house, started.conversation_id, each) for each in (firm.sophie, firm.marc))
    out.bell.outgoing.clear()
    rung_while_talking: list[list[int]] = []
    out.relay.before = lambda: rung_while_talking.append(list(out.bell.outgoing))

    assert send_mail(out.house, out.relay, out.printer, first.id) is MailState.ACCEPTED
    assert (rung_while_talking, out.bell.outgoing) == ([[]], [second.id]), "Marc's mail is another thread"
    assert send_mail(out.house, out.relay, out.printer, second.id) is MailState.ACCEPTED
    assert out.bell.outgoing == [second.id], "nothing more waits"
    assert send_mail(out.house, out.relay, out.printer, other.id) is MailState.ACCEPTED


def test_a_mail_that_is_to_be_tried_again_later_lets_the_next_one_go(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask_twice(out, firm, clock, to=[firm.sophie])
    first, second = mails(out.house, started.conversation_id, firm.sophie)
    out.relay.answers = [LATER]
    out.bell.outgoing.clear()

    assert send_mail(out.house, out.relay, out.printer, first.id) is MailState.QUEUED
    assert out.bell.outgoing == [second.id]


def test_nothing_is_rung_for_while_the_firm_has_not_said_so(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask_twice(out, firm, clock, to=[firm.sophie])
    first, second = mails(out.house, started.conversation_id, firm.sophie)
    out.relay.answers = [LATER]
    off = with_policy(out.house, sending=Sending.OFF)
    send_mail(out.house, out.relay, out.printer, first.id)

    with out.house.database.reading() as session:
        assert following(session, out.house, [first], now=clock.at) == [second.id]
        assert following(session, off, [first], now=clock.at) == []


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
    parsed = email.message_from_bytes(note.content[:], policy=email.policy.default)
    assert parsed["Reply-To"].addresses[0].addr_spec.startswith("n+")
    for part in parsed.walk():
        if part.get_content_maintype() == "text":
            assert "r+" not in str(part.get_content()), "no address that leads to the client"


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
