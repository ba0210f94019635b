"""A reply address with another subject: a conversation of its own, linked to the old, and its sender hears which."""

from dataclasses import replace

import pytest

from storage import conversations
from storage.records import Conversation, OutgoingMail
from storage.states import MailKind, MailState, Outcome
from tests.conftest import Firm, HandClock, with_policy
from tests.flows.mailroom import Asked, Mailroom, address_in, header, note_address, reply, texts, to_case_manager
from tests.flows.outgoing import Post
from tests.flows.test_braking import notices
from worker.flows.held import Accepted, accept_held

VAN = "Camionnette"
ANNE = "Anne Dupont <anne@fiduciaire.example>"
OTHER = "Bonjour, tout autre chose : j'achète une camionnette."


def elsewhere(asked: Asked, number: int = 1, *, subject: str = VAN, extra: str = "") -> bytes:
    return reply(asked[1], OTHER, references=False, subject=subject, extra=extra, number=number)


def told(room: Mailroom) -> list[OutgoingMail]:
    return notices(room, MailKind.OPENED_NOTICE)


def newest(room: Mailroom) -> Conversation:
    conversation_id = room.last()[1].conversation_id
    assert conversation_id is not None
    with room.house.database.reading() as session:
        found = conversations.conversation(session, conversation_id)
    assert found is not None
    return found


def test_a_client_hears_which_conversation_his_mail_became(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    started, sent = asked
    assert room.file(elsewhere(asked), address_in(sent)) is Outcome.NEW_CONVERSATION
    opened = newest(room)
    assert opened.linked_to_id == started.conversation_id

    assert out.run() == [MailState.ACCEPTED]
    mail = out.relay.sent[-1]
    said = " ".join(out.text().split())
    assert (mail.recipient, header(mail, "Auto-Submitted")) == ("sophie@boulangerie.example", "auto-replied")
    assert "« Camionnette » est désormais une conversation à part" in said.replace("\u00a0", " ").replace("\u202f", " ")
    assert "Facture 2026-114" in said
    assert header(mail, "In-Reply-To") == "<reply-1@boulangerie.example>"
    assert header(mail, "Subject") == VAN
    assert address_in(mail) != address_in(sent)
    assert header(mail, "Reply-To").partition("<")[2].startswith("r+")


def test_an_answer_to_it_goes_to_the_new_conversation(room: Mailroom, firm: Firm, asked: Asked, out: Post) -> None:
    started, sent = asked
    room.file(elsewhere(asked), address_in(sent))
    opened = newest(room)
    out.run()
    notice = out.relay.sent[-1]

    answer = reply(notice, "Elle coûte 20 000 €.", subject=f"Re: {VAN}", number=2)
    assert room.file(answer, address_in(notice)) is Outcome.POSTED
    assert newest(room).id == opened.id
    assert len(texts(room.house, firm, started)) == 1


def test_a_case_managers_other_subject_goes_to_whom_he_answers_and_nobody_else(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    """A conversation of its own would go to all contacts of the client."""
    started, _ = asked
    to_anne = to_case_manager(room, asked, out, clock)
    raw = reply(to_anne, "Une autre question sur 2027.", sender=ANNE, references=False, subject="Budget", number=4)
    assert room.file(raw, address_in(to_anne)) is Outcome.POSTED
    assert texts(room.house, firm, started)[-1] == "Une autre question sur 2027."
    assert told(room) == []


def test_a_note_with_another_subject_stays_a_note(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    to_anne = to_case_manager(room, asked, out, clock)
    to = note_address(to_anne)
    raw = reply(to_anne, "Entre nous.", sender=ANNE, to=to, references=False, subject="Budget", number=4)

    assert room.file(raw, to) is Outcome.POSTED
    assert told(room) == []


@pytest.mark.parametrize("extra", ["Precedence: bulk\r\n", "List-Id: <l.example>\r\n", "X-Autoreply: yes\r\n"])
def test_a_machine_is_not_told(room: Mailroom, asked: Asked, extra: str) -> None:
    assert room.file(elsewhere(asked, extra=extra), address_in(asked[1])) is Outcome.NEW_CONVERSATION
    assert told(room) == []


def test_a_null_sender_is_not_told(room: Mailroom, asked: Asked) -> None:
    room.file(elsewhere(asked), address_in(asked[1]), sender="")
    assert told(room) == []


def test_a_stranger_whose_mail_was_accepted_is_not_told(room: Mailroom, firm: Firm, asked: Asked) -> None:
    raw = reply(asked[1], OTHER, sender="x@elsewhere.example", references=False, subject=VAN)
    assert room.file(raw, address_in(asked[1])) is Outcome.HELD
    arrival, _ = room.last()
    answer = accept_held(room.house, room.reader, by=firm.anne, inbound_id=arrival.inbound_mail_id)

    assert isinstance(answer, Accepted)
    assert told(room) == []


def test_a_known_sender_without_a_signed_address_is_not_told(room: Mailroom, asked: Asked) -> None:
    to = "boulangerie.martin@mail.fiduciaire.example"
    room.file(reply(asked[1], OTHER, to=to, references=False, subject=VAN), to)
    assert told(room) == []


def test_the_same_mail_twice_is_told_once(room: Mailroom, asked: Asked) -> None:
    for trace in (b"", b"Received: from mx.example by mail.example; Tue, 24 Nov 2026 10:02:00 +0100\r\n"):
        room.file(trace + elsewhere(asked), address_in(asked[1]))
    assert len(told(room)) == 1


def test_a_loop_of_new_subjects_is_told_so_many_times_and_no_more(
    room: Mailroom, asked: Asked, clock: HandClock
) -> None:
    small = replace(room, house=with_policy(room.house, brake_from=3))
    for number in range(6):
        small.file(elsewhere(asked, number, subject=f"{VAN} {number}"), address_in(asked[1]))
        clock.forward(minutes=1)
    assert len(told(room)) == 3
    clock.forward(minutes=120)
    small.file(elsewhere(asked, 7, subject=f"{VAN} 7"), address_in(asked[1]))

    assert len(told(room)) == 4
