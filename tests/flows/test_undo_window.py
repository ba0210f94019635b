"""Undo window and joining: what waits, what joins, what still goes."""

from datetime import timedelta

import pytest

from storage import addresses, conversations, outbox, people
from storage.records import ConversationId, Delivery, OutgoingMail, PersonId
from storage.states import AddressState, AttentionReason, MailState, Origin, Reach, Side, Tick, Visibility
from tests.conftest import START, Firm, HandClock
from tests.flows.test_portal import ask, view
from worker.flows.conversations import Posted, Started, post_message
from worker.flows.house import House
from worker.flows.messages import Deleted, delete_message, edit_message, mark_seen
from worker.flows.posting import Draft, put_message


def mails(house: House, conversation_id: ConversationId, person_id: PersonId) -> list[OutgoingMail]:
    with house.database.reading() as session:
        return outbox.mails_to(session, conversation_id, person_id)


def carried(house: House, mail: OutgoingMail) -> list[Delivery]:
    with house.database.reading() as session:
        return outbox.deliveries_in(session, [mail.id])


def post(house: House, firm: Firm, started: Started, text: str = "Encore ceci", **more: object) -> Posted:
    answer = post_message(house, by=firm.anne, conversation_id=started.conversation_id, text=text, **more)  # type: ignore[arg-type]
    assert isinstance(answer, Posted)
    return answer


def due(mail: OutgoingMail) -> float:
    return (mail.due_at - START).total_seconds()


def test_a_message_waits_one_undo_window(house: House, firm: Firm) -> None:
    started = ask(house, firm, to=[firm.sophie])

    (mail,) = mails(house, started.conversation_id, firm.sophie)
    assert (mail.state, due(mail)) == (MailState.WAITING, 60)


def test_a_second_message_joins_and_keeps_its_whole_window(house: House, firm: Firm, clock: HandClock) -> None:
    started = ask(house, firm, to=[firm.sophie])
    clock.forward(seconds=59)
    post(house, firm, started)

    (mail,) = mails(house, started.conversation_id, firm.sophie)
    assert due(mail) == 119
    assert [each.position for each in carried(house, mail)] == [1, 2]


def test_a_message_at_the_end_of_the_window_starts_its_own_mail(house: House, firm: Firm, clock: HandClock) -> None:
    started = ask(house, firm, to=[firm.sophie])
    clock.forward(seconds=60)
    post(house, firm, started)

    first, second = mails(house, started.conversation_id, firm.sophie)
    assert (first.state, due(first)) == (MailState.QUEUED, 60)
    assert (second.state, due(second)) == (MailState.WAITING, 120)


def test_joining_ends_where_the_longest_wait_would_be_passed(house: House, firm: Firm, clock: HandClock) -> None:
    started = ask(house, firm, to=[firm.sophie])
    for _ in range(5):
        clock.forward(seconds=50)
        post(house, firm, started)

    first, second = mails(house, started.conversation_id, firm.sophie)
    assert (len(carried(house, first)), due(first)) == (5, 260)
    assert (len(carried(house, second)), due(second)) == (1, 310)
    assert due(first) <= 300


def test_somebody_elses_message_in_between_ends_the_joining(house: House, firm: Firm, clock: HandClock) -> None:
    started = ask(house, firm, to=[firm.sophie])
    clock.forward(seconds=10)
    post_message(house, by=firm.sophie, conversation_id=started.conversation_id, text="Un instant")
    clock.forward(seconds=10)
    post(house, firm, started)

    assert len(mails(house, started.conversation_id, firm.sophie)) == 2


def test_a_note_does_not_end_the_joining_of_mails_to_the_client(house: House, firm: Firm, clock: HandClock) -> None:
    started = ask(house, firm, to=[firm.sophie])
    clock.forward(seconds=10)
    post_message(
        house, by=firm.bram, conversation_id=started.conversation_id, text="note", visibility=Visibility.INTERNAL
    )
    post(house, firm, started)

    assert len(mails(house, started.conversation_id, firm.sophie)) == 1


def test_a_note_and_a_message_never_share_a_mail(house: House, firm: Firm) -> None:
    started = ask(house, firm, to=[firm.sophie])
    post_message(house, by=firm.bram, conversation_id=started.conversation_id, text="Visible pour tous")
    post_message(
        house, by=firm.bram, conversation_id=started.conversation_id, text="note", visibility=Visibility.INTERNAL
    )

    to_anne = mails(house, started.conversation_id, firm.anne)
    assert [each.visibility for each in to_anne] == [Visibility.SHARED, Visibility.INTERNAL]
    assert {each.visibility for each in mails(house, started.conversation_id, firm.sophie)} == {Visibility.SHARED}


def by_mail(house: House, firm: Firm, started: Started, author: PersonId, side: Side) -> None:
    with house.database.writing() as session:
        now = house.now(session)
        draft = Draft(author_id=author, author_side=side, text="photo", origin=Origin.MAIL, happened_at=now)
        put_message(session, house, started.conversation_id, draft, now=now)


def test_twenty_five_photos_in_twenty_five_mails_are_one_mail(house: House, firm: Firm, clock: HandClock) -> None:
    started = ask(house, firm, to=[firm.sophie])
    for _ in range(25):
        clock.forward(seconds=4)
        by_mail(house, firm, started, firm.sophie, Side.CLIENT)

    (mail,) = mails(house, started.conversation_id, firm.anne)
    assert len(carried(house, mail)) == 25
    assert due(mail) == 100 + 180


def test_a_case_managers_mail_goes_to_the_client_at_once(house: House, firm: Firm) -> None:
    started = ask(house, firm, to=[firm.sophie])
    by_mail(house, firm, started, firm.bram, Side.FIRM)

    assert due(mails(house, started.conversation_id, firm.sophie)[-1]) == 0


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 61])
def test_deleted_before_it_was_claimed_it_is_not_sent(house: House, firm: Firm, clock: HandClock, seconds: int) -> None:
    started = ask(house, firm, to=[firm.sophie])
    clock.forward(seconds=seconds)
    answer = delete_message(house, by=firm.anne, message_id=started.message_id)

    assert answer == Deleted(too_late_for=0, stopped=1)
    assert mails(house, started.conversation_id, firm.sophie)[0].state is MailState.CANCELLED


def test_deleting_one_of_two_messages_keeps_the_mail_with_the_other(house: House, firm: Firm) -> None:
    started = ask(house, firm, to=[firm.sophie])
    post(house, firm, started)
    delete_message(house, by=firm.anne, message_id=started.message_id)

    (mail,) = mails(house, started.conversation_id, firm.sophie)
    assert mail.state is MailState.WAITING
    assert [each.dropped_at is None for each in carried(house, mail)] == [False, True]


def test_an_edit_before_the_claim_needs_no_correction(house: House, firm: Firm) -> None:
    started = ask(house, firm, to=[firm.sophie])
    edit_message(house, by=firm.anne, message_id=started.message_id, text="Payez 350 EUR")

    assert len(mails(house, started.conversation_id, firm.sophie)) == 1


def test_seen_in_the_portal_stops_the_mail_and_is_evidence(house: House, firm: Firm) -> None:
    started = ask(house, firm)
    assert mark_seen(house, by=firm.sophie, message_id=started.message_id) is None

    assert mails(house, started.conversation_id, firm.sophie)[0].state is MailState.CANCELLED
    assert mails(house, started.conversation_id, firm.marc)[0].state is MailState.WAITING
    ticks = {each.person.id: each.tick for each in view(house, firm.anne, started.conversation_id).messages[0].ticks}
    assert ticks == {firm.sophie: Tick.BLUE, firm.marc: Tick.PENDING}


def test_a_person_without_a_working_address_is_told_to_the_firm_at_once(house: House, firm: Firm) -> None:
    with house.database.writing() as session:
        addresses.set_address_state(session, "marc@boulangerie.example", AddressState.SUPPRESSED)
    started = ask(house, firm)

    seen = view(house, firm.anne, started.conversation_id)
    assert {each.person.id: each.tick for each in seen.messages[0].ticks}[firm.marc] is Tick.FAILED
    assert seen.waits_for_firm == (AttentionReason.MAIL_FAILED,)


def test_a_contact_without_mail_is_a_phone_call_for_the_firm(house: House, firm: Firm) -> None:
    with house.database.writing() as session:
        people.update_person(session, firm.marc, reach=Reach.PHONE)
    started = ask(house, firm)

    seen = view(house, firm.anne, started.conversation_id)
    assert seen.waits_for_firm == (AttentionReason.CALL,)
    assert mails(house, started.conversation_id, firm.marc) == []


def test_a_colleague_who_leaves_a_conversation_gets_no_more_mail(house: House, firm: Firm, clock: HandClock) -> None:
    started = ask(house, firm)
    with house.database.writing() as session:
        marc = conversations.participant_of(session, started.conversation_id, firm.marc)
        assert marc is not None
        conversations.update_participant(session, marc.id, left_at=clock.at)
    clock.forward(minutes=10)
    post(house, firm, started)

    assert len(mails(house, started.conversation_id, firm.marc)) == 1
    assert mails(house, started.conversation_id, firm.sophie)[-1].due_at == clock.at + timedelta(seconds=60)
