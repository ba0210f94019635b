"""Disclaimers and seals of scanners go where they are sure; an author who writes of such things loses no word."""

import pytest

from tests.core.new_text.author_texts import DISCLAIMERS
from tests.core.new_text.cases import QUOTE, cut

INTRODUCTION = "Le mar. 24 nov. 2026 à 10:12, Anne Dupont <r+mfzwizlsmnygk4tfon2gk43u@mail.lambert.example> a écrit :"
NOTICES = [
    (
        "Ce message et toutes les pièces jointes sont confidentiels et établis à l'intention exclusive de ses destinataires.\n"
        "Si vous avez reçu ce message par erreur, merci de le détruire et d'en avertir l'expéditeur."
    ),
    (
        "Dit bericht en zijn bijlagen zijn vertrouwelijk en uitsluitend bestemd voor de geadresseerde. Indien u dit bericht "
        "per vergissing hebt ontvangen, gelieve de afzender te verwittigen en het te vernietigen."
    ),
    (
        "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind oder diese E-Mail "
        "irrtümlich erhalten haben, informieren Sie bitte den Absender und vernichten Sie diese E-Mail."
    ),
    (
        "LEGAL NOTICE: This communication is intended for the addressee only and may be privileged. If you received it by "
        "mistake please notify the sender and delete it. We accept no liability for viruses."
    ),
]


@pytest.mark.parametrize("notice", NOTICES)
def test_a_disclaimer_goes_below_the_text_and_below_the_quote(notice: str) -> None:
    assert cut(f"Oui.\n\n{notice}").new_text == "Oui."
    assert cut(f"Oui.\n\n{notice}\n\n{INTRODUCTION}\n\n{QUOTE}").new_text == "Oui."
    assert cut(f"Oui.\n\n{INTRODUCTION}\n\n{QUOTE}\n\n{notice}").new_text == "Oui."


@pytest.mark.parametrize("notice", NOTICES)
def test_a_disclaimer_stays_viewable(notice: str) -> None:
    assert notice in cut(f"Oui.\n\n{notice}\n\n{INTRODUCTION}\n\n{QUOTE}").quoted_text


@pytest.mark.parametrize("notice", NOTICES)
def test_what_stands_below_a_disclaimer_is_the_authors_and_keeps_it(notice: str) -> None:
    text = f"Oui.\n\n{notice}\n\nEt la facture de Lenoir ?"
    assert cut(text).new_text == text


@pytest.mark.parametrize("notice", NOTICES)
def test_a_disclaimer_alone_stays(notice: str) -> None:
    assert cut(notice).new_text == notice


def test_a_notice_in_paragraphs_goes_with_its_title() -> None:
    parts = "DISCLAIMER\n\nThis message is confidential.\n\nIf you are not the intended recipient or got it in error, please"
    assert cut(f"Yes.\n\n{parts} notify the sender and delete it at once from your system.").new_text == "Yes."


@pytest.mark.parametrize(
    "seal",
    [
        "Deze e-mail werd gescand op virussen en malware door Mimecast.",
        "This email has been scanned for viruses.",
        "Cet e-mail a été analysé par Mimecast.",
        "Diese E-Mail wurde gescannt.",
    ],
)
def test_the_seal_of_a_scanner_goes_below_the_quote(seal: str) -> None:
    assert cut(f"Oui.\n\n{INTRODUCTION}\n\n{QUOTE}\n\n{seal}").new_text == "Oui."


@pytest.mark.parametrize("text", DISCLAIMERS)
def test_an_author_who_writes_of_confidence_loses_no_word(text: str) -> None:
    assert cut(text).new_text == text
    assert cut(f"{text}\n\n{INTRODUCTION}\n\n{QUOTE}").new_text == text
    assert cut(f"{INTRODUCTION}\n\n{QUOTE}\n\n{text}").new_text == text


def test_above_the_quote_a_notice_speaks_to_somebody_who_got_it_by_mistake() -> None:
    text = (
        "Oui.\n\nCe message et ses annexes sont confidentiels : si vous imprimez, pensez à tout détruire ensuite, toute "
        "diffusion est interdite tant que le notaire et l'expéditeur du dossier attendent."
    )
    assert cut(f"{text}\n\n{INTRODUCTION}\n\n{QUOTE}").new_text == text
