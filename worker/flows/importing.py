"""Importing clients, people and regimes. Running a file again updates by client code, and shows what would change.

Everything is written in one transaction or nothing is. A person is found by address *and* name, since an address may
belong to several people; managers are named by the address of a case manager in the file or in the database.
"""

import contextlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from storage import addresses, people
from storage.records import Client, PersonId
from worker.core.import_rows import CLIENT_VALUES, ClientRow, Fault, PersonRow, Sheet, read_sheet
from worker.core.mail_addresses import local_part_candidates
from worker.flows.house import House, there

ROLES = ("manager", "deputy", "supervisor")


@dataclass(frozen=True, slots=True)
class Difference:
    """``before`` is empty for something new."""

    what: str
    column: str
    before: str
    after: str


@dataclass(slots=True)
class Import:
    """What a file would change or has changed. With faults nothing is written."""

    faults: list[Fault] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    written: bool = False

    def note(self, what: str, column: str, before: object, after: object) -> None:
        if before != after:
            self.differences.append(Difference(what, column, shown(before), shown(after)))


class DryRun(Exception):  # noqa: N818 - ends the transaction, no error
    """Raised to roll back what was only tried."""


def import_file(house: House, content: bytes, *, dry_run: bool) -> Import:
    """Read, compare, write. ``dry_run`` does all of it and rolls back."""
    sheet = read_sheet(content)
    result = Import(faults=sheet.faults)
    if sheet.faults:
        return result
    with contextlib.suppress(DryRun), house.database.writing() as session:
        write_sheet(session, sheet, result, now=house.now(session))
        leave_unwritten_when(bool(result.faults) or dry_run)
        result.written = True
    return result


def leave_unwritten_when(tried_only: bool) -> None:  # noqa: FBT001 - reads as a sentence
    if tried_only:
        raise DryRun


def write_sheet(session: Session, sheet: Sheet, result: Import, *, now: datetime) -> None:
    """Case managers first, then clients that name them, then contacts of those clients."""
    for row in sheet.people:
        if row.role == "case_manager":
            write_case_manager(session, row, result, now=now)
    for client_row in sheet.clients:
        write_client(session, client_row, result, now=now)
    for row in sheet.people:
        if row.role == "contact" and row.client_code:
            write_contact(session, row, row.client_code, result, now=now)


def write_case_manager(session: Session, row: PersonRow, result: Import, *, now: datetime) -> None:
    person_id = write_person(session, row, result, now=now)
    people.add_case_manager(session, person_id, now=now)
    addresses.give_house_address(session, local_part_candidates(row.name), now=now, person_id=person_id)


def write_person(session: Session, row: PersonRow, result: Import, *, now: datetime) -> PersonId:
    found = person_named(session, row)
    label = f"person {row.name}"
    if found is None:
        person_id = people.add_person(
            session, name=row.name, language=row.language, reach=row.reach, phone=row.phone, now=now
        )
        result.note(label, "name", "", row.name)
    else:
        person_id = found
        known = there(people.person(session, person_id))
        for column in ("language", "reach", "phone"):
            before, after = getattr(known, column), getattr(row, column)
            if after is not None and before != after:
                result.note(label, column, before, after)
                people.update_person(session, person_id, **{column: after})
    has_primary = any(each.is_primary for each in addresses.addresses_of(session, person_id))
    for written, normal in zip(row.written, row.emails, strict=True):
        made = addresses.add_address(
            session, person_id, written=written, normal=normal, is_primary=not has_primary, now=now
        )
        has_primary = True
        if made is not None:
            result.note(label, "email", "", normal)
    return person_id


def person_named(session: Session, row: PersonRow) -> PersonId | None:
    """The person with one of these addresses and this name; without addresses, the only person of this name."""
    at_address = [each for normal in row.emails for each in addresses.people_at(session, normal)]
    pool = at_address if row.emails else people.all_people(session)
    same = {each.id for each in pool if each.name.casefold() == row.name.casefold()}
    return min(same) if same else None


def write_client(session: Session, row: ClientRow, result: Import, *, now: datetime) -> None:
    client = people.client_by_code(session, row.code)
    if client is None and row.name is None:
        result.faults.append(Fault(row.line, "client_name", f"client {row.code} is new and needs a name"))
        return
    label = f"client {row.code}"
    roles = {role: manager_id(session, row, role, result) for role in ROLES}
    if client is None:
        client_id = people.add_client(session, code=row.code, name=row.name or row.code, now=now)
        client = there(people.client(session, client_id))
        result.note(label, "client_name", "", row.name)
        addresses.give_house_address(session, local_part_candidates(client.name), now=now, client_id=client.id)
    update_client(session, client, row, roles, result=result)
    write_regime(session, client, row, result, label)


def update_client(
    session: Session, client: Client, row: ClientRow, roles: dict[str, PersonId | None], *, result: Import
) -> None:
    wanted: dict[str, Any] = {name: getattr(row, name) for name in CLIENT_VALUES}
    wanted |= {f"{role}_id": person_id for role, person_id in roles.items()}
    for column, after in wanted.items():
        before = getattr(client, column)
        if after is not None and before != after:
            result.note(f"client {row.code}", column, before, after)
            people.update_client(session, client.id, **{column: after})


def write_regime(session: Session, client: Client, row: ClientRow, result: Import, label: str) -> None:
    if row.regime is None or row.regime_from is None:
        return
    known = {each.valid_from: each.regime for each in people.regimes_of(session, client.id)}
    if known.get(row.regime_from) is not row.regime:
        before = known.get(row.regime_from, "")
        result.note(label, f"regime from {row.regime_from}", before, row.regime)
        people.set_regime(session, client.id, row.regime, valid_from=row.regime_from)


def manager_id(session: Session, row: ClientRow, role: str, result: Import) -> PersonId | None:
    address: str | None = getattr(row, role)
    if address is None:
        return None
    found = [each for each in addresses.people_at(session, address) if people.is_case_manager(session, each.id)]
    if len(found) != 1:
        fault = "no case manager" if not found else "more than one case manager"
        result.faults.append(Fault(row.line, role, f"{fault} has the address {address}"))
        return None
    return found[0].id


def write_contact(session: Session, row: PersonRow, code: str, result: Import, *, now: datetime) -> None:
    client = people.client_by_code(session, code)
    if client is None:
        return
    person_id = write_person(session, row, result, now=now)
    known = any(each.id == person_id for each in people.contacts_of(session, client.id))
    if not known:
        result.note(f"client {code}", "contact", "", row.name)
    elif people.gets_requests(session, client.id, person_id) != row.gets_requests:
        result.note(f"person {row.name}", "gets_requests", not row.gets_requests, row.gets_requests)
    people.add_contact(session, client.id, person_id, gets_requests=row.gets_requests, now=now)


def shown(value: object) -> str:
    return "" if value is None else str(value)
