"""Many mails kept in one go: what the sink's group commit writes.

The same rows as ``storage.inbox.keep_mail``, in two statements for the whole group instead of two for each mail (0.05
ms a mail against 0.4: writing one by one, the sink is held by that, not by the disk). Mails and arrivals that are there
already, or twice in the group, are left as they are.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.inbox import KeptMail
from storage.records import ArrivalId
from storage.states import ArrivalState
from storage.tables.inbox import arrivals, inbound_mails


def keep_mails(session: Session, mails: Sequence[KeptMail], *, now: datetime) -> list[list[ArrivalId]]:
    """For each mail, in order, the arrivals that are new. Only for mails of the sink: those have no UID."""
    ids = keep_bytes(session, mails, now=now)
    rows = {
        (mail.sha256, recipient): {
            "inbound_mail_id": ids[mail.sha256],
            "sha256": mail.sha256,
            "way": mail.way,
            "envelope_from": mail.envelope_from,
            "envelope_to": recipient,
            "peer": mail.peer,
            "happened_at": mail.happened_at or now,
            "state": ArrivalState.KEPT,
            "due_at": now,
        }
        for mail in in_one_order(mails)
        for recipient in mail.recipients
    }
    statement = adding(dialect_of(session), arrivals, "id", "sha256", "envelope_to")
    made = {(row[1], row[2]): ArrivalId(row[0]) for row in session.execute(statement, list(rows.values()))}
    # pop: of a mail that is twice in the group, the arrivals are the first one's
    return [
        [made.pop((mail.sha256, each)) for each in mail.recipients if (mail.sha256, each) in made] for mail in mails
    ]


def keep_bytes(session: Session, mails: Sequence[KeptMail], *, now: datetime) -> dict[str, int]:
    """The key of each mail by its SHA-256."""
    rows = {
        mail.sha256: {
            "sha256": mail.sha256,
            "size": mail.size,
            "raw": mail.raw,
            "raw_path": mail.raw_path,
            "kept_at": now,
        }
        for mail in in_one_order(mails)
    }
    statement = adding(dialect_of(session), inbound_mails, "sha256", "id")
    ids: dict[str, int] = {row[0]: row[1] for row in session.execute(statement, list(rows.values()))}
    missing = rows.keys() - ids.keys()
    if missing:
        there = select(inbound_mails.c.sha256, inbound_mails.c.id).where(inbound_mails.c.sha256.in_(missing))
        ids.update({row[0]: row[1] for row in session.execute(there)})
    return ids


def in_one_order(mails: Sequence[KeptMail]) -> Iterable[KeptMail]:
    """The same order everywhere: two sinks that keep the same mails cannot lock each other out."""
    return sorted(mails, key=lambda mail: mail.sha256)


@cache
def adding(dialect: str, table: Table, *told: str) -> Any:
    """Insert what is new and return these columns of it. Made once: building it takes as long as running it."""
    made = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    return made.on_conflict_do_nothing().returning(*(table.c[each] for each in told))


def dialect_of(session: Session) -> str:
    return session.get_bind().dialect.name
