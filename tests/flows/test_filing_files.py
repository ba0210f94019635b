"""The files of a mail: posted, set aside, refused and answered, unpacked, mirrored, scanned before they are posted."""

import base64
from dataclasses import replace

import pytest

from storage import attached, file_facts, outbox
from storage.records import Attachment, MessageId, PersonId
from storage.states import AsideReason, AttentionReason, MailKind, MailState, Outcome, ScanState
from tests.conftest import Firm, HandClock, with_policy
from tests.flows.mailroom import Asked, Mailroom, address_in, reply
from tests.flows.outgoing import Post, open_for_firm
from tests.flows.test_portal import view
from tests.flows.test_undo_window import mails
from tests.mail.made_files import archive, attribute, heic, invoice, pdf, picture, tnef, tnef_file
from tests.mail.written import multipart, part
from worker.core.file_rules import FileRules
from worker.core.relaying import SealedMail
from worker.flows.closing import mark_done
from worker.flows.conversations import NewFile, Started, post_message

LOGO = picture((90, 30))
PDF, PNG = "application/pdf", "image/png"
NOREPLY = "Sophie Martin <sophie@boulangerie.example>"


def file(name: str, content: bytes, media_type: str = PDF) -> bytes:
    coded = base64.encodebytes(content)
    more = f"Content-Transfer-Encoding: base64\nContent-Disposition: attachment; filename={name}\n"
    return part(media_type, coded, more=more)


def with_files(
    sent: SealedMail, *parts: bytes, text: str = "Voici.", number: int = 1, extra: str = "", sender: str = NOREPLY
) -> bytes:
    plain = reply(sent, text, number=number, extra=extra, sender=sender).decode()
    head = plain.partition("MIME-Version")[0].replace("\r\n", "\n") + "MIME-Version: 1.0\n"
    bodies = (part("text/plain; charset=utf-8", text), *parts)
    return multipart("mixed", *bodies, head=head)


def files_of(room: Mailroom, firm: Firm, started: Started, at: int = -1) -> list[Attachment]:
    message = view(room.house, firm.anne, started.conversation_id).messages[at].message
    return attachments(room, message.id)


def attachments(room: Mailroom, message_id: MessageId) -> list[Attachment]:
    with room.house.database.reading() as session:
        return attached.attachments_of(session, [message_id])


def answers(room: Mailroom, started: Started, person: PersonId) -> list[list[list[str]]]:
    found = [each for each in mails(room.house, started.conversation_id, person) if each.kind is MailKind.REFUSED_FILES]
    return [(each.details or {})["refused"] for each in found]


def test_a_good_file_is_posted_and_nothing_is_said(desk_room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    assert desk_room.file(with_files(sent, file("a.pdf", pdf())), address_in(sent)) is Outcome.POSTED
    (found,) = files_of(desk_room, firm, started)
    assert (found.name, found.set_aside, found.scan_state) == ("a.pdf", False, ScanState.UNSCANNED)
    assert answers(desk_room, started, firm.sophie) == []


def test_one_answer_names_every_refused_file_and_the_rest_is_posted(
    desk_room: Mailroom, firm: Firm, asked: Asked, out: Post
) -> None:
    started, sent = asked
    mail = with_files(
        sent,
        file("ouvert.pdf", pdf()),
        file("secret.pdf", pdf("secret")),
        file("vide.pdf", b""),
        file("casse.pdf", b"%PDF-1.4 and no more"),
        file("setup.exe", b"MZ"),
        file("secret.zip", archive("a.pdf", password=True), "application/zip"),
        file("virus.zip", archive("a.js"), "application/zip"),
    )
    assert desk_room.file(mail, address_in(sent)) is Outcome.POSTED
    assert view(desk_room.house, firm.anne, started.conversation_id).messages[-1].text == "Voici."
    assert [each.aside_why for each in files_of(desk_room, firm, started)] == [
        None,
        AsideReason.ENCRYPTED,
        AsideReason.EMPTY,
        AsideReason.UNREADABLE,
        AsideReason.REFUSED_TYPE,
        AsideReason.ENCRYPTED,
        AsideReason.REFUSED_TYPE,
    ]
    (answer,) = answers(desk_room, started, firm.sophie)
    assert [name for name, _ in answer] == [
        "secret.pdf",
        "vide.pdf",
        "casse.pdf",
        "setup.exe",
        "secret.zip",
        "virus.zip",
    ]
    assert answers(desk_room, started, firm.anne) == []
    assert out.run() == [MailState.ACCEPTED]
    assert str(out.parsed()["To"]).startswith("Sophie")
    assert "- secret.pdf : protégé par un mot de passe - vide.pdf : fichier vide" in " ".join(out.text().split())
    assert (out.parsed()["Auto-Submitted"], str(out.parsed()["Reply-To"]).count("r+")) == ("auto-replied", 1)


def test_the_case_manager_reads_which_files_were_not_taken_over(
    desk_room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    _, sent = asked
    desk_room.file(with_files(sent, file("a.pdf", pdf()), file("secret.pdf", pdf("secret"))), address_in(sent))
    clock.forward(minutes=4)
    out.run()
    (at,) = [at for at in range(len(out.relay.sent)) if str(out.parsed(at)["To"]).startswith("Anne")]
    assert [each.get_filename() for each in out.parsed(at).iter_attachments()] == ["a.pdf"]
    assert "Non repris : secret.pdf (protégé par un mot de passe)" in out.text(at).replace("\u00a0", " ")


def test_a_file_over_the_limit_is_refused(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    small = replace(room, house=with_policy(room.house, file_rules=FileRules(largest=10)))
    small.file(with_files(sent, file("a.pdf", b"x" * 11), file("b.pdf", b"x" * 10)), address_in(sent))
    assert answers(small, started, firm.sophie) == [[["a.pdf", "too_large"]]]


def test_a_mail_of_nothing_but_a_refused_file_is_posted_and_answered(
    desk_room: Mailroom, firm: Firm, asked: Asked
) -> None:
    started, sent = asked
    assert desk_room.file(with_files(sent, file("a.pdf", b""), text=""), address_in(sent)) is Outcome.POSTED
    assert [each.aside_why for each in files_of(desk_room, firm, started)] == [AsideReason.EMPTY]
    assert answers(desk_room, started, firm.sophie) == [[["a.pdf", "empty"]]]


def test_mails_within_one_window_get_one_more_answer(
    room: Mailroom, firm: Firm, asked: Asked, out: Post, clock: HandClock
) -> None:
    """Twenty-five photos in twenty-five mails are two answers, not twenty-five."""
    started, sent = asked
    for number in range(5):
        room.file(with_files(sent, file(f"{number}.pdf", b""), text=f"n. {number}", number=number), address_in(sent))
        clock.forward(seconds=10)
    assert answers(room, started, firm.sophie) == [
        [["0.pdf", "empty"]],
        [[f"{number}.pdf", "empty"] for number in range(1, 5)],
    ]
    assert out.run() == [MailState.ACCEPTED]
    clock.forward(minutes=3)
    out.run()
    assert "- 4.pdf" in "".join(out.text(at) for at in range(len(out.relay.sent)))


def test_there_are_so_many_answers_in_two_hours_and_no_more(
    room: Mailroom, firm: Firm, asked: Asked, clock: HandClock
) -> None:
    started, sent = asked
    few = replace(room, house=with_policy(room.house, brake_from=3))
    for number in range(6):
        few.file(with_files(sent, file("a.pdf", b""), text=f"n. {number}", number=number), address_in(sent))
        clock.forward(minutes=4)
    assert len(answers(few, started, firm.sophie)) == 3
    clock.forward(minutes=120)
    few.file(with_files(sent, file("a.pdf", b""), text="n. 7", number=7), address_in(sent))
    assert len(answers(few, started, firm.sophie)) == 4


@pytest.mark.parametrize("extra", ["Precedence: bulk\r\n", "List-Id: <x.example>\r\n", "X-Autoreply: yes\r\n"])
def test_a_machine_is_never_answered(room: Mailroom, firm: Firm, asked: Asked, extra: str) -> None:
    started, sent = asked
    assert room.file(with_files(sent, file("a.pdf", b""), extra=extra), address_in(sent)) is Outcome.POSTED
    assert [each.aside_why for each in files_of(room, firm, started)] == [AsideReason.EMPTY]
    assert answers(room, started, firm.sophie) == []


def test_who_is_only_known_by_references_is_not_answered(room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    house_address = "boulangerie.martin@mail.fiduciaire.example"
    raw = with_files(sent, file("a.pdf", b"")).replace(address_in(sent).encode(), house_address.encode())
    assert room.file(raw, house_address) is Outcome.POSTED
    assert [each.aside_why for each in files_of(room, firm, started)] == [AsideReason.EMPTY]
    assert answers(room, started, firm.sophie) == []


def test_who_opens_a_conversation_unverified_is_not_answered(room: Mailroom, firm: Firm, asked: Asked) -> None:
    _, sent = asked
    raw = with_files(sent, file("a.pdf", b"")).replace(b"In-Reply-To", b"X-Was").replace(b"References", b"X-Were")
    house_address = "boulangerie.martin@mail.fiduciaire.example"
    raw = raw.replace(address_in(sent).encode(), house_address.encode())
    assert room.file(raw, house_address) is Outcome.NEW_CONVERSATION
    with room.house.database.reading() as session:
        kinds = {each.kind for each in outbox.mails_in(session, set(MailState))}
    assert MailKind.REFUSED_FILES not in kinds


def test_a_logo_is_set_aside_from_its_third_mail_on(desk_room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    for number in range(4):
        mail = with_files(sent, file("image001.png", LOGO, PNG), text=f"Voici {number}.", number=number)
        desk_room.file(mail, address_in(sent))
    reasons = [files_of(desk_room, firm, started, at)[0].aside_why for at in range(1, 5)]
    assert reasons == [None, None, AsideReason.SIGNATURE_IMAGE, AsideReason.SIGNATURE_IMAGE]
    assert answers(desk_room, started, firm.sophie) == []


def test_the_same_image_twice_in_one_mail_counts_once(desk_room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    twice = [file("a.png", LOGO, PNG), file("b.png", LOGO, PNG)]
    for number in range(2):
        desk_room.file(with_files(sent, *twice, text=f"n. {number}", number=number), address_in(sent))
    assert [each.aside_why for each in files_of(desk_room, firm, started)] == [None, None]


def test_a_logo_of_one_person_is_none_of_another(desk_room: Mailroom, firm: Firm, asked: Asked) -> None:
    _, sent = asked
    for number in range(3):
        mail = with_files(sent, file("image001.png", LOGO, PNG), text=f"Voici {number}.", number=number)
        desk_room.file(mail, address_in(sent))
    with desk_room.house.database.reading() as session:
        assert file_facts.times_seen(session, firm.marc, [files_of(desk_room, firm, asked[0])[0].sha256]) == {}


def test_a_photo_that_comes_again_stays(desk_room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    photo = picture(form="JPEG", camera="Apple")
    for number in range(4):
        desk_room.file(
            with_files(sent, file("photo.jpg", photo, "image/jpeg"), text=f"n. {number}", number=number),
            address_in(sent),
        )
    assert [each.aside_why for each in files_of(desk_room, firm, started)] == [None]


def test_an_image_the_firm_sent_is_set_aside_when_it_comes_back(desk_room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    logo = NewFile(name="logo.png", content=LOGO, media_type=PNG)
    post_message(desk_room.house, by=firm.anne, conversation_id=started.conversation_id, text="Voir", files=[logo])
    desk_room.file(with_files(sent, file("image001.png", LOGO, PNG)), address_in(sent))
    assert [each.aside_why for each in files_of(desk_room, firm, started)] == [AsideReason.OWN_IMAGE]


def test_a_tracking_image_is_set_aside(desk_room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    desk_room.file(with_files(sent, file("t.gif", picture((1, 1), "GIF"), "image/gif")), address_in(sent))
    assert [each.aside_why for each in files_of(desk_room, firm, started)] == [AsideReason.TRACKING_IMAGE]


def test_thanks_with_a_familiar_logo_are_thanks(desk_room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    for number in range(2):
        desk_room.file(
            with_files(sent, file("image001.png", LOGO, PNG), text=f"Voici {number}.", number=number), address_in(sent)
        )
    mark_done(desk_room.house, by=firm.anne, conversation_id=started.conversation_id)
    desk_room.file(with_files(sent, file("image001.png", LOGO, PNG), text="Merci !", number=3), address_in(sent))
    assert AttentionReason.WROTE not in open_for_firm(desk_room.house, started.conversation_id)


def test_a_winmail_is_unpacked_and_its_files_posted(desk_room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    inside = tnef(attribute(1, 0x800C, b"ignored\0"), tnef_file("Extrait.pdf", pdf()))
    desk_room.file(with_files(sent, file("winmail.dat", inside, "application/ms-tnef")), address_in(sent))
    assert [each.name for each in files_of(desk_room, firm, started)] == ["Extrait.pdf"]


def test_a_heic_photo_is_kept_and_has_a_jpeg_beside_it(desk_room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    desk_room.file(with_files(sent, file("IMG_1.HEIC", heic(), "image/heic")), address_in(sent))
    found = files_of(desk_room, firm, started)
    assert [(each.name, each.media_type) for each in found] == [
        ("IMG_1.HEIC", "image/heic"),
        ("IMG_1.jpg", "image/jpeg"),
    ]


def test_an_electronic_invoice_is_read(desk_room: Mailroom, firm: Firm, asked: Asked) -> None:
    started, sent = asked
    desk_room.file(with_files(sent, file("facture.xml", invoice(), "application/xml")), address_in(sent))
    (found,) = files_of(desk_room, firm, started)
    with desk_room.house.database.reading() as session:
        said = file_facts.invoice_of(session, found.file_id)
    assert said is not None
    assert (said.number, said.seller_vat, str(said.amount)) == ("2026-118", "BE0123456749", "1210.50")
