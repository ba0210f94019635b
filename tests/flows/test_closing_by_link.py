"""A contact closes by one click what his side started, from the first mail about it."""

import pytest

from storage.records import ConversationId
from storage.states import ConversationState, MailKind, Outcome
from tests.conftest import Firm, HandClock
from tests.flows.clicking import click, links_in, mails_of_kind, sent_to
from tests.flows.mailroom import SOPHIE, Asked, Mailroom
from tests.flows.outgoing import Post, open_for_firm
from tests.flows.test_portal import view
from worker.core.ready_words import READY_WORDS, typed_beside
from worker.flows.conversations import Started, post_message, start_conversation
from worker.mail.phrases import phrases_in

SETTLED = "C'est réglé : clore cette conversation"


@pytest.fixture
def hers(room: Mailroom, firm: Firm, out: Post, clock: HandClock) -> ConversationId:
    """Sophie's question, answered by Anne."""
    answer = start_conversation(room.house, by=firm.sophie, client_id=firm.bakery, subject="TVA", text="Une question ?")
    assert isinstance(answer, Started)
    post_message(room.house, by=firm.anne, conversation_id=answer.conversation_id, text="Une réponse.")
    clock.forward(minutes=5)
    out.run()
    return answer.conversation_id


def link_in_last(out: Post) -> str | None:
    found = links_in(sent_to(out, "sophie@boulangerie.example")[-1])
    return {key.replace("&#39;", "'"): link for key, link in found.items()}.get(SETTLED)


def state(room: Mailroom, firm: Firm, conversation_id: ConversationId) -> ConversationState:
    return view(room.house, firm.anne, conversation_id).conversation.state


def test_she_closes_her_own_conversation(room: Mailroom, firm: Firm, out: Post, hers: ConversationId) -> None:
    link = link_in_last(out)
    assert link is not None

    assert room.file(*click(link, SOPHIE)) is Outcome.COMMAND
    assert state(room, firm, hers) is ConversationState.CLOSED
    assert mails_of_kind(room.house, MailKind.COMMAND_ANSWER) == []


def test_only_the_first_mail_offers_it(
    room: Mailroom, firm: Firm, out: Post, clock: HandClock, hers: ConversationId
) -> None:
    post_message(room.house, by=firm.anne, conversation_id=hers, text="Encore une réponse.")
    clock.forward(minutes=5)
    out.run()

    assert link_in_last(out) is None


def test_what_the_firm_started_is_not_hers_to_close(room: Mailroom, asked: Asked, out: Post) -> None:
    assert link_in_last(out) is None


@pytest.mark.parametrize("sender", ["Marc Janssens <marc@boulangerie.example>", "Who <who@elsewhere.example>"])
def test_nobody_else_closes_by_her_link(
    room: Mailroom, firm: Firm, out: Post, hers: ConversationId, sender: str
) -> None:
    link = link_in_last(out)
    assert link is not None

    assert room.file(*click(link, sender)) is Outcome.HELD
    assert state(room, firm, hers) is ConversationState.OPEN


def test_a_second_click_does_not_close_what_was_opened_again(
    room: Mailroom, firm: Firm, out: Post, clock: HandClock, hers: ConversationId
) -> None:
    link = link_in_last(out)
    assert link is not None
    room.file(*click(link, SOPHIE))
    post_message(room.house, by=firm.anne, conversation_id=hers, text="Encore une chose.")
    assert state(room, firm, hers) is ConversationState.OPEN

    assert room.file(*click(link, SOPHIE)) is Outcome.COMMAND
    assert state(room, firm, hers) is ConversationState.OPEN


def said(room: Mailroom, firm: Firm, conversation_id: ConversationId) -> list[str]:
    return [each.text for each in view(room.house, firm.anne, conversation_id).messages]


def test_words_typed_into_the_closing_mail_are_her_message_and_open_it_again(
    room: Mailroom, firm: Firm, out: Post, hers: ConversationId
) -> None:
    link = link_in_last(out)
    assert link is not None
    typed = "\r\n\r\nMerci, mais j'ai aussi payé 3.000 EUR hier par erreur, que faire ?"

    assert room.file(*click(link, SOPHIE, typed=typed)) is Outcome.COMMAND
    assert said(room, firm, hers)[-1] == typed.strip()
    assert state(room, firm, hers) is ConversationState.OPEN
    assert open_for_firm(room.house, hers) == ["wrote"]
    assert room.file(*click(link, SOPHIE, typed="\r\nEt encore ceci.")) is Outcome.COMMAND
    assert said(room, firm, hers)[-1] == "Et encore ceci.", "the link is used, the words are not lost"


@pytest.mark.parametrize("typed", ["", "\r\n\r\nSophie Martin\r\nBoulangerie Martin", "\r\n\r\n-- \r\nSophie Martin"])
def test_a_closing_mail_with_nothing_but_her_name_closes(
    room: Mailroom, firm: Firm, out: Post, hers: ConversationId, typed: str
) -> None:
    link = link_in_last(out)
    assert link is not None
    before = said(room, firm, hers)

    assert room.file(*click(link, SOPHIE, typed=typed)) is Outcome.COMMAND
    assert said(room, firm, hers) == before
    assert state(room, firm, hers) is ConversationState.CLOSED


def test_thanks_typed_into_the_closing_mail_are_shown_and_it_stays_closed(
    room: Mailroom, firm: Firm, out: Post, hers: ConversationId
) -> None:
    link = link_in_last(out)
    assert link is not None

    assert room.file(*click(link, SOPHIE, typed="\r\n\r\nMerci beaucoup !")) is Outcome.COMMAND
    assert said(room, firm, hers)[-1] == "Merci beaucoup !"
    assert state(room, firm, hers) is ConversationState.CLOSED


def test_the_ready_words_of_a_link_are_known_again() -> None:
    for language, words in READY_WORDS.items():
        assert phrases_in(language)("link.body").split() == words.split()
        assert typed_beside(words.replace(" ", "\n", 1) + "\nOui", ()) == "Oui"
