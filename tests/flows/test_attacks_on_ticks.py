"""Attacks on the honesty of ticks, on the undo window, on the right dossier."""

import pytest

from storage import conversations, people, signed
from storage.states import MailState, Outcome, Tick
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE, blocks, plain
from tests.flows.mailroom import (
    Asked,
    Mailroom,
    address_in,
    dsn,
    reply,
    texts,
    to_case_manager,
)
from tests.flows.outgoing import LATER, Post, tick
from tests.flows.test_portal import ask, view
from worker.core.relaying import InDoubt
from worker.flows.conversations import Posted, post_message
from worker.flows.messages import edit_message


@pytest.mark.parametrize("at_return_path", [True, False])
@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Undeliverable: Facture", "550 5.2.2 Mailbox full. Your message to sophie@boulangerie.example was not kept."),
        ("Non remis : Facture", "Votre message n'a pas pu être remis : la boîte est pleine (automatic message)."),
        ("Automatic reply: Facture", "The mailbox is full. I am out of office."),
        ("Réponse automatique : Facture", "Cette adresse n'existe plus."),
        ("Automatische Antwort: Facture", "Ihre Nachricht wurde nicht zugestellt, das Postfach ist voll."),
        ("Automatisch antwoord: Facture", "Uw bericht kon niet worden bezorgd, de mailbox is vol."),
    ],
)
def test_a_failure_in_the_name_of_the_mailbox_makes_no_tick_blue(
    room: Mailroom, firm: Firm, asked: Asked, subject: str, text: str, *, at_return_path: bool
) -> None:
    started, sent = asked
    to = sent.envelope_from if at_return_path else address_in(sent)
    raw = reply(sent, text, to=to, subject=subject, extra="Auto-Submitted: auto-replied\r\n")

    assert room.file(raw, to, sender="") in {Outcome.HELD, Outcome.REPORT}
    assert tick(room.house, firm, started, firm.sophie) is not Tick.BLUE


@pytest.mark.parametrize(
    "text",
    [
        "Je suis absente jusqu'au 5.12.26, tél. 02 550 12 34.",
        "Votre demande a bien été enregistrée.",
        "Thank you for your message, we will answer soon.",
        "Wij hebben uw bericht goed ontvangen.",
        "Vielen Dank für Ihre Nachricht, die Antwort erfolgt verzögert.",
    ],
)
def test_an_answer_of_the_mailbox_that_has_it_makes_the_tick_blue(
    room: Mailroom, firm: Firm, asked: Asked, text: str
) -> None:
    started, sent = asked
    raw = reply(sent, text, to=sent.envelope_from, subject="Facture", extra="Auto-Submitted: auto-replied\r\n")
    room.file(raw, sent.envelope_from, sender="")

    assert tick(room.house, firm, started, firm.sophie) is Tick.BLUE


def test_an_answer_that_says_neither_makes_no_tick_blue(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    extra = "Auto-Submitted: auto-replied\r\n"
    raw = reply(sent, "Su mensaje no ha llegado.", to=sent.envelope_from, subject="Aviso", extra=extra)

    assert room.file(raw, sent.envelope_from, sender="") is Outcome.HELD
    assert tick(room.house, firm, started, firm.sophie) is not Tick.BLUE


@pytest.mark.parametrize(
    "text",
    [
        # qmail
        (
            "Hi. This is the qmail-send program at mx.example.\r\nI'm afraid I wasn't able to deliver your message to the following addresses.\r\n"
            "This is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n<sophie@boulangerie.example>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n"
        ),
        # Exim warning
        "This message was created automatically by mail delivery software.\r\nA message that you sent has not yet been delivered to one or more of its recipients after more than 24 hours\r\n",
    ],
)
def test_a_bounce_that_is_no_report_makes_no_tick_blue(room: Mailroom, firm: Firm, asked: Asked, text: str) -> None:
    started, sent = asked
    raw = (
        f"From: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nTo: {sent.envelope_from}\r\nSubject: failure notice\r\n"
        f"Date: Tue, 24 Nov 2026 10:00:30 +0100\r\nMessage-ID: <q1@mx.example>\r\n\r\n{text}"
    ).encode()
    room.file(raw, sent.envelope_from, sender="")
    assert tick(room.house, firm, started, firm.sophie) is not Tick.BLUE


def test_the_failure_of_somebody_behind_the_recipient_does_not_stop_mail_to_her(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    """Sophie's copy arrived; a forward of hers to an old mailbox bounced. Both stand in one report."""
    started, sent = asked
    raw = blocks(sent, (sent.recipient, "delivered", "2.0.0"), ("old@dead.example", "failed", "5.1.1"))
    room.file(raw, sent.envelope_from, sender="")
    assert tick(room.house, firm, started, firm.sophie) is Tick.BLUE
    again = post_message(room.house, by=firm.anne, conversation_id=started.conversation_id, text="Encore une question")
    ticks = view(room.house, firm.anne, started.conversation_id).messages[-1].ticks
    assert isinstance(again, Posted)
    assert ticks[0].mail_state is not MailState.SUPPRESSED, "Sophie is not mailed any more"


def test_the_delivery_to_somebody_else_makes_no_tick_blue(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    raw = blocks(sent, ("archive@elsewhere.example", "delivered", "2.0.0"), (sent.recipient, "failed", "5.7.1"))
    room.file(raw, sent.envelope_from, sender="")
    assert tick(room.house, firm, started, firm.sophie) is Tick.FAILED


def test_a_soft_failure_after_an_answer_keeps_the_tick(room: Mailroom, firm: Firm, asked: Asked) -> None:
    """ "a HARD failure after delivered wins"."""
    started, sent = asked
    room.file(reply(sent), address_in(sent))
    room.file(dsn(sent, "failed", "4.4.7"), sent.envelope_from, sender="")
    assert tick(room.house, firm, started, firm.sophie) is Tick.BLUE


def test_a_correction_does_not_overtake_what_it_corrects(out: Post, firm: Firm, clock: HandClock) -> None:
    started = ask(out.house, firm, to=[firm.sophie])
    out.relay.answers = [InDoubt(reply="gone after the dot"), LATER]
    clock.forward(seconds=61)
    out.run()
    edit_message(out.house, by=firm.anne, message_id=started.message_id, text="Payez 350 EUR", correct=True)
    out.relay.sent.clear()
    taken: list[str] = []
    for _ in range(200):
        clock.forward(seconds=20)
        before = len(out.relay.sent)
        states = out.run()
        for at, state in enumerate(states):
            if state is MailState.ACCEPTED:
                taken.append(plain(out.relay.sent[before + at].content[:]))
    assert len(taken) == 2
    assert "350 EUR" in taken[-1], "the last thing she reads is the old text"


def test_a_mail_to_another_clients_address_is_not_posted_here(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    """Sophie is contact of both; she answers an old mail of the bakery but writes to the garage's address."""
    started, sent = asked
    with room.house.database.writing() as session:
        people.add_contact(session, firm.garage, firm.sophie, gets_requests=True, now=clock.at)
    raw = reply(sent, "Facture du garage", to="garage.klein@mail.fiduciaire.example", subject="Garage: facture")
    room.file(raw, "garage.klein@mail.fiduciaire.example")
    assert "Facture du garage" not in texts(room.house, firm, started)


def test_a_new_subject_without_reference_or_overlap_is_a_new_conversation(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    _started, sent = asked
    raw = reply(sent, "Bonjour, tout autre chose: j'achète une camionnette", references=False, subject="Camionnette")
    assert room.file(raw, address_in(sent)) is Outcome.NEW_CONVERSATION


def test_a_spent_address_does_not_hide_a_valid_one(room: Mailroom, firm: Firm, asked: Asked, clock: HandClock) -> None:
    """To: old (revoked) address, and the good one beside it: the good one leads back."""
    started, sent = asked
    with room.house.database.writing() as session:
        who = conversations.participant_of(session, started.conversation_id, firm.sophie)
        assert who is not None
        from storage.states import AddressKind

        old = signed.add_signed_address(
            session, AddressKind.REPLY, now=clock.at, conversation_id=started.conversation_id, participant_id=who.id
        )
        signed.revoke_signed_address(session, old.public_id, now=clock.at)
        written = f"r+{room.house.keys.sign(AddressKind.REPLY, old.public_id)}@mail.fiduciaire.example"
    raw = reply(sent, "Ma réponse", to=f"{written}, {address_in(sent)}", references=False)
    room.file(raw, written)
    room.file(raw, address_in(sent))
    assert "Ma réponse" in texts(room.house, firm, started)


def test_a_contact_who_left_the_client_neither_writes_nor_reads(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    from sqlalchemy import update

    from storage.tables.people import contacts

    started, sent = asked
    with room.house.database.writing() as session:
        session.execute(update(contacts).where(contacts.c.person_id == firm.sophie).values(left_at=clock.at))
    assert room.file(reply(sent, "encore moi"), address_in(sent)) is Outcome.HELD
    before = len(out.relay.sent)
    post_message(room.house, by=firm.anne, conversation_id=started.conversation_id, text="Secret du dossier")
    clock.forward(minutes=6)
    out.run()
    assert not [each for each in out.relay.sent[before:] if each.recipient.startswith("sophie@")]


def test_a_former_case_manager_does_not_write_in_the_firms_name(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    from sqlalchemy import update

    from storage.tables.people import case_managers

    _started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    with room.house.database.writing() as session:
        session.execute(update(case_managers).where(case_managers.c.person_id == firm.anne).values(left_at=clock.at))
    assert room.file(reply(to_anne, "Payez sur ce compte", sender=ANNE, number=3), address_in(to_anne)) is Outcome.HELD
