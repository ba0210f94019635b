"""What somebody may be quoting: the texts of our mails to him, and what others said in the conversation.

Both bounded and newest first, so that a reply in a conversation of ten years costs what one in a new one costs.
"""

from datetime import datetime

from sqlalchemy import Select, bindparam, func, select
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
)


def texts_of(said: Select[tuple[int, datetime]]) -> Select[tuple[int, str]]:
    """Every revision of these messages, newest first."""
    rows = said.subquery("said")
    return (
        select(revisions.c.message_id, revisions.c.text)
        .join(rows, rows.c.id == revisions.c.message_id)
        .order_by(rows.c.happened_at.desc(), rows.c.id.desc(), revisions.c.number.desc())
    )


TEXTS_OF_MESSAGES = texts_of(SAID_BY_OTHERS)


def texts_of_mails_to(
    session: Session, conversation_id: ConversationId, person_id: PersonId, *, until: datetime | None = None
) -> list[str]:
    """Of the newest mails of this mail thread, newest first. ``until``: of those that there were then."""
    wanted = TEXTS_OF_MAILS if until is None else TEXTS_OF_MAILS.where(outgoing_mails.c.created_at <= until)
    found = session.execute(wanted, {"conversation": conversation_id, "person": person_id})
    return [each for each in found.scalars() if each]


def texts_of_others(
    session: Session,
    conversation_id: ConversationId,
    person_id: PersonId,
    *,
    readable: tuple[Visibility, ...],
    until: datetime | None = None,
) -> list[str]:
    """The newest revisions of the newest messages that others wrote, newest first. ``until``: of the messages then."""
    wanted = TEXTS_OF_MESSAGES if until is None else texts_of(SAID_BY_OTHERS.where(messages.c.happened_at <= until))
    asked = {"conversation": conversation_id, "person": person_id, "readable": list(readable)}
    latest: dict[int, str] = {}
    for each in session.execute(wanted, asked):
        latest.setdefault(each.message_id, each.text)
    return list(latest.values())
