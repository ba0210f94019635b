"""The texts of a conversation that rules compare with: what went to a person, and its internal messages."""

from datetime import datetime

from sqlalchemy.orm import Session

from storage import conversations, messages, outbox, people
from storage.records import ClientId, Conversation, ConversationId, Message, Participant, Person
from worker.core.new_text import Sent
from worker.core.portal_rules import may_read
from worker.flows.house import House


def sent_to(
    session: Session, house: House, conversation: Conversation, reader: Participant, *, until: datetime | None = None
) -> Sent:
    """What this participant may be quoting: our mails to him and what others said that he may read, newest first.

    Not his own messages: who writes the same sentence every month says it every month. ``until``: as it was then.
    """
    mails = [
        each.sent_text
        for each in reversed(outbox.mails_to(session, conversation.id, reader.person_id))
        if each.sent_text and (until is None or each.created_at <= until)
    ]
    said = [
        each
        for each in messages.messages_of(session, conversation.id)
        if others_said(each, reader) and (until is None or each.happened_at <= until)
    ]
    revisions = messages.latest_revisions(session, [each.id for each in said])
    names = [person.name for person in participants(session, conversation.id)]
    return Sent(
        texts=[*mails, *(revisions[each.id].text for each in reversed(said))],
        names=[house.policy.domain, house.policy.firm_name, conversation.subject, *names],
    )


def others_said(message: Message, reader: Participant) -> bool:
    return message.author_id != reader.person_id and may_read(message, reader.side)


def participants(session: Session, conversation_id: ConversationId) -> list[Person]:
    ids = [each.person_id for each in conversations.participants_of(session, conversation_id, also_left=True)]
    return list(people.people_by_ids(session, ids).values())


def note_texts(session: Session, client_id: ClientId) -> list[str]:
    """Every text that an internal message about this client has or had, in whatever conversation."""
    return messages.internal_texts(session, client_id)
