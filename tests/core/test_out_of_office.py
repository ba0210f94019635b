"""Out-of-office answers: what each of the corpus says, and that no bytes make the reader stumble."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.out_of_office import Absence, read_absence, says_absence
from worker.core.replacements import Replacement, read_replacements
from worker.core.spoken_dates import coming, mark_dates

CORPUS = Path(__file__).parent.parent / "corpus" / "out_of_office" / "answers.toml"
ANSWERS: dict[str, dict[str, Any]] = tomllib.loads(CORPUS.read_text(encoding="utf-8"))
OWN = ("sophie@boulangerie.example",)
TODAY = date(2026, 7, 20)
relaxed = settings(deadline=None)


def expected(told: dict[str, Any]) -> Absence:
    who = [
        Replacement(**dict(zip(("name", "address", "phone"), map(str.strip, each.split("|")), strict=True)))
        for each in told.get("who", [])
    ]
    return Absence(
        from_on=told.get("from"), until_on=told.get("until"), back_on=told.get("back"), replacements=tuple(who)
    )


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_says_until_when_and_who_replaces(name: str) -> None:
    told = ANSWERS[name]
    assert told["why"]

    assert read_absence(told["subject"], told["text"], today=told["arrives"], own=OWN) == expected(told)


def test_the_corpus_has_forty_answers_in_four_languages() -> None:
    assert len(ANSWERS) >= 40
    for language in ("fr_", "nl_", "de_", "en_"):
        assert sum(name.startswith(language) for name in ANSWERS) >= 8


@pytest.mark.parametrize("name", [name for name in ANSWERS if name != "ticket_system"])
def test_an_answer_of_the_corpus_says_that_somebody_is_away(name: str) -> None:
    told = ANSWERS[name]

    assert says_absence(told["subject"], told["text"]) or told["until"]


def test_a_ticket_system_says_nothing_of_an_absence() -> None:
    told = ANSWERS["ticket_system"]

    assert not says_absence(told["subject"], told["text"])


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("lundi 3 août", date(2026, 8, 3)),
        ("mardi 3 août", None),
        ("3 août 2027", date(2027, 8, 3)),
        ("31 février", None),
        ("19 juillet", None),
        ("20 juillet", date(2026, 7, 20)),
        ("15/8", date(2026, 8, 15)),
        ("32/8", None),
        ("15/8/26", date(2026, 8, 15)),
        ("12.08.", date(2026, 8, 12)),
        ("12.08", None),
        ("15-08-2026", date(2026, 8, 15)),
        ("2026-08-15", date(2026, 8, 15)),
        ("August 12th, 2026", date(2026, 8, 12)),
        ("Freitag", date(2026, 7, 24)),
        ("Montag", None),
        ("demain", date(2026, 7, 21)),
        ("24/7", None),
        ("02/123.45.67", None),
        ("1er janvier", date(2027, 1, 1)),
        ("1er juin", None),
    ],
)
def test_a_day_is_the_coming_one_or_none(written: str, day: date | None) -> None:
    marked, dates = mark_dates(f"jusqu'au {written} inclus")

    assert [coming(each, TODAY) for each in dates if "<" in marked] == ([day] if dates else [])
    assert day is None or dates


def test_a_long_text_is_read_in_time_whatever_it_repeats() -> None:
    for piece in ("1/8 ", "du 1 au ", "contact Anna ", "jusqu'au le ", "0475 12 ", "a@b.", "retour ", "<0>", "Van de "):
        read_absence(piece * 2_000, piece * 20_000, today=TODAY)


@relaxed
@given(st.text(max_size=400))
def test_any_text_gives_an_absence_or_none(text: str) -> None:
    found = read_absence(text, text, today=TODAY)

    assert found.until_on is None or found.until_on >= TODAY or found.back_on == TODAY


@relaxed
@given(
    st.lists(
        st.sampled_from(
            "du au le jusqu'au 3 août 15/8 de retour contacter Marie Dupont (a@b.example) tot bis until <0> ( + \n .".split()
        ),
        max_size=40,
    )
)
def test_the_words_of_answers_in_any_order_give_an_absence_or_none(words: list[str]) -> None:
    found = read_absence("", " ".join(words), today=TODAY)

    assert found.from_on is None or found.until_on is None or found.from_on <= found.until_on


def test_at_most_five_people_replace() -> None:
    text = "Please contact " + ", ".join(f"a{number}@b.example" for number in range(20))

    assert len(read_replacements(text)) == 5
