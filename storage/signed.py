"""The rows behind signed addresses: what a random public id stands for."""

from datetime import datetime

from sqlalchemy.orm import Session

from storage.records import ConversationId, FilingId, OutgoingMailId, ParticipantId, PersonId, PublicId, SignedAddress
from storage.rows import add_and_read, change, read_all, read_one, selecting
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


def address_of_participant(
    session: Session,
    conversation_id: ConversationId,
    participant_id: ParticipantId,
    kind: AddressKind,
    *,
    now: datetime,
) -> SignedAddress:
    """The participant's standing address of this kind, made at first need."""
    standing = selecting(
        SignedAddress,
        signed_addresses,
        signed_addresses.c.participant_id == participant_id,
        signed_addresses.c.kind == kind,
        signed_addresses.c.revoked_at.is_(None),
        signed_addresses.c.expires_at.is_(None),
    )
    found = read_one(session, SignedAddress, standing.order_by(signed_addresses.c.id.desc()))
    return found or add_signed_address(
        session, kind, conversation_id=conversation_id, participant_id=participant_id, now=now
    )


def signed_address(session: Session, public_id: PublicId) -> SignedAddress | None:
    return read_one(
        session, SignedAddress, selecting(SignedAddress, signed_addresses, signed_addresses.c.public_id == public_id)
    )


def addresses_of_mail(session: Session, mail_id: OutgoingMailId) -> list[SignedAddress]:
    wanted = selecting(SignedAddress, signed_addresses, signed_addresses.c.outgoing_mail_id == mail_id)
    return read_all(session, SignedAddress, wanted.order_by(signed_addresses.c.id))


def revoke_signed_address(session: Session, public_id: PublicId, *, now: datetime) -> bool:
    live = (signed_addresses.c.public_id == public_id, signed_addresses.c.revoked_at.is_(None))
    return change(session, signed_addresses, *live, revoked_at=now) == 1


def use_signed_address(session: Session, public_id: PublicId, *, now: datetime) -> bool:
    """Once: False when it was used before."""
    fresh = (signed_addresses.c.public_id == public_id, signed_addresses.c.used_at.is_(None))
    return change(session, signed_addresses, *fresh, used_at=now) == 1
