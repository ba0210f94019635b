"""Clients, people, addresses, roles. An address may belong to several persons (a couple's mailbox)."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from storage.reading_ahead import put, remembered, remembered_among, unknown
from storage.records import Client, ClientId, Person, PersonId, RegimePeriod
from storage.rows import add, add_if_new, change, read_all, read_one, selecting
from storage.statements import change_by, read_among, read_by
from storage.states import Language, Reach, Regime
from storage.tables.people import (
    absences,
    case_managers,
    clients,
    contacts,
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


OPEN_CONTACTS = select(contacts.c.person_id, contacts.c.client_id).where(
    contacts.c.person_id.in_(bindparam("people", expanding=True)), contacts.c.left_at.is_(None)
)
CONTACT_OF = select(contacts.c.id).where(
    contacts.c.client_id == bindparam("client"),
    contacts.c.person_id == bindparam("person"),
    contacts.c.left_at.is_(None),
)
OPEN_CASE_MANAGERS = select(case_managers.c.person_id).where(
    case_managers.c.person_id.in_(bindparam("people", expanding=True)), case_managers.c.left_at.is_(None)
)
PERSON, CLIENT, CLIENTS, IS_CASE_MANAGER = "person", "client", "clients of a contact", "is case manager"


def person(session: Session, person_id: PersonId) -> Person | None:
    def read() -> Person | None:
        return read_by(session, Person, people, id=person_id)

    return remembered(session, PERSON, person_id, read)


def people_by_ids(session: Session, ids: Collection[PersonId]) -> dict[PersonId, Person]:
    def read(asked: Collection[PersonId]) -> dict[PersonId, Person]:
        return {each.id: each for each in read_among(session, Person, people, "id", asked)}

    return remembered_among(session, PERSON, ids, read)


def all_people(session: Session) -> list[Person]:
    return read_all(session, Person, selecting(Person, people).order_by(people.c.name, people.c.id))


def update_person(session: Session, person_id: PersonId, **values: object) -> None:
    change_by(session, people, {"id": person_id}, **values)


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
    def read() -> Client | None:
        return read_by(session, Client, clients, id=client_id)

    return remembered(session, CLIENT, client_id, read)


def clients_by_ids(session: Session, ids: Collection[ClientId]) -> dict[ClientId, Client]:
    if not ids:
        return {}
    found = read_all(session, Client, selecting(Client, clients, clients.c.id.in_(ids)))
    return {each.id: each for each in found}


def client_by_code(session: Session, code: str) -> Client | None:
    return read_one(session, Client, selecting(Client, clients, clients.c.code == code))


def all_clients(session: Session) -> list[Client]:
    return read_all(session, Client, selecting(Client, clients).order_by(clients.c.code))


def update_client(session: Session, client_id: ClientId, **values: object) -> None:
    change(session, clients, clients.c.id == client_id, **values)


def clients_of_contact(session: Session, person_id: PersonId) -> list[Client]:
    def read() -> list[Client]:
        theirs = select(contacts.c.client_id).where(contacts.c.person_id == person_id, contacts.c.left_at.is_(None))
        return read_all(session, Client, selecting(Client, clients, clients.c.id.in_(theirs)).order_by(clients.c.code))

    return remembered(session, CLIENTS, person_id, read)


def read_roles_ahead(session: Session, person_ids: Collection[PersonId], client_ids: Collection[ClientId]) -> None:
    """Whose contacts these people are, who of them is a case manager, and these clients too."""
    asked = unknown(session, CLIENTS, person_ids)
    theirs = session.execute(OPEN_CONTACTS, {"people": asked}).all() if asked else ()
    wanted = unknown(session, CLIENT, [*client_ids, *(each.client_id for each in theirs)])
    found = {each.id: each for each in read_among(session, Client, clients, "id", wanted)}
    put(session, CLIENT, wanted, found, None)
    by_person: dict[PersonId, list[Client]] = {}
    for each in theirs:
        known = client(session, each.client_id)
        if known is not None:
            by_person.setdefault(each.person_id, []).append(known)
    put(session, CLIENTS, asked, {who: sorted(those, key=code_of) for who, those in by_person.items()}, [])
    managers = session.execute(OPEN_CASE_MANAGERS, {"people": asked}).scalars().all() if asked else ()
    put(session, IS_CASE_MANAGER, asked, dict.fromkeys(managers, True), otherwise=False)


def code_of(client: Client) -> str:
    return client.code


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


def end_contact(session: Session, client_id: ClientId, person_id: PersonId, *, left_at: datetime | None) -> None:
    """The person is contact of this client no more; None takes it back."""
    same = (contacts.c.client_id == client_id, contacts.c.person_id == person_id)
    change(session, contacts, *same, left_at=left_at)


def contacts_of(session: Session, client_id: ClientId) -> list[Person]:
    theirs = select(contacts.c.person_id).where(contacts.c.client_id == client_id, contacts.c.left_at.is_(None))
    return read_all(session, Person, selecting(Person, people, people.c.id.in_(theirs)).order_by(people.c.id))


def is_contact(session: Session, client_id: ClientId, person_id: PersonId) -> bool:
    return session.execute(CONTACT_OF, {"client": client_id, "person": person_id}).first() is not None


def contacts_among(session: Session, person_ids: Collection[PersonId]) -> set[tuple[ClientId, PersonId]]:
    """Which of these people are contacts, and of whom."""
    theirs = (contacts.c.person_id.in_(person_ids), contacts.c.left_at.is_(None))
    return {
        (row[0], row[1]) for row in session.execute(select(contacts.c.client_id, contacts.c.person_id).where(*theirs))
    }


def gets_requests(session: Session, client_id: ClientId, person_id: PersonId) -> bool:
    found = session.execute(
        select(contacts.c.gets_requests).where(contacts.c.client_id == client_id, contacts.c.person_id == person_id)
    ).scalar_one_or_none()
    return bool(found)


def add_case_manager(session: Session, person_id: PersonId, *, now: datetime) -> None:
    add_if_new(session, case_managers, person_id=person_id, since=now)


def is_case_manager(session: Session, person_id: PersonId) -> bool:
    def read() -> bool:
        return session.execute(OPEN_CASE_MANAGERS, {"people": [person_id]}).first() is not None

    return remembered(session, IS_CASE_MANAGER, person_id, read)


def case_managers_among(session: Session, person_ids: Collection[PersonId]) -> set[PersonId]:
    theirs = (case_managers.c.person_id.in_(person_ids), case_managers.c.left_at.is_(None))
    return set(session.execute(select(case_managers.c.person_id).where(*theirs)).scalars())


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
