"""Which parts are files, what they are called and what they are."""

import base64

import pytest

from tests.mail.written import HEAD, content_of, mail, multipart, part
from worker.core.parsed import ParsedFile
from worker.mail.file_names import file_name
from worker.mail.limits import DEFAULT
from worker.mail.parsing import read_mail

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 30
PDF = b"%PDF-1.4\nfacture"


def coded(content_type: str, content: bytes, more: str = "") -> bytes:
    return part(content_type, base64.encodebytes(content), more=f"Content-Transfer-Encoding: base64\n{more}")


def files_of(*parts: bytes, kind: str = "mixed") -> tuple[ParsedFile, ...]:
    return read_mail(multipart(kind, *parts, head=HEAD), DEFAULT).files


def test_a_file_has_name_type_bytes_and_hash() -> None:
    (found,) = files_of(coded("application/octet-stream; name=facture.pdf", PDF, "Content-Disposition: attachment\n"))
    assert (found.name, found.media_type, found.declared_type) == (
        "facture.pdf",
        "application/pdf",
        "application/octet-stream",
    )
    assert (content_of(found), found.size, found.inline) == (PDF, len(PDF), False)


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ("application/pdf; name=a.pdf\nContent-Disposition: attachment; filename=b.pdf", "b.pdf"),
        ("application/pdf; name*0*=utf-8''fact%C3%BB; name*1=re.pdf", "factûre.pdf"),
        ("application/pdf; name*=iso-8859-1'fr'%E9t%E9.pdf", "été.pdf"),
        ('application/pdf; name="=?utf-8?B?w6l0w6kucGRm?="', "été.pdf"),
        ("application/pdf; name==?utf-8?Q?=C3=A9t=C3=A9?=\n =?utf-8?Q?.pdf?=", "été.pdf"),
        ('application/pdf; name="été.pdf"', "été.pdf"),
        ("application/pdf; name=une facture.pdf; x=y", "une facture.pdf"),
        ('application/pdf; name="C:\\TEMP\\scan.pdf"', "scan.pdf"),
        ('application/pdf; name="../../etc/passwd"', "passwd"),
        ('application/pdf; name="a\\"b.pdf"', "a_b.pdf"),
        ('application/pdf; name="never closed.pdf', "never closed.pdf"),
        ("application/pdf; name*=utf-8''%E2%80%AEfdp.exe", "fdp.exe"),
        ("application/pdf; name=CON.pdf", "_CON.pdf"),
        ("application/pdf", "attachment.pdf"),
        ("image/jpeg", "image.jpg"),
        ("text/calendar; method=REQUEST", "invitation.ics"),
        ("application/x-strange", "attachment"),
    ],
)
def test_names_are_read_as_programs_write_them(headers: str, name: str) -> None:
    content_type, _, more = headers.partition("\nC")
    (found,) = files_of(part(content_type, "x", more=f"C{more}\n" if more else ""))
    assert found.name == name


@pytest.mark.parametrize(
    "declared",
    ["application/octet-stream; name=big0.dat", "application/ms-tnef; name=winmail.dat", "application/vnd.ms-tnef"],
)
def test_what_has_no_signature_of_a_winmail_dat_is_none(declared: str) -> None:
    (found,) = files_of(coded(declared, bytes(range(7, 251)) * 4))
    assert found.media_type == "application/octet-stream"


def test_a_winmail_dat_is_known_by_its_signature_whatever_it_is_called() -> None:
    (found,) = files_of(coded("application/octet-stream; name=scan", b"\x78\x9f\x3e\x22" + b"x" * 40))
    assert found.media_type == "application/ms-tnef"


def test_equal_names_are_numbered() -> None:
    scans = [
        part("application/pdf; name=Scan.pdf", "a"),
        part("application/pdf; name=scan.PDF", "b"),
        part("application/pdf; name=Scan.pdf", "c"),
    ]
    assert [file.name for file in files_of(*scans)] == ["Scan.pdf", "scan (2).PDF", "Scan (3).pdf"]


def test_a_long_name_keeps_its_extension() -> None:
    name = file_name("é" * 400 + ".pdf", "application/pdf")
    assert name.endswith("é.pdf")
    assert len(name.encode()) <= 200


@pytest.mark.parametrize(
    ("content", "declared", "name", "media_type"),
    [
        (PDF, "image/png", "x.png", "application/pdf"),
        (PNG, "application/octet-stream", "", "image/png"),
        (
            b"PK\x03\x04" + b"\x00" * 40,
            "application/octet-stream",
            "x.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (b"PK\x03\x04" + b"\x00" * 40, "application/octet-stream", "", "application/zip"),
        (b"PK\x03\x04" + b"\x00" * 40, "application/pdf", "x.pdf", "application/zip"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 40,
            "application/vnd.ms-excel",
            "x.xls",
            "application/vnd.ms-excel",
        ),
        (b"MZ\x90\x00", "application/pdf", "facture.pdf", "application/x-msdownload"),
        (b"a;b\n1;2\n", "text/csv", "x.csv", "text/csv"),
        (b"a;b\n1;2\n", "application/octet-stream", "x.csv", "text/csv"),
        (b"what is it", "application/octet-stream", "", "application/octet-stream"),
        (b"", "application/pdf", "leer.pdf", "application/pdf"),
    ],
)
def test_the_type_follows_the_content(content: bytes, declared: str, name: str, media_type: str) -> None:
    named = f'{declared}; name="{name}"' if name else declared
    (found,) = files_of(coded(named, content))
    assert found.media_type == media_type


def test_an_attached_mail_is_one_file_called_by_its_subject() -> None:
    inner = mail("application/pdf; name=inside.pdf", PDF).replace(b"Re: Facture 2024-118", b"Contrat: version 2")
    (found,) = files_of(part("text/plain", "voir"), part("message/rfc822", inner))
    assert (found.name, found.media_type) == ("Contrat_ version 2.eml", "message/rfc822")


def test_a_calendar_is_kept_even_as_an_alternative() -> None:
    found = files_of(
        part("text/plain", "Réunion"),
        part("text/html", "<p>Réunion"),
        part("text/calendar", "BEGIN:VCALENDAR\n"),
        kind="alternative",
    )
    assert [file.name for file in found] == ["invitation.ics"]


def test_further_spellings_of_the_text_are_no_files() -> None:
    assert (
        files_of(
            part("text/plain", "a"), part("text/x-amp-html", "<html>"), part("text/html", "<p>a"), kind="alternative"
        )
        == ()
    )


def test_files_inside_alternatives_are_kept() -> None:
    inner = multipart("mixed", part("text/html", "<p>voici"), coded("application/pdf; name=a.pdf", PDF), boundary="in")
    assert [file.name for file in files_of(part("text/plain", "voici"), inner, kind="alternative")] == ["a.pdf"]


def test_text_with_a_name_or_declared_a_file_is_a_file() -> None:
    found = files_of(
        part("text/plain", "corps"),
        part("text/plain; name=notes.txt", "notes"),
        part("text/plain", "autre", more="Content-Disposition: attachment\n"),
        part("text/csv", "a;b"),
    )
    assert [file.name for file in found] == ["notes.txt", "text.txt", "text.csv"]


@pytest.mark.parametrize(
    ("more", "is_inline"),
    [
        ("Content-ID: <logo@x>\n", True),
        ("Content-ID: <logo@x>\nContent-Disposition: inline; filename=logo.png\n", True),
        ("Content-ID: <logo@x>\nContent-Disposition: attachment; filename=logo.png\n", True),
        ("Content-ID: <other@x>\nContent-Disposition: attachment; filename=logo.png\n", False),
        ("Content-Disposition: inline; filename=logo.png\n", False),
    ],
)
def test_images_that_stand_in_the_text_are_inline(more: str, is_inline: bool) -> None:
    html = part("text/html", '<p>Bonjour <img src="cid:logo@x">')
    (found,) = files_of(html, coded("image/png", PNG, more), kind="related")
    assert found.inline is is_inline


def test_a_body_that_is_a_file_is_a_file() -> None:
    found = read_mail(mail("application/pdf; name=scan.pdf", PDF), DEFAULT)
    assert (found.text, [file.name for file in found.files]) == ("", ["scan.pdf"])


@pytest.mark.parametrize("encoded", [b"JVBERi0xLjQ", b"JVBE\nRi0x LjQ=\n", b"JVBERi0=\nMS40", b"JVBERi0xLjQ=!!"])
def test_base64_is_read_with_its_usual_faults(encoded: bytes) -> None:
    (found,) = files_of(part("application/pdf", encoded, more="Content-Transfer-Encoding: base64\n"))
    assert content_of(found) == b"%PDF-1.4"


def test_text_that_only_says_it_is_base64_stays_text() -> None:
    found = read_mail(
        mail(
            "text/plain",
            "Bonjour Anne, voici la facture que vous avez demandée hier.",
            more="Content-Transfer-Encoding: base64\n",
        ),
        DEFAULT,
    )
    assert found.text.startswith("Bonjour Anne")


def test_uuencoded_files_are_read() -> None:
    (found,) = files_of(
        part(
            "application/pdf; name=a.pdf",
            "begin 644 a.pdf\n#0V%T\n`\nend\n",
            more="Content-Transfer-Encoding: x-uuencode\n",
        )
    )
    assert content_of(found) == b"Cat"
