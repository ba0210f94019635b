"""What is written about many outgoing mails at once: in one transaction, by a few statements whatever their number.

Every function here trusts its caller that the mails are his (``outbox_claims.still_claimed``) in the same transaction.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import BindParameter

from storage.records import OutgoingMail, OutgoingMailId, RevisionId
from storage.rows import add_all, change, change_each
from storage.states import AttemptOutcome, MailState
from storage.tables.columns import UtcDateTime
from storage.tables.mail import attempts, deliveries, outgoing_mails

mails = outgoing_mails
IDS: BindParameter[Any] = bindparam("ids", expanding=True)
STATES = select(mails.c.id, mails.c.state).where(mails.c.id.in_(IDS))
ACCEPTING = (
    update(mails)
    .where(mails.c.id.in_(IDS))
    .values(state=MailState.ACCEPTED, accepted_at=bindparam("at", type_=UtcDateTime), lease_until=None)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one attempt ended; ``reply``: what the relay said."""

    mail: OutgoingMail
    outcome: AttemptOutcome
    reply: str | None


def fix_revisions(session: Session, fixed: Mapping[int, RevisionId]) -> None:
    """By delivery."""
    change_each(session, deliveries, ["id"], [{"id": key, "revision_id": each} for key, each in fixed.items()])


def drop_deliveries(session: Session, delivery_ids: Collection[int], *, now: datetime) -> None:
    if delivery_ids:
        change(session, deliveries, deliveries.c.id.in_(delivery_ids), dropped_at=now)


def write_each(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Columns of mails, each row with its ``id``."""
    change_each(session, mails, ["id"], rows)


def open_attempts(session: Session, claimed: Sequence[OutgoingMail], relay: str, *, now: datetime) -> None:
    rows = [
        {
            "outgoing_mail_id": each.id,
            "fence": each.fence,
            "relay": relay,
            "started_at": now,
            "outcome": AttemptOutcome.OPEN,
        }
        for each in claimed
    ]
    add_all(session, attempts, rows)


def end_attempts(session: Session, ended: Sequence[Ended], *, now: datetime) -> None:
    rows = [
        {
            "outgoing_mail_id": each.mail.id,
            "fence": each.mail.fence,
            "outcome": each.outcome,
            "reply": each.reply,
            "ended_at": now,
        }
        for each in ended
    ]
    change_each(session, attempts, ["outgoing_mail_id", "fence"], rows)


def accept(session: Session, ids: Collection[OutgoingMailId], *, now: datetime) -> None:
    if ids:
        session.execute(ACCEPTING, {"ids": list(ids), "at": now})


def states_of(session: Session, ids: Collection[OutgoingMailId]) -> dict[OutgoingMailId, MailState]:
    if not ids:
        return {}
    rows = session.execute(STATES, {"ids": list(ids)})
    return {row[0]: row[1] for row in rows}
