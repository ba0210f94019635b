"""The portal's interface, reading half: lists with counters, a conversation with its ticks, changes after a cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from storage import attached, attention, conversations, messages, operation, outbox, people
from storage.out_of_office import OutOfOffice
from storage.outbox_claims import Gate, passes
from storage.records import (
    Attachment,
    Change,
    Client,
    ClientId,
    Conversation,
    ConversationId,
    Delivery,
    Message,
    MessageId,
    OutgoingMail,
    OutgoingMailId,
    Person,
    PersonId,
    Revision,
)
from storage.states import AttentionReason, ConversationState, Evidence, MailKind, MailState, Side, Tick
from worker.core.portal_rules import may_read
from worker.core.refusals import No, Refused
from worker.core.sending import tick_of
from worker.flows.absences import absences_of
from worker.flows.conversations import side_in
from worker.flows.house import House, gate_of, there


class Which(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One conversation in a list. ``needs_action``: of the person who asked."""

    conversation: Conversation
    client: Client
    needs_action: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientTick:
    """How far one message came on its way to one person. ``may_be_doubled``: a try ended in doubt."""

    person: Person
    tick: Tick
    mail_state: MailState
    at: datetime | None
    evidence: Evidence | None
    why: str | None
    may_be_doubled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """``edited_after_mailed``: somebody has an older text by mail. A deleted message has an empty text."""

    message: Message
    author: Person | None
    forwarded_by: Person | None
    text: str
    quoted_text: str | None
    attachments: tuple[Attachment, ...]
    ticks: tuple[RecipientTick, ...]
    edited_after_mailed: bool
    cut_rule: str | None
    cut_confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationView:
    conversation: Conversation
    client: Client
    participants: tuple[tuple[Person, Side], ...]
    messages: tuple[MessageView, ...]
    waits_for_client: tuple[AttentionReason, ...]
    waits_for_firm: tuple[AttentionReason, ...]
    away: tuple[tuple[Person, OutOfOffice], ...]
    """Participants whose out-of-office answer still counts; shown to the firm only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What is known of how messages went out, gathered once per conversation."""

    deliveries: list[Delivery]
    mails: dict[OutgoingMailId, OutgoingMail]
    people: dict[PersonId, Person]
    gate: Gate


def list_conversations(
    house: House,
    *,
    by: PersonId,
    which: Which = Which.OPEN,
    needing_action: bool = False,
    before: tuple[datetime, ConversationId] | None = None,
    most: int = 100,
) -> list[Line]:
    """The conversations of this person's clients, newest first; ``before`` pages on from the last line."""
    state = None if which is Which.ALL else ConversationState(which)
    with house.database.reading() as session:
        lines: list[Line] = []
        for side, clients in clients_by_side(session, by).items():
            by_id = {each.id: each for each in clients}
            found = conversations.list_conversations(
                session,
                list(by_id),
                state=state,
                needing=side if needing_action else None,
                before=before,
                most=most,
                with_shared=side is Side.CLIENT,
            )
            lines += [
                Line(conversation=each, client=by_id[each.client_id], needs_action=needs_action(each, side))
                for each in found
            ]
    lines.sort(key=lambda line: (line.conversation.last_happened_at, line.conversation.id), reverse=True)
    return lines[:most]


def count_needing_action(house: House, *, by: PersonId) -> int:
    """The counter: conversations that wait for this person's side."""
    with house.database.reading() as session:
        return sum(
            conversations.count_needing(session, [each.id for each in clients], side)
            for side, clients in clients_by_side(session, by).items()
        )


def clients_by_side(session: Session, person_id: PersonId) -> dict[Side, list[Client]]:
    """The clients a person is contact of, and those he manages; one who is both speaks as contact of his own."""
    own = people.clients_of_contact(session, person_id)
    managed = people.clients_managed_by(session, person_id) if people.is_case_manager(session, person_id) else []
    own_ids = {each.id for each in own}
    return {Side.CLIENT: own, Side.FIRM: [each for each in managed if each.id not in own_ids]}


def needs_action(conversation: Conversation, side: Side) -> bool:
    return (conversation.client_attention if side is Side.CLIENT else conversation.firm_attention) > 0


def read_conversation(house: House, *, by: PersonId, conversation_id: ConversationId) -> ConversationView | Refused:
    """Everything one person may see of a conversation; contacts never see an internal message nor whom one went to."""
    with house.database.reading() as session:
        conversation = conversations.conversation(session, conversation_id)
        if conversation is None:
            return Refused(No.UNKNOWN)
        side = side_in(session, conversation.client_id, by)
        if side is None:
            return Refused(No.NOT_A_PARTY)
        shown = view_of(session, conversation, side, gate_of(house.policy), now=house.now(session))
        # A conversation of notes alone: contacts are not told that it is there.
        return Refused(No.UNKNOWN) if side is Side.CLIENT and not shown.messages else shown


def view_of(session: Session, conversation: Conversation, side: Side, gate: Gate, *, now: datetime) -> ConversationView:
    readable = [each for each in messages.messages_of(session, conversation.id) if may_read(each, side)]
    ids = [each.id for each in readable]
    revisions = by_message(messages.revisions_of(session, ids), ids)
    files = {
        message_id: [a for a in attached.attachments_of(session, ids) if a.message_id == message_id]
        for message_id in ids
    }
    participants = conversations.participants_of(session, conversation.id)
    deliveries = outbox.deliveries_of(session, ids)
    mails = outbox.mails_by_ids(session, [each.outgoing_mail_id for each in deliveries])
    named = {each.author_id for each in readable} | {each.forwarded_by_id for each in readable}
    named |= {each.person_id for each in mails.values()}
    known = people.people_by_ids(session, [each for each in named if each] + [each.person_id for each in participants])
    sent = Sent(deliveries=deliveries, mails=mails, people=known, gate=gate)
    reasons = attention.open_reasons(session, conversation.id)
    return ConversationView(
        conversation=conversation,
        client=there(people.client(session, conversation.client_id)),
        participants=tuple((known[each.person_id], each.side) for each in participants),
        messages=tuple(message_view(each, revisions[each.id], files[each.id], sent, side) for each in readable),
        waits_for_client=tuple(each.reason for each in reasons if each.side is Side.CLIENT),
        waits_for_firm=tuple(each.reason for each in reasons if each.side is Side.FIRM and side is Side.FIRM),
        away=absences_of(session, [known[each.person_id] for each in participants], now=now)
        if side is Side.FIRM
        else (),
    )


def message_view(
    message: Message, revisions: Sequence[Revision], files: Sequence[Attachment], sent: Sent, side: Side
) -> MessageView:
    latest = revisions[-1]
    mine = [each for each in sent.deliveries if each.message_id == message.id]
    old_text = any(each.revision_id not in {None, latest.id} for each in newest_per_person(mine, sent))
    shows_cut = side is Side.FIRM or message.author_side is Side.CLIENT
    return MessageView(
        message=message,
        author=sent.people.get(message.author_id) if message.author_id else None,
        forwarded_by=sent.people.get(message.forwarded_by_id) if message.forwarded_by_id else None,
        text=latest.text,
        quoted_text=revisions[0].quoted_text if shows_cut and not latest.tombstone else None,
        attachments=() if latest.tombstone else tuple(files),
        ticks=tuple(tick_view(each, sent) for each in newest_per_person(mine, sent)),
        edited_after_mailed=old_text and not latest.tombstone,
        cut_rule=revisions[0].cut_rule,
        cut_confidence=revisions[0].cut_confidence,
    )


def newest_per_person(deliveries: Sequence[Delivery], sent: Sent) -> list[Delivery]:
    """One delivery per person: the newest of those that count. A correction that is only planned counts not yet."""
    newest: dict[PersonId | None, Delivery] = {}
    for each in deliveries:
        mail = sent.mails[each.outgoing_mail_id]
        if mail.kind is MailKind.CORRECTION and each.revision_id is None:
            continue
        newest[mail.person_id] = each
    return list(newest.values())


def tick_view(delivery: Delivery, sent: Sent) -> RecipientTick:
    mail = sent.mails[delivery.outgoing_mail_id]
    assert mail.person_id is not None, "a delivery goes to a person"
    return RecipientTick(
        person=sent.people[mail.person_id],
        tick=tick_of(mail.state, delivery.evidence),
        mail_state=mail.state,
        at=delivery.evidence_at or mail.delivered_at or mail.failed_at or mail.accepted_at,
        evidence=delivery.evidence or mail.evidence,
        why=mail.failure_reason or mail.ended_why or why_it_waits(mail, sent.gate),
        may_be_doubled=mail.may_be_doubled,
    )


def why_it_waits(mail: OutgoingMail, gate: Gate) -> str | None:
    """A mail that the firm's own setting holds back says so, or its author waits in vain."""
    waits = mail.state in {MailState.WAITING, MailState.QUEUED}
    if not waits or passes(gate, mail.address):
        return None
    return "held back: this address is not on the list" if gate.listed else "held back: sending is off"


def by_message(revisions: Sequence[Revision], ids: Sequence[MessageId]) -> dict[MessageId, list[Revision]]:
    grouped: dict[MessageId, list[Revision]] = {each: [] for each in ids}
    for revision in revisions:
        grouped[revision.message_id].append(revision)
    return grouped


def changes_after(house: House, cursor: int, *, most: int = 500) -> list[Change]:
    """What happened after this number; the last one's number is the next cursor. Start with 0."""
    with house.database.reading() as session:
        return operation.changes_after(session, cursor, most=most)


def clients_of(house: House, person_id: PersonId) -> list[ClientId]:
    with house.database.reading() as session:
        return [each.id for clients in clients_by_side(session, person_id).values() for each in clients]
