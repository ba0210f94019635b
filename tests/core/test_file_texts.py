"""What a file is, by its first bytes alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.file_texts import encoding_of, is_mail, readings_of

TEXT = "Payé à temps : facture 2026-114, 1.250,00 EUR.\r\n"


@pytest.mark.parametrize(
    ("start", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("cp1252"), "cp1252"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        ("é".encode()[:1], "utf-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01", None),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00", None),
        (b"", None),
    ],
)
def test_a_text_is_told_by_its_bytes(start: bytes, encoding: str | None) -> None:
    assert encoding_of(start) == encoding


@given(st.binary(max_size=400))
def test_any_bytes_have_an_answer_and_what_is_text_can_be_read(start: bytes) -> None:
    encoding = encoding_of(start)
    is_mail(start)
    assert encoding is None or isinstance(start.decode(encoding, "replace"), str)


@pytest.mark.parametrize(
    ("start", "answer"),
    [
        (b"From: a@b.example\r\nSubject: x\r\n\r\nBonjour", True),
        (b"\r\nReceived: by x\n with y\nDate: z\n\nBonjour", True),
        (b"From a@b Mon Nov 23\nMessage-ID: <x>\nTo: a@b\n\nBonjour", True),
        (b"Objet: facture\r\nBonjour", False),
        (b"a;b;c\r\n1;2;3", False),
        (b"<p>From: a</p>", False),
    ],
)
def test_a_mail_is_told_by_the_fields_of_its_head(start: bytes, answer: bool) -> None:
    assert is_mail(start) is answer


def test_a_text_with_tags_is_read_as_a_browser_shows_it_too() -> None:
    assert list(readings_of("sans rien")) == ["sans rien"]
    assert "il faut le relancer" in list(readings_of("il <b>faut</b> le re<i>lan</i>cer"))
    assert any("à  temps" in each for each in readings_of("&agrave; <br>temps"))
