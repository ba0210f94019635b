"""Claiming many arrivals in one go, for filing them together."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from storage.records import Arrival, ArrivalId
from storage.rows import columns_of
from storage.states import ArrivalState
from storage.tables.inbox import arrivals, inbound_mails


@dataclass(frozen=True, slots=True, kw_only=True)
class DueArrival:
    """``alone``: its raw mail is a file (so it is large), or it lost a worker or broke our code before."""

    id: ArrivalId
    alone: bool


FREE = or_(arrivals.c.lease_until.is_(None), arrivals.c.lease_until < bindparam("now"))
DUE_AMONG = (
    select(
        arrivals.c.id,
        or_(
            arrivals.c.lease_until.is_not(None),
            arrivals.c.lost_leases > 0,
            arrivals.c.errors > 0,
            inbound_mails.c.raw_path.is_not(None),
        ).label("alone"),
    )
    .join(inbound_mails, inbound_mails.c.id == arrivals.c.inbound_mail_id)
    .where(
        arrivals.c.id.in_(bindparam("ids", expanding=True)),
        arrivals.c.state == ArrivalState.KEPT,
        arrivals.c.due_at <= bindparam("now"),
        FREE,
    )
    .order_by(arrivals.c.id)
)
NEW_TO_US = (
    select(arrivals.c.id)
    .where(
        arrivals.c.id.in_(bindparam("ids", expanding=True)),
        arrivals.c.state == ArrivalState.KEPT,
        arrivals.c.due_at <= bindparam("now"),
        arrivals.c.lease_until.is_(None),
        arrivals.c.lost_leases == 0,
        arrivals.c.errors == 0,
    )
    .order_by(arrivals.c.id)
    .with_for_update(skip_locked=True)
)
CLAIM_TOGETHER = (
    update(arrivals)
    .where(arrivals.c.id.in_(NEW_TO_US))
    .values(fence=arrivals.c.fence + 1, lease_until=bindparam("until"))
    .returning(*columns_of(Arrival, arrivals))
)


def due_among(session: Session, ids: Collection[ArrivalId], now: datetime) -> list[DueArrival]:
    """Those that may be filed now, in the order they came in."""
    found = session.execute(DUE_AMONG, {"ids": list(ids), "now": now})
    return [DueArrival(id=ArrivalId(each.id), alone=bool(each.alone)) for each in found]


def claim_together(session: Session, ids: Collection[ArrivalId], now: datetime, *, lease: timedelta) -> list[Arrival]:
    """Take those that are free and need not be alone, in the order they came in. When their worker dies, each has lost
    a lease and is alone from then on: of its lost leases, at most this one may be a neighbour's fault.
    """
    found = session.execute(CLAIM_TOGETHER, {"ids": list(ids), "now": now, "until": now + lease})
    taken = [Arrival(**row._mapping) for row in found]  # noqa: SLF001 - SQLAlchemy's public name
    return sorted(taken, key=lambda each: each.id)
