"""Who wrote it: exactly one From with one address, and which defects count."""

import pytest

from worker.mail.from_header import read_author
from worker.mail.headers import Head, Header, fields_of
from worker.mail.limits import DEFAULT


def author_of(*lines: str | bytes) -> tuple[str | None, str, tuple[str, ...]]:
    block = b"\n".join(b"From: " + (line.encode() if isinstance(line, str) else line) for line in lines)
    head = Head(tuple(fields_of(block, DEFAULT))) if lines else Head(())
    headers: list[Header] = head.all("from")
    found = read_author([header.undecoded for header in headers])
    return found.address, found.name, found.defects


@pytest.mark.parametrize(
    ("line", "address", "name"),
    [
        ("a@b.example", "a@b.example", ""),
        ("<A@B.example>", "a@b.example", ""),
        ("Sophie Martin <a@b.example>", "a@b.example", "Sophie Martin"),
        ("S.P.R.L. Dupont <a@b.example>", "a@b.example", "S.P.R.L. Dupont"),
        ("André Légaré <a@b.example>".encode("latin-1"), "a@b.example", "André Légaré"),
        ("Dupont, Anne <a@b.example>", "a@b.example", "Dupont, Anne"),
        ('"Dupont, Anne" <a@b.example>', "a@b.example", "Dupont, Anne"),
        ('"L\'\\"as\\"" <a@b.example>', "a@b.example", "L'as"),
        ("Anne (Compta) <a@b.example>", "a@b.example", "Anne (Compta)"),
        ("=?utf-8?Q?Andr=C3=A9?= <a@b.example>", "a@b.example", "André"),
        ("=?utf-8?Q?Dupont=2C_Ren=C3=A9e?= <a@b.example>", "a@b.example", "Dupont, Renée"),
        ("=?utf-8?Q?a=40b.example?= <a@b.example>", "a@b.example", ""),
        ('"a@b.example" <a@b.example>', "a@b.example", ""),
        ("a@b.example <a@b.example>", "a@b.example", ""),
        ('"ceo@firm.example" <a@b.example>', "a@b.example", ""),
        ('"Anne <ceo@firm.example>" <a@b.example>', "a@b.example", "Anne"),
        ("Anne\n <a@b.example>", "a@b.example", "Anne"),
        ("Anne < a@b.example >", "a@b.example", "Anne"),
        ("Anne\u202e <a@b.example>", "a@b.example", "Anne"),
    ],
)
def test_ordinary_writers_are_known(line: str | bytes, address: str, name: str) -> None:
    assert author_of(line) == (address, name, ())


@pytest.mark.parametrize(
    ("lines", "defect"),
    [
        ([], "no_from"),
        (["a@b.example", "c@d.example"], "several_from"),
        (["a@b.example", "a@b.example"], "several_from"),
        (["a@b.example, c@d.example"], "second_address"),
        (["Anne <a@b.example>, Bram <c@d.example>"], "unbalanced"),
        (["Anne <a@b.example> <c@d.example>"], "unbalanced"),
        (["Anne <a@b.example"], "unbalanced"),
        (["Anne a@b.example>"], "unbalanced"),
        (["Anne >a@b.example<"], "unbalanced"),
        (['Anne "x <a@b.example>'], "unbalanced"),
        (["c@d.example <a@b.example>"], "second_address"),
        (["c@d.example, Anne <a@b.example>"], "second_address"),
        (["Anne (c@d.example) <a@b.example>"], "second_address"),
        (["Anne @ work <a@b.example>"], "second_address"),
        (["Anne <a@b.example> c@d.example"], "second_address"),
        (["Friends: a@b.example;"], "group"),
        (["Friends: Anne <a@b.example>;"], "group"),
        (["a@b.example (Anne)"], "comment"),
        (["(Anne) a@b.example"], "comment"),
        (["Anne <a@b.example> (Anne)"], "comment"),
        (["Anne <a(x)@b.example>"], "comment"),
        (['"a@b.example"'], "quote"),
        (['Anne <"a"@b.example>'], "quote"),
        (['"a"@b.example'], "quote"),
        (["=?utf-8?Q?c=40d.example?= <a@b.example>"], "encoded_address"),
        (["=?utf-8?Q?c=40d.example=2C?= <a@b.example>"], "encoded_address"),
        (["=?utf-8?Q?a=40b.example?="], "encoded_address"),
        (["=?utf-8?Q?c=40d.example=2C?=a@b.example"], "encoded_address"),
        (["Anne <=?utf-8?Q?a=40b.example?=>"], "encoded_address"),
        (["Anne <>"], "not_an_address"),
        (["Anne"], "not_an_address"),
        (["<@x.example:a@b.example>"], "not_an_address"),
        (["<a@[127.0.0.1]>"], "not_an_address"),
        (["<a b@c.example>"], "not_an_address"),
        (["<a@b@c.example>"], "not_an_address"),
        (["<a@evil.example\uff20firm.example>"], "not_an_address"),
        (["<a\u202e@b.example>"], "not_an_address"),
        (["x" * 3_000 + "<a@b.example>"], "not_an_address"),
    ],
)
def test_a_defect_of_the_address_leaves_nobody(lines: list[str], defect: str) -> None:
    address, _, defects = author_of(*lines)
    assert address is None
    assert defects[0] == defect
