"""What somebody may be quoting: the texts of our mails to him, and what others said in the conversation.

Both bounded and newest first, so that a reply in a conversation of ten years costs what one in a new one costs.
"""

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from storage.records import ConversationId, PersonId
from storage.states import Visibility
from storage.tables.conversations import messages, revisions
from storage.tables.mail import outgoing_mails

MOST_MAILS = 100
MOST_MESSAGES = 100

TEXTS_OF_MAILS = (
    select(outgoing_mails.c.sent_text)
    .where(
        outgoing_mails.c.conversation_id == bindparam("conversation"), outgoing_mails.c.person_id == bindparam("person")
    )
    .order_by(outgoing_mails.c.id.desc())
    .limit(MOST_MAILS)
)
SAID_BY_OTHERS = (
    select(messages.c.id, messages.c.happened_at)
    .where(
        messages.c.conversation_id == bindparam("conversation"),
        func.coalesce(messages.c.author_id, 0) != bindparam("person"),
        messages.c.visibility.in_(bindparam("readable", expanding=True)),
    )
    .order_by(messages.c.happened_at.desc(), messages.c.id.desc())
    .limit(MOST_MESSAGES)
    .subquery("said")
)
TEXTS_OF_MESSAGES = (
    select(revisions.c.message_id, revisions.c.text)
    .join(SAID_BY_OTHERS, SAID_BY_OTHERS.c.id == revisions.c.message_id)
    .order_by(SAID_BY_OTHERS.c.happened_at.desc(), SAID_BY_OTHERS.c.id.desc(), revisions.c.number.desc())
)


def texts_of_mails_to(session: Session, conversation_id: ConversationId, person_id: PersonId) -> list[str]:
    """Of the newest mails of this mail thread, newest first."""
    found = session.execute(TEXTS_OF_MAILS, {"conversation": conversation_id, "person": person_id})
    return [each for each in found.scalars() if each]


def texts_of_others(
    session: Session, conversation_id: ConversationId, person_id: PersonId, *, readable: tuple[Visibility, ...]
) -> list[str]:
    """The newest revisions of the newest messages that others wrote, newest first."""
    asked = {"conversation": conversation_id, "person": person_id, "readable": list(readable)}
    latest: dict[int, str] = {}
    for each in session.execute(TEXTS_OF_MESSAGES, asked):
        latest.setdefault(each.message_id, each.text)
    return list(latest.values())
