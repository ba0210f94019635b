"""Attacks on what a case manager passes on: nothing of it is mailed to the client, and only a contact's own words are
shown to him.
"""

import pytest

from storage.states import Outcome, Side, Visibility
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE, plain
from tests.flows.authentication import result
from tests.flows.clicking import sent_to
from tests.flows.mailroom import SOPHIE, Asked, Mailroom, note_address, reply, texts, to_case_manager
from tests.flows.outgoing import Post
from tests.flows.test_authentication import BAKERY
from tests.flows.test_portal import view
from worker.core.refusals import No, Refused
from worker.core.relaying import SealedMail
from worker.flows.conversations import post_message
from worker.flows.reading import list_conversations, read_conversation

LABELS = """---------- Message transféré ---------
De : {who}
Date : lun. 23 nov. 2026 à 10:00
Objet : x
À : anne@fiduciaire.example

"""
INSPECTOR = (
    "Confidentiel, pour le dossier.\n\n"
    + LABELS.format(who="Inspecteur Dubois <dubois@minfin.example>")
    + "Madame Dupont, nous soupçonnons votre cliente d'une fraude. Ne la prévenez pas.\n"
)
FROM_SOPHIE, FROM_MARC = LABELS.format(who=SOPHIE), LABELS.format(who="Marc <marc@boulangerie.example>")


@pytest.fixture
def to_anne(trusted: Mailroom, asked: Asked, out: Post, clock: HandClock) -> SealedMail:
    return to_case_manager(trusted, asked, out, clock)


def pass_on(room: Mailroom, to_anne: SealedMail, text: str) -> Outcome:
    to = note_address(to_anne)
    outcome = room.file(reply(to_anne, text, sender=ANNE, to=to, number=5, subject="TR: x"), to)
    assert isinstance(outcome, Outcome)
    return outcome


def forward_to_client(text: str, *parts: str, subject: str = "TR: Fraude") -> bytes:
    head = f"{result('pass')}From: {ANNE}\nTo: {BAKERY}\nSubject: {subject}\nDate: Tue, 24 Nov 2026 10:00:00 +0100\n"
    head += 'Message-ID: <f2@x>\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n'
    first = f"Content-Type: text/plain; charset=utf-8\n\n{text}\n"
    whole = head + "".join(f"--b\n{part}" for part in (first, *parts)) + "--b--\n"
    return whole.replace("\n", "\r\n").encode()


def attached_mail(who: str, text: str) -> str:
    return (
        f"Content-Type: message/rfc822\n\nFrom: {who}\nTo: anne@fiduciaire.example\nSubject: x\n"
        f"Date: Mon, 23 Nov 2026 10:00:00 +0100\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    )


def mailed_after(room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock) -> str:
    """What Sophie gets when Anne writes her the next message."""
    post_message(room.house, by=firm.anne, conversation_id=asked[0].conversation_id, text="Merci pour le four.")
    clock.forward(minutes=10)
    out.run()
    return plain(sent_to(out, "sophie@boulangerie.example")[-1].content[:])


def test_a_third_partys_mail_passed_on_to_the_note_address_stays_with_colleagues(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail
) -> None:
    assert pass_on(trusted, to_anne, INSPECTOR) is Outcome.POSTED
    assert not any("soupçonnons" in each for each in texts(trusted.house, firm, asked[0], firm.sophie))
    passed_on, comment = view(trusted.house, firm.anne, asked[0].conversation_id).messages[-2:]
    assert passed_on.text.startswith("Madame Dupont, nous soupçonnons")
    assert (passed_on.message.author_id, passed_on.message.forwarded_by_id) == (firm.anne, firm.anne)
    assert passed_on.message.original_from == "dubois@minfin.example"
    assert passed_on.message.original_at is not None
    assert passed_on.message.visibility is comment.message.visibility is Visibility.INTERNAL


def test_a_third_partys_mail_passed_on_to_the_clients_address_is_told_no_contact(
    trusted: Mailroom, firm: Firm, out: Post, clock: HandClock
) -> None:
    """Not even its subject, nor that there is such a conversation."""
    before = list_conversations(trusted.house, by=firm.sophie)
    assert trusted.file(forward_to_client(INSPECTOR), BAKERY) is Outcome.NEW_CONVERSATION
    newest = list_conversations(trusted.house, by=firm.anne)[0].conversation
    assert newest.starter_side is Side.FIRM
    assert list_conversations(trusted.house, by=firm.sophie) == before
    assert read_conversation(trusted.house, by=firm.sophie, conversation_id=newest.id) == Refused(No.UNKNOWN)

    post_message(trusted.house, by=firm.anne, conversation_id=newest.id, text="Bonjour Sophie, une question.")
    clock.forward(minutes=10)
    out.run()
    mail = sent_to(out, "sophie@boulangerie.example")[-1].content[:]
    assert b"Fraude" not in mail
    assert "soup" not in plain(mail)
    assert [each.text for each in view(trusted.house, firm.sophie, newest.id).messages] == [
        "Bonjour Sophie, une question."
    ]
    assert view(trusted.house, firm.anne, newest.id).messages[0].text.startswith("Fraude\n\nMadame Dupont")


def test_nothing_of_a_third_partys_mail_is_mailed_to_the_client_later(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, out: Post, clock: HandClock
) -> None:
    pass_on(trusted, to_anne, INSPECTOR)
    assert "soup" not in mailed_after(trusted, firm, asked, out, clock)


def test_what_one_contact_wrote_to_the_firm_is_not_quoted_to_another(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, out: Post, clock: HandClock
) -> None:
    pass_on(trusted, to_anne, FROM_MARC + "Pour Anne seule : je quitte la société.\n")
    message = view(trusted.house, firm.anne, asked[0].conversation_id).messages[-1].message
    assert (message.author_id, message.visibility) == (firm.marc, Visibility.SHARED)
    assert "quitte" not in mailed_after(trusted, firm, asked, out, clock)


def test_own_lines_above_two_attached_mails_stay_with_colleagues(trusted: Mailroom, firm: Firm) -> None:
    parts = [attached_mail(SOPHIE, f"Voici le mail {number}.") for number in (1, 2)]
    raw = forward_to_client("À encoder. Je la soupçonne de fraude.", *parts)
    assert trusted.file(raw, BAKERY) is Outcome.NEW_CONVERSATION
    newest = list_conversations(trusted.house, by=firm.anne)[0].conversation
    (message,) = view(trusted.house, firm.anne, newest.id).messages
    assert message.message.visibility is Visibility.INTERNAL
    assert len(message.attachments) == 2
    assert list_conversations(trusted.house, by=firm.sophie) == []


def test_a_file_beside_the_attached_mail_of_a_contact_stays_with_colleagues(trusted: Mailroom, firm: Firm) -> None:
    """Anne's own file: what the contact sent is inside the mail."""
    own = "Content-Type: text/csv; name=analyse.csv\nContent-Disposition: attachment; filename=analyse.csv\n\na;b\n"
    raw = forward_to_client("Voir mon analyse.", attached_mail(SOPHIE, "Voici."), own)
    assert trusted.file(raw, BAKERY) is Outcome.NEW_CONVERSATION
    newest = list_conversations(trusted.house, by=firm.anne)[0].conversation
    (shown,) = view(trusted.house, firm.sophie, newest.id).messages
    assert (shown.text, [each.media_type for each in shown.attachments]) == ("Voici.", ["message/rfc822"])
    assert [each.name for each in view(trusted.house, firm.anne, newest.id).messages[1].attachments] == ["analyse.csv"]


@pytest.mark.parametrize(
    "below",
    [
        "-- \nAnne Dupont\n\nElle ment, je la soupçonne de fraude.",
        "Bien à vous,\nSophie Martin\n\nElle ment.",
        "Sophie\n\nElle ment.",
        "Envoyé de mon iPhone\n\nElle ment.",
        "________\nElle ment.",
        "Bram, elle ment.",
        "@Bram : elle ment.",
        "De : Bram <bram@fiduciaire.example>\nEnvoyé : lundi\n\nElle ment.",
        "-----Fin du message transféré-----\nElle ment.",
    ],
)
def test_what_stands_below_the_end_of_a_passed_on_mail_stays_with_colleagues(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail, below: str
) -> None:
    pass_on(trusted, to_anne, f"À encoder.\n\n{FROM_SOPHIE}Bonjour, voici la facture.\n\n{below}\n")
    shown = texts(trusted.house, firm, asked[0], firm.sophie)
    assert shown[-1].startswith("Bonjour, voici la facture.")
    assert "ment" not in shown[-1]
    assert view(trusted.house, firm.anne, asked[0].conversation_id).messages[-1].text.startswith("À encoder.")
    assert "lle ment" in texts(trusted.house, firm, asked[0])[-1]


def test_a_passed_on_mail_of_which_nothing_is_surely_the_writers_stays_with_colleagues_whole(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail
) -> None:
    before = texts(trusted.house, firm, asked[0], firm.sophie)
    pass_on(trusted, to_anne, f"{FROM_SOPHIE}________\nElle ment.\n")
    assert texts(trusted.house, firm, asked[0], firm.sophie) == before
    assert texts(trusted.house, firm, asked[0])[-1].endswith("Elle ment.")


def test_what_stands_below_a_quoted_or_enclosed_original_stays_with_colleagues(
    trusted: Mailroom, firm: Firm, asked: Asked, to_anne: SealedMail
) -> None:
    original = f"{FROM_SOPHIE}Bonjour, voici."
    pass_on(trusted, to_anne, "\n".join(f"> {line}" for line in original.split("\n")) + "\n\nElle ment.\n")
    assert "ment" not in texts(trusted.house, firm, asked[0], firm.sophie)[-1]

    lines = original.replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>")
    html = f'<div>Vu.</div><div class="gmail_quote">{lines}</div><div>Elle ment.</div>'
    to = note_address(to_anne)
    raw = reply(to_anne, html, sender=ANNE, to=to, number=6, subject="TR: x").replace(b"text/plain", b"text/html")
    assert trusted.file(raw, to) is Outcome.POSTED
    assert texts(trusted.house, firm, asked[0], firm.sophie)[-1] == "Bonjour, voici."
    assert texts(trusted.house, firm, asked[0])[-1] == "Vu.\n\nElle ment."
