"""The texts of a conversation that the cut compares with: what went to a person, and what others said."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from storage import conversations, people, sent_texts
from storage.records import Conversation, ConversationId, OutgoingMail, Participant, Person
from worker.core.new_text import Sent
from worker.core.portal_rules import readable_by
from worker.flows.house import House


def sent_to(
    session: Session,
    house: House,
    conversation: Conversation,
    reader: Participant,
    *,
    answered: Sequence[OutgoingMail] = (),
    until: datetime | None = None,
) -> Sent:
    """What this participant may be quoting: our mails to him and what others said that he may read, newest first.

    Of a long conversation the newest ones, and those that his mail says it answers (``answered``), however old. Not
    his own messages: who writes the same sentence every month says it every month. ``until``: as it was then.
    """
    mails = sent_texts.texts_of_mails_to(session, conversation.id, reader.person_id, until=until)
    readable = readable_by(reader.side)
    said = sent_texts.texts_of_others(session, conversation.id, reader.person_id, readable=readable, until=until)
    named = [each.sent_text for each in answered if is_to(each, conversation, reader) and each.sent_text]
    names = [person.name for person in participants(session, conversation.id)]
    return Sent(
        texts=[*mails, *(each for each in named if each not in mails), *said],
        names=[house.policy.domain, house.policy.firm_name, conversation.subject, *names],
    )


def is_to(mail: OutgoingMail, conversation: Conversation, reader: Participant) -> bool:
    return (mail.conversation_id, mail.person_id) == (conversation.id, reader.person_id)


def participants(session: Session, conversation_id: ConversationId) -> list[Person]:
    ids = [each.person_id for each in conversations.participants_of(session, conversation_id, also_left=True)]
    return list(people.people_by_ids(session, ids).values())
