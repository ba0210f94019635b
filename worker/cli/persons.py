"""navette person: add, list, show, address."""

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from storage import addresses, people
from storage.out_of_office import present_answers
from storage.records import PersonId
from storage.states import Language, Reach
from worker.cli.terminal import NotFound, find_client, find_person, open_house, out, print_table
from worker.cli.views import told_absence
from worker.core.mail_addresses import is_address, local_part_candidates, normal_address
from worker.flows.house import there

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
    out.tell(f"person p{person_id} added")


@app.command()
def address(
    person: Annotated[str, typer.Argument(help="Id or address.")],
    new: Annotated[str, typer.Argument(help="Another address of this person.")],
    *,
    primary: Annotated[bool, typer.Option(help="Mail goes to this one from now on.")] = True,
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
    out.tell(f"address of p{person_id} added")


def refuse_other_role(session: Session, person_id: PersonId, normal: str) -> None:
    """A couple may share a mailbox; a contact and a case manager may not: one would read the other's mail."""
    is_staff = people.is_case_manager(session, person_id)
    for each in addresses.people_at(session, normal):
        if each.id != person_id and people.is_case_manager(session, each.id) != is_staff:
            raise NotFound(f"{normal} belongs to p{each.id} {each.name}: a contact and a case manager cannot share it")


@app.command(name="list")
def show_all() -> None:
    """All people with their addresses."""
    house = open_house()
    with house.database.reading() as session:
        managers = {each.id for each in people.all_case_managers(session)}
        rows = []
        for each in people.all_people(session):
            clients = [client.code for client in people.clients_of_contact(session, each.id)]
            roles = (["case manager"] if each.id in managers else []) + clients
            written = " ".join(
                row.written + ("" if row.state == "active" else f" ({row.state})")
                for row in addresses.addresses_of(session, each.id)
            )
            rows.append([f"p{each.id}", each.name, each.language, each.reach, written, ", ".join(roles)])
    print_table(["id", "name", "language", "reach", "addresses", "role or clients"], rows)


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
