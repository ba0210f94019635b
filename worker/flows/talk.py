"""The conversation that an outgoing mail belongs to, seen from its reader."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from storage import conversations, people
from storage.records import Client, Conversation, OutgoingMail, Participant
from worker.flows.house import there


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """The conversation a mail belongs to, seen from its reader."""

    conversation: Conversation
    client: Client
    reader: Participant


def talk_of(session: Session, mail: OutgoingMail) -> Talk | None:
    if mail.conversation_id is None or mail.person_id is None:
        return None
    conversation = there(conversations.conversation(session, mail.conversation_id))
    reader = conversations.participant_of(session, conversation.id, mail.person_id)
    if reader is None:
        return None
    return Talk(
        conversation=conversation,
        client=there(people.client(session, conversation.client_id)),
        reader=reader,
    )
