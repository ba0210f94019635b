"""Rules that one mail each shows best: guards, caps, marker, confidence, what stands in for the text."""

import textwrap
from collections.abc import Callable

import pytest

from storage.states import Language
from tests.core.new_text.cases import NAMES, OURS, QUOTE, SENT, body, cut
from worker.core.new_text import Cut, Sent, cut_reply
from worker.core.new_text.markers import MARKERS, marker_lines
from worker.core.new_text.normalising import MOST_LINES, normalise, words_of


def test_an_empty_mail_gives_empty_texts() -> None:
    assert cut_reply([], None, None) == Cut(new_text="", quoted_text="", method="nothing", confidence=0.9)


def test_text_without_a_quote_stays_whole() -> None:
    assert cut("Bonjour\n\n\nvoici").new_text == "Bonjour\n\n\nvoici"


def test_sent_without_texts_is_as_good_as_none() -> None:
    assert cut(f"Oui\n\n{QUOTE}", Sent(texts=())).new_text == "Oui"


def test_the_html_stands_in_for_a_stump_of_text() -> None:
    found = cut_reply(body("HTML only"), body(f"Merci, voici la facture.\n\n{QUOTE}"), SENT)
    assert found.new_text == "Merci, voici la facture."
    assert cut_reply([], body("Oui"), None).new_text == "Oui"


def test_the_html_is_left_alone_when_the_text_says_as_much() -> None:
    assert cut_reply(body("Oui"), body("Non"), None).new_text == "Oui"


@pytest.mark.parametrize("language", list(Language))
def test_the_marker_is_known_by_its_words_alone(language: Language) -> None:
    marker = MARKERS[language]
    for text in (
        marker,
        f">> * {marker} *",
        marker.strip("- ").upper(),
        "\n> ".join(textwrap.wrap(f"> {marker}", 26)),
        marker.replace(" ", "\u00a0"),
    ):
        lines = normalise(body(f"Oui\n{text}\nnon"))
        assert marker_lines(lines) == set(range(1, len(lines) - 1)), text


@pytest.mark.parametrize(
    "text",
    [
        "J'ai répondu au-dessus de cette ligne rouge du tableau que vous avez envoyé",
        "Signez sur la ligne",
        "boven deze lijn",
        "the bottom line",
    ],
)
def test_a_sentence_with_words_of_the_marker_is_none(text: str) -> None:
    assert marker_lines(normalise(body(text))) == set()
    assert cut(text).new_text == text


def test_the_marker_of_another_mail_cuts_only_itself_when_what_we_sent_is_known() -> None:
    found = cut("Oui\n\n--- Antwoord boven deze lijn ---\nEt ceci aussi.")
    assert found.new_text == "Oui\n\nEt ceci aussi."
    assert found.method == "marker"


def test_without_knowledge_what_stands_below_the_marker_is_cut() -> None:
    found = cut("Oui\n\n--- Antwoord boven deze lijn ---\nKunt u betalen?", None)
    assert (found.new_text, found.method, found.confidence) == ("Oui", "marker", 0.7)


@pytest.mark.parametrize("sent", [SENT, Sent(texts=(), names=NAMES)])
def test_a_cut_that_leaves_nothing_falls_back(sent: Sent) -> None:
    text = "De : Anne Dupont\nEnvoyé : mardi 24 novembre 2026 10:12\nÀ : Sophie\nObjet : Rendez-vous\n\nJe viens jeudi."
    found = cut(text, sent)
    assert (found.new_text, found.method, found.confidence) == (text, "nothing", 0.4)


def test_a_mail_of_prefixed_lines_only_is_kept() -> None:
    assert cut("> Je viens jeudi.", None).new_text == "> Je viens jeudi."


def test_a_signature_alone_is_kept_a_tagline_alone_is_not() -> None:
    assert cut("-- \nSophie Martin").new_text == "--\nSophie Martin"
    assert cut("Envoyé de mon iPhone").new_text == ""


def test_a_long_text_below_dashes_is_no_signature() -> None:
    text = "\n".join(["Premier point", "--", *(f"Point {n}" for n in range(20))])
    assert cut(text).new_text == text


def test_dashes_without_space_need_a_way_to_reach_somebody_below_a_longer_text() -> None:
    text = "Un\n--\nDeux\nTrois\nQuatre\nCinq\nSix"
    assert cut(text).new_text == text
    assert cut("Un\n--\nSophie\nMartin\nSRL\nNamur\nTel. 081 12 34 56").new_text == "Un"


def test_dashes_between_paragraphs_are_no_mark_of_a_signature() -> None:
    text = "C'est une location\n--\nautre chose : le comptoir est acheté\n--\n\ncordialement\nZiani Mohamed"
    assert cut(f"{text}\n\n{QUOTE}", SENT).new_text == text
    assert cut(f"C'est une location\n--\nZiani Mohamed\n\n{QUOTE}", SENT).new_text == "C'est une location"


def test_the_html_stands_in_for_a_text_whose_words_stick_together() -> None:
    html = f"Dag Nele\n\n1750 euro aan een man die langs kwam\nPapier is getekend\n\nDanny\n\n{QUOTE}"
    glued = html.replace("\n", "")
    found = cut_reply(body(glued), body(html), SENT)
    assert found.new_text == "Dag Nele\n\n1750 euro aan een man die langs kwam\nPapier is getekend\n\nDanny"


def test_sign_offs_and_contact_blocks_without_a_mark_stay() -> None:
    text = "Voici.\n\nBien à vous,\nSophie Martin\nTél. +32 81 12 34 56"
    assert cut(f"{text}\n\n{QUOTE}").new_text == text


def test_words_that_sound_like_a_disclaimer_stay_above_the_quote() -> None:
    text = "C'est confidentiel, je vous l'ai envoyé par erreur."
    assert cut(f"{text}\n\n{QUOTE}").new_text == text


def test_a_mail_above_the_caps_is_flagged_and_keeps_every_line() -> None:
    lines = [f"ligne{number}" for number in range(MOST_LINES + 5_000)]
    found = cut("\n".join(lines))
    assert found.method == "nothing+capped"
    assert found.new_text.split("\n") == lines
    assert found.confidence < cut("Oui").confidence


def test_a_skipped_middle_goes_where_the_line_before_it_goes() -> None:
    text = "\n".join(["Oui", "", QUOTE, *(f"> vieux{number}" for number in range(MOST_LINES + 5_000))])
    found = cut(text)
    assert found.new_text == "Oui"
    assert [f"vieux{n}" for n in range(MOST_LINES + 5_000)] == [
        line[2:] for line in found.quoted_text.split("\n") if "vieux" in line
    ]


def test_a_very_long_line_of_the_author_stays() -> None:
    text = "mot " * 5_000
    assert cut(f"{text}\n\n{QUOTE}").new_text == text.strip()


def test_invisible_characters_and_typographic_spaces_make_no_difference() -> None:
    found = cut(
        "\ufeffOui\u00a0!\n\n" + QUOTE.replace(" ", "\u00a0").replace("Proximus", "Prox\u200bimus").replace("’", "'")
    )
    assert (found.new_text, found.method) == ("Oui !", "comparison")


def test_a_text_of_the_conversation_counts_as_sent() -> None:
    earlier = "Je vous ai envoyé mes extraits de compte de septembre la semaine passée."
    found = cut(f"Oui.\n\n{earlier}\n{OURS}", Sent(texts=(OURS, earlier)))
    assert (found.new_text, found.method) == ("Oui.", "comparison")


def test_arabic_and_russian_text_stays_and_is_compared() -> None:
    ours = "Пришлите нам счёт за октябрь до двадцатого января"
    found = cut(f"Да, завтра\nنعم، غدا\n\n{ours}", Sent(texts=(ours,)))
    assert found.new_text == "Да, завтра\nنعم، غدا"


def test_confidence_falls_with_the_evidence() -> None:
    below = cut(f"Oui\n\n{OURS}\n\nNon").confidence
    assert cut(f"Oui\n\nLe 24/11/2026 à 10:12, Anne Dupont a écrit :\n{QUOTE}").confidence == 0.98
    assert cut(f"Oui\n\n{QUOTE}").confidence == 0.95
    assert below == pytest.approx(0.95 * 0.9, abs=0.01)
    assert cut("Oui\n\n> Autre chose", None).confidence == 0.6


HOSTILE: list[tuple[str, Callable[[], str]]] = [
    ("1 MB of >", lambda: ">" * 1_000_000),
    ("lines of >", lambda: "> \n" * 300_000),
    ("On", lambda: "On " * 66_000),
    ("On lines", lambda: "On 24 Nov 2026 at 10:12 a@b.example\n" * 66_000),
    ("From lines", lambda: "From: a@b.example\n" * 20_000),
    ("blank lines", lambda: "\n" * 100_000),
    ("dashes", lambda: "-" * 200_000),
    ("dashes apart", lambda: "----- a " * 100_000),
    ("what we sent", lambda: f"{OURS}\n" * 3_000),
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(("name", "text"), HOSTILE)
@pytest.mark.parametrize("sent", [SENT, None], ids=["known", "unknown"])
def test_hostile_text_comes_to_an_end_and_is_kept(name: str, text: Callable[[], str], sent: Sent | None) -> None:
    found = cut(text(), sent)
    assert len(found.new_text) + len(found.quoted_text) > 0 or not text().strip("> \n"), name


def test_words_are_the_same_with_damaged_accents() -> None:
    assert words_of("déclaration") == words_of("d?claration") == words_of("dÃ©claration")


def test_a_damaged_line_between_two_of_ours_is_quoted() -> None:
    ours = "Bonjour à toutes et à tous\nNous attendons votre réponse pour la fin du mois de janvier\nBien à vous toutes"
    damaged = ours.replace("votre", "vötre")
    assert cut(f"Oui\n\n{damaged}", Sent(texts=(ours,))).new_text == "Oui"


def test_targets_of_links_and_names_of_pictures_are_no_answers() -> None:
    noisy = OURS.replace("Proximus, 12", "Proximus<https://www.proximus.example/a>, 12").replace(
        "Anne Dupont", "[cid:logo@01DB]\nAnne Dupont<mailto:anne@lambert.example>"
    )
    assert cut(f"Oui\n\n{noisy}").new_text == "Oui"


def test_text_around_pictures_stays_in_order() -> None:
    assert cut(f"Une\n[image: a.jpg]\ndeux\n\n{QUOTE}").new_text == "Une\n[image: a.jpg]\ndeux"


@pytest.mark.parametrize("advert", ["Garanti sans virus. www.avast.com", "Virusvrij. www.avg.com", "Virenfrei."])
def test_advertising_of_virus_scanners_goes_below_a_quote_only(advert: str) -> None:
    assert cut(f"Oui\n\n{QUOTE}\n\n{advert}").new_text == "Oui"
    assert cut(f"Oui\n\n{advert}\n\n{QUOTE}").new_text == f"Oui\n\n{advert}"
