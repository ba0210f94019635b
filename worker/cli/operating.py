"""navette migrate, keys, changes: what an operator does once or looks up."""

import secrets
from typing import Annotated

import typer

from storage.database import Database
from worker.cli.terminal import LARGEST, open_house, out, print_json
from worker.flows.measuring import measure
from worker.flows.reading import changes_after
from worker.settings import load_settings
from worker.wiring import mailbox_accounts, make_data_dir

keys = typer.Typer(help="The key ring of signed addresses.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.command()(migrate)
    app.command()(changes)
    app.command()(metrics)
    app.add_typer(keys, name="keys")


def migrate() -> None:
    """Bring the database to this version's schema. Safe to run twice."""
    settings = load_settings()
    make_data_dir(settings)
    Database(settings.sqlalchemy_url()).migrate()
    out.tell("the database is up to date")


@keys.command()
def new(key_id: Annotated[int, typer.Option(min=0, max=15, help="Its id; take one that is not in use.")] = 1) -> None:
    """Print a fresh key. Put it first in NAVETTE_KEYS and keep the older ones behind it."""
    typer.echo(f"{key_id}:{secrets.token_urlsafe(32)}")


@keys.command()
def explain() -> None:
    """How to change keys without losing a reply."""
    out.tell(
        "NAVETTE_KEYS=2:newest,1:older signs with key 2 and still accepts addresses signed with key 1.\n"
        "Make it with `navette keys new --key-id 2`: each key has an id of its own.\n"
        "Never remove a key while mails signed with it may be answered: replies to them would be refused."
    )


def metrics() -> None:
    """The figures of this moment in the text format of Prometheus (for a textfile collector, or a cron job)."""
    mailboxes = [each.name for each in mailbox_accounts(load_settings())]
    typer.echo(measure(open_house(), mailboxes), nl=False)


def changes(after: Annotated[int, typer.Option(min=0, max=LARGEST, help="The last number you have seen.")] = 0) -> None:
    """What happened after a number, one JSON object a line, for a portal to follow. The worker gives the numbers."""
    for each in changes_after(open_house(), after):
        print_json(
            {
                "number": each.number,
                "kind": each.kind,
                "client": each.client_id,
                "conversation": each.conversation_id,
                "message": each.message_id,
                "person": each.person_id,
                "happened_at": each.happened_at.isoformat(),
            }
        )
