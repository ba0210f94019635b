"""Author texts that look like a program's lines, above and below the quotes of several programs: no word is lost."""

from collections import Counter

import pytest

from benchmarks.reply_scores import words
from tests.core.new_text.author_texts import ALL, OURS_REPEATED, PASTED
from tests.core.new_text.cases import BLOCK, OURS, QUOTE, SENT, cut
from worker.core.new_text import Sent

INTRODUCTION = "Le mar. 24 nov. 2026 à 10:12, Anne Dupont <r+mfzwizlsmnygk4tfon2gk43u@mail.lambert.example> a écrit :"
UNMARKED = OURS.split("\n", maxsplit=1)[1].strip("\n")
PREFIXED = f"{INTRODUCTION}\n\n{QUOTE}"
FLAT = f"{BLOCK}\n\n{UNMARKED}"
QUOTES = {
    "gmail": PREFIXED,
    "outlook": FLAT,
    "outlook with a rule": f"{'_' * 32}\n{FLAT}",
    "samsung": f"-------- Message d'origine --------\n{FLAT}",
    "ios": "\n".join(f"> {line}".rstrip() for line in PREFIXED.split("\n")),
    "notes": f'"Anne Dupont" ---24/11/2026 10:12:00---Bonjour,\n\n{UNMARKED}',
}
each_text = pytest.mark.parametrize("text", ALL)
# Whole lines of ours that stand below the quote, or without one, cannot be told from a quote.
each_other_text = pytest.mark.parametrize("text", [text for text in ALL if text not in OURS_REPEATED])
known_or_not = pytest.mark.parametrize("sent", [SENT, None], ids=["known", "unknown"])


def missing(text: str, mail: str, sent: Sent | None) -> Counter[str]:
    """Words of the author that are not in the new text; rules are no words."""
    return said(text) - said(cut(mail, sent).new_text)


def said(text: str) -> Counter[str]:
    return words("\n".join(line for line in text.split("\n") if line.strip("-_=~* ")))


def test_there_are_many_author_texts() -> None:
    assert len(ALL) >= 150


@known_or_not
@each_text
def test_no_word_that_looks_like_a_programs_is_lost_above_a_quote(text: str, sent: Sent | None) -> None:
    for name, quote in QUOTES.items():
        assert not missing(text, f"{text}\n\n{quote}", sent), name


@each_other_text
def test_no_word_that_looks_like_a_programs_is_lost_below_a_quote(text: str) -> None:
    for name in ("gmail", "outlook"):
        assert not missing(text, f"{QUOTES[name]}\n\n{text}", SENT), name


@each_other_text
def test_no_word_is_lost_where_nothing_is_quoted(text: str) -> None:
    assert not missing(text, text, SENT)
    assert not missing(text, text, None)


@known_or_not
@pytest.mark.parametrize("text", PASTED)
def test_a_mail_that_the_author_pasted_stays_whole(text: str, sent: Sent | None) -> None:
    for name, quote in QUOTES.items():
        assert not missing(text, f"{text}\n\n{quote}", sent), name


def test_what_stands_below_a_pasted_mail_is_cut_where_it_does_not_go_on_from_it() -> None:
    pasted = PASTED[2]
    assert cut(f"{pasted}\n\n{FLAT}", None).new_text == pasted
    assert cut(f"{pasted}\n\n{PREFIXED}", None).new_text == pasted


def test_an_older_mail_of_the_thread_is_no_pasted_one() -> None:
    older = (
        "De : Sophie Martin\nEnvoyé : 23 novembre 2026 09:00\nÀ : Anne Dupont\nObjet : autre chose\n\nBonjour, voilà."
    )
    assert cut(f"Oui\n\n{FLAT}\n\n{older}", None).new_text == "Oui"
    forwarded = older.replace("Sophie Martin", "Proximus").replace("autre chose", "TR: Facture 2026-114")
    assert cut(f"Oui\n\n{FLAT}\n\n{forwarded}", None).new_text == "Oui"


def test_your_mail_below_is_not_announced_as_anothers() -> None:
    text = "Suite à votre mail ci-dessous, la facture est dans la farde bleue."
    assert cut(f"{text}\n\n{FLAT}", None).new_text == text


def test_a_mail_pasted_below_our_flat_quote_stays() -> None:
    pasted = PASTED[0]
    assert not missing(pasted, f"{FLAT}\n\n{pasted}", SENT)
