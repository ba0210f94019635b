"""The same mail by two ways has one fingerprint, another mail another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mail.written import HEAD, mail
from worker.mail.fingerprints import body_pieces
from worker.mail.limits import DEFAULT
from worker.mail.parsing import read_mail
from worker.mail.spans import PIECE

RAW = mail("text/plain", "Bonjour\nAnne\n")


def fingerprint(raw: bytes) -> str:
    return read_mail(raw, DEFAULT).fingerprint


@pytest.mark.parametrize(
    "same",
    [
        b"Received: from mx by host; today\r\nReturn-Path: <a@b.example>\r\nDelivered-To: r@x.example\r\n" + RAW,
        RAW.replace(b"\r\n", b"\n"),
        RAW + b"\r\n",
        RAW.replace(b"Subject: Re: Facture", b"Subject: Re:\r\n Facture"),
        RAW.replace(b"Subject: ", b"subject:   "),
    ],
    ids=["trace headers", "line ends", "line end at the end", "folding", "blanks"],
)
def test_the_way_a_mail_came_does_not_change_it(same: bytes) -> None:
    assert fingerprint(same) == fingerprint(RAW)


@pytest.mark.parametrize(
    "other",
    [
        RAW.replace(b"Anne\r\n", b"Anna\r\n"),
        RAW.replace(b"10:15:00", b"10:15:01"),
        RAW.replace(b"reply-1", b"reply-2"),
        RAW.replace(b"2024-118", b"2024-119"),
        RAW.replace(b"From: Sophie", b"From: Sofie"),
        RAW.replace(b"To: Anne", b"To: Anna"),
        b"Cc: x@y.example\r\n" + RAW,
        RAW.replace(b"Bonjour\r\n", b"Bonjour\r\n\r\n"),
    ],
)
def test_another_mail_is_another(other: bytes) -> None:
    assert fingerprint(other) != fingerprint(RAW)


def test_a_header_cannot_slip_into_its_neighbour() -> None:
    assert fingerprint(b"Date: x\nTo: ab\n\n") != fingerprint(b"Date: x\nTo: a\nCc: b\n\n")
    assert fingerprint(b"Date: x\nTo: a\nCc: b\n\n") != fingerprint(b"Date: x\nTo: a cc:1:b\n\n")


def test_without_date_and_message_id_the_bytes_count() -> None:
    head = "".join(line for line in HEAD.splitlines(keepends=True) if not line.startswith(("Date", "Message-ID")))
    bare = mail("text/plain", "Bonjour\n", head=head)
    assert fingerprint(b"Received: x\r\n" + bare) != fingerprint(bare)
    assert fingerprint(b"Date: x\r\nReceived: x\r\n" + bare) == fingerprint(b"Date: x\r\n" + bare)


@pytest.mark.parametrize("length", [PIECE - 2, PIECE - 1, PIECE, PIECE + 1])
def test_large_bodies_are_compared_as_small_ones(length: int) -> None:
    body = b"x" * length + b"\n\ny" + b"x" * PIECE + b"\n\n"
    head = b"Date: x\n\n"
    assert fingerprint(head + body) == fingerprint((head + body).replace(b"\n", b"\r\n") + b"\r\n")
    assert fingerprint(head + body) != fingerprint(head + body.replace(b"\n\ny", b"\ny"))


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"x"]), max_size=30).map(b"".join), st.integers(1, 9))
def test_a_body_in_pieces_counts_as_the_whole_does(body: bytes, size: int) -> None:
    whole = body.replace(b"\r\n", b"\n").rstrip(b"\n")
    assert b"".join(body_pieces(b"head" + body, 4, size)) == whole
