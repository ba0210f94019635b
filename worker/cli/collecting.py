"""navette collect: mail from the firm's mailboxes."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from worker.cli.running import Tethered, begin
from worker.cli.terminal import errors
from worker.settings_sources import BadSettings
from worker.wiring import open_database

Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Take mail that came on or after this day too (UTC), once."),
]
Once = Annotated[bool, typer.Option("--once", help="One round over every mailbox, then end; 1 if one was not read.")]


def add_to(app: typer.Typer) -> None:
    app.command()(collect)


def collect(*, since: Since = None, once: Once = False, tethered: Tethered = False) -> None:
    """Collect mail from the mailboxes (IMAP): INBOX, and what was wrongly put into Junk. Any number may run."""
    settings = begin(tethered=tethered)
    if not settings.mailboxes:
        raise BadSettings("no mailbox is set: NAVETTE_MAILBOXES=imaps://office%40firm.example@imap.firm.example")
    open_database(settings).close()
    from worker import collector
    from worker.app import CeleryBell

    from_when = since.replace(tzinfo=UTC) if since else None
    if not once:
        collector.collect(settings, since=from_when)
        return
    unread = collector.collect_once(settings, CeleryBell(), since=from_when)
    for line in unread:
        errors.print(f"navette: {line}", markup=False, highlight=False)
    raise typer.Exit(1 if unread else 0)
