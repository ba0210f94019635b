"""Nothing is forgotten: every kind, language, side and visibility has words; every word is known and used."""

import re
from dataclasses import replace
from importlib import resources
from string import Formatter

import pytest
from jinja2 import StrictUndefined

from storage.states import Language, MailKind, Side, Visibility
from tests.mail.letter_stories import FORMS, a_letter, a_long_letter
from worker.core.desk import DESK_KINDS
from worker.core.file_rules import REFUSED
from worker.core.letter_rules import NOTICES
from worker.core.rejections import Rejection
from worker.mail.failure_words import SENTENCE_OF, SENTENCES, UNDEFINED, sentence_for
from worker.mail.phrases import phrases_in
from worker.mail.rendering import ENVIRONMENT, NoTemplate, render

KINDS = (
    MailKind.MESSAGE,
    MailKind.CORRECTION,
    MailKind.FAILURE_NOTICE,
    MailKind.REFUSED_FILES,
    MailKind.NOTICE,
    MailKind.REJECTION,
    MailKind.OPENED_NOTICE,
)
LATER = {
    MailKind.REMINDER,
    MailKind.RECEIPT,
    MailKind.DIGEST,
}
MARKERS = {
    Language.FR: "--- Répondez au-dessus de cette ligne ---",
    Language.NL: "--- Antwoord boven deze lijn ---",
    Language.DE: "--- Bitte oberhalb dieser Zeile antworten ---",
    Language.EN: "--- Please reply above this line ---",
}


def forms_of(kind: MailKind) -> list[tuple[Side, Visibility]]:
    if kind in {MailKind.REJECTION, MailKind.OPENED_NOTICE}:
        return [form for form in FORMS if form[1] is Visibility.SHARED]
    return [form for form in FORMS if kind not in NOTICES or form[0] is Side.FIRM]


ALL = [(kind, language, *form) for kind in KINDS for language in Language for form in forms_of(kind)]


MADE = (
    *("address.", "about.", "why.", "todo.", "failure.yours_", "failure.others_", "alarm.", "subject.alarm_"),
    *("refused.", "refused_todo.", "refusal.yours_", "refusal.others_"),
    *("rejection.", "rejection.todo_"),
    *("desk.", "held_why.", "link.", "answer.", "subject.held_notice_"),  # tests/mail/test_rendering_desk.py
)


def sources() -> dict[str, str]:
    """Every template of the package, and the code that chooses words."""
    found = {name: ENVIRONMENT.loader.get_source(ENVIRONMENT, name)[0] for name in templates() if ENVIRONMENT.loader}
    views = ("letter_view.py", "desk_view.py")
    return found | {each: resources.files("worker.mail").joinpath(each).read_text(encoding="utf-8") for each in views}


def templates() -> list[str]:
    return [name for name in ENVIRONMENT.list_templates() if name.endswith(".j2")]


def test_every_kind_is_either_written_or_refused() -> None:
    assert {*KINDS, MailKind.ALARM} | DESK_KINDS | LATER == set(MailKind)
    for kind in LATER:
        with pytest.raises(NoTemplate):
            render(replace(a_letter(), kind=kind))


@pytest.mark.parametrize(("kind", "language", "side", "visibility"), ALL)
def test_every_mail_renders_in_every_language(
    kind: MailKind, language: Language, side: Side, visibility: Visibility
) -> None:
    short = a_letter(kind, language, side, visibility)
    told = {
        "failure": short.failure,
        "notice": short.notice,
        "rejected": short.rejected,
        "refusal": short.refusal,
        "opened": short.opened,
    }
    long = replace(a_long_letter(language, side, visibility), kind=kind, **told)  # type: ignore[arg-type]
    bare = replace(short, messages=(), about=None, reply_address=None, note_address=None)
    assert ENVIRONMENT.undefined is StrictUndefined

    for letter in (short, long, bare):
        words = render(letter)
        assert words.subject
        assert f'lang="{language}"' in words.html
        for part in (words.text, words.html):
            assert letter.client_name in " ".join(part.split())
            assert letter.firm_name in " ".join(part.split())
            assert not re.search(r"\{[a-z{%]|None", part)
            assert "\n\n\n\n" not in part


def test_the_markers_are_the_ones_that_are_recognised() -> None:
    assert {each: phrases_in(each)("marker") for each in Language} == MARKERS


def test_all_languages_have_the_same_words_with_the_same_names_in_them() -> None:
    french = {key: names_in(phrase) for key, phrase in phrases_in(Language.FR).words.items()}

    for language in Language:
        words = phrases_in(language).words
        assert {key: names_in(phrase) for key, phrase in words.items()} == french
        assert all(phrase.strip() == phrase and phrase for phrase in words.values())


def names_in(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name}


def test_every_word_is_used_and_every_word_used_is_there() -> None:
    code = "\n".join(sources().values())
    words = set(phrases_in(Language.FR).words)
    used = {key for key in words if f'"{key}"' in code}
    made = {key for key in words if key.startswith(MADE)}
    patterns = {"locale", "day", "day_and_time", "day_and_time_in_sentence"}

    assert words == used | made | patterns
    assert set(re.findall(r'say\("([a-z_.]+)"', code)) - {*MADE, "alarm.todo_"} <= words


def test_every_refusal_has_a_reason_and_something_to_do_in_every_language() -> None:
    for language in Language:
        words = phrases_in(language).words
        assert {key for key in words if key.startswith("refused.")} == {f"refused.{each}" for each in REFUSED}
        assert {key for key in words if key.startswith("refused_todo.")} == {f"refused_todo.{each}" for each in REFUSED}


def test_every_reason_has_a_sentence_and_something_to_do_in_every_language() -> None:
    for language in Language:
        words = phrases_in(language).words
        for sentence in SENTENCES:
            assert words[f"why.{sentence}"]
            assert words[f"todo.{sentence}"]


@pytest.mark.parametrize("reason", [*SENTENCE_OF, "something new", ""])
def test_every_reason_makes_a_notice(reason: str) -> None:
    notice = a_letter(MailKind.FAILURE_NOTICE, side=Side.FIRM)
    assert notice.failure is not None

    assert "Sophie Martin" in render(replace(notice, failure=replace(notice.failure, reason=reason))).text


def test_a_reason_nobody_knows_is_an_unclear_one() -> None:
    assert sentence_for("something new") == UNDEFINED
    assert sentence_for("User_Unknown") == "address_unknown"


def test_french_marks_do_not_stand_alone_on_a_line() -> None:
    for key, phrase in phrases_in(Language.FR).words.items():
        assert not re.search(r" [:;?!»]|« ", phrase), key


@pytest.mark.parametrize("language", Language)
def test_every_rejection_has_words(language: Language) -> None:
    words = phrases_in(language).words
    for reason in Rejection:
        assert {f"rejection.{reason}", f"rejection.todo_{reason}"} <= words.keys()


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        (Language.FR, "1 minute", "31 minutes"),
        (Language.NL, "1 minuut", "31 minuten"),
        (Language.DE, "1 Minute", "31 Minuten"),
        (Language.EN, "1 minute", "31 minutes"),
    ],
)
def test_one_minute_is_not_several(language: Language, one: str, many: str) -> None:
    letter = a_letter(MailKind.NOTICE, language, Side.FIRM)
    assert letter.notice is not None

    for count, told in ((1, one), (31, many)):
        words = render(replace(letter, notice=replace(letter.notice, minutes=count)))
        for part in (words.text, words.html):
            assert re.search(rf"\b{told}\b", " ".join(part.split()))
