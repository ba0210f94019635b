"""What an event does to the open reasons of a conversation. Each reason is closed by its own events only.

Decisions where DESIGN.md leaves room (docs/decisions/003): ``started`` waits for the client's side when the firm wrote,
without wanting an answer, in a conversation that the client's side started: it is theirs to close. Closing a
conversation ends ``asked``, ``started``, ``wrote``; a failed mail or a held mail stays until somebody dealt with it.
"""

from dataclasses import dataclass

from storage.records import Conversation, Message
from storage.states import AttentionReason, MessageKind, Side, Visibility


@dataclass(frozen=True, slots=True)
class Opens:
    side: Side
    reason: AttentionReason


@dataclass(frozen=True, slots=True)
class Closes:
    side: Side
    reasons: tuple[AttentionReason, ...]
    why: str


Move = Opens | Closes

ANSWERED = (AttentionReason.ASKED, AttentionReason.STARTED)


def after_post(conversation: Conversation, message: Message, *, is_thanks: bool) -> list[Move]:
    """``is_thanks``: the text is nothing but thanks and brings no file; it never needs an answer."""
    if message.visibility is Visibility.INTERNAL or message.kind is MessageKind.SYSTEM:
        return []
    if message.author_side is Side.CLIENT:
        answered = Closes(Side.CLIENT, ANSWERED, "a contact wrote")
        return [answered] if is_thanks else [answered, Opens(Side.FIRM, AttentionReason.WROTE)]
    moves: list[Move] = [Closes(Side.FIRM, (AttentionReason.WROTE,), "the firm wrote")]
    if message.answer_wanted:
        moves.append(Opens(Side.CLIENT, AttentionReason.ASKED))
    elif conversation.starter_side is Side.CLIENT:
        moves.append(Opens(Side.CLIENT, AttentionReason.STARTED))
    return moves


def after_close() -> list[Move]:
    return [
        Closes(Side.CLIENT, ANSWERED, "the conversation was closed"),
        Closes(Side.FIRM, (AttentionReason.WROTE,), "the conversation was closed"),
    ]


def after_done() -> list[Move]:
    settled = (AttentionReason.WROTE, AttentionReason.MAIL_FAILED)
    return [Closes(Side.FIRM, settled, "a case manager marked it done")]
