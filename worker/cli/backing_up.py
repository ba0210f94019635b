"""navette backup, restore: the firm's data into a folder and out of it. docs/backup.md says how to use them."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from storage.backup import ToolFailed
from storage.database import Database
from storage.files import FileStore
from worker.cli.terminal import NoBell, errors, out
from worker.core.key_rings import read_keys
from worker.flows.backing_up import BackupRefused, back_up, bring_back
from worker.flows.backing_up import settle as settle_down
from worker.settings import Settings, load_settings
from worker.wiring import build_house, build_reader

Folder = Annotated[Path, typer.Argument(help="The folder of the backup.")]
MOST_SHOWN = 20


def add_to(app: typer.Typer) -> None:
    app.command()(backup)
    app.command()(restore)


def backup(
    folder: Folder,
    linked_to: Annotated[
        Path | None, typer.Option(help="An earlier backup on the same disk: files it has are linked, not copied.")
    ] = None,
) -> None:
    """Copy the database, then the files, into a new folder; while everything runs."""
    settings = load_settings()
    keys = read_keys(settings.keys.get_secret_value())
    database = Database(settings.sqlalchemy_url())  # not wiring's: a backup migrates nothing
    try:
        about = back_up(database, file_store(settings), keys, folder, linked_to=linked_to)
    except (BackupRefused, ToolFailed) as fault:
        stop(fault)
    finally:
        database.close()
    out.print(f"backed up: {folder / about.database_name} and {about.files} files", soft_wrap=True)
    out.print("not in it: NAVETTE_KEYS; keep them elsewhere, without them no reply finds its way back")


def restore(folder: Folder) -> None:
    """Bring a backup back into an empty place; everything else stopped, and sending off."""
    settings = load_settings()
    keys = read_keys(settings.keys.get_secret_value())
    if not settings.database_url:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.sqlalchemy_url())
    try:
        about = bring_back(database, file_store(settings), keys, folder, sending=settings.sending)
    except (BackupRefused, ToolFailed) as fault:
        stop(fault)
    finally:
        database.close()
    done = settle_down(build_house(settings, NoBell()), build_reader(settings))
    out.print(f"restored: the firm as it was at {about.made_at}, and {about.files} files")
    out.print(f"{done.in_doubt} mails wait that may have gone since; they are marked, and go when sending is on")
    if done.unfiled:
        out.print(f"{done.unfiled} mails that came in could not be filed at once: the worker tries again")
    if done.missing:
        errors.print(f"{len(done.missing)} files are missing:", *done.missing[:MOST_SHOWN], sep="\n  ", markup=False)
        raise typer.Exit(1)


def file_store(settings: Settings) -> FileStore:
    return FileStore(settings.data_dir.absolute() / "files")


def stop(fault: Exception) -> NoReturn:
    errors.print(f"No: {fault}", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1)
