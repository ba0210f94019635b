"""Commands in a held mail: no client ever reads them, whoever accepts it."""

import pytest

from storage.states import ConversationState, Outcome
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE, note, plain
from tests.flows.authentication import result
from tests.flows.clicking import click, links_in, sent_to
from tests.flows.mailroom import Asked, Mailroom, address_in, reply, texts, to_case_manager
from tests.flows.outgoing import Post, open_for_firm
from tests.flows.test_commanding import told
from tests.flows.test_portal import view
from worker.core.refusals import No, Refused
from worker.flows.held import Accepted, accept_held
from worker.flows.reading import list_conversations

PRIVATE = "Anne <anne.perso@gmail.example>"
MINE, FOR_ME = "C'est moi", "Quelqu'un écrit pour moi"
BAKERY = "boulangerie.martin@mail.fiduciaire.example"
SOPHIES = "sophie@boulangerie.example"


def clicked(room: Mailroom, out: Post, label: str) -> object:
    """Anne's answer to the question that went to her registered address last."""
    out.run()
    links = [links_in(each) for each in sent_to(out, "anne@fiduciaire.example")]
    link = [found for each in links if (found := {k.replace("&#39;", "'"): v for k, v in each.items()}.get(label))][-1]
    return room.file(*click(link, ANNE), sender="anne@fiduciaire.example")


def held_of_anne(room: Mailroom, asked: Asked, out: Post, clock: HandClock, text: str, sender: str = PRIVATE) -> None:
    to_anne = to_case_manager(room, asked, out, clock)
    assert room.file(reply(to_anne, text, sender=sender, number=5), address_in(to_anne)) is Outcome.HELD
    clock.forward(minutes=1)


def test_her_own_word_posts_the_text_and_does_what_stands_below_it(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    held_of_anne(room, asked, out, clock, "C'est bon pour nous.\r\n/clôturer\r\nAnne, mot pour mes collègues")

    assert clicked(room, out, MINE) is Outcome.COMMAND
    assert texts(room.house, firm, started, firm.sophie)[-1] == "C'est bon pour nous."
    assert view(room.house, firm.anne, started.conversation_id).conversation.state is ConversationState.CLOSED
    assert told(room) == [["posted", "close", "not_posted"], ["accepted"]]
    clock.forward(minutes=10)
    out.run()
    read = " ".join(plain(each.content[:]) for each in sent_to(out, SOPHIES))
    assert "/cl" not in read
    assert "mot pour" not in read


def test_her_own_word_does_a_command_without_a_text(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    held_of_anne(room, asked, out, clock, "/close")
    before = texts(room.house, firm, started)

    assert clicked(room, out, MINE) is Outcome.COMMAND
    assert texts(room.house, firm, started) == before
    assert view(room.house, firm.anne, started.conversation_id).conversation.state is ConversationState.CLOSED
    assert open_for_firm(room.house, started.conversation_id) == []


@pytest.mark.parametrize(
    ("text", "label"),
    [("Bonjour\r\n/clse", MINE), ("Bonjour\r\n/accept i1", MINE), ("Bonjour\r\n/close", FOR_ME)],
)
def test_commands_that_cannot_be_done_for_her_post_nothing_and_are_told(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock, text: str, label: str
) -> None:
    """Unknown, about other held mails, or by somebody whom she lets write: what he wrote she has not seen."""
    started, _sent = asked
    held_of_anne(room, asked, out, clock, text)
    before = texts(room.house, firm, started)

    assert clicked(room, out, label) is Outcome.COMMAND
    assert texts(room.house, firm, started) == before
    assert view(room.house, firm.anne, started.conversation_id).conversation.state is ConversationState.OPEN
    assert told(room) == [["holds_commands"]]
    assert "held" in open_for_firm(room.house, started.conversation_id)


def test_what_the_brake_held_is_done_for_its_writer_when_a_colleague_accepts_it(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    outcome: object = None
    for number in range(2, 5):
        clock.forward(minutes=2)
        raw = reply(to_anne, "Merci de patienter.\r\n/done\r\ninterne : pénible", sender=ANNE, number=number)
        outcome = room.file(raw, address_in(to_anne), sender="anne@fiduciaire.example")
    assert outcome is Outcome.HELD
    answer = accept_held(room.house, room.reader, by=firm.bram, inbound_id=room.last()[0].inbound_mail_id)

    assert isinstance(answer, Accepted)
    assert texts(room.house, firm, started, firm.sophie)[-3:] == ["Merci de patienter."] * 3


def test_a_colleague_who_accepts_a_forged_mail_does_not_do_its_commands(
    trusted: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    to_anne = to_case_manager(trusted, asked, out, clock)
    raw = result("fail").encode() + reply(to_anne, "Payez.\r\n/close", sender=ANNE, number=5)
    assert trusted.file(raw, address_in(to_anne)) is Outcome.HELD
    answer = accept_held(trusted.house, trusted.reader, by=firm.bram, inbound_id=trusted.last()[0].inbound_mail_id)

    assert answer == Refused(No.HOLDS_COMMANDS)
    assert view(trusted.house, firm.anne, started.conversation_id).conversation.state is ConversationState.OPEN


def test_a_confirmed_mail_to_a_client_opens_a_conversation_without_its_commands(
    trusted: Mailroom, firm: Firm, out: Post, clock: HandClock
) -> None:
    raw = (
        f"From: {ANNE}\r\nTo: {BAKERY}\r\nSubject: Four\r\nDate: Tue, 24 Nov 2026 10:00:00 +0100\r\n"
        "Message-ID: <zz@x>\r\n\r\nBonjour Sophie\r\n/close\r\nsecret\r\n"
    ).encode()
    assert trusted.file(raw, BAKERY, sender="anne@fiduciaire.example") is Outcome.HELD
    clock.forward(minutes=1)
    clicked(trusted, out, MINE)
    clock.forward(minutes=10)
    out.run()

    (line,) = list_conversations(trusted.house, by=firm.anne)
    shown = view(trusted.house, firm.sophie, line.conversation.id)
    assert [each.text for each in shown.messages] == ["Bonjour Sophie"]
    assert not any("secret" in plain(each.content[:]) for each in sent_to(out, SOPHIES))
    assert told(trusted) == [["posted", "no_conversation", "not_posted"], ["accepted"]]


def test_who_commands_in_a_mail_that_is_held_hears_that_nothing_was_done(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    secret = "ce client ne paie jamais ses factures à temps et il faut le relancer"
    note(room, firm.bram, started, secret)

    assert room.file(reply(to_anne, f"{secret}\r\n/close", sender=ANNE, number=6), address_in(to_anne)) is Outcome.HELD
    assert view(room.house, firm.anne, started.conversation_id).conversation.state is ConversationState.OPEN
    assert told(room) == [["waits"]]
