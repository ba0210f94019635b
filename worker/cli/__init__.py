"""The command ``navette``: one thin file per group; what is done is in flows."""

import os
import sys

import typer

from storage.database import AlreadyThere, BadUrl, DatabaseDown
from storage.files import FilesDown
from worker.cli import (
    backing_up,
    checking,
    clients,
    collecting,
    conversations,
    demo,
    health,
    importing,
    inboxes,
    inspecting,
    messages,
    operating,
    persons,
    running,
)
from worker.cli.terminal import NotFound, errors
from worker.core.failures import TemporaryFailure
from worker.settings_sources import BadSettings

app = typer.Typer(
    name="navette",
    help="Carries the conversations of an accounting firm's client portal to everybody's mail and back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(clients.app, name="client")
app.add_typer(persons.app, name="person")
app.add_typer(conversations.app, name="conversation")
app.add_typer(messages.app, name="message")
app.add_typer(demo.app, name="demo")
checking.add_to(app)
importing.add_to(app)
inboxes.add_to(app)
operating.add_to(app)
running.add_to(app)
collecting.add_to(app)
inspecting.add_to(app)
health.add_to(app)
backing_up.add_to(app)


def main() -> None:
    """Run a command; faults that a person can mend are told in a sentence, without a traceback."""
    os.umask(0o077)  # databases and mails are nobody else's
    try:
        app()
    except (BadSettings, NotFound) as fault:
        stop(f"navette: {fault}", 2)
    except BadUrl as fault:
        stop(f"navette: NAVETTE_DATABASE_URL: {fault}", 2)
    except AlreadyThere:
        stop("navette: there is one with this code, address or id already; nothing was changed", 2)
    except DatabaseDown as fault:
        stop(f"navette: the database does not answer, nothing was changed: {fault}", 3)
    except (FilesDown, TemporaryFailure) as fault:
        stop(f"navette: the file store cannot be used, nothing was changed: {fault}", 3)
    except OSError as fault:  # outermost: a path that somebody typed or set
        if fault.filename is None:
            raise
        stop(f"navette: {fault.filename}: {fault.strerror}", 2)


def stop(told: str, code: int) -> None:
    errors.tell(told)
    sys.exit(code)
