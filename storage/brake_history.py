"""How often and what somebody wrote by mail lately: what the brake is decided by, for many mails by few statements."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, exists, func, literal, not_, null, select, union_all
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from storage.records import ConversationId, PersonId
from storage.states import Origin, Side
from storage.tables.conversations import attachments, conversations, files, messages, participants, revisions
from storage.tables.inbox import filings
from storage.tables.mail import outgoing_mails
from storage.tables.people import contacts

MOST_OURS = 20
POSTED, HELD = "posted", "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Who wrote a mail of ``until`` into a conversation, as a person and by his address; counted after ``since``."""

    conversation_id: ConversationId
    person_id: PersonId
    sender: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lately:
    """How many of his mails became messages there, also such as were deleted since, and how many were held."""

    posted: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedMail:
    happened_at: datetime
    text: str
    has_files: bool


WRITER: ColumnElement[int] = func.coalesce(messages.c.forwarded_by_id, messages.c.author_id)
"""Whose mail a message came by: what a case manager passed on is his mail, though not his words."""

MAILS_THERE = union_all(
    select(
        literal(POSTED).label("what"),
        messages.c.conversation_id,
        WRITER.label("author_id"),
        null().label("sender"),
        messages.c.happened_at.label("at"),
        func.coalesce(messages.c.inbound_mail_id, -messages.c.id).label("mail"),
    )
    .distinct()  # a forward and the note beside it are one mail
    .where(
        messages.c.conversation_id.in_(bindparam("places", expanding=True)),
        messages.c.happened_at > bindparam("since"),
        messages.c.happened_at <= bindparam("until"),
        messages.c.origin == Origin.MAIL,
    ),
    select(
        literal(HELD).label("what"),
        filings.c.conversation_id,
        null().label("author_id"),
        filings.c.sender,
        filings.c.filed_at.label("at"),
        filings.c.inbound_mail_id.label("mail"),
    ).where(
        sql("filings.outcome = 'held'"),  # in words, for ix_filings_held_in knows no parameter
        filings.c.conversation_id.in_(bindparam("places", expanding=True)),
        filings.c.filed_at > bindparam("since"),
        filings.c.reason.in_(bindparam("reasons", expanding=True)),
    ),
)


def written_lately(session: Session, writers: Sequence[Writer], reasons: Collection[str]) -> dict[Writer, Lately]:
    """``reasons``: of those mails that count as held, decided about or not. One statement for all writers."""
    if not writers:
        return {}
    asked = {
        "places": sorted({each.conversation_id for each in writers}),
        "since": min(each.since for each in writers),
        "until": max(each.until for each in writers),
        "reasons": list(reasons),
    }
    rows = session.execute(MAILS_THERE, asked).all()
    posted = [(each.conversation_id, each.author_id, each.at) for each in rows if each.what == POSTED]
    held = [(each.conversation_id, each.sender, each.at) for each in rows if each.what == HELD]
    return {
        each: Lately(
            posted=count_between(posted, (each.conversation_id, each.person_id), each.since, each.until),
            held=count_between(held, (each.conversation_id, each.sender), each.since, None),
        )
        for each in writers
    }


def count_between(
    mails: Iterable[tuple[int, object, datetime]], key: tuple[int, object], since: datetime, until: datetime | None
) -> int:
    return sum((place, who) == key and since < at and (until is None or at <= until) for place, who, at in mails)


def last_posted(session: Session, writer: Writer, *, most: int, largest_logo: int) -> list[PostedMail]:
    """The newest first, with the text as it came. Images within a text of at most ``largest_logo`` bytes are none."""
    is_logo = attachments.c.inline & files.c.media_type.startswith("image/") & (files.c.size <= largest_logo)
    theirs = (attachments.c.message_id == messages.c.id, files.c.id == attachments.c.file_id)
    has_files = exists().where(*theirs, not_(is_logo))
    wanted = (
        select(messages.c.happened_at, revisions.c.text, has_files, messages.c.inbound_mail_id)
        .join(revisions, (revisions.c.message_id == messages.c.id) & (revisions.c.number == 1))
        .where(
            messages.c.conversation_id == writer.conversation_id,
            messages.c.happened_at > writer.since,
            messages.c.happened_at <= writer.until,
            WRITER.in_([writer.person_id]),
            messages.c.origin == Origin.MAIL,
        )
        .order_by(messages.c.happened_at.desc(), messages.c.id.desc())
        .limit(2 * most)
    )
    # Of a forward with a note beside it the older row is what was passed on.
    mails = {row[3]: row for row in session.execute(wanted).all()}
    found = [PostedMail(happened_at=row[0], text=row[1], has_files=bool(row[2])) for row in mails.values()]
    return found[:most]


def opened_lately(
    session: Session, persons: Collection[PersonId], *, since: datetime
) -> list[tuple[PersonId, datetime]]:
    """(who, when) of the conversations that these persons started, by whatever way, or by passing on a mail."""
    if not persons:
        return []
    theirs = select(contacts.c.client_id).where(contacts.c.person_id.in_(sorted(persons)))
    wanted = select(conversations.c.starter_id, conversations.c.opened_at).where(
        conversations.c.client_id.in_(theirs),
        conversations.c.starter_id.in_(sorted(persons)),
        conversations.c.starter_side == Side.CLIENT,
        conversations.c.opened_at > since,
    )
    passed_on = exists().where(
        messages.c.conversation_id == conversations.c.id, messages.c.forwarded_by_id == participants.c.person_id
    )
    by_firm = (
        select(participants.c.person_id, conversations.c.opened_at)
        .join(conversations, conversations.c.id == participants.c.conversation_id)
        .where(
            participants.c.person_id.in_(sorted(persons)),
            participants.c.joined_at > since,
            conversations.c.opened_at > since,
            ((conversations.c.starter_side == Side.FIRM) & (conversations.c.starter_id == participants.c.person_id))
            | passed_on,
        )
    )
    return [(row[0], row[1]) for each in (wanted, by_firm) for row in session.execute(each).all()]


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
