"""Thanks, corrections, addresses: small rules about words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.corrections import needs_correction
from worker.core.mail_addresses import hidden, is_address, local_part_candidates, normal_address
from worker.core.thanks import is_pure_thanks


@pytest.mark.parametrize(
    "text",
    [
        "Merci !",
        "Merci beaucoup, bonne journée",
        "Bien reçu, merci. Sophie",
        "Merci pour votre réponse.\n\nBien à vous,\nSophie Martin",
        "Dank u wel",
        "Hartelijk dank!",
        "Goed ontvangen, dank je",
        "Vielen Dank für Ihre Hilfe",
        "Danke schön, schönen Tag",
        "Thanks a lot, Tom",
        "👍",
        "Thank you very much for your help",
    ],
)
def test_thanks_in_four_languages_need_no_answer(text: str) -> None:
    assert is_pure_thanks(text, ["Sophie Martin", "Tom Jones"])


@pytest.mark.parametrize(
    "text",
    [
        "Merci, mais la facture est fausse",
        "Merci de me rappeler demain",
        "Merci. Et pour la TVA ?",
        "Bonjour",
        "",
        "Dank u, maar ik heb nog een vraag",
        "Danke, ich schicke es morgen",
        "Thanks. I will pay 250 tomorrow",
        "ok",
        "1234",
        "Bien reçu, Sophie Refuse",
        "Merci, Marc a payé",
    ],
)
def test_anything_more_than_thanks_is_more(text: str) -> None:
    assert not is_pure_thanks(text, ["Sophie Martin", "Marc Janssens"])


@pytest.mark.parametrize(
    ("mailed", "edited"),
    [
        ("Payez 250 EUR", "Payez 350 EUR"),
        ("Avant le 20 janvier", "Avant le 20 février"),
        ("Rendez-vous lundi", "Rendez-vous mardi"),
        ("Bonjour Sophie", "Pouvez-vous m'envoyer tous les extraits de compte"),
        ("Le montant est 1.250,00", "Le montant est 1.250,50"),
    ],
)
def test_figures_dates_and_many_words_need_a_correction(mailed: str, edited: str) -> None:
    assert needs_correction(mailed, edited)


@pytest.mark.parametrize(
    ("mailed", "edited"),
    [("Bonjour Sofie, ca va", "Bonjour Sophie, ça va"), ("Merci", "Merci beaucoup"), ("Le 20.", "Le 20")],
)
def test_a_mended_typo_needs_none(mailed: str, edited: str) -> None:
    assert not needs_correction(mailed, edited)


@pytest.mark.parametrize("written", ["a@b.be", "r+x@mail.firm.example", "é@b.be", "o'neil@x.ie", "a@localhost"])
def test_plain_addresses_are_addresses(written: str) -> None:
    assert is_address(written)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "a",
        "@b",
        "a@",
        "a b@c.be",
        "A <a@b.be>",
        "a@b@c",
        "a..b@c.be",
        ".a@b.be",
        "a@-b.be",
        "a\n@b.be",
        "a,b@c.be",
        "a@b.",
    ],
)
def test_everything_else_is_not(written: str) -> None:
    assert not is_address(written)


@given(st.text(max_size=60))
def test_normalising_is_idempotent_and_never_raises(written: str) -> None:
    assert normal_address(normal_address(written)) == normal_address(written)


def test_domains_are_compared_in_ascii() -> None:
    assert normal_address(" Anne@BÜRO.example ") == "anne@xn--bro-hoa.example"


@given(st.text(max_size=60))
def test_house_addresses_are_plain_local_parts(name: str) -> None:
    for part in local_part_candidates(name, most=4):
        assert is_address(f"{part}@firm.example")
        assert "+" not in part
        assert part not in {"postmaster", "abuse", "new"}


def test_logs_show_no_address() -> None:
    assert hidden("sophie.martin@boulangerie.example") == "s…@b…"
