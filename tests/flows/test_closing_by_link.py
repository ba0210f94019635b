"""A contact closes by one click what his side started, from the first mail about it."""

import pytest

from storage.records import ConversationId
from storage.states import ConversationState, MailKind, Outcome
from tests.conftest import Firm, HandClock
from tests.flows.clicking import click, links_in, mails_of_kind, sent_to
from tests.flows.mailroom import SOPHIE, Asked, Mailroom
from tests.flows.outgoing import Post
from tests.flows.test_portal import view
from worker.flows.conversations import Started, post_message, start_conversation

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
