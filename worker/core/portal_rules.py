"""The rules of the portal (DESIGN.md section 9). Each answers None for yes, or the refusal."""

from storage.records import Conversation, Message, PersonId
from storage.states import ConversationState, MessageKind, Side, Visibility
from worker.core.refusals import No, Refused


def side_of(*, is_contact: bool, is_case_manager: bool) -> Side | None:
    """The side a person speaks for about one client. Somebody who is both speaks as contact of his own company."""
    if is_contact:
        return Side.CLIENT
    return Side.FIRM if is_case_manager else None


def may_post(side: Side | None, visibility: Visibility, *, has_content: bool) -> Refused | None:
    if side is None:
        return Refused(No.NOT_A_PARTY)
    if visibility is Visibility.INTERNAL and side is not Side.FIRM:
        return Refused(No.FIRM_ONLY)
    return None if has_content else Refused(No.NOTHING_TO_SAY)


def may_change(message: Message, person_id: PersonId) -> Refused | None:
    """Edit or delete: the author, of a written message, while it is there."""
    if message.author_id != person_id:
        return Refused(No.NOT_THE_AUTHOR)
    if message.kind is not MessageKind.WRITTEN:
        return Refused(No.NOT_WRITTEN)
    return Refused(No.DELETED) if message.deleted_at else None


def may_close(conversation: Conversation, side: Side | None) -> Refused | None:
    """A contact only what the client's side started; a case manager any."""
    if side is None:
        return Refused(No.NOT_A_PARTY)
    if side is Side.CLIENT and conversation.starter_side is not Side.CLIENT:
        return Refused(No.FIRM_STARTED_IT)
    return Refused(No.ALREADY_CLOSED) if conversation.state is ConversationState.CLOSED else None


def may_reopen(conversation: Conversation, side: Side | None) -> Refused | None:
    if side is None:
        return Refused(No.NOT_A_PARTY)
    return Refused(No.ALREADY_OPEN) if conversation.state is ConversationState.OPEN else None


def may_mark_done(side: Side | None) -> Refused | None:
    return None if side is Side.FIRM else Refused(No.FIRM_ONLY)


def may_read(message: Message, side: Side) -> bool:
    return message.visibility in readable_by(side)


def readable_by(side: Side) -> tuple[Visibility, ...]:
    return tuple(Visibility) if side is Side.FIRM else (Visibility.SHARED,)
