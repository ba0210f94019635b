"""navette person: add, list, show, address, retire-address."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from storage import addresses, people
from storage.out_of_office import present_answers
from storage.records import Person, PersonId
from storage.states import Language, Reach
from worker.cli.terminal import NotFound, errors, find_client, find_person, open_house, out, print_json, print_table
from worker.cli.views import told_absence
from worker.core.mail_addresses import is_address, local_part_candidates, normal_address
from worker.flows.house import House, there

app = typer.Typer(help="People: contacts of clients, case managers.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="First and last name.")],
    *,
    email: Annotated[list[str] | None, typer.Option(help="May be given several times; the first is primary.")] = None,
    language: Language = Language.FR,
    phone: str | None = None,
    reach: Reach = Reach.MAIL,
    client: Annotated[list[str] | None, typer.Option(help="Code of a client this person is contact of.")] = None,
    case_manager: bool = False,
    gets_requests: bool = True,
    shared: Annotated[bool, typer.Option("--shared", help="Others have this address too, and that is meant.")] = False,
) -> None:
    """Add a person as contact of clients, as case manager, or both."""
    given = email or []
    wrong = [each for each in given if not is_address(each)]
    if wrong:
        raise NotFound(f"{wrong[0]} is no mail address")
    if not client and not case_manager:
        raise NotFound("say whose contact this is (--client CODE) or that it is a --case-manager")
    house = open_house()
    with house.database.writing() as session:
        now = house.now(session)
        person_id = people.add_person(session, name=name, language=language, reach=reach, phone=phone, now=now)
        for position, each in enumerate(given):
            addresses.add_address(
                session, person_id, written=each, normal=normal_address(each), is_primary=position == 0, now=now
            )
        for code in client or []:
            found = find_client(session, code)
            people.add_contact(session, found.id, person_id, gets_requests=gets_requests, now=now)
        if case_manager:
            people.add_case_manager(session, person_id, now=now)
            addresses.give_house_address(session, local_part_candidates(name), now=now, person_id=person_id)
        for each in given:
            refuse_other_role(session, person_id, normal_address(each))
        others = [told for each in given for told in also_at(session, person_id, each)]
    out.tell(f"person p{person_id} added")
    if not shared:
        warn_of_sharing(person_id, others)


def also_at(session: Session, person_id: PersonId, written: str) -> list[tuple[str, Person]]:
    """Who else has this address in use."""
    found = addresses.people_at(session, normal_address(written))
    return [(written, each) for each in found if each.id != person_id]


def warn_of_sharing(person_id: PersonId, others: list[tuple[str, Person]]) -> None:
    for written, each in others:
        errors.tell(
            f"warning: {written} belongs to p{each.id} {each.name} already: what comes from it is not surely either's, "
            f"and commands ask which; --shared says that it is meant, "
            f"`navette person retire-address p{person_id} {written}` takes it back"
        )


@app.command()
def address(
    person: Annotated[str, typer.Argument(help="Id or address.")],
    new: Annotated[str, typer.Argument(help="Another address of this person.")],
    *,
    primary: Annotated[bool, typer.Option(help="Mail goes to this one from now on.")] = True,
    shared: Annotated[bool, typer.Option("--shared", help="Others have this address too, and that is meant.")] = False,
) -> None:
    """Add an address to a person."""
    if not is_address(new):
        raise NotFound(f"{new} is no mail address")
    house = open_house()
    with house.database.writing() as session:
        person_id = find_person(session, person)
        refuse_other_role(session, person_id, normal_address(new))
        addresses.add_address(
            session, person_id, written=new, normal=normal_address(new), is_primary=primary, now=house.now(session)
        )
        others = also_at(session, person_id, new)
    out.tell(f"address of p{person_id} added")
    if not shared:
        warn_of_sharing(person_id, others)


@app.command(name="retire-address")
def retire_address(
    person: Annotated[str, typer.Argument(help="Id or address.")],
    old: Annotated[str, typer.Argument(help="The address that is his no more.")],
) -> None:
    """Take an address back from a person: no mail goes there, and mail from it is not his. Others keep it."""
    house = open_house()
    with house.database.writing() as session:
        person_id = find_person(session, person)
        if not addresses.retire_address(session, person_id, normal_address(old)):
            raise NotFound(f"p{person_id} has no address {old} in use; `navette person show p{person_id}` shows them")
        is_reachable = addresses.mail_address_of(session, person_id) is not None
    out.tell(f"address of p{person_id} taken back")
    if not is_reachable:
        errors.tell(f"warning: no mail reaches p{person_id} now; `navette person address` adds another one")


def refuse_other_role(session: Session, person_id: PersonId, normal: str) -> None:
    """A couple may share a mailbox; a contact and a case manager may not: one would read the other's mail."""
    is_staff = people.is_case_manager(session, person_id)
    for each in addresses.people_at(session, normal):
        if each.id != person_id and people.is_case_manager(session, each.id) != is_staff:
            raise NotFound(f"{normal} belongs to p{each.id} {each.name}: a contact and a case manager cannot share it")


@app.command(name="list")
def show_all(*, as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """All people with their addresses; of case managers the house address too, which mail from them carries."""
    house = open_house()
    with house.database.reading() as session:
        managers = {each.id for each in people.all_case_managers(session)}
        local_parts, _ = addresses.all_local_parts(session)
        found = [data_of(session, each, house, local_parts, managers) for each in people.all_people(session)]
    if as_json:
        for each in found:
            print_json(each)
        return
    columns = ["id", "name", "language", "reach", "addresses", "house address", "role or clients"]
    print_table(columns, [row_of(each) for each in found])


def data_of(
    session: Session, person: Person, house: House, local_parts: Mapping[PersonId, str], managers: Collection[PersonId]
) -> dict[str, Any]:
    local_part = local_parts.get(person.id)
    return {
        "id": f"p{person.id}",
        "name": person.name,
        "language": person.language,
        "reach": person.reach,
        "addresses": [
            {"address": row.written, "state": row.state, "primary": row.is_primary}
            for row in addresses.addresses_of(session, person.id)
        ],
        "house_address": f"{local_part}@{house.policy.domain}" if local_part else None,
        "case_manager": person.id in managers,
        "clients": [client.code for client in people.clients_of_contact(session, person.id)],
    }


def row_of(told: Mapping[str, Any]) -> list[str]:
    written = " ".join(
        each["address"] + ("" if each["state"] == "active" else f" ({each['state']})") for each in told["addresses"]
    )
    roles = (["case manager"] if told["case_manager"] else []) + told["clients"]
    plain = [str(told[name]) for name in ("id", "name", "language", "reach")]
    return [*plain, written, told["house_address"] or "-", ", ".join(roles)]


@app.command()
def show(person: Annotated[str, typer.Argument(help="Id or address.")]) -> None:
    """One person: how he is reached, for which clients, and whether he is away and who replaces him."""
    house = open_house()
    with house.database.reading() as session:
        person_id = find_person(session, person)
        known = there(people.person(session, person_id))
        written = addresses.addresses_of(session, person_id)
        clients = people.clients_of_contact(session, person_id)
        is_staff = people.is_case_manager(session, person_id)
        away = present_answers(session, [person_id], now=house.now(session)).get(person_id)
    out.tell(f"p{known.id} {known.name}", style="bold")
    out.tell(f"language {known.language}, reached by {known.reach}" + (f", phone {known.phone}" if known.phone else ""))
    for each in written:
        marks = ", ".join(["primary"] * each.is_primary + [each.state])
        out.tell(f"{each.written} ({marks})")
    if is_staff:
        out.tell("case manager")
    for client in clients:
        out.tell(f"contact of {client.code} {client.name}")
    if away is not None:
        out.tell(f"{told_absence(away)} (says i{away.inbound_mail_id} of {away.came_at:%Y-%m-%d})", style="yellow")
