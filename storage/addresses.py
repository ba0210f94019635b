"""Addresses of people, their states and suppressions, and the house addresses on our own domain.

An address may belong to several people (a couple's mailbox): its state and its failures are those of all of them.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from storage.records import Address, ClientId, OutgoingMailId, Person, PersonId
from storage.rows import add_if_new, change, read_all, selecting
from storage.states import AddressState
from storage.tables.people import addresses, house_addresses, people, suppressions


def add_address(
    session: Session, person_id: PersonId, *, written: str, normal: str, is_primary: bool, now: datetime
) -> int | None:
    """The key of the new address, or None when the person has it already."""
    if is_primary:
        change(session, addresses, addresses.c.person_id == person_id, addresses.c.is_primary, is_primary=False)
    return add_if_new(
        session,
        addresses,
        person_id=person_id,
        written=written,
        normal=normal,
        state=AddressState.ACTIVE,
        is_primary=is_primary,
        created_at=now,
    )


def addresses_of(session: Session, person_id: PersonId) -> list[Address]:
    ordered = selecting(Address, addresses, addresses.c.person_id == person_id)
    return read_all(session, Address, ordered.order_by(addresses.c.is_primary.desc(), addresses.c.id))


def addresses_of_many(session: Session, person_ids: Collection[PersonId]) -> dict[PersonId, list[Address]]:
    """Each person's as ``addresses_of`` gives them."""
    found: dict[PersonId, list[Address]] = {each: [] for each in person_ids}
    wanted = selecting(Address, addresses, addresses.c.person_id.in_(person_ids))
    for each in read_all(session, Address, wanted.order_by(addresses.c.is_primary.desc(), addresses.c.id)):
        found[each.person_id].append(each)
    return found


def mail_address_of(session: Session, person_id: PersonId) -> Address | None:
    """Where mail to this person goes: the primary address, else the oldest one; suppressed and retired ones never."""
    return next((each for each in addresses_of(session, person_id) if each.state is AddressState.ACTIVE), None)


def people_at(session: Session, normal: str) -> list[Person]:
    """Everybody who has this address in use; suppressed ones too, since a person writes from it again."""
    theirs = select(addresses.c.person_id).where(
        addresses.c.normal == normal, addresses.c.state != AddressState.RETIRED
    )
    return read_all(session, Person, selecting(Person, people, people.c.id.in_(theirs)).order_by(people.c.id))


def set_address_state(session: Session, normal: str, state: AddressState) -> int:
    return change(session, addresses, addresses.c.normal == normal, state=state)


def count_failure(session: Session, normal: str) -> int:
    """One more failure in a row at this address; the count so far."""
    change(session, addresses, addresses.c.normal == normal, failures_in_a_row=addresses.c.failures_in_a_row + 1)
    return int(
        session.execute(
            select(addresses.c.failures_in_a_row).where(addresses.c.normal == normal).limit(1)
        ).scalar_one_or_none()
        or 0
    )


def forget_failures(session: Session, person_id: PersonId, normal: str) -> None:
    """The person wrote from it, so it works: the counter goes to zero and a suppression ends."""
    change(
        session,
        addresses,
        addresses.c.person_id == person_id,
        addresses.c.normal == normal,
        addresses.c.state != AddressState.RETIRED,
        failures_in_a_row=0,
        state=AddressState.ACTIVE,
    )


def add_suppression(
    session: Session, normal: str, *, reason: str, outgoing_mail_id: OutgoingMailId | None, now: datetime
) -> None:
    add_if_new(session, suppressions, address=normal, reason=reason, outgoing_mail_id=outgoing_mail_id, since=now)


def lift_suppression(session: Session, normal: str, *, now: datetime) -> None:
    change(session, suppressions, suppressions.c.address == normal, suppressions.c.lifted_at.is_(None), lifted_at=now)


def is_suppressed(session: Session, normal: str) -> bool:
    open_one = select(suppressions.c.id).where(suppressions.c.address == normal, suppressions.c.lifted_at.is_(None))
    return session.execute(open_one.limit(1)).first() is not None


def suppressed_among(session: Session, normals: Collection[str]) -> set[str]:
    stopped = (suppressions.c.address.in_(normals), suppressions.c.lifted_at.is_(None))
    return set(session.execute(select(suppressions.c.address).where(*stopped)).scalars())


def give_house_address(
    session: Session,
    candidates: Sequence[str],
    *,
    now: datetime,
    person_id: PersonId | None = None,
    client_id: ClientId | None = None,
) -> str:
    """The local part on our domain that mail *from* this person or client carries; the first free of the candidates."""
    mine = house_addresses.c.person_id == person_id if person_id else house_addresses.c.client_id == client_id
    known = session.execute(select(house_addresses.c.local_part).where(mine)).scalar_one_or_none()
    if known is not None:
        return str(known)
    for candidate in candidates:
        made = add_if_new(
            session, house_addresses, local_part=candidate, person_id=person_id, client_id=client_id, created_at=now
        )
        if made is not None:
            return candidate
    raise ValueError("every candidate for a house address is taken: offer more of them")


def house_address_of(session: Session, local_part: str) -> tuple[PersonId | None, ClientId | None] | None:
    row = session.execute(
        select(house_addresses.c.person_id, house_addresses.c.client_id).where(
            house_addresses.c.local_part == local_part
        )
    ).first()
    return None if row is None else (row.person_id, row.client_id)


def local_part_of(
    session: Session, *, person_id: PersonId | None = None, client_id: ClientId | None = None
) -> str | None:
    """The house address that this person or client has, without the domain."""
    mine = house_addresses.c.person_id == person_id if person_id else house_addresses.c.client_id == client_id
    found: str | None = session.execute(select(house_addresses.c.local_part).where(mine)).scalar_one_or_none()
    return found


def local_parts_among(
    session: Session, person_ids: Collection[PersonId], client_ids: Collection[ClientId]
) -> tuple[dict[PersonId, str], dict[ClientId, str]]:
    """The house addresses that these people and clients have, without the domain."""
    has = or_(house_addresses.c.person_id.in_(person_ids), house_addresses.c.client_id.in_(client_ids))
    rows = session.execute(select(house_addresses).where(has)).all()
    return (
        {row.person_id: row.local_part for row in rows if row.person_id is not None},
        {row.client_id: row.local_part for row in rows if row.client_id is not None},
    )
