"""The portal's interface: close, reopen, done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from storage import conversations, operation
from storage.records import Conversation, ConversationId, PersonId
from storage.states import Side
from worker.core import portal_rules
from worker.core.attention_rules import after_done
from worker.core.refusals import No, Refused
from worker.flows.conversations import side_in
from worker.flows.house import House
from worker.flows.posting import apply_moves, close_now, open_again


@dataclass(frozen=True, slots=True)
class Done:
    """What was asked is so."""


Rule = Callable[[Conversation, Side | None], Refused | None]
Step = Callable[[Session, Conversation, datetime], None]


def close_conversation(house: House, *, by: PersonId, conversation_id: ConversationId) -> Done | Refused:
    """A contact closes what the client's side started, a case manager any."""

    def close(session: Session, conversation: Conversation, now: datetime) -> None:
        close_now(session, conversation, by_id=by, now=now)

    return move(house, by, conversation_id, portal_rules.may_close, close)


def reopen_conversation(house: House, *, by: PersonId, conversation_id: ConversationId) -> Done | Refused:
    """Anybody of the two sides opens it again."""

    def reopen(session: Session, conversation: Conversation, now: datetime) -> None:
        open_again(session, conversation, by_id=by, now=now)

    return move(house, by, conversation_id, portal_rules.may_reopen, reopen)


def mark_done(house: House, *, by: PersonId, conversation_id: ConversationId) -> Done | Refused:
    """A case manager has dealt with what waited for the firm: what was written, a mail that failed."""

    def done(session: Session, conversation: Conversation, now: datetime) -> None:
        apply_moves(session, conversation, after_done(), now=now, by_id=by)
        operation.note_event(session, "done", now=now, conversation_id=conversation_id, details={"by": by})

    return move(house, by, conversation_id, lambda _conversation, side: portal_rules.may_mark_done(side), done)


def move(house: House, by: PersonId, conversation_id: ConversationId, rule: Rule, step: Step) -> Done | Refused:
    """Lock, ask the rule, take the step: one transaction."""
    with house.database.writing() as session:
        conversation = conversations.lock_conversation(session, conversation_id)
        if conversation is None:
            return Refused(No.UNKNOWN)
        no = rule(conversation, side_in(session, conversation.client_id, by))
        if no:
            return no
        step(session, conversation, house.now(session))
    return Done()
