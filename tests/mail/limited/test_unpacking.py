"""winmail.dat and opaque S/MIME become text and files; what cannot be unpacked stays what it came as."""

import struct

import pytest

from tests.mail.made_files import (
    attribute,
    enveloped,
    in_indefinite_lengths,
    number_prop,
    plain_rtf,
    prop,
    properties,
    signed,
    tnef,
    tnef_file,
    wide,
)
from worker.mail.limited.reader import LimitedReader
from worker.mail.limited.rtf import decompressed, html_or_text
from worker.mail.limited.unpacking import UnpackedMail, unpack_tnef, unwrap_smime

ENTITY = b"Content-Type: text/plain; charset=utf-8\r\n\r\nVoici la facture.\r\n"
COMPRESSED = bytes.fromhex(
    "2d0000002b0000004c5a467583b24b130300 0a0072637067313235 42320af82068656c0962b0777262c0c05090e0210b".replace(
        " ", ""
    )
)


def unpacked(limited: LimitedReader, *parts: bytes) -> UnpackedMail:
    found = unpack_tnef(limited, [tnef(*parts)])
    assert found is not None
    return found


def test_files_have_their_long_names_types_and_bytes(limited: LimitedReader) -> None:
    file = tnef_file("Relevé de compte.pdf", b"%PDF-1.4 five", prop(0x1F, 0x370E, wide("application/pdf")))
    (found,) = unpacked(limited, file).files
    assert (found.name, found.declared_type, found.content) == (
        "Relevé de compte.pdf",
        "application/pdf",
        b"%PDF-1.4 five",
    )


def test_pictures_of_the_text_keep_their_content_id(limited: LimitedReader) -> None:
    (found,) = unpacked(limited, tnef_file("image001.png", b"x", prop(0x1F, 0x3712, wide("image001@x")))).files
    assert found.content_id == "image001@x"


def test_the_html_is_the_text(limited: LimitedReader) -> None:
    html = "<p>Voilà la déclaration".encode()
    found = unpacked(limited, attribute(1, 0x9003, properties(number_prop(0x3FDE, 65001), prop(0x102, 0x1013, html))))
    assert found.html == "<p>Voilà la déclaration"


def test_a_text_of_its_own_is_read(limited: LimitedReader) -> None:
    assert unpacked(limited, attribute(1, 0x800C, "été\0".encode("cp1252"))).text == "été"


def test_html_hidden_in_rtf_comes_out_again(limited: LimitedReader) -> None:
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}"
        rb"{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Voil\'e0 \u8364?100{\*\htmltag84 &amp;}\htmlrtf\par}\htmlrtf0 {\*\htmltag72 </p>}}"
    )
    found = unpacked(limited, attribute(1, 0x9003, properties(prop(0x102, 0x1009, plain_rtf(rtf)))))
    assert (found.html.strip(), found.text) == ("<p>Voilà €100&amp;</p>", "")


def test_rtf_that_is_only_rtf_becomes_text(limited: LimitedReader) -> None:
    rtf = rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\*\generator Riched;}{\info{\author X}}Bonjour,\par Voici\tab la \b facture\b0 .}"
    found = unpacked(limited, attribute(1, 0x9003, properties(prop(0x102, 0x1009, plain_rtf(rtf)))))
    assert found.text == "Bonjour,\nVoici\tla facture."


def test_rtf_is_decompressed() -> None:
    """The example of [MS-OXRTFCP] 4.1.1."""
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232 0af32068656c090020627705b06c647d0a800fa0".replace(
            " ", ""
        )
    )
    assert decompressed(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_rtf_that_repeats_itself_is_decompressed() -> None:
    """The example of [MS-OXRTFCP] 4.1.2."""
    packed = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert decompressed(packed) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


@pytest.mark.parametrize("cut", range(0, 30, 3))
def test_compressed_rtf_that_is_cut_short_gives_what_was_there(cut: int) -> None:
    packed = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")[:cut]
    if cut < 16:
        with pytest.raises(ValueError, match="no compressed RTF"):
            decompressed(packed)
    else:
        assert b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}".startswith(decompressed(packed))


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1 a\u55357?\u56898?b}", "a🙂b"),
        (rb"{\rtf1 a\u55357?b}", "a\ufffdb"),
        (rb"{\rtf1\uc0 \u233 t\u233 }", "été"),
        (rb"{\rtf1 \{\\\}\~x}", "{\\}\u00a0x"),
        (rb"{\rtf1 a}}}}b", "ab"),
        (rb"{{{{{{{{a", "a"),
        (rb"\u", ""),
        (rb"{\rtf1\ansicpg99999 \'e9}", "é"),
    ],
)
def test_rtf_is_read_whatever_it_is(rtf: bytes, text: str) -> None:
    assert html_or_text(rtf)[1] == text


def test_a_mail_inside_gives_its_files_and_its_text_as_a_file(limited: LimitedReader) -> None:
    inner = tnef(attribute(1, 0x800C, b"Le texte\0"), tnef_file("a.pdf", b"%PDF"))
    inside = bytes.fromhex("0703020000000000c000000000000046") + inner
    found = unpacked(limited, tnef_file("Contrat", b"", prop(0xD, 0x3701, inside)))
    assert [(each.name, each.content) for each in found.files] == [("Contrat.txt", b"Le texte"), ("a.pdf", b"%PDF")]


def test_what_came_before_the_broken_place_is_kept(limited: LimitedReader) -> None:
    broken = struct.pack("<I", 3) + struct.pack("<HHI", 3, 1, 1) + struct.pack("<HH", 0x777, 2)
    found = unpacked(limited, tnef_file("a.pdf", b"x"), attribute(1, 0x9003, broken), tnef_file("b.pdf", b"y")[:-40])
    assert [each.name for each in found.files] == ["a.pdf", "b.pdf"]


def test_what_is_no_winmail_stays_a_file(limited: LimitedReader) -> None:
    assert unpack_tnef(limited, []) is None
    assert unpack_tnef(limited, [b"%PDF-1.4 and more"]) is None


@pytest.mark.parametrize("at", range(0, 200, 13))
def test_any_bytes_get_an_answer(limited: LimitedReader, at: int) -> None:
    content = bytearray(tnef(tnef_file("Relevé de compte.pdf", b"x" * 100)))
    content[at : at + 4] = b"\xff\xff\xff\xff"
    found = unpack_tnef(limited, [bytes(content)])
    assert found is None or len(found.files) <= 1


@pytest.mark.parametrize("form", ["der", "ber", "pem"])
def test_an_opaque_signature_is_taken_off_and_its_signer_named(limited: LimitedReader, form: str) -> None:
    content = signed(ENTITY)
    if form == "ber":
        content = in_indefinite_lengths(content)
    if form == "pem":
        import base64

        content = b"-----BEGIN PKCS7-----\n" + base64.encodebytes(content) + b"-----END PKCS7-----\n"
    found = unwrap_smime(limited, [content])
    assert found is not None
    assert found.content == ENTITY
    assert found.signers == ("Sophie Martin <sophie@boulangerie.example>",)


def test_an_encrypted_part_is_called_encrypted(limited: LimitedReader) -> None:
    found = unwrap_smime(limited, [enveloped()])
    assert found is not None
    assert (found.is_encrypted, found.content) == (True, b"")


@pytest.mark.parametrize("content", [b"", b"0\x80", signed(ENTITY)[:100], b"\x30\x84\xff\xff\xff\xff", b"no smime"])
def test_what_cannot_be_unwrapped_stays_a_file(limited: LimitedReader, content: bytes) -> None:
    assert unwrap_smime(limited, [content]) is None
