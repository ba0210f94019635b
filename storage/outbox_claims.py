"""Which outgoing mail may go now, and taking it: the gate, the order within a conversation, the claim.

Work is claimed by one UPDATE with a fence number, for several mails at once. A mail is not claimed while an earlier one
of the same conversation and person is due or under way: a client never reads the answer before the question.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.sql.elements import BindParameter, ColumnElement

from storage.records import ConversationId, OutgoingMail, OutgoingMailId, PersonId
from storage.rows import change, columns_of
from storage.states import MailKind, MailState
from storage.tables.columns import UtcDateTime
from storage.tables.mail import outgoing_mails

mails = outgoing_mails
Talk = tuple[ConversationId, PersonId]

LONGEST_PAUSE = timedelta(hours=6)
"""No retry waits longer: what seems to was planned by a clock that had jumped ahead, and is due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Which addresses may be mailed: all of them, or only the listed ones (addresses and ``@domain`` entries).

    ``alarms``: those go to the operator, listed or not.
    """

    everybody: bool
    listed: tuple[str, ...] = ()
    alarms: bool = False


def passes(gate: Gate, normal: str) -> bool:
    return gate.everybody or normal in gate.listed or "@" + normal.rpartition("@")[2] in gate.listed


NOW, FAR = bindparam("at_now", type_=UtcDateTime), bindparam("at_far", type_=UtcDateTime)
IDS: BindParameter[Any] = bindparam("ids", expanding=True)


def at(now: datetime) -> dict[str, datetime]:
    """What the statements below are run with. They are built once per gate: that costs as much as running them."""
    return {"at_now": now, "at_far": now + LONGEST_PAUSE}


def may_be_claimed(gate: Gate) -> ColumnElement[bool]:
    due = or_(mails.c.due_at <= NOW, and_(mails.c.state == MailState.QUEUED, mails.c.due_at > FAR))
    waits = and_(mails.c.state.in_((MailState.WAITING, MailState.QUEUED)), due)
    abandoned = and_(mails.c.state == MailState.SENDING, mails.c.lease_until < NOW)
    earlier = mails.alias("earlier")
    blocked = exists().where(
        earlier.c.conversation_id == mails.c.conversation_id,
        earlier.c.person_id == mails.c.person_id,
        earlier.c.id < mails.c.id,
        or_(
            earlier.c.state == MailState.SENDING,
            and_(
                earlier.c.state.in_((MailState.WAITING, MailState.QUEUED)),
                # A correction never overtakes what it corrects, whatever pause that one is in.
                or_(earlier.c.due_at <= NOW, mails.c.kind == MailKind.CORRECTION),
            ),
        ),
    )
    return and_(or_(waits, abandoned), ~blocked, may_be_mailed(gate))


def may_be_mailed(gate: Gate) -> ColumnElement[bool]:
    if gate.everybody:
        return or_(mails.c.id.is_not(None))
    domains = [entry for entry in gate.listed if entry.startswith("@")]
    alarms = (mails.c.kind == MailKind.ALARM,) if gate.alarms else ()
    return or_(
        mails.c.address.in_(gate.listed),
        *alarms,
        *(mails.c.address.endswith(each, autoescape=True) for each in domains),
    )


ACTIVE = mails.c.state.in_((MailState.WAITING, MailState.QUEUED, MailState.SENDING))


@cache
def statement_of_due(gate: Gate) -> Select[Any]:
    wanted = select(mails.c.id).where(ACTIVE, may_be_claimed(gate))
    return wanted.order_by(mails.c.priority, mails.c.due_at, mails.c.id).limit(bindparam("most"))


def due_mails(session: Session, now: datetime, gate: Gate, *, most: int) -> list[OutgoingMailId]:
    """What the sweep rings for, the most important first."""
    if not gate.everybody and not gate.listed:
        return []
    return list(session.execute(statement_of_due(gate), at(now) | {"most": most}).scalars())


def oldest_due(session: Session, now: datetime, gate: Gate) -> datetime | None:
    """Since when the oldest mail that may go is due; None when none is."""
    if not gate.everybody and not gate.listed:
        return None
    wanted = select(func.min(mails.c.due_at)).where(ACTIVE, may_be_claimed(gate), mails.c.due_at <= NOW)
    told: datetime | None = session.execute(wanted, at(now)).scalar()
    return told


@cache
def statement_of_next(gate: Gate) -> Select[Any]:
    c = mails.c
    among = (
        c.conversation_id.in_(bindparam("conversations", expanding=True)),
        c.person_id.in_(bindparam("people", expanding=True)),
    )
    return select(c.id, c.conversation_id, c.person_id).where(*among, ACTIVE, may_be_claimed(gate)).order_by(c.id)


def next_due_mails(session: Session, talks: Collection[Talk], now: datetime, gate: Gate) -> list[OutgoingMailId]:
    """The mails of these threads that may go now, one of each: what stood in their way went."""
    if not talks or (not gate.everybody and not gate.listed):
        return []
    among = {"conversations": [each[0] for each in talks], "people": [each[1] for each in talks]}
    first: dict[Talk, OutgoingMailId] = {}
    for mail_id, conversation_id, person_id in session.execute(statement_of_next(gate), at(now) | among):
        first.setdefault((conversation_id, person_id), mail_id)
    return [first[each] for each in dict.fromkeys(talks) if each in first]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ripe:
    """A mail that could be claimed a moment ago. ``lost``: a worker had claimed it and its lease ran out."""

    id: OutgoingMailId
    conversation_id: ConversationId | None
    lost: bool


@cache
def statement_of_ripe(gate: Gate) -> Select[Any]:
    c = mails.c
    wanted = select(c.id, c.conversation_id, c.state).where(c.id.in_(IDS), may_be_claimed(gate))
    return wanted.order_by(c.priority, c.due_at, c.id)


def ripe_mails(session: Session, ids: Collection[OutgoingMailId], now: datetime, gate: Gate) -> list[Ripe]:
    """A look without a lock, for the many rings that come too late. The most important first."""
    if not gate.everybody and not gate.listed:
        return []
    rows = session.execute(statement_of_ripe(gate), at(now) | {"ids": list(ids)})
    return [Ripe(id=row[0], conversation_id=row[1], lost=row[2] is MailState.SENDING) for row in rows]


@cache
def statement_of_claim(gate: Gate) -> ReturningUpdate[Any]:
    free = (
        select(mails.c.id)
        .where(mails.c.id.in_(IDS), may_be_claimed(gate))
        .order_by(mails.c.id)
        .with_for_update(skip_locked=True)
        .correlate(None)
    )
    return (
        update(mails)
        .where(mails.c.id.in_(free))
        .values(
            state=MailState.SENDING,
            fence=mails.c.fence + 1,
            lease_until=bindparam("leased_until", type_=UtcDateTime),
            tries=mails.c.tries + 1,
        )
        .returning(*columns_of(OutgoingMail, mails))
    )


def claim_mails(
    session: Session, ids: Sequence[OutgoingMailId], now: datetime, gate: Gate, *, lease: timedelta
) -> list[OutgoingMail]:
    """Take mails for this try, in this order: state ``sending``, a new fence. What is not due, not free, not allowed or
    just being taken by somebody else (whose row we would wait for) is left out.

    The caller has the locks of their conversations. Two mails of one conversation and person are never taken at once:
    for the later one the earlier is due or under way, also in the eyes of the statement that takes it.
    """
    taken = session.execute(statement_of_claim(gate), at(now) | {"ids": list(ids), "leased_until": now + lease})
    found = {row.id: OutgoingMail(**row._mapping) for row in taken}  # noqa: SLF001 - as in storage.rows
    return [found[each] for each in ids if each in found]


UNDER_WAY = (
    select(mails.c.id, mails.c.fence)
    .where(mails.c.id.in_(IDS), mails.c.state == MailState.SENDING)
    .order_by(mails.c.id)
    .with_for_update()
)


def still_claimed(session: Session, fences: Mapping[OutgoingMailId, int]) -> set[OutgoingMailId]:
    """Which of these are still under way with the fence of our claim; locked until the commit."""
    if not fences:
        return set()
    rows = session.execute(UNDER_WAY, {"ids": list(fences)})
    return {row[0] for row in rows if fences[row[0]] == row[1]}


def give_back(session: Session, ids: Collection[OutgoingMailId], **values: Any) -> None:
    """Claimed and not tried: to the queue again as if never claimed. The caller knows that they are still claimed."""
    if not ids:
        return
    change(
        session,
        mails,
        mails.c.id.in_(ids),
        state=MailState.QUEUED,
        tries=mails.c.tries - 1,
        lease_until=None,
        **values,
    )
