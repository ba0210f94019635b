"""What is found in each kind of file, and what is not held against it."""

import io
import os
import struct
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.mail.made_files import XLSX, archive, compound, heic, invoice, pdf, picture
from worker.core.file_looks import NOT_LOOKED, FileLook, Inside, InvoiceKind, Picture
from worker.mail.limited.answers import amount_of, invoice_of, look_of, vat_of
from worker.mail.limited.looking import as_jpeg, look_at
from worker.mail.limited.questions import ReaderLimits
from worker.mail.limited.reader import LimitedReader, folder_for

PDF, ZIP, WORD, XML = "application/pdf", "application/zip", "application/msword", "application/xml"


def look(limited: LimitedReader, content: bytes, media_type: str, name: str = "file") -> FileLook:
    with folder_for([content]) as (path, _):
        return look_at(limited, path, media_type=media_type, name=name)


def test_a_pdf_that_opens_is_readable(limited: LimitedReader) -> None:
    assert look(limited, pdf(), PDF) == FileLook(inside=Inside.READABLE, pages=1)


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256-R5", "AES-256"])
def test_a_pdf_with_a_password_is_encrypted(limited: LimitedReader, algorithm: str) -> None:
    assert look(limited, pdf("secret", algorithm=algorithm), PDF).inside is Inside.ENCRYPTED


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_pdf_that_anybody_may_open_and_nobody_change_is_readable(limited: LimitedReader, algorithm: str) -> None:
    assert look(limited, pdf(owner="owner", algorithm=algorithm), PDF).inside is Inside.READABLE


@pytest.mark.parametrize("content", [b"%PDF-1.4\n", b"%PDF-1.7\n" + bytes(2000), pdf()[:200], b"no pdf at all"])
def test_a_pdf_that_is_cut_short_is_unreadable(limited: LimitedReader, content: bytes) -> None:
    assert look(limited, content, PDF).inside is Inside.UNREADABLE


def test_a_pdf_that_looks_whole_is_not_called_unreadable_because_our_reader_stumbles(limited: LimitedReader) -> None:
    whole = b"%PDF-1.4\n1 0 obj\n<< /Type /Strange >>\nendobj\nstartxref\n9\n%%EOF\n"
    assert look(limited, whole, PDF).inside is Inside.UNKNOWN


def test_an_archive_says_what_is_in_it(limited: LimitedReader) -> None:
    found = look(limited, archive("a.pdf", "b/c.exe"), ZIP)
    assert found == FileLook(inside=Inside.READABLE, names=("a.pdf", "b/c.exe"))


def test_an_archive_with_a_password_is_encrypted(limited: LimitedReader) -> None:
    assert look(limited, archive("a.pdf", password=True), ZIP).inside is Inside.ENCRYPTED


@pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(40), archive("a")[:30], b"PK\x05\x06"])
def test_an_archive_that_is_cut_short_is_unreadable(limited: LimitedReader, content: bytes) -> None:
    assert look(limited, content, ZIP).inside is Inside.UNREADABLE


def test_an_archive_that_would_unpack_to_a_gigabyte_is_never_unpacked(limited: LimitedReader) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file, file.open("bomb", "w") as bomb:
        for _ in range(64):
            bomb.write(bytes(2**20))
    assert look(limited, written.getvalue(), ZIP).names == ("bomb",)


def test_of_an_archive_of_very_many_files_some_are_named(limited: LimitedReader) -> None:
    found = look(limited, archive(*(f"{number}.txt" for number in range(3_000))), ZIP)
    assert (found.inside, len(found.names)) == (Inside.READABLE, 200)


def test_an_office_file_of_today_is_an_archive(limited: LimitedReader) -> None:
    assert look(limited, archive("xl/workbook.xml"), XLSX).inside is Inside.READABLE


WORD_OPEN, WORD_CLOSED = (
    struct.pack("<HHHHHH", 0xA5EC, 0xC1, 0, 0, 0, 0),
    struct.pack("<HHHHHH", 0xA5EC, 0xC1, 0, 0, 0, 0x100),
)
BIFF = struct.pack("<HH", 0x809, 4) + bytes(4)


@pytest.mark.parametrize(
    ("streams", "inside"),
    [
        ({"EncryptedPackage": b"x", "EncryptionInfo": b"y"}, Inside.ENCRYPTED),
        ({"WordDocument": WORD_OPEN}, Inside.READABLE),
        ({"WordDocument": WORD_CLOSED}, Inside.ENCRYPTED),
        ({"Workbook": BIFF + struct.pack("<HH", 0x2F, 2) + bytes(2)}, Inside.ENCRYPTED),
        ({"Workbook": BIFF + struct.pack("<HH", 0x85, 2) + bytes(2)}, Inside.READABLE),
        ({"Current User": bytes(12) + struct.pack("<I", 0xF3D1C4DF)}, Inside.ENCRYPTED),
        ({"Current User": bytes(12) + struct.pack("<I", 0xE391C05F)}, Inside.READABLE),
    ],
)
def test_an_office_file_says_whether_a_password_closes_it(
    limited: LimitedReader, streams: dict[str, bytes], inside: Inside
) -> None:
    assert look(limited, compound(streams), WORD).inside is inside


@pytest.mark.parametrize("at", range(28, 512, 37))
def test_a_broken_office_file_gets_an_answer(limited: LimitedReader, at: int) -> None:
    content = bytearray(compound({"WordDocument": WORD_OPEN}))
    content[at : at + 4] = b"\xf0\xff\xff\x7f"
    assert look(limited, bytes(content), WORD).inside in {Inside.READABLE, Inside.UNREADABLE}


def test_a_ring_in_an_office_file_ends(limited: LimitedReader) -> None:
    content = bytearray(compound({"WordDocument": WORD_OPEN}))
    content[512 + 4 : 512 + 8] = struct.pack("<I", 1)
    assert look(limited, bytes(content), WORD).inside is Inside.READABLE


def test_an_electronic_invoice_tells_its_number_date_vat_numbers_and_amount(limited: LimitedReader) -> None:
    found = look(limited, invoice(), XML).invoice
    assert found is not None
    assert (found.kind, found.number, found.issued_on) == (InvoiceKind.INVOICE, "2026-118", date(2026, 11, 3))
    assert (found.seller_vat, found.buyer_vat) == ("BE0123456749", "BE0202239951")
    assert (found.amount, found.currency) == (Decimal("1210.50"), "EUR")


def test_a_credit_note_in_an_envelope_is_found(limited: LimitedReader) -> None:
    inner = invoice("CreditNote").partition(b"?>")[2]
    found = look(limited, b"<StandardBusinessDocument><ID>x</ID>" + inner + b"</StandardBusinessDocument>", "text/xml")
    assert found.invoice is not None
    assert (found.invoice.kind, found.invoice.number) == (InvoiceKind.CREDIT_NOTE, "2026-118")


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "content",
    [
        invoice(head=ENTITIES, number="&b;"),
        invoice(head=OUTSIDE, number="&a;"),
        invoice(head='<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'),
        invoice()[:400],
        invoice(number=""),
        b"<a>" * 100 + b"</a>" * 100,
        b"<Invoice><ID>1</ID></Invoice>",
        b"",
    ],
)
def test_xml_that_is_no_plain_invoice_is_not_read_as_one(limited: LimitedReader, content: bytes) -> None:
    assert look(limited, content, XML) == NOT_LOOKED


def test_an_xml_file_that_is_declared_as_anything_is_looked_at_for_its_name(limited: LimitedReader) -> None:
    assert look(limited, invoice(), "application/octet-stream", "Facture.XML").invoice is not None


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_a_picture_tells_its_size(limited: LimitedReader, form: str) -> None:
    found = look(limited, picture((120, 60), form), f"image/{form.lower()}")
    assert found.picture == Picture(width=120, height=60, is_from_camera=False)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_known_by_its_camera(limited: LimitedReader, form: str) -> None:
    found = look(limited, picture(form=form, camera="Apple"), f"image/{form.lower()}")
    assert found.picture is not None
    assert found.picture.is_from_camera


def test_a_picture_that_is_none_is_unreadable(limited: LimitedReader) -> None:
    assert look(limited, b"\xff\xd8\xff" + bytes(50), "image/jpeg").inside is Inside.UNREADABLE


def test_a_text_is_not_looked_at(limited: LimitedReader) -> None:
    assert look(limited, b"a;b", "text/csv", "x.csv") is NOT_LOOKED


def test_heic_is_seen_and_turned_into_a_jpeg(limited: LimitedReader) -> None:
    content = heic((64, 48))
    assert look(limited, content, "image/heic").picture == Picture(width=64, height=48, is_from_camera=False)
    with folder_for([content]) as (path, out):
        made = as_jpeg(limited, path, out)
        assert made is not None
        assert made.read_bytes().startswith(b"\xff\xd8\xff")


def test_a_picture_that_is_too_large_for_us_is_not_turned() -> None:
    reader = LimitedReader(ReaderLimits(pixels=64 * 48 - 1))
    with folder_for([heic((64, 48))]) as (path, out):
        assert as_jpeg(reader, path, out) is None
    reader.close()


def test_a_broken_heic_has_no_jpeg(limited: LimitedReader) -> None:
    with folder_for([heic()[:100]]) as (path, out):
        assert as_jpeg(limited, path, out) is None


def test_a_machine_that_stands_still_makes_no_pdf_unreadable(tmp_path: Path) -> None:
    """The time by the wall is over: of the file nothing is known, and its sender is told nothing."""
    os.mkfifo(tmp_path / "a.pdf")
    reader = LimitedReader(ReaderLimits(seconds=0.2))
    found = look_at(reader, tmp_path / "a.pdf", media_type=PDF, name="a.pdf")
    assert found.inside is Inside.UNKNOWN


def test_a_reader_that_dies_makes_a_pdf_unreadable_and_says_nothing_of_a_picture() -> None:
    reader = LimitedReader(ReaderLimits(memory=20 * 2**20))  # no interpreter starts in that
    assert look(reader, pdf(), PDF).inside is Inside.UNREADABLE
    assert look(reader, picture(), "image/png").inside is Inside.UNKNOWN
    reader.close()


@pytest.mark.parametrize(
    "lie",
    [
        {"inside": 7, "names": "abc", "pages": "1", "width": -1, "height": 10**12},
        {"inside": "broken", "names": [1, None, {}], "pages": True, "width": 1},
        {"inside": ["readable"], "names": {}},
    ],
)
def test_a_child_that_lies_says_nothing(lie: dict[str, object]) -> None:
    found = look_of(lie)
    assert (found.inside, found.pages, found.picture) == (Inside.UNKNOWN, None, None)
    assert set(found.names) <= {""}


@pytest.mark.parametrize("lie", [{}, {"kind": "invoice"}, {"kind": "x", "number": "1"}, {"kind": [], "number": "1"}])
def test_half_an_invoice_is_none(lie: dict[str, object]) -> None:
    assert invoice_of(lie) is None


@pytest.mark.parametrize("written", ["", "NaN", "Infinity", "1e99", "9" * 16, "x", 7])
def test_an_amount_no_invoice_would_say_is_none(written: object) -> None:
    assert amount_of(written) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["be 0123.456.749"], "BE0123456749"),
        (["", "NL001234567B01"], "NL001234567B01"),
        (["0123456749"], None),
        ([None], None),
    ],
)
def test_vat_numbers_are_read_without_their_dots(written: list[object], read: str | None) -> None:
    assert vat_of(*written) == read
