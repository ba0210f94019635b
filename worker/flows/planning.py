"""A message becomes deliveries inside outgoing mails, in the transaction that writes the message.

One waiting mail per (conversation, participant, author, visibility): an internal message never rides in a mail that can
be answered to the client. Whoever cannot be mailed is told to the firm at once, in the same transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from sqlalchemy.orm import Session

from storage import addresses, attention, conversations, messages, outbox, people
from storage.records import (
    ClientId,
    Conversation,
    Delivery,
    Message,
    MessageId,
    OutgoingMail,
    OutgoingMailId,
    Participant,
    Person,
    PersonId,
)
from storage.states import AddressState, AttentionReason, MailKind, MailState, Reach, Side
from worker.core.joining import Joins, Starts, plan_braked, plan_mail, window_of
from worker.core.participants_rules import readers_of
from worker.core.portal_rules import readable_by
from worker.flows.house import House, there

PRIORITY = {
    MailKind.MESSAGE: 0,
    MailKind.CORRECTION: 0,
    MailKind.RECEIPT: 1,
    MailKind.QUESTION: 1,
    MailKind.REJECTION: 1,
    MailKind.CONFIRMATION: 1,
    MailKind.WAITING_NOTICE: 1,
    MailKind.COMMAND_ANSWER: 1,
    MailKind.HELD_NOTICE: 2,
    MailKind.REFUSED_FILES: 1,
    MailKind.OPENED_NOTICE: 1,
    MailKind.FAILURE_NOTICE: 2,
    MailKind.ALARM: 2,
    MailKind.NOTICE: 2,
    MailKind.DIGEST: 3,
    MailKind.REMINDER: 3,
}
NO_ADDRESS = "no working address"
COPIED = "went out with the case manager's own mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A message that is to be delivered, with what the planner must know about it."""

    conversation: Conversation
    message: Message
    now: datetime
    copied_to: tuple[str, ...] = ()
    joined: bool = False
    """The brake is on: copies join into one mail per window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Everybody who is or was in a conversation."""

    participants: tuple[Participant, ...]
    persons: dict[PersonId, Person]

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.persons.values()]


def party_of(session: Session, conversation: Conversation) -> Party:
    participants = conversations.participants_of(session, conversation.id, also_left=True)
    persons = people.people_by_ids(session, [each.person_id for each in participants])
    return Party(participants=tuple(participants), persons=persons)


def plan_deliveries(session: Session, house: House, note: Note, party: Party) -> list[OutgoingMailId]:
    """Plan a mail for every reader of the message; the ones that are due at once."""
    present = [each for each in party.participants if each.left_at is None]
    readers = [
        each
        for each in readers_of(present, note.message.author_id, note.message.visibility)
        if is_still_there(session, note.conversation.client_id, each)
        # What a contact wrote and a case manager passed on is not mailed to the client's side.
        and (note.message.forwarded_by_id is None or each.side is Side.FIRM)
    ]
    due: list[OutgoingMailId] = []
    for reader in readers:
        person = party.persons[reader.person_id]
        if person.reach is not Reach.MAIL:
            open_call(session, note, person)
            continue
        if has_it(session, note, reader):
            add_ended(session, note, reader, person, state=MailState.CANCELLED, why=COPIED)
            continue
        mail_id = deliver_by_mail(session, house, note, reader, person)
        if mail_id is not None:
            due.append(mail_id)
    return due


def is_still_there(session: Session, client_id: ClientId, reader: Participant) -> bool:
    """Who left the client or the firm gets no more of its mail, participant or not."""
    if reader.side is Side.FIRM:
        return people.is_case_manager(session, reader.person_id)
    return people.is_contact(session, client_id, reader.person_id)


def open_call(session: Session, note: Note, person: Person) -> None:
    """A contact without mail is a phone call for the firm; a case manager without mail reads the portal."""
    if person.reach is Reach.PHONE and note.message.author_side is Side.FIRM:
        attention.open_attention(
            session,
            note.conversation.id,
            Side.FIRM,
            AttentionReason.CALL,
            now=note.now,
            message_id=note.message.id,
        )


def deliver_by_mail(
    session: Session, house: House, note: Note, reader: Participant, person: Person
) -> OutgoingMailId | None:
    """Join the waiting mail or start one. The mail's id when it is due at once."""
    address = addresses.mail_address_of(session, person.id)
    if address is None:
        refuse_mail(session, note, reader, person)
        return None
    window = window_of(house.policy.windows, note.message.origin, note.message.author_side, reader.side)
    waiting = outbox.waiting_mail(
        session, note.conversation.id, person.id, note.message.author_id, note.message.visibility
    )
    carried = outbox.deliveries_in(session, [waiting.id]) if waiting else []
    between = waiting is not None and others_wrote_since(session, note, waiting, carried, reader.side)
    plan = (
        plan_braked(house.policy.brake_window, note.now, waiting=waiting)
        if note.joined
        else plan_mail(house.policy.windows, window, note.now, waiting=waiting, others_wrote_since=between)
    )
    match plan:
        case Joins(mail, due_at):
            outbox.update_mail(session, mail.id, {MailState.WAITING}, due_at=due_at)
            mail_id, position = mail.id, len(carried) + 1
        case Starts(due_at, releases):
            if releases is not None:
                outbox.update_mail(session, releases.id, {MailState.WAITING}, state=MailState.QUEUED)
            mail_id = start_mail(session, note, person, address.normal, due_at=due_at)
            position = 1
        case _:
            assert_never(plan)
    outbox.add_delivery(session, mail_id, note.message.id, reader.id, position=position)
    return mail_id if plan.due_at <= note.now else None


def start_mail(
    session: Session, note: Note, person: Person, address: str, *, due_at: datetime, kind: MailKind = MailKind.MESSAGE
) -> OutgoingMailId:
    return outbox.add_mail(
        session,
        kind=kind,
        visibility=note.message.visibility,
        language=person.language,
        person_id=person.id,
        address=address,
        priority=PRIORITY[kind],
        opened_at=note.now,
        due_at=due_at,
        now=note.now,
        client_id=note.conversation.client_id,
        conversation_id=note.conversation.id,
        author_id=note.message.author_id,
    )


def others_wrote_since(
    session: Session, note: Note, waiting: OutgoingMail, carried: Sequence[Delivery], side: Side
) -> bool:
    """Did anybody but the mail's author write something this reader may read, since the mail's first message?"""
    first = min((each.message_id for each in carried), default=MessageId(0))
    return messages.has_message_of_others(
        session, note.conversation.id, after=first, author_id=waiting.author_id, readable=readable_by(side)
    )


def has_it(session: Session, note: Note, reader: Participant) -> bool:
    """The case manager's own mail went to this contact too: it is filed as sent, not sent again. Not one that
    went to an address that no longer works.
    """
    if reader.side is not Side.CLIENT or not note.copied_to:
        return False
    theirs = addresses.addresses_of(session, reader.person_id)
    return any(each.normal in note.copied_to for each in theirs if each.state is AddressState.ACTIVE)


def add_ended(
    session: Session, note: Note, reader: Participant, person: Person, *, state: MailState, why: str
) -> OutgoingMailId:
    """A mail that is over before it begins: the reader's place in the timeline, and why nothing goes."""
    mail_id = outbox.add_mail(
        session,
        kind=MailKind.MESSAGE,
        visibility=note.message.visibility,
        language=person.language,
        person_id=person.id,
        address="",
        priority=PRIORITY[MailKind.MESSAGE],
        opened_at=note.now,
        due_at=note.now,
        now=note.now,
        state=state,
        client_id=note.conversation.client_id,
        conversation_id=note.conversation.id,
        author_id=note.message.author_id,
        ended_why=why,
    )
    outbox.add_delivery(session, mail_id, note.message.id, reader.id, position=1)
    return mail_id


def refuse_mail(session: Session, note: Note, reader: Participant, person: Person) -> None:
    """No address of this person works: the author sees a failed tick and the firm has something to do."""
    mail_id = add_ended(session, note, reader, person, state=MailState.SUPPRESSED, why=NO_ADDRESS)
    attention.open_attention(
        session,
        note.conversation.id,
        Side.FIRM,
        AttentionReason.MAIL_FAILED,
        now=note.now,
        message_id=note.message.id,
        outgoing_mail_id=mail_id,
    )


def correct_by_mail(session: Session, house: House, note: Note) -> list[PersonId]:
    """Plan a correction for everybody to whom the message went already; who they are.

    A correction that still waits is rendered from the newest revision when it goes: it is not doubled.
    """
    corrected: list[PersonId] = []
    sent = outbox.deliveries_of(session, [note.message.id])
    mails = outbox.mails_by_ids(session, [each.outgoing_mail_id for each in sent])
    for delivery in sent:
        mail = mails[delivery.outgoing_mail_id]
        if mail.person_id is None or mail.person_id in corrected or not may_have_gone(mail):
            continue
        if any(waits_as_correction(mails[each.outgoing_mail_id], mail.person_id) for each in sent):
            continue
        person = there(people.person(session, mail.person_id))
        address = addresses.mail_address_of(session, person.id)
        if address is None:
            continue
        window = window_of(house.policy.windows, note.message.origin, note.message.author_side, Side.CLIENT)
        kind = MailKind.CORRECTION
        mail_id = start_mail(session, note, person, address.normal, due_at=note.now + window, kind=kind)
        outbox.add_delivery(session, mail_id, note.message.id, delivery.participant_id, position=1)
        corrected.append(person.id)
    return corrected


def may_have_gone(mail: OutgoingMail) -> bool:
    """The person has it, or may have it (a try that ended in doubt)."""
    return mail.may_be_doubled or mail.state in {
        MailState.SENDING,
        MailState.ACCEPTED,
        MailState.DELAYED,
        MailState.DELIVERED,
    }


def waits_as_correction(mail: OutgoingMail, person_id: PersonId) -> bool:
    return mail.kind is MailKind.CORRECTION and mail.person_id == person_id and not may_have_gone(mail)
