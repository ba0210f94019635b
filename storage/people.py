"""Clients, people, addresses, roles. An address may belong to several persons (a couple's mailbox)."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from storage.records import Address, Client, ClientId, Person, PersonId, RegimePeriod
from storage.rows import add, add_if_new, change, read_all, read_one, selecting
from storage.states import AddressState, Language, Reach, Regime
from storage.tables.people import (
    absences,
    addresses,
    case_managers,
    clients,
    contacts,
    house_addresses,
    people,
    regimes,
)


def add_person(
    session: Session,
    *,
    name: str,
    language: Language,
    now: datetime,
    reach: Reach = Reach.MAIL,
    phone: str | None = None,
    external_id: str | None = None,
) -> PersonId:
    return PersonId(
        add(
            session,
            people,
            name=name,
            language=language,
            reach=reach,
            phone=phone,
            external_id=external_id,
            created_at=now,
        )
    )


def person(session: Session, person_id: PersonId) -> Person | None:
    return read_one(session, Person, selecting(Person, people, people.c.id == person_id))


def people_by_ids(session: Session, ids: Sequence[PersonId]) -> dict[PersonId, Person]:
    found = read_all(session, Person, selecting(Person, people, people.c.id.in_(ids)))
    return {each.id: each for each in found}


def all_people(session: Session) -> list[Person]:
    return read_all(session, Person, selecting(Person, people).order_by(people.c.name, people.c.id))


def update_person(session: Session, person_id: PersonId, **values: object) -> None:
    change(session, people, people.c.id == person_id, **values)


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


def add_client(
    session: Session,
    *,
    code: str,
    name: str,
    now: datetime,
    country: str = "BE",
    vat_number: str | None = None,
    manager_id: PersonId | None = None,
    deputy_id: PersonId | None = None,
    supervisor_id: PersonId | None = None,
    refund_seeker: bool = False,
    live: bool = False,
) -> ClientId:
    return ClientId(
        add(
            session,
            clients,
            code=code,
            name=name,
            country=country,
            vat_number=vat_number,
            manager_id=manager_id,
            deputy_id=deputy_id,
            supervisor_id=supervisor_id,
            refund_seeker=refund_seeker,
            live=live,
            created_at=now,
        )
    )


def client(session: Session, client_id: ClientId) -> Client | None:
    return read_one(session, Client, selecting(Client, clients, clients.c.id == client_id))


def client_by_code(session: Session, code: str) -> Client | None:
    return read_one(session, Client, selecting(Client, clients, clients.c.code == code))


def all_clients(session: Session) -> list[Client]:
    return read_all(session, Client, selecting(Client, clients).order_by(clients.c.code))


def update_client(session: Session, client_id: ClientId, **values: object) -> None:
    change(session, clients, clients.c.id == client_id, **values)


def clients_of_contact(session: Session, person_id: PersonId) -> list[Client]:
    theirs = select(contacts.c.client_id).where(contacts.c.person_id == person_id, contacts.c.left_at.is_(None))
    return read_all(session, Client, selecting(Client, clients, clients.c.id.in_(theirs)).order_by(clients.c.code))


def clients_managed_by(session: Session, person_id: PersonId) -> list[Client]:
    role = or_(
        clients.c.manager_id == person_id, clients.c.deputy_id == person_id, clients.c.supervisor_id == person_id
    )
    return read_all(session, Client, selecting(Client, clients, role).order_by(clients.c.code))


def add_contact(
    session: Session, client_id: ClientId, person_id: PersonId, *, gets_requests: bool, now: datetime
) -> None:
    made = add_if_new(
        session, contacts, client_id=client_id, person_id=person_id, gets_requests=gets_requests, since=now
    )
    if made is None:
        same = (contacts.c.client_id == client_id, contacts.c.person_id == person_id)
        change(session, contacts, *same, gets_requests=gets_requests, left_at=None)


def contacts_of(session: Session, client_id: ClientId) -> list[Person]:
    theirs = select(contacts.c.person_id).where(contacts.c.client_id == client_id, contacts.c.left_at.is_(None))
    return read_all(session, Person, selecting(Person, people, people.c.id.in_(theirs)).order_by(people.c.id))


def gets_requests(session: Session, client_id: ClientId, person_id: PersonId) -> bool:
    found = session.execute(
        select(contacts.c.gets_requests).where(contacts.c.client_id == client_id, contacts.c.person_id == person_id)
    ).scalar_one_or_none()
    return bool(found)


def add_case_manager(session: Session, person_id: PersonId, *, now: datetime) -> None:
    add_if_new(session, case_managers, person_id=person_id, since=now)


def is_case_manager(session: Session, person_id: PersonId) -> bool:
    found = select(case_managers.c.id).where(case_managers.c.person_id == person_id, case_managers.c.left_at.is_(None))
    return session.execute(found).first() is not None


def all_case_managers(session: Session) -> list[Person]:
    theirs = select(case_managers.c.person_id).where(case_managers.c.left_at.is_(None))
    return read_all(session, Person, selecting(Person, people, people.c.id.in_(theirs)).order_by(people.c.name))


def substitute_of(session: Session, person_id: PersonId, today: date) -> PersonId | None:
    """Who stands in for this person today, when an absence says so."""
    found = session.execute(
        select(absences.c.substitute_id)
        .where(
            absences.c.person_id == person_id,
            absences.c.from_on <= today,
            or_(absences.c.to_on.is_(None), absences.c.to_on >= today),
            absences.c.substitute_id.is_not(None),
        )
        .order_by(absences.c.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return None if found is None else PersonId(found)


def set_regime(session: Session, client_id: ClientId, regime: Regime, *, valid_from: date) -> None:
    """From this date on the client files by this regime; what was valid before ends the day before."""
    earlier = (regimes.c.client_id == client_id, regimes.c.valid_from < valid_from)
    change(
        session,
        regimes,
        *earlier,
        regimes.c.valid_to.is_(None),
        valid_to=valid_from.fromordinal(valid_from.toordinal() - 1),
    )
    if add_if_new(session, regimes, client_id=client_id, regime=regime, valid_from=valid_from) is None:
        change(session, regimes, regimes.c.client_id == client_id, regimes.c.valid_from == valid_from, regime=regime)


def regimes_of(session: Session, client_id: ClientId) -> list[RegimePeriod]:
    wanted = selecting(RegimePeriod, regimes, regimes.c.client_id == client_id)
    return read_all(session, RegimePeriod, wanted.order_by(regimes.c.valid_from))


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
