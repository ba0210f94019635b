"""Conversations and their participants; storage.messages has what is said in them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from storage.reading_ahead import put, remembered, unknown
from storage.records import (
    About,
    ClientId,
    Conversation,
    ConversationId,
    MessageId,
    Participant,
    ParticipantId,
    PersonId,
)
from storage.rows import add, add_if_new, change, read_all, read_one, selecting
from storage.statements import change_by, read_all_by, read_among, read_by
from storage.states import ConversationState, Side, Visibility
from storage.tables.conversations import conversations, messages, participants


def add_conversation(
    session: Session,
    *,
    client_id: ClientId,
    subject: str,
    starter_id: PersonId | None,
    starter_side: Side,
    thread_root: str,
    now: datetime,
    about: About | None = None,
    linked_to_id: ConversationId | None = None,
    external_id: str | None = None,
    thread_index: str | None = None,
) -> ConversationId:
    told = {} if about is None else about_columns(about)
    return ConversationId(
        add(
            session,
            conversations,
            client_id=client_id,
            subject=subject,
            starter_id=starter_id,
            starter_side=starter_side,
            state=ConversationState.OPEN,
            linked_to_id=linked_to_id,
            external_id=external_id,
            opened_at=now,
            last_happened_at=now,
            thread_root=thread_root,
            thread_index=thread_index,
            **told,
        )
    )


def about_columns(about: About) -> dict[str, Any]:
    return {
        "about_kind": about.kind,
        "about_number": about.number,
        "about_on": about.on,
        "about_amount": about.amount,
        "about_currency": about.currency,
        "about_counterparty": about.counterparty,
    }


CONVERSATION, PARTICIPANT, PARTICIPANTS = "conversation", "participant", "participants of a conversation"


def conversation(session: Session, conversation_id: ConversationId) -> Conversation | None:
    def read() -> Conversation | None:
        return read_by(session, Conversation, conversations, id=conversation_id)

    return remembered(session, CONVERSATION, conversation_id, read)


def read_conversations_ahead(session: Session, ids: Collection[ConversationId]) -> list[Participant]:
    """Conversations with everybody who is or was in them; these."""
    asked = unknown(session, CONVERSATION, ids)
    found = {each.id: each for each in read_among(session, Conversation, conversations, "id", asked)}
    put(session, CONVERSATION, asked, found, None)
    theirs = read_among(session, Participant, participants, "conversation_id", asked)
    put(session, PARTICIPANT, [each.id for each in theirs], {each.id: each for each in theirs}, None)
    by_conversation: dict[ConversationId, list[Participant]] = {}
    for each in theirs:
        by_conversation.setdefault(each.conversation_id, []).append(each)
    put(session, PARTICIPANTS, asked, by_conversation, [])
    return theirs


def lock_conversation(session: Session, conversation_id: ConversationId) -> Conversation | None:
    """The conversation, locked against other writers until the commit (SQLite has one writer anyway)."""
    if session.get_bind().dialect.name == "sqlite":
        return conversation(session, conversation_id)
    wanted = selecting(Conversation, conversations, conversations.c.id == conversation_id)
    return read_one(session, Conversation, wanted.with_for_update())


def lock_conversations(session: Session, ids: Collection[ConversationId]) -> None:
    """The same for many, the lowest id first: two that lock the same ones wait, and never for each other."""
    if ids and session.get_bind().dialect.name != "sqlite":
        wanted = select(conversations.c.id).where(conversations.c.id.in_(ids)).order_by(conversations.c.id)
        session.execute(wanted.with_for_update()).all()


def conversations_by_ids(session: Session, ids: Collection[ConversationId]) -> dict[ConversationId, Conversation]:
    if not ids:
        return {}
    found = read_all(session, Conversation, selecting(Conversation, conversations, conversations.c.id.in_(ids)))
    return {each.id: each for each in found}


def conversation_by_external_id(session: Session, external_id: str) -> Conversation | None:
    return read_one(
        session, Conversation, selecting(Conversation, conversations, conversations.c.external_id == external_id)
    )


def has_root(session: Session, thread_root: str) -> bool:
    with_it = select(conversations.c.id).where(conversations.c.thread_root == thread_root).limit(1)
    return session.execute(with_it).first() is not None


def update_conversation(session: Session, conversation_id: ConversationId, **values: object) -> None:
    change_by(session, conversations, {"id": conversation_id}, **values)


def list_conversations(
    session: Session,
    client_ids: Sequence[ClientId],
    *,
    state: ConversationState | None,
    needing: Side | None = None,
    before: tuple[datetime, ConversationId] | None = None,
    most: int = 100,
    with_shared: bool = False,
) -> list[Conversation]:
    """Newest first, by key and never by OFFSET; ``before`` is (last_happened_at, id) of the last one seen.
    ``with_shared``: only those in which there is something that both sides may read.
    """
    wanted = selecting(Conversation, conversations, conversations.c.client_id.in_(client_ids))
    if with_shared:
        said = (messages.c.conversation_id == conversations.c.id, messages.c.visibility == Visibility.SHARED)
        wanted = wanted.where(exists().where(*said))
    if state is not None:
        wanted = wanted.where(conversations.c.state == state)
    if needing is Side.CLIENT:
        wanted = wanted.where(conversations.c.client_attention > 0)
    if needing is Side.FIRM:
        wanted = wanted.where(conversations.c.firm_attention > 0)
    if before is not None:
        at, last = before
        wanted = wanted.where(
            or_(
                conversations.c.last_happened_at < at,
                and_(conversations.c.last_happened_at == at, conversations.c.id < last),
            )
        )
    ordered = wanted.order_by(conversations.c.last_happened_at.desc(), conversations.c.id.desc())
    return read_all(session, Conversation, ordered.limit(most))


def count_needing(session: Session, client_ids: Sequence[ClientId], side: Side) -> int:
    column = conversations.c.client_attention if side is Side.CLIENT else conversations.c.firm_attention
    counted = (
        select(func.count()).select_from(conversations).where(conversations.c.client_id.in_(client_ids), column > 0)
    )
    return int(session.execute(counted).scalar_one())


def add_participant(
    session: Session,
    conversation_id: ConversationId,
    person_id: PersonId,
    side: Side,
    *,
    now: datetime,
    since_message_id: MessageId | None = None,
) -> None:
    """Make the person a participant, again if he had left."""
    made = add_if_new(
        session,
        participants,
        conversation_id=conversation_id,
        person_id=person_id,
        side=side,
        since_message_id=since_message_id,
        joined_at=now,
    )
    if made is None:
        same = (participants.c.conversation_id == conversation_id, participants.c.person_id == person_id)
        change(session, participants, *same, participants.c.left_at.is_not(None), left_at=None)


def participants_of(session: Session, conversation_id: ConversationId, *, also_left: bool = False) -> list[Participant]:
    def read() -> list[Participant]:
        return read_all_by(session, Participant, participants, conversation_id=conversation_id)

    found = remembered(session, PARTICIPANTS, conversation_id, read)
    return [each for each in found if also_left or each.left_at is None]


def participant(session: Session, participant_id: ParticipantId) -> Participant | None:
    def read() -> Participant | None:
        return read_by(session, Participant, participants, id=participant_id)

    return remembered(session, PARTICIPANT, participant_id, read)


def participant_of(session: Session, conversation_id: ConversationId, person_id: PersonId) -> Participant | None:
    theirs = participants_of(session, conversation_id, also_left=True)
    return next((each for each in theirs if each.person_id == person_id), None)


def participants_among(
    session: Session, conversation_ids: Collection[ConversationId], person_ids: Collection[PersonId]
) -> dict[tuple[ConversationId, PersonId], Participant]:
    """Of these people in these conversations, also those who left."""
    if not conversation_ids or not person_ids:
        return {}
    among = (participants.c.conversation_id.in_(conversation_ids), participants.c.person_id.in_(person_ids))
    found = read_all(session, Participant, selecting(Participant, participants, *among))
    return {(each.conversation_id, each.person_id): each for each in found}


def update_participant(session: Session, participant_id: ParticipantId, **values: object) -> None:
    change_by(session, participants, {"id": participant_id}, **values)
