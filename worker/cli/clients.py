"""navette client: add, list, set."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from storage import addresses, people
from storage.records import Client, ClientId
from storage.states import Regime
from worker.cli.terminal import find_client, find_person, open_house, out, print_json, print_table
from worker.core.countries import read_country
from worker.core.mail_addresses import local_part_candidates
from worker.core.vat_numbers import read_vat_number
from worker.flows.house import House

app = typer.Typer(help="Clients: the companies whose books the firm keeps.", no_args_is_help=True)
Code = Annotated[str, typer.Argument(help="The client's code in the firm's books.")]
Staff = Annotated[str | None, typer.Option(help="Address or id of a case manager.")]


def checked_vat_number(written: str | None) -> str | None:
    try:
        return read_vat_number(written) if written else None
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from fault


def checked_country(written: str) -> str:
    try:
        return read_country(written)
    except ValueError as fault:
        raise typer.BadParameter(str(fault)) from fault


Country = Annotated[str, typer.Option(callback=checked_country, help="Two letters, like BE.")]
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
    country: Country = "BE",
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
            country=country,
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
def show_all(*, as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """All clients with their case managers, contacts and house address."""
    house = open_house()
    with house.database.reading() as session:
        _, local_parts = addresses.all_local_parts(session)
        found = [data_of(session, each, house, local_parts) for each in people.all_clients(session)]
    if as_json:
        for each in found:
            print_json(each)
        return
    columns = ["code", "name", "manager", "contacts", "regime", "house_address"]
    rows = [
        [", ".join(each["contacts"]) or "-" if name == "contacts" else each[name] or "-" for name in columns]
        for each in found
    ]
    print_table([name.replace("_", " ") for name in columns], rows)


def data_of(session: Session, client: Client, house: House, local_parts: Mapping[ClientId, str]) -> dict[str, Any]:
    """``house_address``: mail from this client carries it towards case managers, and mail to it is about him."""
    manager = people.people_by_ids(session, [client.manager_id]) if client.manager_id else {}
    regimes = people.regimes_of(session, client.id)
    local_part = local_parts.get(client.id)
    return {
        "code": client.code,
        "name": client.name,
        "manager": next((each.name for each in manager.values()), None),
        "contacts": [person.name for person in people.contacts_of(session, client.id)],
        "regime": regimes[-1].regime if regimes else None,
        "house_address": f"{local_part}@{house.policy.domain}" if local_part else None,
    }
