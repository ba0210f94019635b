"""What a mail thread is made of: the ids of our mails to a person in a conversation, and of his own last mail."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.records import ConversationId, OutgoingMailId, PersonId
from storage.states import Visibility
from storage.tables.inbox import filings
from storage.tables.mail import outgoing_mails

mails = outgoing_mails
Talk = tuple[ConversationId, PersonId]


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLink:
    """A mail of ours that was made; ``at``: its date."""

    mail_id: OutgoingMailId
    visibility: Visibility
    message_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLink:
    """The last mail that the person himself wrote into the conversation; ``message_id`` as his program made it."""

    message_id: str
    at: datetime


def sent_links(session: Session, talks: Collection[Talk]) -> dict[Talk, list[SentLink]]:
    """Oldest first. What is in none of these threads may be among it."""
    c = mails.c
    wanted = select(c.conversation_id, c.person_id, c.id, c.visibility, c.message_id, c.dated_at, c.opened_at).where(
        c.conversation_id.in_({each[0] for each in talks}),
        c.person_id.in_({each[1] for each in talks}),
        c.message_id.is_not(None),
    )
    found: dict[Talk, list[SentLink]] = {}
    for row in session.execute(wanted.order_by(c.id)):
        link = SentLink(mail_id=row[2], visibility=row[3], message_id=row[4], at=row[5] or row[6])
        found.setdefault((row[0], row[1]), []).append(link)
    return found


def own_links(session: Session, talks: Collection[Talk]) -> dict[Talk, OwnLink]:
    c = filings.c
    wanted = select(c.conversation_id, c.person_id, c.mail_message_id, c.filed_at).where(
        c.conversation_id.in_({each[0] for each in talks}),
        c.person_id.in_({each[1] for each in talks}),
        c.message_id.is_not(None),
    )
    newest = {(row[0], row[1]): (row[2], row[3]) for row in session.execute(wanted.order_by(c.id))}
    return {talk: OwnLink(message_id=name, at=at) for talk, (name, at) in newest.items() if name}
