"""Putting a message into a conversation, whatever way it came. One transaction writes all that follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from storage import attached, attention, conversations, file_facts, messages, operation
from storage.records import (
    Conversation,
    ConversationId,
    InboundMailId,
    MessageId,
    OutgoingMailId,
    PersonId,
)
from storage.states import (
    AsideReason,
    AttentionReason,
    ChangeKind,
    ConversationState,
    MessageKind,
    Origin,
    Side,
    Visibility,
)
from worker.core.attention_rules import Closes, Move, Opens, after_close, after_post
from worker.core.file_looks import NOT_LOOKED, FileLook
from worker.core.scanning import NOT_SCANNED, Scanned
from worker.core.thanks import is_pure_thanks
from worker.flows.house import House, there
from worker.flows.planning import Note, party_of, plan_deliveries


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file whose bytes are in the client's store already. ``aside_why``: it stands outside the message."""

    name: str
    sha256: str
    size: int
    media_type: str
    aside_why: AsideReason | None = None
    inline: bool = False
    content_id: str | None = None
    look: FileLook = NOT_LOOKED
    scanned: Scanned = NOT_SCANNED

    @property
    def set_aside(self) -> bool:
        return self.aside_why is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message before it has a row. ``happened_at`` orders it: the post, or when the mail was kept.

    ``forwarded_by_id``: the case manager who passed on what ``original_from`` wrote; ``copied_to``: addresses that the
    mail it came with went to as well.
    """

    author_id: PersonId | None
    author_side: Side
    text: str
    origin: Origin
    happened_at: datetime
    visibility: Visibility = Visibility.SHARED
    kind: MessageKind = MessageKind.WRITTEN
    answer_wanted: bool = False
    sender_unverified: bool = False
    files: tuple[StoredFile, ...] = ()
    external_id: str | None = None
    inbound_mail_id: InboundMailId | None = None
    quoted_text: str | None = None
    cut_rule: str | None = None
    cut_confidence: float | None = None
    forwarded_by_id: PersonId | None = None
    original_from: str | None = None
    original_at: datetime | None = None
    original_signature: str | None = None
    copied_to: tuple[str, ...] = ()
    joined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A message in its place. ``due``: outgoing mails to ring for after the commit."""

    message_id: MessageId
    reopened: bool
    due: tuple[OutgoingMailId, ...]


def put_message(session: Session, house: House, conversation_id: ConversationId, draft: Draft, *, now: datetime) -> Put:
    """Add the message with its files, move attention, plan the mails, tell the portal. The caller holds the lock."""
    conversation = there(conversations.conversation(session, conversation_id))
    party = party_of(session, conversation)
    thanks = all(each.set_aside for each in draft.files) and is_pure_thanks(draft.text, party.names)
    message = messages.add_message(
        session,
        conversation_id=conversation_id,
        author_id=draft.author_id,
        author_side=draft.author_side,
        text=draft.text,
        happened_at=draft.happened_at,
        now=now,
        origin=draft.origin,
        kind=draft.kind,
        visibility=draft.visibility,
        answer_wanted=draft.answer_wanted,
        sender_unverified=draft.sender_unverified,
        external_id=draft.external_id,
        inbound_mail_id=draft.inbound_mail_id,
        quoted_text=draft.quoted_text,
        cut_rule=draft.cut_rule,
        cut_confidence=draft.cut_confidence,
    )
    add_files(session, conversation, message.id, draft.files, now=now)
    if draft.forwarded_by_id is not None:
        messages.update_message(
            session,
            message.id,
            forwarded_by_id=draft.forwarded_by_id,
            original_from=draft.original_from,
            original_at=draft.original_at,
            original_signature=draft.original_signature,
        )
        message = there(messages.message(session, message.id))
    reopened = reopen_when_said(session, conversation, draft, is_thanks=thanks, now=now)
    moves = after_post(conversation, message, is_thanks=thanks)
    apply_moves(session, conversation, moves, now=now, by_id=draft.author_id, message_id=message.id)
    note = Note(conversation=conversation, message=message, now=now, copied_to=draft.copied_to, joined=draft.joined)
    due = plan_deliveries(session, house, note, party)
    told(
        session,
        conversation,
        ChangeKind.MESSAGE_POSTED,
        "posted",
        by_id=draft.author_id,
        now=now,
        message_id=message.id,
    )
    return Put(message_id=message.id, reopened=reopened, due=tuple(due))


def add_files(
    session: Session, conversation: Conversation, message_id: MessageId, files: Sequence[StoredFile], *, now: datetime
) -> None:
    for position, file in enumerate(files, start=1):
        file_id = attached.add_file(
            session,
            conversation.client_id,
            sha256=file.sha256,
            size=file.size,
            media_type=file.media_type,
            now=now,
            scan_state=file.scanned.state,
            scan_found=file.scanned.signature,
        )
        attached.add_attachment(
            session,
            message_id,
            file_id,
            position=position,
            name=file.name,
            set_aside=file.set_aside,
            aside_why=file.aside_why,
            inline=file.inline,
            content_id=file.content_id,
        )
        if file.look.invoice is not None:
            file_facts.add_invoice(session, file_id, file.look.invoice)


def reopen_when_said(
    session: Session, conversation: Conversation, draft: Draft, *, is_thanks: bool, now: datetime
) -> bool:
    """Anything but thanks, a note or our own words reopens a closed conversation."""
    silent = is_thanks or draft.visibility is Visibility.INTERNAL or draft.kind is MessageKind.SYSTEM
    if silent or conversation.state is ConversationState.OPEN:
        return False
    open_again(session, conversation, by_id=draft.author_id, now=now)
    return True


def open_again(session: Session, conversation: Conversation, *, by_id: PersonId | None, now: datetime) -> None:
    conversations.update_conversation(
        session, conversation.id, state=ConversationState.OPEN, closed_at=None, closed_by_id=None
    )
    told(session, conversation, ChangeKind.CONVERSATION_REOPENED, "reopened", by_id=by_id, now=now)


def close_now(session: Session, conversation: Conversation, *, by_id: PersonId, now: datetime) -> None:
    conversations.update_conversation(
        session, conversation.id, state=ConversationState.CLOSED, closed_at=now, closed_by_id=by_id
    )
    apply_moves(session, conversation, after_close(), now=now, by_id=by_id)
    told(session, conversation, ChangeKind.CONVERSATION_CLOSED, "closed", by_id=by_id, now=now)


def told(
    session: Session,
    conversation: Conversation,
    kind: ChangeKind,
    what: str,
    *,
    by_id: PersonId | None,
    now: datetime,
    message_id: MessageId | None = None,
) -> None:
    """One change for the portal and one event for the timeline."""
    operation.note_change(
        session,
        kind,
        now=now,
        client_id=conversation.client_id,
        conversation_id=conversation.id,
        message_id=message_id,
        person_id=by_id,
    )
    operation.note_event(
        session,
        what,
        now=now,
        conversation_id=conversation.id,
        message_id=message_id,
        details={"by": by_id} if by_id else None,
    )


def apply_moves(
    session: Session,
    conversation: Conversation,
    moves: Sequence[Move],
    *,
    now: datetime,
    by_id: PersonId | None,
    message_id: MessageId | None = None,
) -> None:
    for move in moves:
        match move:
            case Closes(side, reasons, why):
                attention.close_attention(session, conversation.id, side, reasons, now=now, why=why, by_id=by_id)
            case Opens(side, AttentionReason() as reason):
                attention.open_attention(session, conversation.id, side, reason, now=now, message_id=message_id)
    if moves:
        operation.note_change(
            session,
            ChangeKind.ATTENTION_MOVED,
            now=now,
            client_id=conversation.client_id,
            conversation_id=conversation.id,
        )
