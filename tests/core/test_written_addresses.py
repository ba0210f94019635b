"""Signed addresses in the head of a mail that was not parsed."""

import pytest

from worker.core.written_addresses import MOST_BYTES, signed_addresses_in

ONE, OTHER = f"r+{'a' * 32}@mail.firm.example", f"r+{'b' * 32}@mail.firm.example"


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (f"To: Fiduciaire <{ONE}>\r\nCc: {OTHER}\r\n\r\n", (ONE, OTHER)),
        (f"To: x@y.example,\r\n\t{ONE}\r\nSubject: x\r\n\r\n", (ONE,)),
        (f"Delivered-To: {ONE}\nTo: {ONE}\n\n", (ONE,)),
        (f"To: {ONE.upper()}\n", (ONE.upper(),)),
    ],
)
def test_they_are_found_in_what_says_where_a_mail_went(head: str, found: tuple[str, ...]) -> None:
    assert signed_addresses_in(head.encode()) == found


@pytest.mark.parametrize(
    "head",
    [f"Subject: {ONE}\r\n\r\n", f"Subject: x\r\n {ONE}\r\n\r\n", f"To: x@y.example\r\n\r\nTo: {ONE}\r\n", ""],
)
def test_neither_another_header_nor_the_text_counts(head: str) -> None:
    assert signed_addresses_in(head.encode()) == ()


def test_bytes_that_are_no_mail_give_none() -> None:
    assert signed_addresses_in(bytes(range(256)) * 10) == ()
    assert signed_addresses_in(b"X: y\r\n" * MOST_BYTES + f"To: {ONE}\r\n".encode()) == ()
