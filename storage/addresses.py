"""Addresses of people, their states and suppressions, and the house addresses on our own domain.

An address may belong to several people (a couple's mailbox): its state and its failures are those of all of them.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from storage.reading_ahead import put, remembered, unknown
from storage.records import Address, ClientId, OutgoingMailId, Person, PersonId
from storage.rows import add_if_new, change, columns_of
from storage.states import AddressState
from storage.tables.people import addresses, house_addresses, people, suppressions


def add_address(
    session: Session, person_id: PersonId, *, written: str, normal: str, is_primary: bool, now: datetime
) -> int | None:
    """The key of the new address, or None when the person has it already; one that was taken back is used again."""
    if is_primary:
        change(session, addresses, addresses.c.person_id == person_id, addresses.c.is_primary, is_primary=False)
    made = add_if_new(
        session,
        addresses,
        person_id=person_id,
        written=written,
        normal=normal,
        state=AddressState.ACTIVE,
        is_primary=is_primary,
        created_at=now,
    )
    if made is None:
        this = (addresses.c.person_id == person_id, addresses.c.normal == normal)
        change(session, addresses, *this, addresses.c.state == AddressState.RETIRED, state=AddressState.ACTIVE)
        if is_primary:
            change(session, addresses, *this, is_primary=True)
    return made


def retire_address(session: Session, person_id: PersonId, normal: str) -> bool:
    """Taken back from this person alone; the row stays, for what went there. His oldest other one becomes primary."""
    this = (addresses.c.person_id == person_id, addresses.c.normal == normal)
    in_use = addresses.c.state != AddressState.RETIRED
    if not change(session, addresses, *this, in_use, state=AddressState.RETIRED, is_primary=False):
        return False
    left = select(addresses.c.id, addresses.c.is_primary).where(addresses.c.person_id == person_id, in_use)
    rows = session.execute(left.order_by(addresses.c.id)).all()
    if rows and not any(each.is_primary for each in rows):
        change(session, addresses, addresses.c.id == rows[0].id, is_primary=True)
    return True


ADDRESSES, PEOPLE, HOUSE = "addresses of a person", "people at an address", "house address"
THEIR_ADDRESSES = (
    select(*columns_of(Address, addresses))
    .where(addresses.c.person_id.in_(bindparam("people", expanding=True)))
    .order_by(addresses.c.is_primary.desc(), addresses.c.id)
)
PEOPLE_AT = (
    select(addresses.c.normal, *columns_of(Person, people))
    .join(people, people.c.id == addresses.c.person_id)
    .where(addresses.c.normal.in_(bindparam("addresses", expanding=True)), addresses.c.state != AddressState.RETIRED)
    .order_by(people.c.id)
)
HOUSE_ADDRESSES = select(house_addresses.c.local_part, house_addresses.c.person_id, house_addresses.c.client_id).where(
    house_addresses.c.local_part.in_(bindparam("local_parts", expanding=True))
)


FORGET_FAILURES = (
    update(addresses)
    .where(
        addresses.c.person_id == bindparam("person"),
        addresses.c.normal == bindparam("address"),
        addresses.c.state != AddressState.RETIRED,
        or_(addresses.c.failures_in_a_row != 0, addresses.c.state != AddressState.ACTIVE),
    )
    .values(failures_in_a_row=0, state=AddressState.ACTIVE)
)
LIFT = (
    update(suppressions)
    .where(suppressions.c.address == bindparam("suppressed"), suppressions.c.lifted_at.is_(None))
    .values(lifted_at=bindparam("at"))
)


def addresses_of(session: Session, person_id: PersonId) -> list[Address]:
    return remembered(session, ADDRESSES, person_id, lambda: their_addresses(session, [person_id]).get(person_id, []))


def their_addresses(session: Session, person_ids: Collection[PersonId]) -> dict[PersonId, list[Address]]:
    found: dict[PersonId, list[Address]] = {}
    for row in session.execute(THEIR_ADDRESSES, {"people": list(person_ids)}):
        each = Address(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        found.setdefault(each.person_id, []).append(each)
    return found


def read_addresses_ahead(session: Session, person_ids: Collection[PersonId]) -> None:
    if asked := unknown(session, ADDRESSES, person_ids):
        put(session, ADDRESSES, asked, their_addresses(session, asked), [])


def addresses_of_many(session: Session, person_ids: Collection[PersonId]) -> dict[PersonId, list[Address]]:
    """Each person's as ``addresses_of`` gives them."""
    found = their_addresses(session, person_ids)
    return {each: found.get(each, []) for each in person_ids}


def mail_address_of(session: Session, person_id: PersonId) -> Address | None:
    """Where mail to this person goes: the primary address, else the oldest one; suppressed and retired ones never."""
    return next((each for each in addresses_of(session, person_id) if each.state is AddressState.ACTIVE), None)


def people_at(session: Session, normal: str) -> list[Person]:
    """Everybody who has this address in use; suppressed ones too, since a person writes from it again."""
    return remembered(session, PEOPLE, normal, lambda: people_at_all(session, [normal]).get(normal, []))


def people_at_all(session: Session, normals: Collection[str]) -> dict[str, list[Person]]:
    found: dict[str, list[Person]] = {}
    for row in session.execute(PEOPLE_AT, {"addresses": list(normals)}):
        told = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        found.setdefault(told.pop("normal"), []).append(Person(**told))
    return found


def read_people_at_ahead(session: Session, normals: Collection[str]) -> list[Person]:
    """Everybody at these addresses."""
    if asked := unknown(session, PEOPLE, normals):
        put(session, PEOPLE, asked, people_at_all(session, asked), [])
    return [person for each in normals for person in people_at(session, each)]


def set_address_state(session: Session, normal: str, state: AddressState) -> int:
    """Of everybody who has it in use."""
    return change(
        session, addresses, addresses.c.normal == normal, addresses.c.state != AddressState.RETIRED, state=state
    )


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
    session.execute(FORGET_FAILURES, {"person": person_id, "address": normal})


def add_suppression(
    session: Session, normal: str, *, reason: str, outgoing_mail_id: OutgoingMailId | None, now: datetime
) -> None:
    add_if_new(session, suppressions, address=normal, reason=reason, outgoing_mail_id=outgoing_mail_id, since=now)


def lift_suppression(session: Session, normal: str, *, now: datetime) -> None:
    session.execute(LIFT, {"suppressed": normal, "at": now})


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
    return remembered(session, HOUSE, local_part, lambda: house_addresses_at(session, [local_part]).get(local_part))


def house_addresses_at(
    session: Session, local_parts: Collection[str]
) -> dict[str, tuple[PersonId | None, ClientId | None]]:
    found = session.execute(HOUSE_ADDRESSES, {"local_parts": list(local_parts)})
    return {each.local_part: (each.person_id, each.client_id) for each in found}


def read_house_addresses_ahead(session: Session, local_parts: Collection[str]) -> None:
    if asked := unknown(session, HOUSE, local_parts):
        put(session, HOUSE, asked, house_addresses_at(session, asked), None)


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


def all_local_parts(session: Session) -> tuple[dict[PersonId, str], dict[ClientId, str]]:
    """Every house address, without the domain."""
    rows = session.execute(select(house_addresses)).all()
    return (
        {row.person_id: row.local_part for row in rows if row.person_id is not None},
        {row.client_id: row.local_part for row in rows if row.client_id is not None},
    )
