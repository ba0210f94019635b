"""Authors who write what looks like a quote. Any loss is worse than a quote that stays."""

import pytest

from tests.core.new_text.cases import BLOCK, OURS, QUOTE, SENT, cut
from worker.core.new_text import Sent

INTRODUCTION = "Le mar. 24 nov. 2026 à 10:12, Anne Dupont <r+mfzwizlsmnygk4tfon2gk43u@mail.lambert.example> a écrit :"
TEXTS = [
    "oui",
    "ok",
    "👍",
    "?",
    "1. oui 2. privé",
    "-----\nvoilà\n-----",
    "De : Proximus",
    "De : Proximus\nÀ : moi\nLe montant est faux.",
    "Objet : rien\nSujet : rien",
    "À : 10h\nDe : Namur",
    "Date : 12/10/2026\nMontant : 10 EUR\nObjet : resto",
    "From:",
    "Le 12 mars vous avez écrit que c'était bon.",
    "Le 12/10/2026 à 10:15, Lenoir m'a écrit :\n« payez vite »\nJ'ai payé.",
    "On Monday 9 November 2026 at 10:30 I wrote:\nthe receipt is lost.",
    "Am 14.09.2026 um 10:30 schrieb mir die Druckerei:\nhinfällig",
    "Op 14/09/2026 om 10:30 heeft Maes mij geschreven:\nbetaald",
    "> mille euros comme avance",
    "Proximus m'a répondu :\n> votre contrat est clos\n\nQue faire ?",
    "Merci.\n-- \nP.S. n'oubliez pas Lenoir",
    "Envoyé via Proximus hier",
    "Envoyé de mon gsm ce matin, avez-vous reçu ?",
    "attention, ce mail provient de l'extérieur de l'organisation, dit mon antivirus",
    "Message d'origine : voir la farde",
    "2. Comment l’avez-vous payé ?\nPar carte",
    "Facture 2026-114\nProximus, 12/10/2026, 118,40 EUR\nest payée",
    "facture 2026-114 de Proximus ? Il nous manque ce document pour la déclaration TVA aussi",
    "avant le 20 janvier, facture 2026-114 de Proximus",
    "* un\n* deux",
    "| a | b |\n| 1 | 2 |",
]


@pytest.mark.parametrize("sent", [SENT, None], ids=["known", "unknown"])
@pytest.mark.parametrize(
    "quote", [f"{INTRODUCTION}\n\n{QUOTE}", f"{BLOCK}\n\n{OURS}", f"{'_' * 32}\n{BLOCK}\n\n{OURS}"]
)
@pytest.mark.parametrize("text", TEXTS)
def test_what_an_author_writes_above_the_quote_stays(text: str, quote: str, sent: Sent | None) -> None:
    marker = OURS.split("\n", maxsplit=1)[0]
    mail = f"{text}\n\n{quote}".replace(marker, marker if sent else "")
    assert said(cut(mail, sent).new_text) == said(text)


def said(text: str) -> list[str]:
    """Without empty lines and rules, which say nothing."""
    return [line.rstrip() for line in text.split("\n") if line.strip("- ")]


@pytest.mark.parametrize(
    "text",
    ["Comment l’avez-vous payé ? Je ne sais plus, demandez à Marc.", "La facture 2026-114 de Proximus est privée."],
)
def test_a_phrase_of_ours_in_a_sentence_of_the_author_is_his(text: str) -> None:
    for mail in (f"{text}\n\n{BLOCK}\n\n{OURS}", f"{QUOTE}\n\n{text}", text):
        assert cut(mail).new_text == text


@pytest.mark.parametrize("text", ["2 factures en annexe.", "Le 3 suit demain.", "sophie@boulangerie.example"])
def test_the_last_line_right_above_an_introduction_is_the_authors(text: str) -> None:
    assert cut(f"{text}\n{INTRODUCTION}\n{QUOTE}").new_text == text
    assert cut(f"{text}\n{INTRODUCTION}\n> Autre chose", None).new_text == text


def test_one_sentence_that_we_share_is_no_quote() -> None:
    shared = "N'hésitez pas à me contacter pour toute question."
    text = f"Voici.\n{shared}\nSophie"
    assert cut(text, Sent(texts=(f"Bonjour,\nIl manque une facture.\n{shared}\nAnne",))).new_text == text


def test_an_answer_below_the_quote_that_a_tagline_follows_comes_alone() -> None:
    assert cut(f"{INTRODUCTION}\n{QUOTE}\n\nPar carte\n\n-- \nEnvoyé de mon iPhone").new_text == "Par carte"


@pytest.mark.parametrize(
    "line", ['-----"Anne" <anne@lambert.example> wrote: -----', "Zitat von Anne <anne@lambert.example>:"]
)
def test_introductions_without_a_date_are_known_by_their_shape(line: str) -> None:
    assert cut(f"Oui\n\n{line}\n\n> Autre chose", None).new_text == "Oui"
