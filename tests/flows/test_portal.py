"""The portal's interface: who may do what, what waits for whom, what a repeated call does."""

import pytest

from storage.records import ConversationId, MessageId, PersonId
from storage.states import AttentionReason, ConversationState, Visibility
from tests.conftest import Firm, HandClock
from worker.core.refusals import SENTENCES, No, Refused
from worker.flows.closing import Done, close_conversation, mark_done, reopen_conversation
from worker.flows.conversations import NewFile, Posted, Started, post_message, start_conversation
from worker.flows.house import House
from worker.flows.messages import delete_message, edit_message
from worker.flows.reading import (
    ConversationView,
    Which,
    changes_after,
    count_needing_action,
    list_conversations,
    read_conversation,
)


def ask(house: House, firm: Firm, *, to: list[PersonId] | None = None, wanted: bool = True) -> Started:
    answer = start_conversation(
        house,
        by=firm.anne,
        client_id=firm.bakery,
        subject="Facture 2026-114",
        text="Bonjour Sophie, à quoi correspond cette facture ?",
        to=to,
        answer_wanted=wanted,
    )
    assert isinstance(answer, Started)
    return answer


def wonder(house: House, firm: Firm) -> Started:
    answer = start_conversation(
        house, by=firm.sophie, client_id=firm.bakery, subject="Question TVA", text="Puis-je déduire la TVA ?"
    )
    assert isinstance(answer, Started)
    return answer


def view(house: House, by: PersonId, conversation_id: ConversationId) -> ConversationView:
    answer = read_conversation(house, by=by, conversation_id=conversation_id)
    assert isinstance(answer, ConversationView)
    return answer


def reason(answer: object) -> No:
    assert isinstance(answer, Refused)
    return answer.reason


def test_every_refusal_has_a_sentence() -> None:
    assert set(SENTENCES) == set(No)


def test_a_firm_message_reaches_all_contacts_and_waits_for_them(house: House, firm: Firm) -> None:
    started = ask(house, firm)
    seen = view(house, firm.anne, started.conversation_id)

    assert {person.id for person, _side in seen.participants} == {firm.anne, firm.sophie, firm.marc}
    assert seen.waits_for_client == (AttentionReason.ASKED,)
    assert {tick.person.id for tick in seen.messages[0].ticks} == {firm.sophie, firm.marc}
    assert count_needing_action(house, by=firm.sophie) == 1
    assert count_needing_action(house, by=firm.anne) == 0


def test_only_the_addressed_contacts_get_it(house: House, firm: Firm) -> None:
    started = ask(house, firm, to=[firm.sophie])

    assert {tick.person.id for tick in view(house, firm.anne, started.conversation_id).messages[0].ticks} == {
        firm.sophie
    }


def test_a_contact_of_another_client_cannot_be_addressed_nor_read_nor_post(house: House, firm: Firm) -> None:
    refused = start_conversation(
        house, by=firm.anne, client_id=firm.bakery, subject="x", text="y", to=[firm.sophie, firm.greta]
    )
    started = ask(house, firm)

    assert reason(refused) is No.NOT_A_CONTACT
    assert reason(read_conversation(house, by=firm.greta, conversation_id=started.conversation_id)) is No.NOT_A_PARTY
    assert (
        reason(post_message(house, by=firm.greta, conversation_id=started.conversation_id, text="z")) is No.NOT_A_PARTY
    )


def test_any_contacts_answer_closes_asked_for_all_and_opens_wrote(house: House, firm: Firm) -> None:
    started = ask(house, firm)
    post_message(house, by=firm.marc, conversation_id=started.conversation_id, text="C'est le four.")

    seen = view(house, firm.anne, started.conversation_id)
    assert seen.waits_for_client == ()
    assert seen.waits_for_firm == (AttentionReason.WROTE,)
    assert count_needing_action(house, by=firm.sophie) == 0
    assert count_needing_action(house, by=firm.anne) == 1


def test_an_answer_or_done_closes_wrote(house: House, firm: Firm) -> None:
    first, second = wonder(house, firm), wonder(house, firm)
    assert count_needing_action(house, by=firm.anne) == 2

    post_message(house, by=firm.anne, conversation_id=first.conversation_id, text="Oui.", answer_wanted=False)
    assert isinstance(mark_done(house, by=firm.anne, conversation_id=second.conversation_id), Done)

    assert count_needing_action(house, by=firm.anne) == 0


def test_only_a_case_manager_marks_done(house: House, firm: Firm) -> None:
    started = wonder(house, firm)

    assert reason(mark_done(house, by=firm.sophie, conversation_id=started.conversation_id)) is No.FIRM_ONLY


def test_thanks_needs_no_answer_and_reopens_nothing(house: House, firm: Firm) -> None:
    started = ask(house, firm)
    close_conversation(house, by=firm.anne, conversation_id=started.conversation_id)
    answer = post_message(house, by=firm.sophie, conversation_id=started.conversation_id, text="Merci beaucoup !")

    assert isinstance(answer, Posted)
    assert not answer.reopened
    seen = view(house, firm.anne, started.conversation_id)
    assert seen.conversation.state is ConversationState.CLOSED
    assert seen.waits_for_firm == ()
    assert seen.messages[-1].text == "Merci beaucoup !"


def test_thanks_with_a_file_is_an_answer(house: House, firm: Firm) -> None:
    started = ask(house, firm)
    post_message(
        house,
        by=firm.sophie,
        conversation_id=started.conversation_id,
        text="Merci",
        files=[NewFile(name="facture.pdf", content=b"%PDF-1.4")],
    )

    assert view(house, firm.anne, started.conversation_id).waits_for_firm == (AttentionReason.WROTE,)


def test_anything_else_reopens_a_closed_conversation(house: House, firm: Firm) -> None:
    started = ask(house, firm)
    close_conversation(house, by=firm.anne, conversation_id=started.conversation_id)
    answer = post_message(house, by=firm.sophie, conversation_id=started.conversation_id, text="Encore une question")

    assert isinstance(answer, Posted)
    assert answer.reopened
    assert view(house, firm.anne, started.conversation_id).conversation.state is ConversationState.OPEN


def test_a_contact_closes_only_what_the_clients_side_started(house: House, firm: Firm) -> None:
    asked, wondered = ask(house, firm), wonder(house, firm)

    refused = close_conversation(house, by=firm.sophie, conversation_id=asked.conversation_id)
    by_a_colleague = close_conversation(house, by=firm.marc, conversation_id=wondered.conversation_id)

    assert reason(refused) is No.FIRM_STARTED_IT
    assert isinstance(by_a_colleague, Done)
    assert isinstance(close_conversation(house, by=firm.anne, conversation_id=asked.conversation_id), Done)
    assert reason(close_conversation(house, by=firm.anne, conversation_id=asked.conversation_id)) is No.ALREADY_CLOSED


def test_closed_conversations_stay_readable_under_open_closed_all(house: House, firm: Firm) -> None:
    closed, still_open = ask(house, firm), wonder(house, firm)
    close_conversation(house, by=firm.anne, conversation_id=closed.conversation_id)

    def listed(which: Which) -> set[ConversationId]:
        return {line.conversation.id for line in list_conversations(house, by=firm.sophie, which=which)}

    assert listed(Which.OPEN) == {still_open.conversation_id}
    assert listed(Which.CLOSED) == {closed.conversation_id}
    assert listed(Which.ALL) == {closed.conversation_id, still_open.conversation_id}
    assert view(house, firm.sophie, closed.conversation_id).messages[0].text.startswith("Bonjour Sophie")


def test_closing_takes_the_question_off_the_clients_counter(house: House, firm: Firm) -> None:
    started = ask(house, firm)
    close_conversation(house, by=firm.anne, conversation_id=started.conversation_id)

    assert count_needing_action(house, by=firm.sophie) == 0


def test_a_case_manager_sees_the_conversations_of_his_clients_only(house: House, firm: Firm) -> None:
    ask(house, firm)

    assert list_conversations(house, by=firm.bram) == []
    assert len(list_conversations(house, by=firm.anne)) == 1


def test_an_internal_message_is_seen_by_colleagues_only(house: House, firm: Firm) -> None:
    started = ask(house, firm)
    note = post_message(
        house,
        by=firm.bram,
        conversation_id=started.conversation_id,
        text="Client en retard",
        visibility=Visibility.INTERNAL,
    )

    assert isinstance(note, Posted)
    assert len(view(house, firm.anne, started.conversation_id).messages) == 2
    assert len(view(house, firm.sophie, started.conversation_id).messages) == 1
    assert {tick.person.id for tick in view(house, firm.anne, started.conversation_id).messages[1].ticks} == {firm.anne}


def test_a_contact_cannot_write_an_internal_message(house: House, firm: Firm) -> None:
    started = ask(house, firm)
    answer = post_message(
        house, by=firm.sophie, conversation_id=started.conversation_id, text="x", visibility=Visibility.INTERNAL
    )

    assert reason(answer) is No.FIRM_ONLY


def test_the_same_external_id_posts_once(house: House, firm: Firm) -> None:
    started = ask(house, firm)

    def post(text: str, by: PersonId) -> object:
        return post_message(house, by=by, conversation_id=started.conversation_id, text=text, external_id="portal-77")

    first, again = post("Une fois", firm.anne), post("Une fois", firm.anne)

    assert isinstance(first, Posted)
    assert isinstance(again, Posted)
    assert (again.message_id, again.again) == (first.message_id, True)
    assert len(view(house, firm.anne, started.conversation_id).messages) == 2
    assert reason(post("Autre", firm.sophie)) is No.OTHER_CONTENT


def test_the_same_external_id_starts_once(house: House, firm: Firm) -> None:
    answers = [
        start_conversation(
            house, by=firm.anne, client_id=firm.bakery, subject="Sujet", text="Texte", external_id="portal-c1"
        )
        for _ in range(2)
    ]

    assert answers[0] == answers[1]
    assert len(list_conversations(house, by=firm.anne)) == 1


@pytest.mark.parametrize(("subject", "text"), [("", "text"), ("subject", "  "), (" ", "")])
def test_a_conversation_needs_a_subject_and_something_to_say(house: House, firm: Firm, subject: str, text: str) -> None:
    answer = start_conversation(house, by=firm.anne, client_id=firm.bakery, subject=subject, text=text)

    assert reason(answer) is No.NOTHING_TO_SAY


def test_only_the_author_edits_and_deletes(house: House, firm: Firm) -> None:
    started = ask(house, firm)

    assert reason(edit_message(house, by=firm.bram, message_id=started.message_id, text="x")) is No.NOT_THE_AUTHOR
    assert reason(delete_message(house, by=firm.sophie, message_id=started.message_id)) is No.NOT_THE_AUTHOR
    assert reason(edit_message(house, by=firm.anne, message_id=MessageId(999), text="x")) is No.UNKNOWN


def test_a_deleted_message_is_a_tombstone_and_asks_for_nothing(house: House, firm: Firm) -> None:
    started = ask(house, firm)
    delete_message(house, by=firm.anne, message_id=started.message_id)

    seen = view(house, firm.sophie, started.conversation_id)
    assert seen.messages[0].text == ""
    assert seen.messages[0].message.deleted_at is not None
    assert seen.waits_for_client == ()
    assert reason(edit_message(house, by=firm.anne, message_id=started.message_id, text="x")) is No.DELETED


def test_a_repeated_file_is_stored_once_and_shown_with_its_name(house: House, firm: Firm) -> None:
    started = ask(house, firm)
    for name in ("a.pdf", "b.pdf"):
        post_message(
            house,
            by=firm.sophie,
            conversation_id=started.conversation_id,
            text="",
            files=[NewFile(name=name, content=b"%PDF-1.4 x", media_type="application/pdf")],
        )

    files = [each.attachments[0] for each in view(house, firm.anne, started.conversation_id).messages[1:]]
    assert [each.name for each in files] == ["a.pdf", "b.pdf"]
    assert files[0].file_id == files[1].file_id


def test_changes_tell_the_portal_what_happened_in_order(house: House, firm: Firm, clock: HandClock) -> None:
    from storage import operation

    started = ask(house, firm)
    close_conversation(house, by=firm.anne, conversation_id=started.conversation_id)
    reopen_conversation(house, by=firm.sophie, conversation_id=started.conversation_id)
    with house.database.writing() as session:
        operation.number_changes(session)

    told = changes_after(house, 0)
    kinds = [each.kind for each in told if each.kind != "attention_moved"]
    assert kinds == ["conversation_started", "message_posted", "conversation_closed", "conversation_reopened"]
    assert changes_after(house, told[-1].number) == []
