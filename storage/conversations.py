"""Conversations, participants, messages with their immutable revisions, and the files they carry."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from storage.records import (
    About,
    Attachment,
    ClientId,
    Conversation,
    ConversationId,
    FileId,
    InboundMailId,
    Message,
    MessageId,
    Participant,
    ParticipantId,
    PersonId,
    Revision,
    RevisionId,
)
from storage.rows import add, add_if_new, change, read_all, read_one, selecting
from storage.states import ConversationState, MessageKind, Origin, ScanState, Side, Visibility
from storage.tables.conversations import attachments, conversations, files, messages, participants, revisions


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


def conversation(session: Session, conversation_id: ConversationId) -> Conversation | None:
    return read_one(
        session, Conversation, selecting(Conversation, conversations, conversations.c.id == conversation_id)
    )


def lock_conversation(session: Session, conversation_id: ConversationId) -> Conversation | None:
    """The conversation, locked against other writers until the commit (SQLite has one writer anyway)."""
    wanted = selecting(Conversation, conversations, conversations.c.id == conversation_id)
    return read_one(session, Conversation, wanted.with_for_update())


def conversation_by_external_id(session: Session, external_id: str) -> Conversation | None:
    return read_one(
        session, Conversation, selecting(Conversation, conversations, conversations.c.external_id == external_id)
    )


def update_conversation(session: Session, conversation_id: ConversationId, **values: object) -> None:
    change(session, conversations, conversations.c.id == conversation_id, **values)


def list_conversations(
    session: Session,
    client_ids: Sequence[ClientId],
    *,
    state: ConversationState | None,
    needing: Side | None = None,
    before: tuple[datetime, ConversationId] | None = None,
    most: int = 100,
) -> list[Conversation]:
    """Newest first, by key and never by OFFSET; ``before`` is (last_happened_at, id) of the last one seen."""
    wanted = selecting(Conversation, conversations, conversations.c.client_id.in_(client_ids))
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
    wanted = selecting(Participant, participants, participants.c.conversation_id == conversation_id)
    if not also_left:
        wanted = wanted.where(participants.c.left_at.is_(None))
    return read_all(session, Participant, wanted.order_by(participants.c.id))


def participant(session: Session, participant_id: ParticipantId) -> Participant | None:
    return read_one(session, Participant, selecting(Participant, participants, participants.c.id == participant_id))


def participant_of(session: Session, conversation_id: ConversationId, person_id: PersonId) -> Participant | None:
    same = (participants.c.conversation_id == conversation_id, participants.c.person_id == person_id)
    return read_one(session, Participant, selecting(Participant, participants, *same))


def update_participant(session: Session, participant_id: ParticipantId, **values: object) -> None:
    change(session, participants, participants.c.id == participant_id, **values)


def add_message(
    session: Session,
    *,
    conversation_id: ConversationId,
    author_id: PersonId | None,
    author_side: Side,
    text: str,
    happened_at: datetime,
    now: datetime,
    origin: Origin,
    kind: MessageKind = MessageKind.WRITTEN,
    visibility: Visibility = Visibility.SHARED,
    answer_wanted: bool = False,
    sender_unverified: bool = False,
    external_id: str | None = None,
    inbound_mail_id: InboundMailId | None = None,
    quoted_text: str | None = None,
    cut_rule: str | None = None,
    cut_confidence: float | None = None,
) -> MessageId:
    """A message and its first revision; the conversation moves to the top of the lists."""
    message_id = add(
        session,
        messages,
        conversation_id=conversation_id,
        author_id=author_id,
        author_side=author_side,
        kind=kind,
        visibility=visibility,
        origin=origin,
        answer_wanted=answer_wanted,
        sender_unverified=sender_unverified,
        happened_at=happened_at,
        created_at=now,
        external_id=external_id,
        inbound_mail_id=inbound_mail_id,
    )
    add(
        session,
        revisions,
        message_id=message_id,
        number=1,
        text=text,
        quoted_text=quoted_text,
        cut_rule=cut_rule,
        cut_confidence=cut_confidence,
        by_id=author_id,
        created_at=now,
    )
    newer = (conversations.c.id == conversation_id, conversations.c.last_happened_at < happened_at)
    change(session, conversations, *newer, last_happened_at=happened_at)
    return MessageId(message_id)


def message(session: Session, message_id: MessageId) -> Message | None:
    return read_one(session, Message, selecting(Message, messages, messages.c.id == message_id))


def message_by_external_id(session: Session, external_id: str) -> Message | None:
    return read_one(session, Message, selecting(Message, messages, messages.c.external_id == external_id))


def messages_of(session: Session, conversation_id: ConversationId) -> list[Message]:
    wanted = selecting(Message, messages, messages.c.conversation_id == conversation_id)
    return read_all(session, Message, wanted.order_by(messages.c.happened_at, messages.c.id))


def messages_by_ids(session: Session, ids: Sequence[MessageId]) -> dict[MessageId, Message]:
    found = read_all(session, Message, selecting(Message, messages, messages.c.id.in_(ids)))
    return {each.id: each for each in found}


def last_messages(session: Session, conversation_id: ConversationId, *, most: int) -> list[Message]:
    """The newest messages of a conversation, newest first."""
    wanted = selecting(Message, messages, messages.c.conversation_id == conversation_id)
    return read_all(session, Message, wanted.order_by(messages.c.happened_at.desc(), messages.c.id.desc()).limit(most))


def update_message(session: Session, message_id: MessageId, **values: object) -> None:
    change(session, messages, messages.c.id == message_id, **values)


def add_revision(
    session: Session,
    message_id: MessageId,
    *,
    text: str,
    by_id: PersonId | None,
    now: datetime,
    tombstone: bool = False,
) -> RevisionId:
    newest = select(func.coalesce(func.max(revisions.c.number), 0) + 1).where(revisions.c.message_id == message_id)
    return RevisionId(
        add(
            session,
            revisions,
            message_id=message_id,
            number=newest.scalar_subquery(),
            text=text,
            tombstone=tombstone,
            by_id=by_id,
            created_at=now,
        )
    )


def revisions_of(session: Session, message_ids: Sequence[MessageId]) -> list[Revision]:
    wanted = selecting(Revision, revisions, revisions.c.message_id.in_(message_ids))
    return read_all(session, Revision, wanted.order_by(revisions.c.message_id, revisions.c.number))


def latest_revisions(session: Session, message_ids: Sequence[MessageId]) -> dict[MessageId, Revision]:
    return {each.message_id: each for each in revisions_of(session, message_ids)}


def revisions_by_ids(session: Session, ids: Sequence[RevisionId]) -> dict[RevisionId, Revision]:
    found = read_all(session, Revision, selecting(Revision, revisions, revisions.c.id.in_(ids)))
    return {each.id: each for each in found}


def add_file(
    session: Session, client_id: ClientId, *, sha256: str, size: int, media_type: str, now: datetime
) -> FileId:
    """The row of a stored file: one per client and content."""
    made = add_if_new(
        session,
        files,
        client_id=client_id,
        sha256=sha256,
        size=size,
        media_type=media_type,
        scan_state=ScanState.UNSCANNED,
        created_at=now,
    )
    if made is None:
        same = (files.c.client_id == client_id, files.c.sha256 == sha256)
        made = session.execute(select(files.c.id).where(*same)).scalar_one()
    return FileId(made)


def add_attachment(
    session: Session, message_id: MessageId, file_id: FileId, *, position: int, name: str, set_aside: bool = False
) -> int:
    return add(
        session,
        attachments,
        message_id=message_id,
        file_id=file_id,
        position=position,
        name=name,
        set_aside=set_aside,
    )


ATTACHMENT_COLUMNS = {"id", "public_id", "message_id", "file_id", "position", "name", "set_aside"}


def attachments_of(session: Session, message_ids: Sequence[MessageId]) -> list[Attachment]:
    of_file = ("client_id", "sha256", "size", "media_type", "scan_state")
    own = (column for column in attachments.c if column.key in ATTACHMENT_COLUMNS)
    wanted = (
        select(*own, *(files.c[name] for name in of_file))
        .join(files, files.c.id == attachments.c.file_id)
        .where(attachments.c.message_id.in_(message_ids))
        .order_by(attachments.c.message_id, attachments.c.position)
    )
    return read_all(session, Attachment, wanted)


def stored_hashes(session: Session) -> set[tuple[ClientId, str]]:
    """(client, sha256) of every file that has a row; what the sweep of the file store keeps."""
    return {(ClientId(row.client_id), row.sha256) for row in session.execute(select(files.c.client_id, files.c.sha256))}
