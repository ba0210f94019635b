"""A template that would stop mails is found before the first of them."""

import pytest
from jinja2 import Environment, StrictUndefined

from storage.states import Language, MailKind, Side, Visibility
from tests.checking.conftest import levels, told
from worker.checking.words import check_words, written_kinds
from worker.core.desk import INTROS
from worker.core.letter_rules import Form, form_of
from worker.core.letters import AlarmKind, Letter, Words
from worker.core.rejections import Rejection
from worker.mail.rendering import NoTemplate, render

STRICT = Environment(undefined=StrictUndefined, autoescape=True)


def test_all_words_render() -> None:
    assert levels(check_words()) == {"words": "ok"}


def test_every_kind_with_words_language_and_form_is_rendered() -> None:
    seen: set[tuple[MailKind, Language, Side, Visibility]] = set()
    forms: set[Form] = set()

    def remember(letter: Letter) -> Words:
        seen.add((letter.kind, letter.language, letter.side, letter.visibility))
        forms.add(form_of(letter))
        return render(letter)

    assert levels(check_words(render_letter=remember)) == {"words": "ok"}
    assert {(kind, language) for kind, language, _, _ in seen} == {
        (kind, language) for kind in written_kinds() for language in Language
    }
    assert forms == set(Form)
    assert {MailKind.MESSAGE, MailKind.CORRECTION, MailKind.FAILURE_NOTICE} <= set(written_kinds())


def test_a_name_that_nobody_gives_is_a_fault_that_names_the_mail() -> None:
    def broken(letter: Letter) -> Words:
        if letter.language is Language.NL:
            STRICT.from_string("{{ lettre.subject }}").render(letter=letter)
        return render(letter)

    found = told(check_words(render_letter=broken))["words"]

    assert found.level == "fault"
    assert "message in nl" in found.found
    assert "'lettre' is undefined" in found.found
    alarms = len(AlarmKind)
    notices, rejections, opened = 2, 2 * len(Rejection), 2
    of_the_house = sum(len(each) for each in INTROS.values())
    assert f"{10 + alarms + of_the_house + notices + rejections + opened} more" in found.found


@pytest.mark.parametrize("broke", [NoTemplate("gone"), KeyError("how.note"), OSError("no file")])
def test_words_that_are_gone_are_a_fault(broke: Exception) -> None:
    def gone(_letter: Letter) -> Words:
        raise broke

    assert levels(check_words(render_letter=gone)) == {"words": "fault"}


def test_an_empty_mail_is_a_fault() -> None:
    found = told(check_words(render_letter=lambda _letter: Words(subject="s", text="\n", html="<p>")))["words"]

    assert "an empty mail" in found.found
