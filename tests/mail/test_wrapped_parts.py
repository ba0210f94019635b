"""winmail.dat and opaque S/MIME: the mail inside is read as if it had come alone."""

import base64
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.mail.made_files import (
    attribute,
    enveloped,
    number_prop,
    pdf,
    picture,
    plain_rtf,
    prop,
    properties,
    signed,
    tnef,
    tnef_file,
    wide,
)
from tests.mail.written import HEAD, mail, multipart, part
from worker.core.parsed import ParsedMail
from worker.mail.limited.desk import FileDesk
from worker.mail.limited.questions import ReaderLimits
from worker.mail.limits import DEFAULT
from worker.mail.parsing import MailReader, read_mail
from worker.mail.wrapped_parts import MOST_OPENED

HTML = "<p>Bonjour Anne,</p><p>voilà la facture.</p><img src='cid:logo@x'>"


@pytest.fixture(scope="module")
def desk() -> Iterator[FileDesk]:
    made = FileDesk()
    yield made
    made.close()


def coded(content_type: str, content: bytes, more: str = "") -> bytes:
    return part(content_type, base64.encodebytes(content), more=f"Content-Transfer-Encoding: base64\n{more}")


def read(desk: FileDesk, *parts: bytes) -> ParsedMail:
    return read_mail(multipart("mixed", *parts, head=HEAD), DEFAULT, desk)


def html_body(html: str = HTML) -> bytes:
    return attribute(1, 0x9003, properties(number_prop(0x3FDE, 65001), prop(0x102, 0x1013, html.encode())))


def winmail(content: bytes, declared: str = "application/ms-tnef; name=winmail.dat") -> bytes:
    return coded(declared, content)


def test_the_files_and_the_text_of_a_winmail_are_those_of_the_mail(desk: FileDesk) -> None:
    inside = tnef(
        html_body(),
        tnef_file("Facture nº 118.pdf", pdf()),
        tnef_file("logo.png", picture(), prop(0x1F, 0x3712, wide("logo@x"))),
    )
    found = read(desk, winmail(inside))
    assert found.text == "Bonjour Anne,\n\nvoilà la facture."
    assert [(each.name, each.media_type, each.inline) for each in found.files] == [
        ("Facture nº 118.pdf", "application/pdf", False),
        ("logo.png", "image/png", True),
    ]
    assert b"".join(found.files[0].content.pieces()) == pdf()


def test_a_winmail_beside_a_text_adds_only_its_files_to_it(desk: FileDesk) -> None:
    found = read(desk, part("text/plain", "Voici."), winmail(tnef(tnef_file("a.pdf", pdf()))))
    assert (found.text, [each.name for each in found.files]) == ("Voici.", ["a.pdf"])


def test_a_winmail_declared_as_anything_is_known_by_its_name(desk: FileDesk) -> None:
    found = read(desk, winmail(tnef(tnef_file("a.pdf", pdf())), "application/octet-stream; name=WinMail.dat"))
    assert [each.name for each in found.files] == ["a.pdf"]


def test_a_mail_that_is_nothing_but_a_winmail_is_read(desk: FileDesk) -> None:
    body = base64.encodebytes(tnef(html_body()))
    found = read_mail(mail("application/ms-tnef", body, more="Content-Transfer-Encoding: base64\n"), DEFAULT, desk)
    assert found.text.startswith("Bonjour Anne,")


def test_the_rtf_of_a_winmail_is_read_where_there_is_nothing_better(desk: FileDesk) -> None:
    rtf = rb"{\rtf1\ansi Bonjour,\par voici.}"
    found = read(desk, winmail(tnef(attribute(1, 0x9003, properties(prop(0x102, 0x1009, plain_rtf(rtf)))))))
    assert found.text == "Bonjour,\nvoici."


@pytest.mark.parametrize("content", [b"\x78\x9f\x3e\x22", b"no winmail at all", b""])
def test_a_winmail_that_cannot_be_unpacked_stays_a_file(desk: FileDesk, content: bytes) -> None:
    found = read(desk, part("text/plain", "Voici."), winmail(content))
    assert (found.text, [each.name for each in found.files]) == ("Voici.", ["winmail.dat"])


def test_hostile_names_in_a_winmail_become_harmless(desk: FileDesk) -> None:
    found = read(desk, winmail(tnef(*(tnef_file(name, b"x") for name in ("../../a\u202efdp.exe", "CON", "b\0.pdf")))))
    assert [each.name for each in found.files] == ["afdp.exe", "_CON", "b"]


def test_without_a_reader_a_winmail_stays_a_file() -> None:
    found = MailReader().parse(multipart("mixed", winmail(tnef(tnef_file("a.pdf", pdf()))), head=HEAD))
    assert [each.name for each in found.files] == ["winmail.dat"]


def test_a_reader_that_dies_leaves_the_file(desk: FileDesk) -> None:
    dead = FileDesk(ReaderLimits(memory=2**20))
    found = read(dead, part("text/plain", "Voici."), winmail(tnef(tnef_file("a.pdf", pdf()))))
    assert (found.text, [each.name for each in found.files], found.quarantine) == ("Voici.", ["winmail.dat"], None)
    dead.close()


def test_only_so_many_are_opened_in_one_mail(desk: FileDesk) -> None:
    found = read(desk, *(winmail(tnef(tnef_file(f"{number}.pdf", b"x"))) for number in range(MOST_OPENED + 2)))
    names = [each.name for each in found.files]
    assert names[:MOST_OPENED] == [f"{number}.pdf" for number in range(MOST_OPENED)]
    assert names[MOST_OPENED:] == ["winmail.dat", "winmail (2).dat"]


def test_what_a_winmail_holds_counts_among_the_parts(desk: FileDesk) -> None:
    many = winmail(tnef(*(tnef_file(f"{number}.txt", b"x") for number in range(20))))
    found = read_mail(multipart("mixed", many, head=HEAD), replace(DEFAULT, parts=15), desk)
    assert found.quarantine == "parts"


INNER = multipart(
    "mixed", part("text/plain; charset=utf-8", "Voilà."), coded("application/pdf; name=a.pdf", pdf()), boundary="inner"
)


def smime(content: bytes, more: str = "; name=smime.p7m") -> bytes:
    return coded(f"application/pkcs7-mime; smime-type=signed-data{more}", content)


def test_an_opaque_signed_mail_is_read_and_its_signer_told_as_not_checked(desk: FileDesk) -> None:
    found = read(desk, smime(signed(INNER)))
    assert (found.text, [each.name for each in found.files]) == ("Voilà.", ["a.pdf"])
    told = [each.found for each in found.findings if each.step == "signature"]
    assert told == ["signed by Sophie Martin <sophie@boulangerie.example> (not checked)"]


def test_a_signature_is_never_identity(desk: FileDesk) -> None:
    found = read(desk, smime(signed(INNER, "Anne Dupont")))
    assert found.sender == read(desk, part("text/plain", "x")).sender


def test_a_winmail_inside_a_signed_mail_is_unpacked_too(desk: FileDesk) -> None:
    inner = multipart("mixed", winmail(tnef(tnef_file("a.pdf", pdf()))), boundary="inner")
    assert [each.name for each in read(desk, smime(signed(inner))).files] == ["a.pdf"]


def test_an_encrypted_mail_stays_a_file(desk: FileDesk) -> None:
    found = read(desk, smime(enveloped()))
    assert [(each.name, each.media_type) for each in found.files] == [("smime.p7m", "application/pkcs7-mime")]
    assert "S/MIME encrypted" in [each.found for each in found.findings]


def test_a_detached_signature_is_left_out_and_the_text_read(desk: FileDesk) -> None:
    found = read(desk, part("text/plain", "Voici."), coded("application/pkcs7-signature; name=smime.p7s", b"x"))
    assert (found.text, found.files) == ("Voici.", ())


def test_signed_mails_within_signed_mails_end(desk: FileDesk) -> None:
    inner = b"Content-Type: text/plain\n\nVoici."
    for _ in range(MOST_OPENED + 2):
        inner = multipart("mixed", smime(signed(inner)), boundary="inner")
    found = read_mail(HEAD.replace("\n", "\r\n").encode() + inner, DEFAULT, desk)
    assert [each.name for each in found.files] == ["smime.p7m"]
