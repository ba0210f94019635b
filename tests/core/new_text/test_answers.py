"""Answers between our lines, behind them and below them: each comes with its question, or alone."""

import pytest

from tests.core.new_text.cases import BLOCK, OURS, cut
from worker.core.new_text import Sent


def test_an_answer_that_repeats_the_last_word_of_the_question_stays() -> None:
    assert cut(OURS.replace("privé ?", "privé ?\nprivé").replace("payé ?", "payé ?\npayé")).new_text == (
        "> 1. Cet achat est-il professionnel ou privé ?\n\nprivé\n\n> 2. Comment l’avez-vous payé ?\n\npayé"
    )


@pytest.mark.parametrize("answer", ["Par carte", "À crédit", "250 EUR", "(non)", "oui", "Épargne"])
def test_an_answer_behind_a_question_in_its_line_is_taken_apart(answer: str) -> None:
    found = cut(OURS.replace("payé ?", f"payé ? {answer}"))
    assert found.new_text == f"> 2. Comment l’avez-vous payé ?\n\n{answer}"


def test_a_figure_that_was_changed_in_our_line_is_the_authors() -> None:
    changed = (
        "Il nous manque ce document pour la déclaration TVA du quatrième trimestre, à déposer avant le 25 janvier."
    )
    ours = "Il nous manque ce document pour la déclaration TVA du quatrième trimestre, à déposer avant le 20 janvier."
    assert changed in cut(f"Oui\n\n{OURS}".replace(ours, changed)).new_text


def test_a_phrase_we_wrote_twice_is_followed_where_it_stands() -> None:
    ours = "Facture de Proximus pour octobre\nPayée ?\nFacture de Proximus pour octobre\nReçue ?\nAnne\nLambert SRL"
    answered = "Facture de Proximus pour octobre\nPayée ?\nFacture de Proximus pour octobre\nnon\nReçue ?\nhier"
    found = cut(answered, Sent(texts=(ours,)))
    assert found.new_text == "> Facture de Proximus pour octobre\n\nnon\n\n> Reçue ?\n\nhier"


def test_words_before_a_whole_line_of_ours_keep_the_line() -> None:
    first = OURS.split("\n")[2]
    assert cut(f"Oui\n\n{OURS.replace(first, f'NON. {first}')}").new_text.endswith(f"NON. {first}")


def test_a_name_below_our_closing_answers_nothing() -> None:
    found = cut(OURS.replace("payé ?", "payé ?\nPar carte") + "\n\nSophie")
    assert found.new_text == "> 2. Comment l’avez-vous payé ?\n\nPar carte\n\nSophie"


def test_text_below_a_short_quote_with_a_header_comes_alone() -> None:
    found = cut("Le 24/11/2026 à 10:12, Anne Dupont a écrit :\n> 2. Comment l'avez-vous payé ?\n\nPar carte")
    assert (found.new_text, found.method) == ("Par carte", "comparison+header")


def test_text_below_a_long_quote_without_a_header_comes_alone() -> None:
    quote = "\n".join(f"> Ligne numéro {number} du texte" for number in range(5))
    assert cut(f"{quote}\n\nD'accord", None).new_text == "D'accord"


def test_an_answer_in_the_last_line_comes_with_its_question() -> None:
    found = cut(f"{BLOCK}\n\n{OURS.split('3. ')[0].strip()} Par carte")
    assert found.new_text == "> 2. Comment l’avez-vous payé ?\n\nPar carte"


def test_answers_behind_short_lines_are_taken_apart_in_order() -> None:
    answered = (
        OURS.replace("privé ?", "privé ? pro").replace("payé ?", "payé ? carte").replace("Quand ?", "Quand ? le 15")
    )
    assert cut(answered).new_text == (
        "> 1. Cet achat est-il professionnel ou privé ?\n\npro\n\n> 2. Comment l’avez-vous payé ?\n\ncarte\n\n"
        "> 3. Quand ?\n\nle 15"
    )
