"""Open reasons why a conversation waits for a side. The counters on the conversation move in the same transaction.

``needs action`` is a column with a partial index, not an aggregate: 0.008 ms against 832 ms at a million messages.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from storage.records import ArrivalId, Attention, ConversationId, FilingId, MessageId, OutgoingMailId, PersonId
from storage.rows import change, read_all, selecting
from storage.statements import AMONG, add_rows, changing_among, keyed, once
from storage.states import AttentionReason, Side
from storage.tables.conversations import attention, conversations

LOCK = select(conversations.c.id).where(conversations.c.id == bindparam("locked")).with_for_update()


def counted(side: Side) -> ScalarSelect[int]:
    which = (attention.c.conversation_id == conversations.c.id, attention.c.side == side)
    return (
        select(func.count())
        .select_from(attention)
        .where(*which, attention.c.closed_at.is_(None))
        .correlate(conversations)
        .scalar_subquery()
    )


RECOUNT = (
    update(conversations)
    .where(conversations.c.id == bindparam("counted"))
    .values(client_attention=counted(Side.CLIENT), firm_attention=counted(Side.FIRM))
)


def open_attention(
    session: Session,
    conversation_id: ConversationId,
    side: Side,
    reason: AttentionReason,
    *,
    now: datetime,
    message_id: MessageId | None = None,
    outgoing_mail_id: OutgoingMailId | None = None,
    filing_id: FilingId | None = None,
    arrival_id: ArrivalId | None = None,
) -> None:
    """``arrival_id``: of what is in quarantine and has no filing yet."""
    lock(session, conversation_id)
    row = {
        "conversation_id": conversation_id,
        "side": side,
        "reason": reason,
        "message_id": message_id,
        "outgoing_mail_id": outgoing_mail_id,
        "filing_id": filing_id,
        "arrival_id": arrival_id,
        "since": now,
    }
    add_rows(session, attention, [row])
    recount(session, conversation_id)


def close_attention(
    session: Session,
    conversation_id: ConversationId,
    side: Side,
    reasons: Collection[AttentionReason],
    *,
    now: datetime,
    why: str,
    by_id: PersonId | None = None,
    message_id: MessageId | None = None,
    outgoing_mail_id: OutgoingMailId | None = None,
) -> int:
    """Close what is open for these reasons (of one message or mail, when given); how many there were."""
    lock(session, conversation_id)
    about = {"message_id": message_id, "outgoing_mail_id": outgoing_mail_id}
    keys = {"conversation_id": conversation_id, "side": side}
    keys |= {name: value for name, value in about.items() if value is not None}
    values = {"closed_at": now, "closed_by_id": by_id, "closed_why": why}
    asked = keyed(keys) | {AMONG: list(reasons)} | values
    closed = len(session.execute(closing_open(*keys), asked).fetchall())
    if closed:
        recount(session, conversation_id)
    return closed


@once
def closing_open(*keys: str) -> Any:
    return changing_among(attention, "reason", *keys).where(attention.c.closed_at.is_(None))


def close_arrival(session: Session, conversation_id: ConversationId, arrival_id: ArrivalId, *, now: datetime) -> None:
    """Close what this quarantined mail opened; a row from before revision 0007 names none."""
    lock(session, conversation_id)
    which = (
        attention.c.conversation_id == conversation_id,
        attention.c.reason == AttentionReason.HELD,
        attention.c.filing_id.is_(None),
        or_(attention.c.arrival_id == arrival_id, attention.c.arrival_id.is_(None)),
        attention.c.closed_at.is_(None),
    )
    if change(session, attention, *which, closed_at=now, closed_why="filed after all"):
        recount(session, conversation_id)


def close_filing(
    session: Session,
    conversation_id: ConversationId,
    filing_id: FilingId,
    *,
    now: datetime,
    why: str,
    by_id: PersonId,
) -> None:
    """Close what a held mail opened."""
    lock(session, conversation_id)
    which = (attention.c.filing_id == filing_id, attention.c.closed_at.is_(None))
    if change(session, attention, *which, closed_at=now, closed_why=why, closed_by_id=by_id):
        recount(session, conversation_id)


def lock(session: Session, conversation_id: ConversationId) -> None:
    """One writer per conversation: two that count at once would each write what it saw. SQLite has one anyway."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(LOCK, {"locked": conversation_id})


def open_reasons(session: Session, conversation_id: ConversationId) -> list[Attention]:
    which = (attention.c.conversation_id == conversation_id, attention.c.closed_at.is_(None))
    return read_all(session, Attention, selecting(Attention, attention, *which).order_by(attention.c.id))


def recount(session: Session, conversation_id: ConversationId) -> None:
    """Write the counters of a conversation anew from its open rows. Under its lock: PostgreSQL counts what was
    committed when this statement began.
    """
    session.execute(RECOUNT, {"counted": conversation_id})
