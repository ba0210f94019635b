"""The rows behind signed addresses: what a random public id stands for."""

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from storage.reading_ahead import put, remembered, unknown
from storage.records import ConversationId, FilingId, OutgoingMailId, ParticipantId, PersonId, PublicId, SignedAddress
from storage.rows import add_all, add_and_read, change
from storage.statements import read_among, read_by
from storage.states import AddressKind
from storage.tables.mail import signed_addresses


def add_signed_address(
    session: Session,
    kind: AddressKind,
    *,
    now: datetime,
    conversation_id: ConversationId | None = None,
    participant_id: ParticipantId | None = None,
    person_id: PersonId | None = None,
    outgoing_mail_id: OutgoingMailId | None = None,
    filing_id: FilingId | None = None,
    action: str | None = None,
    expires_at: datetime | None = None,
) -> SignedAddress:
    return add_and_read(
        session,
        SignedAddress,
        signed_addresses,
        kind=kind,
        conversation_id=conversation_id,
        participant_id=participant_id,
        person_id=person_id,
        outgoing_mail_id=outgoing_mail_id,
        filing_id=filing_id,
        action=action,
        created_at=now,
        expires_at=expires_at,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An address that a mail must show or be sent from: one that stands for a participant, or the mail's own."""

    kind: AddressKind
    conversation_id: ConversationId | None
    participant_id: ParticipantId | None = None
    outgoing_mail_id: OutgoingMailId | None = None


def standing_addresses(session: Session, wanted: Collection[Wanted], *, now: datetime) -> dict[Wanted, PublicId]:
    """The public id of each: a participant's newest one that holds, a mail's first one, made at first need.

    The conversation's lock keeps two transactions from making the same one.
    """
    known = known_addresses(session, wanted)
    new = [each for each in dict.fromkeys(wanted) if owner_of(each) not in known]
    made = {each: PublicId(secrets.randbits(64)) for each in new}
    rows = [
        {
            "public_id": public_id,
            "kind": each.kind,
            "conversation_id": each.conversation_id,
            "participant_id": each.participant_id,
            "outgoing_mail_id": each.outgoing_mail_id,
            "created_at": now,
        }
        for each, public_id in made.items()
    ]
    add_all(session, signed_addresses, rows)
    return {each: made.get(each) or known[owner_of(each)] for each in wanted}


Owner = tuple[AddressKind, ParticipantId | None, OutgoingMailId | None]


def owner_of(wanted: Wanted) -> Owner:
    return wanted.kind, wanted.participant_id, wanted.outgoing_mail_id


def known_addresses(session: Session, wanted: Collection[Wanted]) -> dict[Owner, PublicId]:
    c = signed_addresses.c
    columns: Select[tuple[Any, ...]] = select(c.kind, c.participant_id, c.outgoing_mail_id, c.public_id)
    people = {each.participant_id for each in wanted if each.participant_id is not None}
    mails = {each.outgoing_mail_id for each in wanted if each.outgoing_mail_id is not None}
    standing = columns.where(c.participant_id.in_(people), c.revoked_at.is_(None), c.expires_at.is_(None))
    own = columns.where(c.outgoing_mail_id.in_(mails))
    found: dict[Owner, PublicId] = {}
    for statement in (standing.order_by(c.id), own.order_by(c.id.desc())):
        found |= {(row[0], row[1], row[2]): row[3] for row in session.execute(statement)}
    return found


ROW = "signed address"


def signed_address(session: Session, public_id: PublicId) -> SignedAddress | None:
    def read() -> SignedAddress | None:
        return read_by(session, SignedAddress, signed_addresses, public_id=public_id)

    return remembered(session, ROW, public_id, read)


def read_signed_ahead(session: Session, public_ids: Iterable[PublicId]) -> list[SignedAddress]:
    """The rows behind these, as far as there are any."""
    asked = unknown(session, ROW, public_ids)
    found = read_among(session, SignedAddress, signed_addresses, "public_id", asked)
    put(session, ROW, asked, {each.public_id: each for each in found}, None)
    return found


def revoke_signed_address(session: Session, public_id: PublicId, *, now: datetime) -> bool:
    live = (signed_addresses.c.public_id == public_id, signed_addresses.c.revoked_at.is_(None))
    return change(session, signed_addresses, *live, revoked_at=now) == 1


def use_signed_address(session: Session, public_id: PublicId, *, now: datetime) -> bool:
    """Once: False when it was used before."""
    fresh = (signed_addresses.c.public_id == public_id, signed_addresses.c.used_at.is_(None))
    return change(session, signed_addresses, *fresh, used_at=now) == 1
