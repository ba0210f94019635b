"""Attacks on what must not be read by clients, and on what must not be lost."""

import email
import email.policy

import pytest

from storage.states import Outcome
from tests.conftest import Firm, HandClock
from tests.flows.attacks import ANNE, note, plain, quoted
from tests.flows.mailroom import (
    Asked,
    Mailroom,
    address_in,
    note_address,
    reply,
    texts,
    to_case_manager,
)
from tests.flows.outgoing import Post
from tests.flows.test_portal import ask
from worker.flows.conversations import Started, start_conversation
from worker.flows.filing import file_arrival


def test_note_in_another_conversation_of_the_client_is_compared_too(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    """Invariant 10: compared with the CLIENT's notes, not the conversation's."""
    _started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    other = ask(room.house, firm, to=[firm.sophie])
    secret = "ce client ne paie jamais ses factures à temps et il faut le relancer"
    note(room, firm.bram, other, secret)
    assert room.file(reply(to_anne, f"Bonjour. {secret}", sender=ANNE, number=6), address_in(to_anne)) is Outcome.HELD


def test_short_note_repeated_by_mail_is_not_shown_to_the_client(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    note(room, firm.bram, started, "Madame Martin fraude la TVA")
    clock.forward(minutes=6)
    out.run()
    (to_anne_note,) = [each for each in out.relay.sent[-2:] if "fraude" in plain(each.content[:])]
    # Anne answers the note mail, changes the address to the client's, and sends it without a word of her own.
    raw = reply(to_anne_note, quoted(plain(to_anne_note.content[:])), sender=ANNE, to=address_in(to_anne), number=7)
    room.file(raw, address_in(to_anne))
    clock.forward(minutes=6)
    out.run()
    assert "fraude" not in " ".join(texts(room.house, firm, started, firm.sophie))


def test_an_attached_note_mail_does_not_reach_the_client(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    note(room, firm.bram, started, "Cette cliente est insolvable et nous préparons la fin de notre mission chez elle")
    clock.forward(minutes=6)
    out.run()
    note_mail = next(each for each in reversed(out.relay.sent) if "insolvable" in plain(each.content[:]))
    head = reply(to_anne, sender=ANNE, number=8).split(b"MIME-Version", 1)[0]
    raw = (
        head
        + b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nVoir ci-joint\r\n'
        + b'--b\r\nContent-Type: message/rfc822\r\nContent-Disposition: attachment; filename="fw.eml"\r\n\r\n'
        + note_mail.content[:]
        + b"\r\n--b--\r\n"
    )
    room.file(raw, address_in(to_anne))
    clock.forward(minutes=6)
    out.run()
    to_sophie = [each for each in out.relay.sent if each.recipient.startswith("sophie@")]
    assert not any("insolvable" in words for each in to_sophie for words in all_words(each.content[:]))


def all_words(raw: bytes) -> list[str]:
    """Every text in a mail, in its files and in the mails attached to it."""
    found = []
    for part in email.message_from_bytes(raw, policy=email.policy.default).walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            found.append(content.decode("utf-8", "replace"))
            if part.get_content_type() == "application/octet-stream":
                found += all_words(content)
    return found


def test_an_empty_answer_of_a_case_manager_shows_no_signed_address_to_the_client(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    """The quoted mail to Anne holds her reply and note address; "keep everything" hands both to the client."""
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    raw = reply(to_anne, quoted(plain(to_anne.content[:])), sender=ANNE, number=9)
    room.file(raw, address_in(to_anne))
    shown = " ".join(texts(room.house, firm, started, firm.sophie))
    assert "n+" not in shown, "Anne's note address stands in a message that the client reads"
    assert address_in(to_anne) not in shown


def test_note_in_bcc_and_reply_in_to_is_a_note(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    """One SMTP transaction with both recipients: "Mail with both … among its recipients is a note"."""
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    raw = reply(to_anne, "Pour nous seulement", sender=ANNE, number=5)
    mail = room.keep(raw, address_in(to_anne))
    mail += room.keep(raw, note_address(to_anne))
    for each in mail:
        file_arrival(room.house, room.reader, each)
    assert "Pour nous seulement" not in texts(room.house, firm, started, firm.sophie)


def test_note_behind_many_recipients_is_a_note(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    started, _sent = asked
    to_anne = to_case_manager(room, asked, out, clock)
    many = ", ".join(f"p{at}@elsewhere.example" for at in range(60))
    raw = reply(
        to_anne,
        "Pour nous seulement",
        sender=ANNE,
        to=f"{address_in(to_anne)}, {many}",
        extra=f"Cc: {note_address(to_anne)}\r\n",
        number=5,
    )
    room.file(raw, address_in(to_anne))
    assert "Pour nous seulement" not in texts(room.house, firm, started, firm.sophie)


def test_a_contacts_words_are_not_cut_because_an_internal_note_has_them(
    room: Mailroom, firm: Firm, asked: Asked
) -> None:
    """Notes were never sent to her: cutting by them loses her words and tells her what the note says."""
    started, sent = asked
    note(room, firm.bram, started, "La facture a été payée en espèces par le frère du gérant le 12 mars")
    body = "Bonjour Anne\r\n\r\nLa facture a été payée en espèces par le frère du gérant le 12 mars\r\n\r\nBien à vous"
    room.file(reply(sent, body), address_in(sent))
    assert "espèces" in texts(room.house, firm, started)[-1]


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Vacation pay 2026", "The holiday pay was 1200 EUR, see our payroll."),
        ("Afwezigheid van uw boekhouder: wie tekent", "Dat is Jan, hij heeft geen verlof in december."),
        (
            "Réponse automatique du fisc: à vérifier",
            "Nous avons reçu le remboursement, votre réponse du 3 est en retour.",
        ),
        ("Absence du bureau en août", "Je signe moi-même, je suis de retour le 5."),
    ],
)
def test_a_reply_to_our_own_subject_is_no_out_of_office(
    room: Mailroom, firm: Firm, out: Post, clock: HandClock, subject: str, text: str
) -> None:
    started = start_conversation(
        room.house,
        by=firm.anne,
        client_id=firm.bakery,
        subject=subject,
        text="Bonjour, merci de répondre.",
        to=[firm.sophie],
    )
    assert isinstance(started, Started)
    clock.forward(minutes=2)
    out.run()
    sent = out.relay.sent[-1]
    assert room.file(reply(sent, text, subject=f"RE: {subject}"), address_in(sent)) in {Outcome.POSTED, Outcome.HELD}


def test_a_contact_who_forwards_a_bounce_inline_is_heard(room: Mailroom, firm: Firm, asked: Asked) -> None:
    """Her mail (not multipart/report, not automatic) with a delivery-status part attached."""
    _started, sent = asked
    head = reply(sent).split(b"MIME-Version", 1)[0]
    raw = head + (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nAnne, mon mail au fisc est revenu, que faire avant le 20 ?\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\nContent-Disposition: attachment; filename=details.txt\r\n\r\n"
        b"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; tva@fisc.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        b"--b--\r\n"
    )
    assert room.file(raw, address_in(sent)) in {Outcome.POSTED, Outcome.HELD}


def test_a_copy_after_an_ignored_one_is_not_lost(room: Mailroom, firm: Firm, asked: Asked) -> None:
    """First by a forwarder with a null sender (ignored as automatic), then by the straight way: the same mail."""
    started, sent = asked
    raw = reply(sent, "Voici ma réponse")
    room.file(b"Received: from forwarder\r\n" + raw, address_in(sent), sender="")
    room.file(raw, address_in(sent))
    assert "Voici ma réponse" in texts(room.house, firm, started)


def test_a_return_path_header_forged_by_the_sender_loses_nothing(room: Mailroom, firm: Firm, asked: Asked) -> None:
    """``Return-Path: <>`` in the content while the envelope had a sender (a message moved between mailboxes)."""
    _started, sent = asked
    raw = b"Return-Path: <>\r\n" + reply(sent, "Voici ma réponse")
    assert room.file(raw, address_in(sent)) in {Outcome.POSTED, Outcome.HELD}
