"""What is a header of quoted mail, and what only looks like one."""

import pytest

from tests.core.new_text.cases import BLOCK, OURS, QUOTE, body, cut
from worker.core.new_text.evidence import evidence_of
from worker.core.new_text.headers import header_at
from worker.core.new_text.normalising import normalise


def test_names_of_five_letters_and_more_are_evidence_whatever_the_wrapping() -> None:
    evidence = evidence_of(["Anne", "Anne Dupont", "r+abc@mail.firm.example"])
    assert evidence.names_us("De : Anne\nDupont")
    assert evidence.names_us("<r+abc@\n mail.firm.example>")
    assert not evidence.names_us("Anne Martin")


def heading(*lines: str, names: tuple[str, ...] = (), ours: bool = False) -> str | None:
    header = header_at(normalise(body("\n".join(lines))), 0, evidence_of(names), ours=ours)
    return header.rule if header else None


HEADERS: list[tuple[str | None, tuple[str, ...]]] = [
    ("attribution", ("Le 24/11/2026 à 10:12, A a écrit :",)),
    (None, ("Le 12 mars, Proximus a écrit que tout va bien",)),
    (None, ("Le directeur a écrit :",)),
    (None, ("Op 24/11/2026 was ik er niet:",)),
    ("attribution", ("On Tue, 24 Nov 2026,", "10:12, Anne", "<a@b.example>", "wrote:")),
    (None, ("On Tue, 24 Nov 2026,", "10:12,", "Anne", "<a@b.example>", "wrote:")),
    (None, ("De : Proximus", "Objet : facture")),
    (None, ("De : Proximus", "Date : 12/10/2026")),
    (None, ("Objet : facture", "À : Sophie", "Cc : 12/10/2026")),
    (None, ("De : Proximus", "Date : 12/10/2026", "Objet : facture")),
    ("header block", ("De : Proximus", "Date : 12/10/2026 10:12", "Objet : facture")),
    ("header block", ("Von: a@b.example", "Gesendet: 10:12")),
    ("original message", ("-----Original Message-----",)),
    (None, ("Original Message",)),
    (None, ("-----",)),
    (None, ("From:",)),
]


@pytest.mark.parametrize(("rule", "lines"), HEADERS)
def test_a_header_needs_words_and_evidence(rule: str | None, lines: tuple[str, ...]) -> None:
    assert heading(*lines) == rule


def test_an_introduction_above_a_prefix_needs_one_sign_and_above_plain_text_two() -> None:
    assert heading("Le 24/11/2026, A a écrit :", "> x") == "attribution"
    assert heading("Le 24/11/2026, A a écrit :", "x") is None


def test_when_our_names_are_known_a_header_must_hold_one() -> None:
    block = ("De : Proximus", "Date : 12/10/2026", "Objet : facture")
    assert heading(*block, names=("Anne Dupont",), ours=True) is None
    assert heading(*block, "Cc : Anne Dupont", names=("Anne Dupont",), ours=True) == "header block"


def test_a_label_of_the_author_right_above_the_block_stays() -> None:
    assert cut(f"Voici :\nDe : Proximus\n\n{BLOCK}\n\n{OURS}").new_text == "Voici :\nDe : Proximus"


def test_a_header_in_another_language_is_its_own_paragraph_only() -> None:
    text = "Je passe chez Anne Dupont le 24/11/2026 à 14:00."
    header = "Il giorno mar 24 nov 2026 alle ore 10:12 Anne Dupont ha scritto:"
    assert cut(f"{text}\n\n{header}\n\n{QUOTE}").new_text == text


def test_a_sentence_with_name_and_date_right_above_the_quote_stays() -> None:
    text = "J'ai vu Anne Dupont le 24/11/2026 à 14:00."
    assert cut(f"{text}\n\n{OURS}").new_text == text


def test_a_dated_address_is_a_header_above_a_prefix() -> None:
    assert cut("Oui\n\n2026/11/24 Anne <anne@lambert.example>\n> Autre chose", None).new_text == "Oui"
