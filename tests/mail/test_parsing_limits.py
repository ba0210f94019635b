"""Hostile mails: each is read or quarantined under the name of its limit. How long they take is told by hand."""

import pytest

from tests.mail.written import HEAD, mail, multipart, part
from worker.mail.limits import DEFAULT, Limits
from worker.mail.parsing import parse, read_mail


def nested(levels: int) -> bytes:
    heads = "".join(f"Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n" for level in range(levels))
    return f"{HEAD}{heads}Content-Type: text/plain\n\nau fond\n".encode()


def in_three(inner: bytes) -> bytes:
    """Three multiparts with these parts each."""
    part = b"--b\nContent-Type: multipart/mixed; boundary=in\n\n" + inner
    return b"Content-Type: multipart/mixed; boundary=b\n\n" + part * 3


@pytest.mark.parametrize(
    ("raw", "limit"),
    [
        (b"x" * (DEFAULT.size + 1), "size"),
        (b"A: " + b"x" * 300_000, "header_bytes"),
        (b"A: b\n" * 100_000, "header_bytes"),
        (b"A: b\n" * 2_000 + b"\nx", "headers"),
        (b"A: b\n" + b" folded\n" * 20_000 + b"\nx", "header_line"),
        (b"Subject: " + b" ".join([b"=?utf-8?q?a?="] * 3_000) + b"\n\nx", "encoded_words"),
        (b"Subject: " + b" ".join([b"=?utf-8?q?a?="] * 20_000) + b"\n\nx", "header_bytes"),
        (b"Content-Type: text/plain" + b";" * 40_000 + b"\n\nx", "parameters"),
        (b"Content-Disposition: inline" + b";" * 40_000 + b"\n\nx", "parameters"),
        (b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 1_000, "parts"),
        (in_three(b"--in\n\nx\n" * (DEFAULT.parts // 2)), "parts"),
        (nested(1_000), "nesting"),
        (b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--bx\n" * 10_001 + b"--b\n\nx\n--b--\n", "boundaries"),
        (
            b"Content-Type: multipart/mixed; boundary=b\n\n" + (b"--b\nA: " + b"x" * 90_000 + b"\n\nx\n") * 12,
            "header_bytes",
        ),
    ],
)
def test_what_is_over_a_limit_is_quarantined_under_its_name(raw: bytes, limit: str) -> None:
    found = read_mail(raw, DEFAULT)
    assert (found.quarantine, found.lines, found.files) == (limit, (), ())
    assert (found.size, len(found.fingerprint)) == (len(raw), 64)


def test_a_quarantined_mail_keeps_what_its_head_says() -> None:
    found = read_mail(nested(1_000), DEFAULT)
    assert (found.sender, found.subject) == ("sophie@boulangerie.example", "Re: Facture 2024-118")


def test_a_mail_over_the_size_keeps_what_its_head_says() -> None:
    found = read_mail(f"{HEAD}\n".encode() + b"x" * 5_000, Limits(size=4_096))
    assert (found.quarantine, found.sender, found.subject) == (
        "size",
        "sophie@boulangerie.example",
        "Re: Facture 2024-118",
    )


def test_a_mail_over_the_size_with_a_head_over_a_limit_keeps_nothing_of_it() -> None:
    found = read_mail(b"From: sophie@boulangerie.example\nX: " + b"y" * 300_000, Limits(size=4_096))
    assert (found.quarantine, found.sender) == ("size", None)


def test_limits_are_a_matter_of_settings() -> None:
    assert parse(b"Subject: x\n\nbody", Limits(size=5)).quarantine == "size"


@pytest.mark.parametrize(
    "raw",
    [
        nested(15),
        b"Content-Type: multipart/mixed; boundary*0*\n\nx",
        b"Content-Type: multipart/mixed; boundary*0*=; boundary*99999999999999999999=x\n\nx",
        b"Content-Type: multipart/mixed\n\nx",
        b"Content-Type: text/plain; charset*=undefined''\n\nx",
        b"Content-Type: text/plain; charset=\x00\xff\n\nx",
        b"Content-Type: multipart/alternative; boundary=b\n\n--b--\n",
        b'Cc: "\n\n',
        b"To: ():a\n\n",
        b"Message-ID: <\n\n",
        b"From: <" + b'"\\' * 900 + b"\n\n",
        b"Cc: " + b'"\\' * 45_000 + b"\n\n",
        b"References: " + b"<" * 90_000 + b"\n\n",
        b"Subject: " + b"=?a?q?" * 1_900 + b"\n\n",
        b"\x00" * 2_000_000,
        b"\r" * 500_000,
        b"\n" * 2_000_000,
        b"\xff" * 2_000_000,
        b":" * 2_000_000,
        mail("text/plain; charset=utf-8", "e\u0301\u0327\u0301\u0327" * 200_000),
        mail("text/plain; charset=utf-8", "\u0327\u0301" * 400_000),
        mail("text/plain; format=flowed", "x \n" * 400_000),
        mail("text/plain", ">" * 2_000_000),
        mail("text/plain", "=" * 2_000_000, more="Content-Transfer-Encoding: quoted-printable\n"),
        mail("text/plain", "A=" * 1_000_000, more="Content-Transfer-Encoding: base64\n"),
        mail("text/plain", "begin 644 x\n" + "!\n~~~\n" * 100_000, more="Content-Transfer-Encoding: uuencode\n"),
        mail("text/html", "<div " + " ".join(f"a{number}=1" for number in range(50_000)) + ">x"),
        mail("text/html", "<table><tr><td>x" * 36_000),
        mail("text/html", "<div>" * 300_000 + "x"),
        mail("text/html", "<svg><a>" * 100_000),
        mail("text/html", "<p>" + "".join(f"<font id={number}>" for number in range(390)) + "</p>" + "<p>x" * 100_000),
        mail("text/html", "<!--" * 300_000),
        mail("text/html", '<a b="' * 200_000),
        mail("multipart/mixed; boundary=b", ("--b\nContent-Type: text/html\n\n" + "<p>x\n" * 800) * 490),
    ],
    ids=range(34),
)
def test_hostile_mails_within_the_limits_are_read(raw: bytes) -> None:
    found = read_mail(raw, DEFAULT)
    assert found.quarantine is None
    assert len(found.lines) <= 3 * DEFAULT.lines
    found.text.encode("utf-8")


def test_the_lines_of_many_texts_count_together() -> None:
    texts = [part("text/plain", "x\n" * (DEFAULT.lines * 3 // 4)) for _ in range(5)]
    found = read_mail(multipart("mixed", *texts, head=HEAD), DEFAULT)

    assert 1.5 * DEFAULT.lines <= len(found.lines) <= 2 * DEFAULT.lines + len(texts)
