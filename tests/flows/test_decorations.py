"""Images that stand in every mail of somebody say nothing: they neither hide an empty mail nor disarm the brake."""

import base64
from collections.abc import Callable
from email import message_from_bytes, policy

import pytest

from storage.states import Outcome
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE
from tests.flows.authentication import result
from tests.flows.mailroom import SOPHIE, Asked, Mailroom, address_in, note_address, reply, texts, to_case_manager
from tests.flows.outgoing import Post
from tests.flows.test_portal import view
from tests.flows.writing import new_mail
from tests.mail.made_files import picture
from worker.core.filing_facts import Why
from worker.core.relaying import SealedMail
from worker.flows.reading import list_conversations

LOGO = picture((40, 40), "PNG")
QUOTED = "<blockquote type='cite'>Bonjour Sophie, à quoi correspond cette facture ?<br>C'est le four.</blockquote>"
BAKERY = "boulangerie.martin@mail.fiduciaire.example"


def with_logo(
    sent: SealedMail, html: str, *, sender: str = SOPHIE, to: str | None = None, number: int = 1, image: bytes = LOGO
) -> bytes:
    related = (
        f'Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n'
        f'{html}<img src="cid:logo@x">\r\n--b\r\nContent-Type: image/png; name=logo.png\r\nContent-ID: <logo@x>\r\n'
        "Content-Disposition: inline; filename=logo.png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        f"{base64.encodebytes(image).decode()}\r\n--b--\r\n"
    )
    plain = b"Content-Type: text/plain; charset=utf-8\r\n\r\nXX\r\n"
    return reply(sent, "XX", sender=sender, to=to, number=number).replace(plain, related.encode())


def test_words_written_into_the_quote_are_kept_beside_a_logo(room: Mailroom, firm: Firm, asked: Asked) -> None:
    assert room.file(with_logo(asked[1], QUOTED), address_in(asked[1])) is Outcome.POSTED

    assert "le four" in texts(room.house, firm, asked[0])[-1]


def test_a_reply_of_nothing_but_a_logo_is_empty(room: Mailroom, firm: Firm, asked: Asked) -> None:
    assert room.file(with_logo(asked[1], ""), address_in(asked[1])) is Outcome.REJECTED
    assert len(texts(room.house, firm, asked[0])) == 1


def test_a_screenshot_without_a_word_is_posted(room: Mailroom, firm: Firm, asked: Asked) -> None:
    screenshot = LOGO + b"\0" * 20_000
    assert room.file(with_logo(asked[1], "", image=screenshot), address_in(asked[1])) is Outcome.POSTED


@pytest.mark.parametrize("image", [LOGO, LOGO + b"\0" * 20_000])
@pytest.mark.parametrize("at_note", [False, True])
def test_nothing_but_the_logo_of_a_case_manager_is_not_posted(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock, image: bytes, *, at_note: bool
) -> None:
    to_anne = to_case_manager(room, asked, out, clock)
    to = note_address(to_anne) if at_note else address_in(to_anne)
    raw = with_logo(to_anne, "", sender=ANNE, to=to, number=6, image=image)

    assert room.file(raw, to) in {Outcome.HELD, Outcome.REJECTED}, "told or shown to the firm"
    assert len(texts(room.house, firm, asked[0])) == 2


@pytest.mark.parametrize("body", ["", "Envoyé de mon iPhone"])
def test_a_new_mail_that_says_all_in_its_subject_is_posted(room: Mailroom, firm: Firm, body: str) -> None:
    raw = new_mail(BAKERY, subject="Vous pouvez payer la facture 2026-114", text=body)

    assert room.file(raw, BAKERY) is Outcome.NEW_CONVERSATION
    (opened,) = list_conversations(room.house, by=firm.anne)
    (message,) = view(room.house, firm.anne, opened.conversation.id).messages
    assert "payer la facture" in message.text


def test_a_new_mail_without_subject_or_text_is_ignored(room: Mailroom, firm: Firm) -> None:
    assert firm.bakery
    fate = room.file(new_mail(BAKERY, subject=""), BAKERY)

    assert (fate, room.last()[1].reason) == (Outcome.IGNORED, Why.NOTHING_IN_IT)


def test_a_case_managers_mail_of_a_subject_alone_is_looked_at_first(trusted: Mailroom, firm: Firm) -> None:
    assert firm.bakery
    raw = new_mail(BAKERY, sender=ANNE, subject="Merci de payer la TVA", extra=result("pass"))

    assert trusted.file(raw, BAKERY) is Outcome.HELD


def test_an_autoresponder_with_a_logo_is_braked(room: Mailroom, asked: Asked, clock: HandClock) -> None:
    fates = []
    for number in range(4):
        clock.forward(minutes=4)
        text = "<p>Merci pour votre message. Nous vous répondrons sous deux jours ouvrables.</p>"
        fates.append(room.file(with_logo(asked[1], text, number=number), address_in(asked[1])))

    assert Outcome.HELD in fates


def test_photos_with_one_text_are_no_loop(room: Mailroom, asked: Asked, clock: HandClock) -> None:
    for number in range(4):
        clock.forward(minutes=4)
        photo = LOGO + bytes([number]) * 120_000
        raw = with_logo(asked[1], "<p>Voici une photo du ticket de caisse.</p>", number=number, image=photo)
        assert room.file(raw, address_in(asked[1])) is Outcome.POSTED


@pytest.mark.parametrize("attribution", ["<div class='gmail_attr'>Le mar. 24 nov. 2026, Sophie a écrit :</div>", ""])
@pytest.mark.parametrize("address", [address_in, note_address])
def test_a_case_managers_quote_of_the_whole_mail_with_his_logo_is_held(
    room: Mailroom, asked: Asked, out: Post, clock: HandClock, attribution: str, address: Callable[[SealedMail], str]
) -> None:
    """Sent by a slip, without a word of his own: at the reply address and at the note address."""
    to_anne = to_case_manager(room, asked, out, clock)
    body = message_from_bytes(to_anne.content[:], policy=policy.default).get_body(("html",))
    assert body is not None
    html = f"<div><br></div><div class='gmail_quote'>{attribution}<blockquote>{body.get_content()}</blockquote></div>"
    raw = with_logo(to_anne, html.encode("ascii", "xmlcharrefreplace").decode(), sender=ANNE, to=address(to_anne))

    assert room.file(raw, address(to_anne)) is Outcome.HELD
