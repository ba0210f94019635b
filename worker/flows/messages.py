"""The portal's interface: edit, delete, seen. The undo window is where these meet the outbox.

Edited before the claim, the new text goes; deleted before, nothing goes. After it, an edit shows as such and a short
correction follows when it matters; a deletion leaves a tombstone that says who got it by mail, and no mail.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from storage import attached, attention, conversations, messages, operation, outbox
from storage.records import Conversation, Message, MessageId, OutgoingMail, OutgoingMailId, PersonId
from storage.states import AttentionReason, ChangeKind, Evidence, MailState, Side
from worker.core import portal_rules
from worker.core.corrections import needs_correction
from worker.core.refusals import No, Refused
from worker.core.sending import Event, next_state
from worker.flows.conversations import side_in
from worker.flows.house import House, there
from worker.flows.planning import Note, correct_by_mail, may_have_gone
from worker.flows.posting import told


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """``too_late_for``: mails that carry the old text; ``corrected``: people who get a correction."""

    too_late_for: int
    corrected: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """``too_late_for``: mails that carried the message already; ``stopped``: mails that now stay here."""

    too_late_for: int
    stopped: int


def edit_message(
    house: House, *, by: PersonId, message_id: MessageId, text: str, correct: bool | None = None
) -> Edited | Refused:
    """A new revision. ``correct``: send a correction to those who have the old text; None lets the rule decide."""
    with house.database.writing() as session:
        found = locked(session, message_id)
        no = Refused(No.UNKNOWN) if found is None else portal_rules.may_change(found[1], by)
        if no or found is None:
            return no or Refused(No.UNKNOWN)
        if not text.strip() and not attached.attachments_of(session, [message_id]):
            return Refused(No.NOTHING_TO_SAY)
        conversation, message = found
        now = house.now(session)
        before = messages.latest_revisions(session, [message_id])[message_id].text
        messages.add_revision(session, message_id, text=text.strip(), by_id=by, now=now)
        messages.update_message(session, message_id, edited_at=now)
        mails = mails_with(session, message_id)
        late = sum(may_have_gone(each) for each in mails.values())
        make_anew(session, mails)
        wanted = needs_correction(before, text.strip()) if correct is None else correct
        note = Note(conversation=conversation, message=message, now=now)
        corrected = correct_by_mail(session, house, note) if late and wanted else []
        told(session, conversation, ChangeKind.MESSAGE_EDITED, "edited", by_id=by, now=now, message_id=message_id)
    return Edited(too_late_for=late, corrected=tuple(corrected))


def delete_message(house: House, *, by: PersonId, message_id: MessageId) -> Deleted | Refused:
    """A tombstone instead of the text; mails that have not gone lose the message, and stay when nothing is left."""
    with house.database.writing() as session:
        found = locked(session, message_id)
        no = Refused(No.UNKNOWN) if found is None else portal_rules.may_change(found[1], by)
        if no or found is None:
            return no or Refused(No.UNKNOWN)
        return delete_in(session, found[0], message_id, by=by, now=house.now(session))


def delete_in(
    session: Session, conversation: Conversation, message_id: MessageId, *, by: PersonId, now: datetime
) -> Deleted:
    """The caller holds the conversation's lock and has asked the rules."""
    mails = mails_with(session, message_id)
    waiting = [each.id for each in mails.values() if not may_have_gone(each)]
    messages.add_revision(session, message_id, text="", by_id=by, now=now, tombstone=True)
    messages.update_message(session, message_id, deleted_at=now)
    drop_deliveries(session, message_id, waiting, now=now)
    make_anew(session, mails)
    stopped = sum(stop_if_empty(session, each, why="deleted before it went", now=now) for each in waiting)
    close_of_message(session, conversation, message_id, by=by, now=now)
    told(session, conversation, ChangeKind.MESSAGE_DELETED, "deleted", by_id=by, now=now, message_id=message_id)
    return Deleted(too_late_for=len(mails) - len(waiting), stopped=stopped)


def mark_seen(house: House, *, by: PersonId, message_id: MessageId) -> Refused | None:
    """The person has the conversation open down to this message: evidence of delivery, and a waiting mail less."""
    with house.database.writing() as session:
        found = locked(session, message_id)
        if found is None:
            return Refused(No.UNKNOWN)
        conversation, message = found
        reader = conversations.participant_of(session, conversation.id, by)
        side = side_in(session, conversation.client_id, by)
        if reader is None or side is None or not portal_rules.may_read(message, side):
            return Refused(No.NOT_A_PARTY)
        now = house.now(session)
        seen = [each for each in messages.messages_of(session, conversation.id) if comes_before(each, message)]
        touched = see_deliveries(session, [each.id for each in seen], by, now=now)
        for mail_id in touched:
            stop_if_seen(session, mail_id, now=now)
        if reader.seen_message_id is None or reader.seen_message_id < message_id:
            conversations.update_participant(session, reader.id, seen_message_id=message_id, seen_at=now)
        if touched:
            told(session, conversation, ChangeKind.TICK_MOVED, "seen", by_id=by, now=now, message_id=message_id)
    return None


def locked(session: Session, message_id: MessageId) -> tuple[Conversation, Message] | None:
    message = messages.message(session, message_id)
    if message is None:
        return None
    conversation = there(conversations.lock_conversation(session, message.conversation_id))
    return conversation, there(messages.message(session, message_id))


def comes_before(one: Message, last: Message) -> bool:
    return (one.happened_at, one.id) <= (last.happened_at, last.id)


def mails_with(session: Session, message_id: MessageId) -> dict[OutgoingMailId, OutgoingMail]:
    sent = outbox.deliveries_of(session, [message_id])
    return outbox.mails_by_ids(session, [each.outgoing_mail_id for each in sent])


def make_anew(session: Session, mails: dict[OutgoingMailId, OutgoingMail]) -> None:
    """Bytes that no server has taken, for every try was refused, are made anew from what is true now."""
    for each in mails.values():
        if each.bytes_path is not None and not may_have_gone(each):
            outbox.update_mail(session, each.id, {MailState.WAITING, MailState.QUEUED}, bytes_path=None)


def drop_deliveries(
    session: Session, message_id: MessageId, waiting: Collection[OutgoingMailId], *, now: datetime
) -> None:
    for delivery in outbox.deliveries_of(session, [message_id]):
        if delivery.outgoing_mail_id in waiting:
            outbox.update_delivery(session, delivery.id, dropped_at=now)


def stop_if_empty(session: Session, mail_id: OutgoingMailId, *, why: str, now: datetime) -> bool:
    """Cancel a mail that has nothing left to carry. A claim that came first wins: then nothing changes."""
    left = [each for each in outbox.deliveries_in(session, [mail_id]) if each.dropped_at is None]
    return not left and cancel(session, mail_id, why=why, now=now)


def stop_if_seen(session: Session, mail_id: OutgoingMailId, *, now: datetime) -> bool:
    left = outbox.deliveries_in(session, [mail_id])
    seen = all(each.evidence is not None or each.dropped_at is not None for each in left)
    return seen and cancel(session, mail_id, why="seen in the portal before it went", now=now)


def cancel(session: Session, mail_id: OutgoingMailId, *, why: str, now: datetime) -> bool:
    mail = there(outbox.mail(session, mail_id))
    if mail.state not in {MailState.WAITING, MailState.QUEUED} or may_have_gone(mail):
        return False
    to = next_state(mail.state, Event.NOTHING_LEFT)
    done = outbox.update_mail(session, mail_id, {mail.state}, state=to, ended_why=why)
    if done:
        operation.note_event(
            session, "cancelled", now=now, outgoing_mail_id=mail_id, conversation_id=mail.conversation_id
        )
    return done


def see_deliveries(
    session: Session, message_ids: list[MessageId], person_id: PersonId, *, now: datetime
) -> set[OutgoingMailId]:
    """Mark this person's deliveries of these messages as seen; the mails they ride in."""
    sent = outbox.deliveries_of(session, message_ids)
    mails = outbox.mails_by_ids(session, [each.outgoing_mail_id for each in sent])
    touched = set()
    for delivery in sent:
        if delivery.evidence is None and mails[delivery.outgoing_mail_id].person_id == person_id:
            outbox.update_delivery(session, delivery.id, evidence=Evidence.SEEN, evidence_at=now)
            touched.add(delivery.outgoing_mail_id)
    return touched


def close_of_message(
    session: Session, conversation: Conversation, message_id: MessageId, *, by: PersonId, now: datetime
) -> None:
    """What a deleted message asked for is asked no more."""
    reasons = (AttentionReason.ASKED, AttentionReason.STARTED, AttentionReason.WROTE)
    for side in Side:
        attention.close_attention(
            session, conversation.id, side, reasons, now=now, why="deleted", by_id=by, message_id=message_id
        )
