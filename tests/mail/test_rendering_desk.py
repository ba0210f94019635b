"""What the house writes about held mails and commands: words for everything, and nothing to the wrong side."""

import re
from dataclasses import replace
from importlib import resources

import pytest

from storage.states import Language, MailKind, Side, Visibility
from worker.checking.words import desk_letters, sample
from worker.core.commands import Verb
from worker.core.desk import DESK_KINDS, FOR_THE_FIRM, INTROS, AnswerLine, Desk, Link
from worker.core.filing_facts import Why
from worker.core.held_rules import HELD_REASONS, OFFERS, offers_for
from worker.core.letter_rules import Unprintable
from worker.core.letters import Letter
from worker.core.refusals import No
from worker.flows.steps import STEPS
from worker.mail.phrases import phrases_in
from worker.mail.rendering import render


def letters(kind: MailKind, language: Language = Language.FR) -> list[Letter]:
    return desk_letters(sample(kind, language, Side.FIRM, Visibility.INTERNAL))


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", sorted(DESK_KINDS))
def test_every_mail_of_the_house_renders_in_every_language(kind: MailKind, language: Language) -> None:
    for letter in letters(kind, language):
        words = render(letter)
        assert words.subject
        for part in (words.text, words.html):
            assert letter.firm_name in part
            assert not re.search(r"\{[a-z{%]|None", part)
            assert "\n\n\n\n" not in part
        assert phrases_in(language)("marker") not in words.text, "it cannot be answered"


def test_every_reason_a_mail_is_held_for_has_words() -> None:
    words = {key.removeprefix("held_why.") for key in phrases_in(Language.EN).words if key.startswith("held_why.")}

    assert words == {each.value for each in HELD_REASONS}
    assert set(OFFERS) <= HELD_REASONS


def test_every_reason_in_the_rules_is_known_as_one() -> None:
    held = re.compile(r"(?:Holds\(why=|held\()Why\.([A-Z_]+)")
    named = {
        name
        for package, module in (("worker.core", "filing_rules.py"), ("worker.flows", "weighing.py"))
        for name in held.findall(resources.files(package).joinpath(module).read_text(encoding="utf-8"))
    }

    assert {Why[each] for each in named} <= HELD_REASONS
    assert len(named) >= 10


def test_every_answer_to_a_command_has_words() -> None:
    words = {key.removeprefix("answer.") for key in phrases_in(Language.EN).words if key.startswith("answer.")}
    made = {"list", "accepted", "refused", "posted", "not_posted", "unknown_command", "used", "no_conversation"}
    made |= {"decided_already", "waits"}
    refusals = {No.NOT_A_PARTY, No.FIRM_ONLY, No.ALREADY_CLOSED, No.ALREADY_OPEN, No.NOT_HELD, No.NOT_ACCEPTABLE}
    refusals |= {No.HOLDS_COMMANDS, No.WHICH_CLIENT, No.NOTHING_TO_STOP, No.TOO_LATE, No.FIRM_STARTED_IT, No.UNKNOWN}

    assert words == made | {str(each) for each in STEPS} | {each.value for each in refusals}


def test_every_link_and_first_sentence_has_words() -> None:
    words = set(phrases_in(Language.EN).words)

    assert {f"desk.{intro}" for intros in INTROS.values() for intro in intros} <= words
    assert {f"link.{verb}" for why in HELD_REASONS for verb in offers_for(why, in_conversation=True)} <= words


@pytest.mark.parametrize("kind", sorted(FOR_THE_FIRM))
@pytest.mark.parametrize("changes", [{"side": Side.CLIENT}, {"visibility": Visibility.SHARED}])
def test_what_is_for_the_firm_is_for_nobody_else(kind: MailKind, changes: dict[str, Side]) -> None:
    with pytest.raises(Unprintable):
        render(replace(letters(kind)[0], **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", sorted(DESK_KINDS - FOR_THE_FIRM))
@pytest.mark.parametrize(
    "more",
    [{"text": "secret"}, {"lines": (AnswerLine(key="used"),)}, {"items": letters(MailKind.HELD_NOTICE)[0].desk.items}],  # type: ignore[union-attr]
)
def test_a_writer_is_told_nothing_of_what_is_for_case_managers(kind: MailKind, more: dict[str, object]) -> None:
    letter = letters(kind)[0]
    assert letter.desk is not None

    with pytest.raises(Unprintable):
        render(replace(letter, desk=replace(letter.desk, **more)))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", sorted(DESK_KINDS))
def test_no_address_of_a_conversation_stands_in_it(kind: MailKind) -> None:
    for name in ("reply_address", "note_address"):
        with pytest.raises(Unprintable):
            render(replace(letters(kind)[0], **{name: "r+x@firm.example"}))  # type: ignore[arg-type]


def test_a_link_prepares_a_whole_mail_to_one_address() -> None:
    letter = letters(MailKind.CONFIRMATION)[0]
    desk = Desk(
        intro="confirmation",
        at=letter.desk.at if letter.desk else None,
        sender="x@y.example",
        links=(Link(key="mine", address="c+abc@firm.example"),),
    )
    html = render(replace(letter, desk=desk)).html

    assert "mailto:c%2Babc@firm.example?subject=C%27est%20moi&amp;body=Envoyez%20cet%20e-mail%20tel%20quel." in html


def test_a_strangers_words_are_text_and_no_markup() -> None:
    letter = letters(MailKind.HELD_NOTICE)[0]
    assert letter.desk is not None
    item = replace(
        letter.desk.items[0], excerpt="<a href='http://evil.example'>x</a>", subject="<b>\r\nBcc: x", sender_name="<i>"
    )
    words = render(replace(letter, desk=replace(letter.desk, items=(item,))))

    assert "<a href='http" not in words.html
    assert "<b>" not in words.html
    assert "<i>" not in words.html


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("kind", sorted(DESK_KINDS))
def test_each_part_says_how_to_choose_in_its_own_way_and_only_where_there_is_a_choice(
    kind: MailKind, language: Language
) -> None:
    say, letter = phrases_in(language), letters(kind, language)[0]
    assert letter.desk is not None
    words = render(letter)
    assert said(say("desk.how_in_text")) in said(words.text)
    assert said(say("desk.how")) not in said(words.text)
    assert say("desk.how_in_text") not in words.html

    bare = render(replace(letter, desk=replace(letter.desk, links=(), items=())))
    assert said(say("desk.how_in_text")) not in said(bare.text)
    assert "mailto:" not in bare.html


def said(text: str) -> str:
    """On one line; a French blank before a colon is one of those at which lines are broken."""
    return " ".join(text.split())


@pytest.mark.parametrize("why", [Why.TOO_MANY_MAILS, Why.REPEATS_ONE_TEXT, Why.ANSWERS_AT_ONCE])
def test_what_the_brake_holds_is_accepted_or_refused_by_a_link(why: Why) -> None:
    assert offers_for(why, in_conversation=True) == (Verb.ACCEPT, Verb.REFUSE)
