"""Messages with their immutable revisions. What files they carry: ``attached``."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from storage.records import (
    ClientId,
    ConversationId,
    InboundMailId,
    Message,
    MessageId,
    PersonId,
    Revision,
    RevisionId,
)
from storage.rows import add, read_all, read_one, selecting
from storage.statements import add_row_and_read, add_rows, change_by, read_by
from storage.states import MessageKind, Origin, Side, Visibility
from storage.tables.conversations import conversations, messages, revisions

MOST_AT_ONCE = 500
TO_THE_TOP = (
    update(conversations)
    .where(conversations.c.id == bindparam("moved"), conversations.c.last_happened_at < bindparam("at"))
    .values(last_happened_at=bindparam("at"))
)


def add_message(
    session: Session,
    *,
    conversation_id: ConversationId,
    author_id: PersonId | None,
    author_side: Side,
    text: str,
    happened_at: datetime,
    now: datetime,
    origin: Origin,
    kind: MessageKind = MessageKind.WRITTEN,
    visibility: Visibility = Visibility.SHARED,
    answer_wanted: bool = False,
    sender_unverified: bool = False,
    external_id: str | None = None,
    inbound_mail_id: InboundMailId | None = None,
    quoted_text: str | None = None,
    cut_rule: str | None = None,
    cut_confidence: float | None = None,
) -> Message:
    """A message and its first revision; the conversation moves to the top of the lists."""
    made = add_row_and_read(
        session,
        Message,
        messages,
        conversation_id=conversation_id,
        author_id=author_id,
        author_side=author_side,
        kind=kind,
        visibility=visibility,
        origin=origin,
        answer_wanted=answer_wanted,
        sender_unverified=sender_unverified,
        happened_at=happened_at,
        created_at=now,
        external_id=external_id,
        inbound_mail_id=inbound_mail_id,
    )
    first = {
        "message_id": made.id,
        "number": 1,
        "text": text,
        "quoted_text": quoted_text,
        "cut_rule": cut_rule,
        "cut_confidence": cut_confidence,
        "by_id": author_id,
        "created_at": now,
    }
    add_rows(session, revisions, [first])
    session.execute(TO_THE_TOP, {"moved": conversation_id, "at": happened_at})
    return made


def message(session: Session, message_id: MessageId) -> Message | None:
    return read_by(session, Message, messages, id=message_id)


def message_by_external_id(session: Session, external_id: str) -> Message | None:
    return read_one(session, Message, selecting(Message, messages, messages.c.external_id == external_id))


def messages_of(session: Session, conversation_id: ConversationId) -> list[Message]:
    wanted = selecting(Message, messages, messages.c.conversation_id == conversation_id)
    return read_all(session, Message, wanted.order_by(messages.c.happened_at, messages.c.id))


def messages_by_ids(session: Session, ids: Sequence[MessageId]) -> dict[MessageId, Message]:
    if not ids:
        return {}
    found = read_all(session, Message, selecting(Message, messages, messages.c.id.in_(ids)))
    return {each.id: each for each in found}


def visibilities_of(session: Session, ids: Collection[MessageId]) -> dict[MessageId, Visibility]:
    wanted = select(messages.c.id, messages.c.visibility).where(messages.c.id.in_(ids))
    return {row[0]: row[1] for row in session.execute(wanted)}


@cache
def newest_first(most: int) -> Select[Any]:
    wanted = selecting(Message, messages, messages.c.conversation_id == bindparam("talk"))
    return wanted.order_by(messages.c.happened_at.desc(), messages.c.id.desc()).limit(most)


def last_messages(session: Session, conversation_id: ConversationId, *, most: int) -> list[Message]:
    """The newest messages of a conversation, newest first."""
    found = session.execute(newest_first(most), {"talk": conversation_id})
    return [Message(**row._mapping) for row in found]  # noqa: SLF001 - SQLAlchemy's public name


NEWEST = (
    select(messages.c.id, messages.c.author_id, messages.c.visibility)
    .where(messages.c.conversation_id == bindparam("talk"))
    .order_by(messages.c.happened_at.desc(), messages.c.id.desc())
    .limit(50)
    .subquery("newest")
)
OF_OTHERS = (
    select(NEWEST.c.id)
    .where(
        NEWEST.c.id > bindparam("after"),
        func.coalesce(NEWEST.c.author_id, 0) != bindparam("author"),
        NEWEST.c.visibility.in_(bindparam("readable", expanding=True)),
    )
    .limit(1)
)


def has_message_of_others(
    session: Session,
    conversation_id: ConversationId,
    *,
    after: MessageId,
    author_id: PersonId | None,
    readable: Sequence[Visibility],
) -> bool:
    """Whether anybody but this author wrote, after this message, something with one of these visibilities. Of a long
    conversation the newest 50 messages are looked at.
    """
    asked = {"talk": conversation_id, "after": after, "author": author_id or 0, "readable": list(readable)}
    return session.execute(OF_OTHERS, asked).first() is not None


def quotable_before(
    session: Session, conversation_id: ConversationId, first: MessageId, *, not_by: PersonId, passed_on: bool, most: int
) -> list[Message]:
    """The newest shared messages by others from before ``first`` that were not deleted, newest first. ``passed_on``:
    also what a case manager passed on.
    """
    c = messages.c
    by_others = or_(c.author_id.is_(None), c.author_id != not_by)
    there = (c.conversation_id == conversation_id, c.id < first, c.visibility == Visibility.SHARED)
    wanted = selecting(Message, messages, *there, c.deleted_at.is_(None), by_others)
    if not passed_on:
        wanted = wanted.where(c.forwarded_by_id.is_(None))
    return read_all(session, Message, wanted.order_by(c.happened_at.desc(), c.id.desc()).limit(most))


def first_messages(session: Session, conversation_ids: Collection[ConversationId]) -> dict[ConversationId, MessageId]:
    """The lowest id in each conversation."""
    wanted = select(messages.c.conversation_id, func.min(messages.c.id))
    among = messages.c.conversation_id.in_(conversation_ids)
    return {row[0]: row[1] for row in session.execute(wanted.where(among).group_by(messages.c.conversation_id))}


def update_message(session: Session, message_id: MessageId, **values: object) -> None:
    change_by(session, messages, {"id": message_id}, **values)


def add_revision(
    session: Session,
    message_id: MessageId,
    *,
    text: str,
    by_id: PersonId | None,
    now: datetime,
    tombstone: bool = False,
) -> RevisionId:
    newest = select(func.coalesce(func.max(revisions.c.number), 0) + 1).where(revisions.c.message_id == message_id)
    return RevisionId(
        add(
            session,
            revisions,
            message_id=message_id,
            number=newest.scalar_subquery(),
            text=text,
            tombstone=tombstone,
            by_id=by_id,
            created_at=now,
        )
    )


def revisions_of(session: Session, message_ids: Sequence[MessageId]) -> list[Revision]:
    if not message_ids:
        return []
    wanted = selecting(Revision, revisions, revisions.c.message_id.in_(message_ids))
    return read_all(session, Revision, wanted.order_by(revisions.c.message_id, revisions.c.number))


def internal_revisions(
    session: Session, client_id: ClientId, *, but: Collection[RevisionId] = ()
) -> dict[RevisionId, str]:
    """The texts of all internal messages about a client, older revisions too. ``but``: those that are known already;
    by number and not by "newer than", for what commits late has a lower number.
    """
    wanted = said_about(client_id, Visibility.INTERNAL)
    if not but:
        return {row.id: row.text for row in session.execute(wanted)}
    ids = session.execute(wanted.with_only_columns(revisions.c.id)).scalars()
    left = [each for each in ids if each not in but]
    found: dict[RevisionId, str] = {}
    for at in range(0, len(left), MOST_AT_ONCE):
        some = revisions.c.id.in_(left[at : at + MOST_AT_ONCE])
        texts = select(revisions.c.id, revisions.c.text).where(some)
        found |= {row.id: row.text for row in session.execute(texts)}
    return found


def shared_texts(session: Session, client_id: ClientId) -> Iterator[str]:
    """Everything that the client's side may read or could read once, one by one."""
    last = 0
    while True:
        wanted = said_about(client_id, Visibility.SHARED).where(revisions.c.id > last)
        rows = session.execute(wanted.order_by(revisions.c.id).limit(MOST_AT_ONCE)).all()
        yield from (row.text for row in rows)
        if len(rows) < MOST_AT_ONCE:
            return
        last = rows[-1].id


def said_about(client_id: ClientId, visibility: Visibility) -> Select[Any]:
    return (
        select(revisions.c.id, revisions.c.text)
        .join(messages, messages.c.id == revisions.c.message_id)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(conversations.c.client_id == client_id, messages.c.visibility == visibility)
    )


def texts_of(
    session: Session, conversation_ids: Collection[ConversationId], visibility: Visibility
) -> dict[ConversationId, list[str]]:
    """All that was said in conversations so that these may read it, older revisions too; those with nothing are left
    out.
    """
    wanted = (
        select(messages.c.conversation_id, revisions.c.text)
        .join(messages, messages.c.id == revisions.c.message_id)
        .where(messages.c.conversation_id.in_(conversation_ids), messages.c.visibility == visibility)
    )
    found: dict[ConversationId, list[str]] = {}
    for conversation_id, text in session.execute(wanted):
        found.setdefault(conversation_id, []).append(text)
    return found


def latest_revisions(session: Session, message_ids: Sequence[MessageId]) -> dict[MessageId, Revision]:
    return {each.message_id: each for each in revisions_of(session, message_ids)}


def newest_revisions(session: Session, message_ids: Collection[MessageId]) -> dict[MessageId, tuple[RevisionId, bool]]:
    """Each message's newest revision without its text: its id, and whether it is a tombstone."""
    c = revisions.c
    wanted = select(c.message_id, c.id, c.tombstone).where(c.message_id.in_(message_ids))
    return {row[0]: (row[1], row[2]) for row in session.execute(wanted.order_by(c.message_id, c.number))}


def revisions_by_ids(session: Session, ids: Sequence[RevisionId]) -> dict[RevisionId, Revision]:
    if not ids:
        return {}
    found = read_all(session, Revision, selecting(Revision, revisions, revisions.c.id.in_(ids)))
    return {each.id: each for each in found}
