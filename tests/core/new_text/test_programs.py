"""Lines and parts that single programs make: Notes, Zoho, Horde, gateways, Outlook's pictures, flat text parts."""

import pytest

from tests.core.new_text.cases import BLOCK, OURS, QUOTE, SENT, body, cut
from worker.core.new_text import cut_reply
from worker.core.parsed import BodyLine

FLAT = OURS.split("\n", maxsplit=1)[1].strip("\n")


@pytest.mark.parametrize(
    "line",
    [
        '"Anne Dupont" ---24/11/2026 10:12:00---Bonjour,',
        "Anne Dupont---2026-11-24 10:12 AM---Bonjour,",
        "---- Op di, 24 nov. 2026 10:12:00 +0100 schreef Anne Dupont <anne@lambert.example> ----",
        "---- Am Di, 24 Nov 2026 10:12:00 +0100 schrieb Anne Dupont <anne@lambert.example> ----",
    ],
)
def test_an_introduction_between_dashes_goes(line: str) -> None:
    assert cut(f"Oui\n\n{line}\n\n{FLAT}").new_text == "Oui"
    assert cut(f"Oui\n\n{line}\n\n{FLAT}", None).new_text == "Oui"


@pytest.mark.parametrize(
    "words", ["Citeren", "Zitat von", "Quoting", "Citation de", "Selon", "Citando a", "Mensaje citado por", "Scrive"]
)
def test_an_introduction_of_horde_goes(words: str) -> None:
    line = f'{words} "Anne Dupont" <anne@lambert.example>:'
    assert cut(f"Oui\n\n{line}\n\n{QUOTE}").new_text == "Oui"
    assert cut(f"Oui\n\n{line}\n\n> Autre chose", None).new_text == "Oui"


@pytest.mark.parametrize("words", ["Citeren", "Selon Proximus", "Quoting Tom"])
def test_without_an_address_it_is_the_authors(words: str) -> None:
    assert cut(f"Oui\n\n{words} :\n\n{QUOTE}").new_text == f"Oui\n\n{words} :"


@pytest.mark.parametrize("tag", ["[EXT]", "[EXTERN]", "*[EXTERNAL]*", "[Externe]"])
def test_the_tag_of_a_gateway_above_our_words_goes(tag: str) -> None:
    assert cut(f"Oui\n\n{BLOCK}\n\n{tag}\n\n{FLAT}").new_text == "Oui"


def test_the_place_of_a_picture_is_no_text() -> None:
    picture = "[cid:image001.png@01DCAB12.3F00]"
    assert cut(f"Une\n{picture}\ndeux").new_text == "Une\ndeux"
    assert cut(f"Une\n\n{picture}<https://www.immo.example>\n\ndeux\n\n{QUOTE}").new_text == "Une\n\ndeux"
    assert cut(f"Voir {picture}").new_text == f"Voir {picture}"


def html_of(*lines: str) -> list[BodyLine]:
    return [BodyLine(text=line, depth=0, origin=()) for line in lines]


def test_of_a_text_part_in_one_line_the_html_is_read() -> None:
    html = [*html_of("Un.", "Deux.", "Trois."), *(BodyLine(text=line, depth=1) for line in OURS.split("\n"))]
    flat = body(" ".join(" ".join(line.text.split()) for line in html))
    assert cut_reply(flat, html, SENT).new_text == "Un.\nDeux.\nTrois."


def test_a_text_in_one_line_with_other_words_than_the_html_stays() -> None:
    html = html_of("Un autre texte", "que personne", "n'a écrit", "dans cette partie")
    assert cut_reply(body("Oui, payé par carte en octobre."), html, SENT).new_text == "Oui, payé par carte en octobre."


CONTACT = "Sophie Martin\nGérante\nBoulangerie Martin SRL\nTél. +32 81 22 33 44"
SIGNED = FLAT.split("\n\nAnne Dupont")[0] + "\n\nAnne Dupont"


@pytest.mark.parametrize("top", [CONTACT, "Envoyé de mon iPhone"])
def test_an_answer_below_a_flat_quote_under_a_signature_stays(top: str) -> None:
    assert "Payé par carte." in cut(f"{top}\n\n{BLOCK}\n\n{SIGNED}\n\nPayé par carte.", None).new_text


def test_a_signature_above_a_flat_quote_with_nothing_below_its_end_is_all_that_is_new() -> None:
    assert cut(f"{CONTACT}\n\n{BLOCK}\n\n{SIGNED}", None).new_text == CONTACT


def test_lines_that_the_author_typed_with_a_prefix_below_the_quote_stay() -> None:
    quote = f"Le 24/11/2026 à 10:12, Anne Dupont a écrit :\n{QUOTE}"
    for sent in (SENT, None):
        assert cut(f"{quote}\n\n> oui\n> non", sent).new_text == "> oui\n> non"
    assert cut(f"{BLOCK}\n\n{FLAT}\n\n> oui").new_text == "> oui"


def test_older_lines_with_a_prefix_below_our_quote_go() -> None:
    older = "> Le 3/11/2026 à 09:00, Sophie a écrit :\n>\n>> Bonjour,\n>> voici."
    assert cut(f"Oui\n\nLe 24/11/2026 à 10:12, Anne Dupont a écrit :\n{QUOTE}\n>\n{older}").new_text == "Oui"
