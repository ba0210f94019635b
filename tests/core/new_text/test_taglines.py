"""Taglines of programs, and home-made ones: what goes, and what an author says that sounds like one."""

import pytest

from tests.core.new_text.author_texts import TAGLINES
from tests.core.new_text.cases import QUOTE, body, cut
from worker.core.new_text.normalising import normalise
from worker.core.new_text.taglines import is_home_made, is_tagline

INTRODUCTION = "Le mar. 24 nov. 2026 à 10:12, Anne Dupont <r+mfzwizlsmnygk4tfon2gk43u@mail.lambert.example> a écrit :"
OF_PROGRAMS = [
    "Envoyé de mon iPhone",
    "Envoyé à partir de Outlook pour iOS<https://aka.ms/o0ukef>",
    "Provenant de Courrier pour Windows",
    "Envoyé de mon Galaxy A54 5G",
    "Verstuurd vanaf mijn Android apparaat met K-9 Mail. Excuseer mijn beknoptheid.",
    "Von meinem iPhone gesendet",
    "Sent from my iPhone, please excuse typos",
    "Outlook voor Android<https://aka.ms/AAb9ysg> downloaden",
]
HOME_MADE = [
    "Vanop mijnen iPhone gestuurd",
    "Getypt op mijn gsm",
    "Tapé sur mon téléphone, désolé pour les fautes",
    "Écrit avec mon iPad",
    "Von meim Handy jeschickt, Tippfehler darfste behalten",
    "Mit meinem Handy getippt",
    "Typed on my phone, excuse the spelling",
]


@pytest.mark.parametrize("line", [*OF_PROGRAMS, *HOME_MADE])
def test_a_tagline_below_the_text_goes(line: str) -> None:
    assert cut(f"Oui.\n\n{line}\n\n{INTRODUCTION}\n\n{QUOTE}").new_text == "Oui."
    assert cut(f"Oui.\n\n{line}").new_text == "Oui."


@pytest.mark.parametrize("text", [text for text in TAGLINES if text != "Met mijn gsm gestuurd"])
def test_what_an_author_says_of_sending_is_no_tagline(text: str) -> None:
    last = text.rsplit("\n", maxsplit=1)[-1]
    (line,) = normalise(body(last))
    assert not is_tagline(line)
    assert not is_home_made(line)
    assert cut(f"Oui.\n\n{last}").new_text == f"Oui.\n\n{last}"


def test_the_only_line_of_an_author_is_no_home_made_tagline() -> None:
    for line in HOME_MADE:
        assert cut(f"{line}\n\n{INTRODUCTION}\n\n{QUOTE}").new_text == line


def test_an_answer_below_a_question_is_no_home_made_tagline() -> None:
    answered = QUOTE.replace("privé ?", "privé ?\n\nOui\n\nMet mijn gsm gestuurd\n")
    assert "gsm" in cut(f"{INTRODUCTION}\n\n{answered}").new_text


def test_a_home_made_tagline_stands_in_a_paragraph_of_its_own() -> None:
    assert cut("Oui.\nVanop mijnen iPhone gestuurd").new_text == "Oui.\nVanop mijnen iPhone gestuurd"


def test_a_tagline_that_the_author_wrote_on_below_goes_and_his_text_stays() -> None:
    text = "Une avance.\n\nEnvoyé de mon iPhone\n\nPS : le virement aussi"
    assert cut(f"{text}\n\n{INTRODUCTION}\n\n{QUOTE}").new_text == "Une avance.\n\nPS : le virement aussi"


def test_a_line_that_the_author_announces_is_no_tagline() -> None:
    text = "Il est écrit :\n\nEnvoyé de mon iPhone\n\nQu'est-ce que c'est ?"
    assert cut(text).new_text == text
