"""Floods and loops: joined above twenty, held above two hundred or when a program answers; the firm is told once."""

from dataclasses import replace

import pytest

from storage import outbox, people
from storage.records import OutgoingMail
from storage.states import MailKind, MailState, Outcome
from tests.conftest import Firm, HandClock, with_policy
from tests.flows.mailroom import Asked, Mailroom, address_in, header, reply, texts
from tests.flows.outgoing import Post
from tests.flows.test_undo_window import mails
from worker.core.filing_facts import Why
from worker.flows.conversations import post_message
from worker.flows.held import Accepted, accept_held


@pytest.fixture
def room(room: Mailroom) -> Mailroom:
    """A small brake: joined above four mails, held above six."""
    return replace(room, house=with_policy(room.house, brake_from=4, hold_from=6))


def write(room: Mailroom, asked: Asked, number: int, *, text: str | None = None) -> Outcome | None:
    told = text or f"Voici la remarque numéro {number} sur la facture."
    raw = reply(asked[1], told).replace(b"<reply-1@", f"<reply-{number}@".encode())
    return room.file(raw, address_in(asked[1]))  # type: ignore[return-value]


def copies(room: Mailroom, asked: Asked, firm: Firm) -> list[OutgoingMail]:
    return [each for each in mails(room.house, asked[0].conversation_id, firm.anne) if each.kind is MailKind.MESSAGE]


def notices(room: Mailroom, kind: MailKind = MailKind.NOTICE) -> list[OutgoingMail]:
    with room.house.database.reading() as session:
        found = outbox.mails_in(session, tuple(MailState))
    return [each for each in reversed(found) if each.kind is kind]


def held_notices(room: Mailroom) -> list[OutgoingMail]:
    return notices(room, MailKind.HELD_NOTICE)


def test_a_flood_is_filed_but_its_copies_join_into_one_mail_per_window(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    for number in range(4):
        assert write(room, asked, number) is Outcome.POSTED
        clock.forward(minutes=4)
        out.run()
    assert len(copies(room, asked, firm)) == 4
    for number in range(4, 6):
        assert write(room, asked, number) is Outcome.POSTED
        clock.forward(minutes=10)
        out.run()

    assert len(texts(room.house, firm, asked[0])) == 7
    waiting = [each for each in copies(room, asked, firm) if each.state is MailState.WAITING]
    assert len(waiting) == 1
    clock.forward(minutes=120)
    out.run()
    assert "numéro 4" in out.text()
    assert "numéro 5" in out.text()


def test_a_case_manager_is_told_of_a_flood_once(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    for number in range(6):
        write(room, asked, number)
        clock.forward(minutes=1)
    while out.run():
        pass

    (notice,) = notices(room)
    assert notice.person_id == firm.anne
    sent = next(each for each in out.relay.sent if header(each, "Auto-Submitted") == "auto-generated")
    assert sent.recipient == "anne@fiduciaire.example"
    assert header(sent, "Subject") == "Beaucoup d'e-mails : Facture 2026-114"
    assert header(sent, "Reply-To").partition("<")[2].startswith("n+")


def test_above_the_second_limit_mails_are_held_and_a_case_manager_accepts_them(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    fates = [write(room, asked, number) for number in range(8)]

    assert fates == [Outcome.POSTED] * 6 + [Outcome.HELD] * 2
    arrival, filing = room.last()
    assert filing.reason == Why.TOO_MANY_MAILS
    assert len(notices(room)) == 1, "that copies join"
    assert len(held_notices(room)) == 1, "that mails are held, with links that decide"
    answer = accept_held(room.house, room.reader, by=firm.anne, inbound_id=arrival.inbound_mail_id)
    assert isinstance(answer, Accepted)


def test_held_mails_count_so_a_flood_that_goes_on_stays_held(room: Mailroom, asked: Asked, clock: HandClock) -> None:
    for number in range(40):
        write(room, asked, number)
        clock.forward(minutes=10)

    assert room.last()[1].outcome is Outcome.HELD


def test_the_brake_lets_go_after_the_window(room: Mailroom, asked: Asked, clock: HandClock) -> None:
    for number in range(6):
        write(room, asked, number)
    clock.forward(minutes=121)

    assert write(room, asked, 7) is Outcome.POSTED


def test_another_writer_in_the_same_conversation_is_not_braked(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    for number in range(7):
        write(room, asked, number)
    clock.forward(minutes=4)
    out.run()
    copy = next(each for each in out.relay.sent if each.recipient == "anne@fiduciaire.example")

    assert (
        room.file(
            reply(copy, "Merci, je regarde.", sender="Anne <anne@fiduciaire.example>"),
            address_in(copy),
            sender="anne@fiduciaire.example",
        )
        is Outcome.POSTED
    )


def test_the_third_mail_with_one_text_is_held(room: Mailroom, firm: Firm, asked: Asked, clock: HandClock) -> None:
    fates = []
    for number in range(4):
        fates.append(write(room, asked, number, text="Je suis en congé, je vous répondrai à mon retour."))
        clock.forward(minutes=10)

    assert fates == [Outcome.POSTED, Outcome.POSTED, Outcome.HELD, Outcome.HELD]
    assert room.last()[1].reason == Why.REPEATS_ONE_TEXT
    assert notices(room) == []
    (notice,) = held_notices(room)
    assert (notice.person_id, notice.details) == (firm.anne, {"intro": "held_new", "filings": [3]})


def test_the_third_answer_within_a_minute_of_ours_is_held(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    fates = []
    for number in range(3):
        fates.append(write(room, asked, number))
        clock.forward(minutes=5)
        post_message(room.house, by=firm.anne, conversation_id=asked[0].conversation_id, text=f"Et ceci, {number} ?")
        clock.forward(seconds=60)
        out.run()
        clock.forward(seconds=20)

    assert fates == [Outcome.POSTED, Outcome.POSTED, Outcome.HELD]
    assert room.last()[1].reason == Why.ANSWERS_AT_ONCE


def test_the_third_mail_of_ours_that_somebody_else_answers_at_once_opens_nothing(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    raw = reply(
        asked[1],
        "Votre message a été transmis.",
        sender="Marc <marc@boulangerie.example>",
        to="new@mail.fiduciaire.example",
    )
    clock.forward(seconds=20)
    fates = [
        room.file(
            raw.replace(b"<reply-1@", f"<reply-{number}@".encode()),
            "new@mail.fiduciaire.example",
            sender="marc@boulangerie.example",
        )
        for number in range(3)
    ]

    assert fates == [Outcome.NEW_CONVERSATION, Outcome.NEW_CONVERSATION, Outcome.HELD]
    assert room.last()[1].reason == Why.ANSWERS_AT_ONCE
    clock.forward(minutes=5)
    later = raw.replace(b"<reply-1@", b"<reply-9@")
    assert (
        room.file(later, "new@mail.fiduciaire.example", sender="marc@boulangerie.example") is Outcome.NEW_CONVERSATION
    )


def test_a_flood_of_new_conversations_is_held(room: Mailroom, firm: Firm) -> None:
    fates = []
    for number in range(8):
        raw = (
            f"From: Sophie <sophie@boulangerie.example>\r\nTo: new@mail.fiduciaire.example\r\nSubject: Sujet {number}\r\n"
            f"Message-ID: <new-{number}@boulangerie.example>\r\n\r\nBonjour, voici la question {number}.\r\n"
        ).encode()
        fates.append(room.file(raw, "new@mail.fiduciaire.example"))

    assert fates == [Outcome.NEW_CONVERSATION] * 6 + [Outcome.HELD] * 2


def test_without_a_reachable_manager_the_deputy_is_told(room: Mailroom, firm: Firm, asked: Asked) -> None:
    with room.house.database.writing() as session:
        people.update_client(session, firm.bakery, manager_id=None, deputy_id=firm.bram)
    for number in range(5):
        write(room, asked, number)

    assert [each.person_id for each in notices(room)] == [firm.bram]


def test_nobody_is_told_twice_when_a_notice_fails(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    from worker.core.relaying import Never

    for number in range(5):
        write(room, asked, number)
    out.relay.answers.append(Never(reply="550 5.1.1 no such user", status="5.1.1"))
    before = len(mails(room.house, asked[0].conversation_id, firm.anne))
    out.run()

    assert notices(room)[0].state is MailState.FAILED
    assert len(mails(room.house, asked[0].conversation_id, firm.anne)) == before
