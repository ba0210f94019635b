"""What the firm's own MX says about the sender: it proves case managers without a signed address, and holds forgeries."""

import pytest

from storage.states import Outcome, Visibility
from tests.conftest import Firm, HandClock, with_policy
from tests.flows.attacks import ANNE, note
from tests.flows.authentication import result
from tests.flows.clicking import sent_to
from tests.flows.mailroom import Asked, Mailroom, address_in, header, note_address, reply, texts, to_case_manager
from tests.flows.outgoing import Post
from tests.flows.test_portal import view
from worker.core.filing_facts import Why
from worker.core.policy import SinkRole
from worker.core.relaying import SealedMail
from worker.flows.reading import list_conversations

BRAM = "Bram Peeters <bram@fiduciaire.example>"
BAKERY = "boulangerie.martin@mail.fiduciaire.example"


@pytest.fixture
def to_anne(trusted: Mailroom, asked: Asked, out: Post, clock: HandClock) -> SealedMail:
    return to_case_manager(trusted, asked, out, clock)


def new_mail(
    sender: str, extra: str, text: str = "Bonjour, il manque l'extrait de novembre.", number: int = 8
) -> bytes:
    return (
        f"{extra}From: {sender}\r\nTo: {BAKERY}\r\nSubject: Extrait de novembre\r\n"
        f"Date: Tue, 24 Nov 2026 10:00:00 +0100\r\nMessage-ID: <new-{number}@fiduciaire.example>\r\n\r\n{text}\r\n"
    ).encode()


def test_a_forged_reply_is_held_in_its_conversation(trusted: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    raw = reply(sent, extra=result("fail", "boulangerie.example"))

    assert trusted.file(raw, address_in(sent)) is Outcome.HELD
    filing = trusted.last()[1]
    assert (filing.reason, filing.conversation_id) == (Why.FORGED, started.conversation_id)


def test_a_forged_mail_without_a_signed_address_opens_nothing(trusted: Mailroom, firm: Firm, asked: Asked) -> None:
    raw = new_mail("Sophie <sophie@boulangerie.example>", result("fail", "boulangerie.example"))

    assert trusted.file(raw, BAKERY) is Outcome.HELD
    assert trusted.last()[1].reason == Why.FORGED


@pytest.mark.parametrize(
    "extra",
    [
        result("fail", "boulangerie.example", by="mx.elsewhere.example"),
        result("none", "boulangerie.example") + result("fail", "boulangerie.example"),
        "",
    ],
)
def test_what_nobody_we_believe_says_holds_nothing(trusted: Mailroom, asked: Asked, extra: str) -> None:
    _started, sent = asked

    assert trusted.file(reply(sent, extra=extra), address_in(sent)) is Outcome.POSTED


def test_at_the_border_no_result_is_believed(trusted: Mailroom, firm: Firm, asked: Asked) -> None:
    """Nobody stood before our sink who could have removed a forged header."""
    border = Mailroom(with_policy(trusted.house, sink_role=SinkRole.BORDER), trusted.reader, trusted.bell)

    assert border.file(new_mail(ANNE, result("pass")), BAKERY) is Outcome.HELD
    assert border.last()[1].reason == Why.CASE_MANAGER_UNPROVEN


def test_an_authenticated_case_manager_opens_a_conversation_with_the_client(
    trusted: Mailroom, firm: Firm, out: Post
) -> None:
    assert trusted.file(new_mail(ANNE, result("pass")), BAKERY) is Outcome.NEW_CONVERSATION
    newest = list_conversations(trusted.house, by=firm.anne)[0].conversation
    assert (newest.client_id, newest.starter_id, newest.starter_side) == (firm.bakery, firm.anne, "firm")
    shown = view(trusted.house, firm.sophie, newest.id).messages[0]
    assert {each.person.id for each in shown.ticks} == {firm.sophie, firm.marc}
    assert not shown.message.sender_unverified
    assert len(out.run()) == 2


@pytest.mark.parametrize(
    "extra",
    [
        "",
        result("none"),
        result("pass", "elsewhere.example"),
        result("pass", by="mx.elsewhere.example"),
        result("none") + result("pass"),
    ],
)
def test_a_case_manager_without_token_needs_a_trusted_aligned_pass(trusted: Mailroom, firm: Firm, extra: str) -> None:
    assert trusted.file(new_mail(ANNE, extra), BAKERY) is Outcome.HELD
    assert trusted.last()[1].reason == Why.CASE_MANAGER_UNPROVEN


def test_an_authenticated_case_manager_who_names_no_client_is_held(trusted: Mailroom, firm: Firm) -> None:
    raw = new_mail(ANNE, result("pass")).replace(BAKERY.encode(), b"new@mail.fiduciaire.example")

    assert trusted.file(raw, "new@mail.fiduciaire.example") is Outcome.HELD
    assert trusted.last()[1].reason == Why.WHICH_CLIENT


def test_an_authenticated_case_manager_does_not_repeat_a_note_to_a_client(
    trusted: Mailroom, firm: Firm, asked: Asked
) -> None:
    secret = "ce client ne paie jamais ses factures à temps et il faut le relancer"
    note(trusted, firm.bram, asked[0], secret)

    assert trusted.file(new_mail(ANNE, result("pass"), secret), BAKERY) is Outcome.HELD
    assert trusted.last()[1].reason == Why.REPEATS_A_NOTE


def test_an_authenticated_answer_to_our_from_address_finds_its_conversation(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail
) -> None:
    started, _sent = asked
    at_from = header(to_anne, "From").split("<")[1].strip(">")
    raw = reply(to_anne, "Merci, je l'encode.", sender=ANNE, to=at_from, number=3)

    assert trusted.file(raw, at_from) is Outcome.HELD
    raw = reply(to_anne, "Merci, je l'encode demain.", sender=ANNE, to=at_from, number=4, extra=result("pass"))
    assert trusted.file(raw, at_from) is Outcome.POSTED
    assert texts(trusted.house, firm, started, firm.sophie)[-1] == "Merci, je l'encode demain."


def test_an_answer_to_a_note_without_its_address_stays_internal(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    note(trusted, firm.bram, started, "Que penses-tu de ce client ?")
    clock.forward(minutes=4)
    out.run()
    to_note = out.relay.sent[-1]
    assert address_in(to_note).startswith("n+")
    raw = reply(to_note, "À surveiller de près.", sender=ANNE, to=BAKERY, number=5, extra=result("pass"))

    assert trusted.file(raw, BAKERY) is Outcome.POSTED
    assert (
        view(trusted.house, firm.anne, started.conversation_id).messages[-1].message.visibility is Visibility.INTERNAL
    )


def test_a_mail_to_the_from_address_of_a_note_reaches_no_client(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, out: Post, clock: HandClock
) -> None:
    """An address book keeps it as the colleague's: the next mail to her is written to it."""
    started, _sent = asked
    note(trusted, firm.bram, started, "Que penses-tu de ce client ?")
    clock.forward(minutes=4)
    out.run()
    at_from = header(out.relay.sent[-1], "From").split("<")[1].strip(">")
    mailed = len(sent_to(out, "sophie@boulangerie.example"))

    raw = new_mail(ANNE, result("pass"), "Bram, il me fatigue, ce client.").replace(BAKERY.encode(), at_from.encode())
    assert trusted.file(raw, at_from) is Outcome.HELD
    clock.forward(minutes=10)
    out.run()
    assert len(sent_to(out, "sophie@boulangerie.example")) == mailed


@pytest.mark.parametrize(("quoted", "why"), [("the note", Why.REPEATS_A_NOTE), ("its address", Why.REPEATS_A_NOTE)])
def test_what_quotes_a_note_opens_no_conversation_with_the_client(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, out: Post, clock: HandClock, quoted: str, why: Why
) -> None:
    """The program of the case manager keeps no reference, and he writes to the address of the client."""
    started, _sent = asked
    said = "Que penses-tu de ce client, qui ne paie jamais ses factures à temps ?"
    note(trusted, firm.bram, started, said)
    clock.forward(minutes=4)
    out.run()
    below = said if quoted == "the note" else f"Bram <{address_in(out.relay.sent[-1])}>"
    text = f"À surveiller de près.\r\n\r\nLe mardi 24 novembre 2026, Bram a écrit :\r\n> {below}"

    assert trusted.file(new_mail(ANNE, result("pass"), text), BAKERY) is Outcome.HELD
    assert trusted.last()[1].reason == why


def test_an_authenticated_colleague_at_a_colleagues_address_posts_as_himself(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail
) -> None:
    started, _sent = asked
    raw = reply(to_anne, "Je reprends ce dossier.", sender=BRAM, number=6, extra=result("pass"))

    assert trusted.file(raw, address_in(to_anne)) is Outcome.POSTED
    assert trusted.last()[1].reason == Why.COLLEAGUE
    last = view(trusted.house, firm.sophie, started.conversation_id).messages[-1]
    assert (last.text, last.message.author_id) == ("Je reprends ce dossier.", firm.bram)


def test_a_colleagues_note_is_a_note(trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail) -> None:
    started, _sent = asked
    address = note_address(to_anne)
    raw = reply(to_anne, "Attention à ce client.", sender=BRAM, to=address, number=6, extra=result("pass"))

    assert trusted.file(raw, address) is Outcome.POSTED
    assert "Attention à ce client." not in texts(trusted.house, firm, started, firm.sophie)


@pytest.mark.parametrize("extra", ["", result("none"), result("pass", "elsewhere.example")])
def test_a_colleague_who_is_not_authenticated_is_held(
    trusted: Mailroom, asked: Asked, to_anne: SealedMail, extra: str
) -> None:
    raw = reply(to_anne, "Payez sur ce compte.", sender=BRAM, number=6, extra=extra)

    assert trusted.file(raw, address_in(to_anne)) is Outcome.HELD
    assert trusted.last()[1].reason == Why.OTHER_SENDER


def test_a_pass_does_not_let_a_case_manager_write_as_a_client(trusted: Mailroom, firm: Firm, asked: Asked) -> None:
    _started, sent = asked

    assert trusted.file(reply(sent, sender=BRAM, extra=result("pass")), address_in(sent)) is Outcome.HELD


def test_a_contact_with_a_trusted_pass_is_verified(trusted: Mailroom, firm: Firm) -> None:
    raw = new_mail("Sophie <sophie@boulangerie.example>", result("pass", "boulangerie.example"))

    assert trusted.file(raw, BAKERY) is Outcome.NEW_CONVERSATION
    newest = list_conversations(trusted.house, by=firm.anne)[0].conversation
    assert not view(trusted.house, firm.anne, newest.id).messages[0].message.sender_unverified


def test_results_hidden_in_an_encoded_word_are_not_read(trusted: Mailroom, firm: Firm) -> None:
    hidden = "Authentication-Results: =?utf-8?q?mx.firm.example;_dmarc=3Dpass_header.from=3Dfiduciaire.example?=\r\n"

    assert trusted.file(new_mail(ANNE, hidden), BAKERY) is Outcome.HELD
    assert trusted.last()[1].reason == Why.CASE_MANAGER_UNPROVEN
