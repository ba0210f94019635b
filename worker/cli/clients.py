"""navette client: add, list, set."""

from datetime import datetime
from typing import Annotated

import typer

from storage import addresses, people
from storage.states import Regime
from worker.cli.terminal import find_client, find_person, open_house, out, print_table
from worker.core.mail_addresses import local_part_candidates
from worker.core.vat_numbers import read_vat_number

app = typer.Typer(help="Clients: the companies whose books the firm keeps.", no_args_is_help=True)
Code = Annotated[str, typer.Argument(help="The client's code in the firm's books.")]
Staff = Annotated[str | None, typer.Option(help="Address or id of a case manager.")]


def checked_vat_number(written: str | None) -> str | None:
    try:
        return read_vat_number(written) if written else None
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from fault


VatNumber = Annotated[
    str | None, typer.Option(callback=checked_vat_number, help="With the country's letters, like BE0123456749.")
]


@app.command()
def add(
    code: Code,
    name: Annotated[str, typer.Argument(help="The client's name.")],
    *,
    manager: Staff = None,
    deputy: Staff = None,
    supervisor: Staff = None,
    country: str = "BE",
    vat_number: VatNumber = None,
    refund_seeker: bool = False,
    live: bool = False,
) -> None:
    """Add a client; `navette import` adds many."""
    house = open_house()
    with house.database.writing() as session:
        now = house.now(session)
        client_id = people.add_client(
            session,
            code=code,
            name=name,
            now=now,
            country=country.upper(),
            vat_number=vat_number,
            manager_id=find_person(session, manager) if manager else None,
            deputy_id=find_person(session, deputy) if deputy else None,
            supervisor_id=find_person(session, supervisor) if supervisor else None,
            refund_seeker=refund_seeker,
            live=live,
        )
        addresses.give_house_address(session, local_part_candidates(name), now=now, client_id=client_id)
    out.tell(f"client {code} added")


@app.command(name="set")
def change(
    code: Code,
    *,
    name: str | None = None,
    manager: Staff = None,
    deputy: Staff = None,
    supervisor: Staff = None,
    refund_seeker: Annotated[bool | None, typer.Option("--refund-seeker/--no-refund-seeker")] = None,
    live: Annotated[bool | None, typer.Option("--live/--not-live")] = None,
    regime: Regime | None = None,
    regime_from: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d", "%d/%m/%Y"])] = None,
) -> None:
    """Change what is given; the rest stays."""
    if regime and not regime_from:
        raise typer.BadParameter("a regime needs --regime-from, the date it is valid from")
    house = open_house()
    with house.database.writing() as session:
        client = find_client(session, code)
        roles = {"manager_id": manager, "deputy_id": deputy, "supervisor_id": supervisor}
        values: dict[str, object] = {key: find_person(session, typed) for key, typed in roles.items() if typed}
        plain = {"name": name, "refund_seeker": refund_seeker, "live": live}
        values |= {key: value for key, value in plain.items() if value is not None}
        if values:
            people.update_client(session, client.id, **values)
        if regime and regime_from:
            people.set_regime(session, client.id, regime, valid_from=regime_from.date())
    out.tell(f"client {code} changed")


@app.command(name="list")
def show_all() -> None:
    """All clients with their case managers and contacts."""
    house = open_house()
    with house.database.reading() as session:
        rows = []
        for each in people.all_clients(session):
            staff = people.people_by_ids(session, [key for key in (each.manager_id, each.deputy_id) if key])
            contacts = ", ".join(person.name for person in people.contacts_of(session, each.id))
            regimes = people.regimes_of(session, each.id)
            manager = staff[each.manager_id].name if each.manager_id else "-"
            rows.append([each.code, each.name, manager, contacts or "-", regimes[-1].regime if regimes else "-"])
    print_table(["code", "name", "manager", "contacts", "regime"], rows)
