"""Authentication-Results: which header is believed, and what it proves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.authentication_results import ARC, AUTHENTICATION_RESULTS, Trust, names_of, trust_of

MX = frozenset({"mx.firm.example"})
ANNE = "anne@fiduciaire.example"
PASS = "mx.firm.example; spf=pass smtp.mailfrom=fiduciaire.example; dmarc=pass (p=none) header.from=fiduciaire.example"
FAIL = "mx.firm.example; dmarc=fail header.from=fiduciaire.example"


def trust(*values: str, sender: str | None = ANNE, ids: frozenset[str] = MX) -> Trust:
    return trust_of([(AUTHENTICATION_RESULTS, each) for each in values], ids, sender)


@pytest.mark.parametrize(
    "value",
    [
        PASS,
        "MX.Firm.Example; DMARC=Pass header.from=Fiduciaire.Example",
        "mx.firm.example 1; dmarc=pass header.from=fiduciaire.example",
        'mx.firm.example; dmarc/1 = pass reason="ok" header.from = fiduciaire.example',
        "mx.firm.example; dmarc=pass (p=NONE (sp=NONE) dis=NONE) header.from=fiduciaire.example",
        "mx.firm.example; dmarc=pass action=none header.from=fiduciaire.example;compauth=pass reason=100",
        "mx.firm.example;dkim=none;dmarc=pass header.from=anne@fiduciaire.example.",
        '"mx.firm.example"; dmarc=pass header.from="fiduciaire.example"',
    ],
)
def test_an_aligned_pass_of_our_own_server_is_trusted(value: str) -> None:
    assert trust(value) is Trust.PASS


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("mx.evil.example; dmarc=pass header.from=fiduciaire.example", "another server"),
        ("mx.firm.example.evil.example; dmarc=pass header.from=fiduciaire.example", "a longer name"),
        ("(mx.firm.example) mx.evil.example; dmarc=pass header.from=fiduciaire.example", "our name in a comment"),
        ("mx.firm.example; dmarc=pass", "no domain"),
        ("mx.firm.example; dmarc=pass header.from=evil.example", "another domain"),
        ("mx.firm.example; dmarc=pass header.from=fiduciaire.example header.from=evil.example", "two domains"),
        ("mx.firm.example; dmarc=pass header.from=xfiduciaire.example", "a longer domain"),
        ("mx.firm.example; dmarc=pass header.from=example", "the domain above"),
        ("mx.firm.example; dmarc=bestguesspass header.from=fiduciaire.example", "a guess"),
        ("mx.firm.example; dmarc=none header.from=fiduciaire.example", "no policy"),
        ("mx.firm.example; dmarc=temperror header.from=fiduciaire.example", "no answer"),
        ("mx.firm.example; spf=pass header.from=fiduciaire.example", "another method"),
        ("mx.firm.example; xdmarc=pass header.from=fiduciaire.example", "another method"),
        ('mx.firm.example; dkim=pass reason="dmarc=pass header.from=fiduciaire.example"', "within quotes"),
        ('mx.firm.example; dkim=pass reason="; dmarc=pass header.from=fiduciaire.example"', "a quoted semicolon"),
        ("mx.firm.example; dkim=pass (; dmarc=pass header.from=fiduciaire.example)", "within a comment"),
        ("mx.firm.example; dkim=pass (\\); dmarc=pass header.from=fiduciaire.example)", "an escaped bracket"),
        ('mx.firm.example; dmarc=pass reason="header.from=fiduciaire.example"', "the domain within quotes"),
        ("mx.firm.example; dmarc=pass header.from=fiduciaire.example (", "an open comment"),
        ('mx.firm.example; dmarc=pass header.from=fiduciaire.example "', "an open quote"),
        ("mx.firm.example", "nothing said"),
        ("dmarc=pass header.from=fiduciaire.example", "no name"),
        ("", "nothing"),
        (";;;", "nothing"),
    ],
)
def test_everything_else_proves_nobody(value: str, why: str) -> None:
    assert trust(value) is Trust.NONE, why


def test_a_fail_of_our_own_server_is_believed_whatever_else_stands_there() -> None:
    assert trust(FAIL) is Trust.FAIL
    assert trust("mx.firm.example; dmarc=fail") is Trust.FAIL
    assert trust("mx.firm.example; dmarc=fail header.from=evil.example (") is Trust.FAIL
    assert trust("mx.firm.example; dmarc=pass header.from=fiduciaire.example; dmarc=fail") is Trust.FAIL


def test_only_the_first_header_of_our_own_server_counts() -> None:
    forged_below, forged_above = [FAIL, PASS], ["mx.evil.example; dmarc=pass", FAIL, PASS]

    assert trust(*forged_below) is Trust.FAIL
    assert trust(*forged_above) is Trust.FAIL
    assert trust("mx.firm.example; spf=pass", PASS) is Trust.NONE


def test_nobody_is_believed_where_nobody_is_configured() -> None:
    assert trust(PASS, ids=frozenset()) is Trust.NONE
    assert trust("; dmarc=pass header.from=fiduciaire.example", ids=frozenset()) is Trust.NONE


def test_a_sender_that_cannot_be_read_is_not_proven() -> None:
    assert trust(PASS, sender=None) is Trust.NONE


def test_a_domain_beyond_ascii_is_compared_in_its_one_form() -> None:
    value = "mx.firm.example; dmarc=pass header.from=büro.example"

    assert trust(value, sender="anne@xn--bro-hoa.example") is Trust.PASS
    assert trust(value, sender="anne@buro.example") is Trust.NONE


def test_arc_is_read_by_the_same_rule_where_there_is_none_of_the_first_kind() -> None:
    arc = "i=2; mx.firm.example 1; dmarc=pass action=none header.from=fiduciaire.example"
    forged = "i=1; mx.evil.example; dmarc=pass header.from=fiduciaire.example"

    assert trust_of([(ARC, arc)], MX, ANNE) is Trust.PASS
    assert trust_of([(ARC, forged)], MX, ANNE) is Trust.NONE
    assert trust_of([(ARC, "mx.firm.example; dmarc=pass header.from=fiduciaire.example")], MX, ANNE) is Trust.NONE
    assert trust_of([(ARC, arc), (AUTHENTICATION_RESULTS, FAIL)], MX, ANNE) is Trust.FAIL
    lower = "i=1; mx.firm.example; dmarc=fail header.from=fiduciaire.example"
    assert trust_of([(ARC, arc), (ARC, lower)], MX, ANNE) is Trust.PASS


def test_the_name_of_a_header_is_told() -> None:
    assert names_of("mx.a.example 1; spf=pass") == "mx.a.example"
    assert names_of("i=1; mx.a.example; spf=pass") == "mx.a.example"
    assert names_of("") == ""


@pytest.mark.parametrize("said", ["fail header.from=fiduciaire.example", "none"])
def test_results_sent_along_below_the_arc_header_of_the_mx_prove_nothing(said: str) -> None:
    arc = f"i=1; mx.firm.example; dmarc={said}"

    assert trust_of([(ARC, arc), (AUTHENTICATION_RESULTS, PASS)], MX, ANNE) is not Trust.PASS
    assert trust_of([(AUTHENTICATION_RESULTS, PASS), (ARC, "i=1; mx.evil.example; dmarc=fail")], MX, ANNE) is Trust.PASS


@given(st.text(max_size=400), st.sampled_from([AUTHENTICATION_RESULTS, ARC]))
def test_any_text_has_an_answer_and_proves_nobody_by_chance(text: str, name: str) -> None:
    assert trust_of([(name, text)], MX, ANNE) is not Trust.PASS


@pytest.mark.parametrize("piece", ["(", '"', "\\", ";", "dmarc=", " = ", "header.from= ", "i=1;", "(a\\)"])
def test_a_long_hostile_value_has_an_answer_within_the_limit_of_a_test(piece: str) -> None:
    assert trust("mx.firm.example; " + piece * 200_000) is Trust.NONE
