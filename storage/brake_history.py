"""How often and what somebody wrote by mail into a conversation lately: what the brake is decided by."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from storage.records import ConversationId, PersonId
from storage.rows import Where
from storage.states import Origin, Outcome, Side
from storage.tables.conversations import attachments, conversations, messages, revisions
from storage.tables.inbox import filings
from storage.tables.mail import outgoing_mails
from storage.tables.people import contacts

MOST_OURS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedMail:
    happened_at: datetime
    text: str
    has_files: bool


def posted_by(
    conversation_id: ConversationId, person_id: PersonId, since: datetime, until: datetime
) -> tuple[Where, ...]:
    return (
        messages.c.conversation_id == conversation_id,
        messages.c.happened_at > since,
        messages.c.happened_at <= until,
        messages.c.author_id == person_id,
        messages.c.origin == Origin.MAIL,
    )


def count_posted(
    session: Session, conversation_id: ConversationId, person_id: PersonId, *, since: datetime, until: datetime
) -> int:
    """Also messages that were deleted or edited since."""
    counted = select(func.count()).select_from(messages).where(*posted_by(conversation_id, person_id, since, until))
    return int(session.execute(counted).scalar_one())


def last_posted(
    session: Session,
    conversation_id: ConversationId,
    person_id: PersonId,
    *,
    since: datetime,
    until: datetime,
    most: int,
) -> list[PostedMail]:
    """The newest first, with the text as it came."""
    has_files = exists().where(attachments.c.message_id == messages.c.id)
    wanted = (
        select(messages.c.happened_at, revisions.c.text, has_files)
        .join(revisions, (revisions.c.message_id == messages.c.id) & (revisions.c.number == 1))
        .where(*posted_by(conversation_id, person_id, since, until))
        .order_by(messages.c.happened_at.desc(), messages.c.id.desc())
        .limit(most)
    )
    return [
        PostedMail(happened_at=row[0], text=row[1], has_files=bool(row[2])) for row in session.execute(wanted).all()
    ]


def count_held(
    session: Session, conversation_id: ConversationId, sender: str, reasons: Collection[str], *, since: datetime
) -> int:
    """His mails that were held for these reasons, decided about or not."""
    counted = select(func.count()).where(
        filings.c.conversation_id == conversation_id,
        filings.c.sender == sender,
        filings.c.outcome == Outcome.HELD,
        filings.c.reason.in_(reasons),
        filings.c.filed_at > since,
    )
    return int(session.execute(counted).scalar_one())


def count_opened(session: Session, person_id: PersonId, *, since: datetime) -> int:
    """Conversations that this contact started, by whatever way."""
    theirs = select(contacts.c.client_id).where(contacts.c.person_id == person_id)
    counted = select(func.count()).where(
        conversations.c.client_id.in_(theirs),
        conversations.c.starter_id == person_id,
        conversations.c.starter_side == Side.CLIENT,
        conversations.c.opened_at > since,
    )
    return int(session.execute(counted).scalar_one())


def ours_to(
    session: Session, conversation_id: ConversationId, person_id: PersonId, *, since: datetime
) -> tuple[tuple[datetime, ...], ...]:
    """When each mail of ours to him went, oldest first: its Date, and when the relay took it.

    Both, for what the relay said may be recorded only after his own answer came.
    """
    mails = outgoing_mails.c
    wanted = (
        select(mails.dated_at, mails.accepted_at)
        .where(mails.conversation_id == conversation_id, mails.person_id == person_id, mails.dated_at.is_not(None))
        .order_by(mails.id.desc())
        .limit(MOST_OURS)
    )
    times = [tuple(at for at in row if at is not None) for row in session.execute(wanted).all()]
    return tuple(each for each in reversed(times) if max(each) > since)
