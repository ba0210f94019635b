"""The texts of a conversation that rules compare with: what went to a person, and its internal messages."""

from sqlalchemy.orm import Session

from storage import conversations, messages, outbox, people
from storage.records import Conversation, ConversationId, Person, PersonId
from storage.states import Visibility
from worker.core.new_text import Sent
from worker.flows.house import House


def sent_to(session: Session, house: House, conversation: Conversation, person_id: PersonId) -> Sent:
    """What this person may be quoting: the texts of our mails to him and the conversation's messages, newest first."""
    mails = [
        each.sent_text for each in reversed(outbox.mails_to(session, conversation.id, person_id)) if each.sent_text
    ]
    said = list(reversed(messages.messages_of(session, conversation.id)))
    revisions = messages.latest_revisions(session, [each.id for each in said])
    names = [person.name for person in participants(session, conversation.id)]
    return Sent(
        texts=[*mails, *(revisions[each.id].text for each in said)],
        names=[house.policy.domain, house.policy.firm_name, conversation.subject, *names],
    )


def participants(session: Session, conversation_id: ConversationId) -> list[Person]:
    ids = [each.person_id for each in conversations.participants_of(session, conversation_id, also_left=True)]
    return list(people.people_by_ids(session, ids).values())


def note_texts(session: Session, conversation_id: ConversationId) -> list[str]:
    """Every text that an internal message of the conversation has or had."""
    notes = [
        each.id for each in messages.messages_of(session, conversation_id) if each.visibility is Visibility.INTERNAL
    ]
    return [each.text for each in messages.revisions_of(session, notes)]
