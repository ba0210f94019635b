"""Who writes about an absence is heard; a vacation program is known by the formula alone."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.core.test_automatic import away
from worker.core.absence_formula import LONGEST_FORMULA, says_only_absence

CORPUS = Path(__file__).parent.parent / "corpus" / "out_of_office"
PEOPLE: dict[str, dict[str, Any]] = tomllib.loads((CORPUS / "people.toml").read_text(encoding="utf-8"))
ANSWERS: dict[str, dict[str, Any]] = tomllib.loads((CORPUS / "answers.toml").read_text(encoding="utf-8"))
OTHER_SUBJECTS = {
    # none is a subject that vacation programs write, so that a header has to tell
    "fr_back_first",
    "fr_weekday_only",
    "fr_own_mobile",
    "fr_weekday_wrong",
    "fr_over",
    "two_languages",
    "three_languages_disagree",
    "ticket_system",
}
DOUBTFUL = {"fr_between", "nl_tem"}
"""What a person may have written as well: "Notre société est fermée", and days alone."""


@pytest.mark.parametrize("name", PEOPLE)
def test_what_a_person_writes_about_an_absence_is_a_message(name: str) -> None:
    told = PEOPLE[name]
    assert told["why"]

    assert away(told["subject"], *told["text"].strip().splitlines()).is_message


def test_people_write_about_absences_in_four_languages() -> None:
    assert len(PEOPLE) >= 25
    for language in ("fr_", "nl_", "de_", "en_"):
        assert sum(name.startswith(language) for name in PEOPLE) >= 5


@pytest.mark.parametrize("name", sorted(set(ANSWERS) - OTHER_SUBJECTS - DOUBTFUL))
def test_an_answer_of_a_vacation_program_needs_no_header(name: str) -> None:
    told = ANSWERS[name]

    assert not away(told["subject"], *told["text"].strip().splitlines()).is_message


def test_the_writers_own_name_is_nobody_elses() -> None:
    line = "Sophie Martin est absente jusqu'au 12 décembre."

    assert not away("Absence du bureau", line, sender_name="Sophie Martin").is_message
    assert away("Absence du bureau", line, sender_name="Paul Petit").is_message


def test_a_long_text_is_never_the_formula_alone() -> None:
    assert not says_only_absence("I am away. " * LONGEST_FORMULA, by_program=True)


def test_a_text_that_says_nothing_of_an_absence_is_no_formula() -> None:
    assert not says_only_absence("Thank you for your message.", by_program=True)
