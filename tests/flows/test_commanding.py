"""Commands in a case manager's mail: done or refused with a reason, answered to him, and never to a client."""

import pytest

from storage.states import ConversationState, MailKind, Outcome
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE
from tests.flows.clicking import mails_of_kind, sent_to
from tests.flows.mailroom import Asked, Mailroom, address_in, note_address, reply, texts, to_case_manager
from tests.flows.outgoing import Post, open_for_firm
from tests.flows.test_portal import ask, view
from worker.core.refusals import No, Refused
from worker.core.relaying import SealedMail
from worker.flows.conversations import post_message
from worker.flows.held import accept_held


@pytest.fixture
def to_anne(room: Mailroom, asked: Asked, out: Post, clock: HandClock) -> SealedMail:
    return to_case_manager(room, asked, out, clock)


NUMBERS = iter(range(100, 10_000))


def say(room: Mailroom, to_anne: SealedMail, text: str, *, note: bool = False, sender: str = ANNE) -> object:
    to = note_address(to_anne) if note else address_in(to_anne)
    number = next(NUMBERS)
    raw = reply(to_anne, text, sender=sender, to=to).replace(b"<reply-1@", f"<command-{number}@".encode())
    return room.file(raw, to)


def told(room: Mailroom) -> list[list[str]]:
    """The sentences of each answer, by their keys."""
    return [
        [key for key, _ in (each.details or {})["lines"]] for each in mails_of_kind(room.house, MailKind.COMMAND_ANSWER)
    ]


@pytest.mark.parametrize("note", [False, True])
def test_a_case_manager_closes_by_mail_and_no_client_reads_it(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, note: bool, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    before = len(texts(room.house, firm, started))

    assert say(room, to_anne, "/clôturer\n\nAnne Dupont", note=note) is Outcome.COMMAND
    assert view(room.house, firm.anne, started.conversation_id).conversation.state is ConversationState.CLOSED
    assert len(texts(room.house, firm, started)) == before
    assert told(room) == [["close", "not_posted"]]
    clients = len(sent_to(out, "sophie@boulangerie.example"))
    clock.forward(minutes=10)
    out.run()
    assert len(sent_to(out, "sophie@boulangerie.example")) == clients
    assert "est close" in out.text()


def test_reopen_and_done(room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail) -> None:
    started, _sent = asked
    say(room, to_anne, "/close")

    assert say(room, to_anne, "/close") is Outcome.COMMAND
    assert say(room, to_anne, "/rouvrir") is Outcome.COMMAND
    assert view(room.house, firm.anne, started.conversation_id).conversation.state is ConversationState.OPEN
    assert told(room) == [["close"], ["already_closed"], ["reopen"]]


def test_done_ends_what_waits_for_the_firm(room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail) -> None:
    started, _sent = asked
    assert open_for_firm(room.house, started.conversation_id) == ["wrote"]

    assert say(room, to_anne, "Fait.\n\nAnne Dupont", note=True) is Outcome.COMMAND
    assert open_for_firm(room.house, started.conversation_id) == []


def test_a_bare_word_at_the_reply_address_is_a_message(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail
) -> None:
    started, _sent = asked

    assert say(room, to_anne, "Fait.") is Outcome.POSTED
    assert texts(room.house, firm, started, firm.sophie)[-1] == "Fait."


@pytest.mark.parametrize("text", ["Bonjour Sophie\n/clse", "/close\n/clse", "/ ", "//close", "/var/mail"])
def test_an_unknown_command_is_answered_and_nothing_is_done_or_posted(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, text: str
) -> None:
    started, _sent = asked
    before = texts(room.house, firm, started)

    assert say(room, to_anne, text) is Outcome.COMMAND
    assert texts(room.house, firm, started) == before
    assert view(room.house, firm.anne, started.conversation_id).conversation.state is ConversationState.OPEN
    assert told(room) == [["unknown_command"]]


def test_what_stands_above_a_command_is_posted_and_the_command_is_not(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail
) -> None:
    started, _sent = asked

    assert say(room, to_anne, "Merci, c'est noté.\n\n/done\n/close\n\nAnne\n+32 2 555 00 00") is Outcome.POSTED
    assert texts(room.house, firm, started, firm.sophie)[-1] == "Merci, c'est noté."
    assert view(room.house, firm.anne, started.conversation_id).conversation.state is ConversationState.CLOSED
    assert told(room) == [["posted", "done", "close", "not_posted"]]


def test_a_contacts_slash_is_his_text(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked

    assert room.file(reply(sent, "/close"), address_in(sent)) is Outcome.POSTED
    assert texts(room.house, firm, started)[-1] == "/close"
    assert view(room.house, firm.anne, started.conversation_id).conversation.state is ConversationState.OPEN


def test_the_same_command_twice_by_two_ways_is_obeyed_once(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail
) -> None:
    raw = reply(to_anne, "/close", sender=ANNE, number=9)
    assert room.file(raw, address_in(to_anne)) is Outcome.COMMAND
    assert room.file(b"Received: by mx.example\r\n" + raw, address_in(to_anne)) is Outcome.IGNORED
    assert told(room) == [["close"]]


def test_history_tells_a_case_manager_the_notes_too(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, out: Post, clock: HandClock
) -> None:
    say(room, to_anne, "Client difficile", note=True)

    assert say(room, to_anne, "/historique") is Outcome.COMMAND
    clock.forward(minutes=5)
    out.run()
    (answer,) = [each for each in out.relay.sent if b"Auto-Submitted: auto-replied" in each.content[:]]
    assert answer.recipient == "anne@fiduciaire.example"
    text = out.text(out.relay.sent.index(answer))
    assert "Client difficile" in text
    assert "Sophie Martin" in text


def test_list_tells_what_waits_for_the_firm(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, out: Post
) -> None:
    assert say(room, to_anne, "/liste") is Outcome.COMMAND
    out.run()
    assert "Boulangerie Martin: Facture 2026-114" in out.text()


def test_stop_keeps_back_what_has_not_gone(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    post_message(room.house, by=firm.anne, conversation_id=started.conversation_id, text="Payez 1000 euros.")

    assert say(room, to_anne, "stop", note=True) is Outcome.COMMAND
    clock.forward(minutes=10)
    out.run()
    assert not any(b"1000 euros" in each.content[:] for each in out.relay.sent)
    assert say(room, to_anne, "/stop") is Outcome.COMMAND
    assert told(room) == [["stop"], ["too_late"]]


def test_accept_and_refuse_a_held_mail_by_its_number(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail
) -> None:
    started, sent = asked
    room.file(reply(sent, "Un.", sender="S <s@gmail.example>", number=5), address_in(sent))
    first = room.last()[0].inbound_mail_id
    room.file(reply(sent, "Deux.", sender="M <m@gmail.example>", number=6), address_in(sent))
    second = room.last()[0].inbound_mail_id

    assert say(room, to_anne, f"/accepter i{first}\n/refuser i{second}") is Outcome.COMMAND
    assert texts(room.house, firm, started)[-1] == "Un."
    assert say(room, to_anne, f"/accepter i{second}") is Outcome.COMMAND
    assert told(room) == [["accepted", "refused"], ["decided_already"]]
    assert "Deux." not in texts(room.house, firm, started)


def test_answers_do_not_go_on_without_end(room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail) -> None:
    for _ in range(22):
        assert say(room, to_anne, "/liste") is Outcome.COMMAND

    assert len(told(room)) == 20


def test_a_forged_command_is_held(room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail) -> None:
    started, _sent = asked

    assert say(room, to_anne, "/close", sender="Mallory <m@elsewhere.example>") is Outcome.HELD
    assert view(room.house, firm.anne, started.conversation_id).conversation.state is ConversationState.OPEN


def test_answers_end_after_twenty_in_one_conversation_and_go_on_in_another(
    room: Mailroom, firm: Firm, to_anne: SealedMail, out: Post, clock: HandClock
) -> None:
    started = ask(room.house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    out.run()
    other = to_case_manager(room, (started, out.relay.sent[-1]), out, clock)
    for _ in range(22):
        assert say(room, to_anne, "/liste", note=True) is Outcome.COMMAND
    assert len(told(room)) == 20

    assert say(room, other, "/liste", note=True) is Outcome.COMMAND
    assert len(told(room)) == 21
    clock.forward(minutes=121)
    assert say(room, to_anne, "/liste", note=True) is Outcome.COMMAND
    assert len(told(room)) == 22


ORIGINAL = (
    "---------- Forwarded message ---------\r\nDe : Mallory <m@elsewhere.example>\r\nDate: mar. 24 nov. 2026 à 10:00\r\n"
    "Subject: x\r\nTo: Anne <anne@fiduciaire.example>\r\n\r\nBonjour\r\n/close\r\n"
)
NO_MARKER = ORIGINAL.partition("\r\n")[2].replace(" <m@elsewhere.example>", "")


def pass_on(room: Mailroom, to_anne: SealedMail, text: str, subject: str = "FW: x") -> object:
    raw = reply(to_anne, text, sender=ANNE, number=5, subject=subject)
    return room.file(raw, address_in(to_anne), sender="anne@fiduciaire.example")


@pytest.mark.parametrize("original", [ORIGINAL, NO_MARKER])
def test_a_command_in_an_original_that_is_passed_on_is_nobodys(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, original: str
) -> None:
    assert pass_on(room, to_anne, f"Voir ci-dessous, qu'en pensez-vous ?\r\n\r\n{original}") is Outcome.POSTED
    assert view(room.house, firm.anne, asked[0].conversation_id).conversation.state is ConversationState.OPEN
    assert told(room) == []


def test_a_command_above_an_original_that_is_passed_on_is_his(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail
) -> None:
    assert pass_on(room, to_anne, f"Pour vous.\r\n/done\r\n\r\n{ORIGINAL}") is Outcome.POSTED
    assert texts(room.house, firm, asked[0], firm.sophie)[-1] == "Pour vous."
    assert view(room.house, firm.anne, asked[0].conversation_id).conversation.state is ConversationState.OPEN
    assert told(room) == [["posted", "done", "not_posted"]]


@pytest.mark.parametrize(
    ("subject", "text"),
    [("FW: x", "Qu'en pensez-vous ?\r\n\r\nBonjour\r\n/close"), ("RE: Facture 2026-114", f"Voilà.\r\n{ORIGINAL}")],
)
def test_a_command_that_may_be_anybodys_is_neither_done_nor_posted(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, subject: str, text: str
) -> None:
    before = texts(room.house, firm, asked[0])

    assert pass_on(room, to_anne, text, subject) is Outcome.COMMAND
    assert texts(room.house, firm, asked[0]) == before
    assert view(room.house, firm.anne, asked[0].conversation_id).conversation.state is ConversationState.OPEN
    assert told(room) == [["unknown_command"]]


@pytest.mark.parametrize("sign", ["Precedence: bulk", "List-Id: <x.example>", "X-Auto-Response-Suppress: All"])
@pytest.mark.parametrize("text", ["/history", "Bonjour\r\n/close", "/clse"])
def test_a_command_of_a_machine_is_held_and_not_answered(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, sign: str, text: str
) -> None:
    before = texts(room.house, firm, asked[0])
    raw = reply(to_anne, text, sender=ANNE, number=5, extra=f"{sign}\r\n")

    assert room.file(raw, address_in(to_anne), sender="anne@fiduciaire.example") is Outcome.HELD
    assert told(room) == []
    assert texts(room.house, firm, asked[0]) == before
    answer = accept_held(room.house, room.reader, by=firm.bram, inbound_id=room.last()[0].inbound_mail_id)
    assert answer == Refused(No.HOLDS_COMMANDS)
    assert view(room.house, firm.anne, asked[0].conversation_id).conversation.state is ConversationState.OPEN


@pytest.mark.parametrize("html", ["<ul><li>/close</li></ul>", "<ol><li>/close</li></ol>", "<p>\uff0fclose</p>"])
def test_a_command_that_a_mail_program_made_a_list_of_is_done_and_not_posted(
    room: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, html: str
) -> None:
    raw = reply(to_anne, f"<html><body>{html}</body></html>", sender=ANNE, number=5)
    raw = raw.replace(b"text/plain", b"text/html")

    assert room.file(raw, address_in(to_anne), sender="anne@fiduciaire.example") is Outcome.COMMAND
    assert view(room.house, firm.anne, asked[0].conversation_id).conversation.state is ConversationState.CLOSED
