"""Changes for the portal, the timeline, leases of single roles."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from storage.gathering import add_row_in_time
from storage.records import (
    Change,
    ClientId,
    ConversationId,
    InboundMailId,
    MessageId,
    OutgoingMail,
    OutgoingMailId,
    PersonId,
    TimelineEvent,
)
from storage.rows import add_all, add_if_new, change, change_each, read_all, selecting
from storage.states import ChangeKind, MailState
from storage.tables.operation import changes, counters, leases, timeline_events

CHANGES_COUNTER = "changes"
LONGEST_WAIT = timedelta(seconds=10)
"""For the row of a turn, of whoever wants the same one. A clock set back by less stops its turns for that long."""


def note_change(
    session: Session,
    kind: ChangeKind,
    *,
    now: datetime,
    client_id: ClientId | None = None,
    conversation_id: ConversationId | None = None,
    message_id: MessageId | None = None,
    person_id: PersonId | None = None,
) -> None:
    row = {
        "kind": kind,
        "client_id": client_id,
        "conversation_id": conversation_id,
        "message_id": message_id,
        "person_id": person_id,
        "happened_at": now,
    }
    add_row_in_time(session, changes, row)


def number_changes(session: Session, *, most: int = 500) -> int:
    """Give committed changes their numbers; how many.

    A number taken inside the writer's own transaction would lose late committers: a portal that has read 7 never asks
    for 6 again. The counter's row is locked first, so two sweeps number one after the other.
    """
    if not has_unnumbered(session):
        return 0
    add_if_new(session, counters, name=CHANGES_COUNTER, value=0)
    touched = update(counters).where(counters.c.name == CHANGES_COUNTER).values(value=counters.c.value)
    last = int(session.execute(touched.returning(counters.c.value)).scalar_one())
    fresh = select(changes.c.id).where(changes.c.number.is_(None)).order_by(changes.c.id).limit(most)
    ids = [row.id for row in session.execute(fresh)]
    numbered = [{"id": change_id, "number": number} for number, change_id in enumerate(ids, start=last + 1)]
    change_each(session, changes, ["id"], numbered)
    change(session, counters, counters.c.name == CHANGES_COUNTER, value=last + len(ids))
    return len(ids)


def has_unnumbered(session: Session) -> bool:
    return session.execute(select(changes.c.id).where(changes.c.number.is_(None)).limit(1)).first() is not None


def changes_after(session: Session, number: int, *, most: int = 500) -> list[Change]:
    wanted = selecting(Change, changes, changes.c.number > number)
    return read_all(session, Change, wanted.order_by(changes.c.number).limit(most))


def note_event(
    session: Session,
    what: str,
    *,
    now: datetime,
    conversation_id: ConversationId | None = None,
    message_id: MessageId | None = None,
    outgoing_mail_id: OutgoingMailId | None = None,
    inbound_mail_id: InboundMailId | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    row = {
        "what": what,
        "details": details,
        "conversation_id": conversation_id,
        "message_id": message_id,
        "outgoing_mail_id": outgoing_mail_id,
        "inbound_mail_id": inbound_mail_id,
        "happened_at": now,
    }
    add_row_in_time(session, timeline_events, row)


def note_ticks(session: Session, mails: Sequence[OutgoingMail], what: str, state: MailState, *, now: datetime) -> None:
    """Many mails moved in the same way: an event each in the timeline, and a change each for the portal."""
    events = [
        {
            "what": what,
            "details": {"state": state},
            "conversation_id": each.conversation_id,
            "outgoing_mail_id": each.id,
            "happened_at": now,
        }
        for each in mails
    ]
    moved = [
        {
            "kind": ChangeKind.TICK_MOVED,
            "client_id": each.client_id,
            "conversation_id": each.conversation_id,
            "person_id": each.person_id,
            "happened_at": now,
        }
        for each in mails
        if each.conversation_id is not None
    ]
    add_all(session, timeline_events, events)
    add_all(session, changes, moved)


def timeline(
    session: Session,
    *,
    conversation_id: ConversationId | None = None,
    message_id: MessageId | None = None,
    outgoing_mail_ids: tuple[OutgoingMailId, ...] = (),
    inbound_mail_id: InboundMailId | None = None,
) -> list[TimelineEvent]:
    """Every event that names one of these, oldest first."""
    named = []
    if conversation_id is not None:
        named.append(timeline_events.c.conversation_id == conversation_id)
    if message_id is not None:
        named.append(timeline_events.c.message_id == message_id)
    if outgoing_mail_ids:
        named.append(timeline_events.c.outgoing_mail_id.in_(outgoing_mail_ids))
    if inbound_mail_id is not None:
        named.append(timeline_events.c.inbound_mail_id == inbound_mail_id)
    if not named:
        return []
    wanted = selecting(TimelineEvent, timeline_events, or_(*named))
    return read_all(session, TimelineEvent, wanted.order_by(timeline_events.c.happened_at, timeline_events.c.id))


def take_lease(session: Session, name: str, holder: str, *, now: datetime, for_: timedelta) -> int | None:
    """Become or stay the holder of a single role; the fence number, or None while another one holds it."""
    made = add_if_new(session, leases, name=name, holder=holder, fence=1, lease_until=now + for_)
    if made is not None:
        return 1
    free = or_(leases.c.holder == holder, leases.c.lease_until < now)
    fence = case((leases.c.holder == holder, leases.c.fence), else_=leases.c.fence + 1)
    taken = update(leases).where(leases.c.name == name, free).values(holder=holder, lease_until=now + for_, fence=fence)
    told = session.execute(taken.returning(leases.c.fence)).scalar_one_or_none()
    return None if told is None else int(told)


def may_begin_turn(session: Session, name: str, *, now: datetime, every: timedelta) -> bool:
    """A look without a lock: no turn of this name began less than ``every`` ago."""
    wanted = select(leases.c.id).where(leases.c.name == name, ~has_passed(now, every))
    return session.execute(wanted).first() is None


def begin_turn(session: Session, name: str, *, now: datetime, every: timedelta) -> bool:
    """Begin a periodic piece of work, unless one began less than ``every`` ago."""
    if add_if_new(session, leases, name=name, holder="", fence=1, lease_until=now + every) is not None:
        return True
    values = {"lease_until": now + every, "fence": leases.c.fence + 1}
    return change(session, leases, leases.c.name == name, has_passed(now, every), **values) == 1


def last_turn(session: Session, name: str) -> datetime | None:
    """Until when the last turn of this name kept the next one away: a moment after it began."""
    told: datetime | None = session.execute(select(leases.c.lease_until).where(leases.c.name == name)).scalar()
    return told


def has_passed(now: datetime, every: timedelta) -> ColumnElement[bool]:
    """Also of a turn that seems to begin in the future: a clock was set back, and nobody waits for it.

    A turn that begins a moment after our ``now`` is no such thing: who comes second may ask for the time first, then
    wait for the first one's commit (PostgreSQL: for the row; SQLite: a transaction begins with its first statement).
    """
    return or_(leases.c.lease_until <= now, leases.c.lease_until > now + every + LONGEST_WAIT)
