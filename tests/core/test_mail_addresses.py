"""Addresses in the form they are compared in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.mail_addresses import normal_address


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (" Anne@Fiduciaire.EXAMPLE ", "anne@fiduciaire.example"),
        ("greta@b\u00fcro.example", "greta@xn--bro-hoa.example"),
        ("greta@stra\u00dfe.example", "greta@xn--strae-oqa.example"),
        ("greta@STRA\u1e9eE.example", "greta@xn--strae-oqa.example"),
        ("greta@xn--strae-oqa.example", "greta@xn--strae-oqa.example"),
        ("greta@\uff33trasse\u3002example", "greta@strasse.example"),
        ("ren\u0065\u0301@x.example", "ren\u00e9@x.example"),
        ("REN\u00c9@x.example", "ren\u00e9@x.example"),
        ("anne@", "anne@"),
        ("anne@a..b", "anne@a..b"),
        ("anne", "anne"),
    ],
)
def test_an_address_is_compared_in_one_form(written: str, normal: str) -> None:
    assert normal_address(written) == normal


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("greta@stra\u00dfe.example", "greta@strasse.example"),
        ("anne@\u03c2.example", "anne@\u03c3.example"),
        ("mar\u212a@x.example", "mark@x.example"),
        ("\u0130da@x.example", "ida@x.example"),
    ],
)
def test_what_only_looks_alike_is_another_address(written: str, other: str) -> None:
    assert normal_address(written) != normal_address(other)


@given(st.text(max_size=80), st.text(max_size=120))
def test_any_text_has_a_form_and_keeps_it(local: str, domain: str) -> None:
    once = normal_address(f"{local}@{domain}")

    assert normal_address(once) == once or not once.isascii()
