"""Backup and restore (docs/backup.md).

A backup is a folder::

    database.db | database.dump     one moment of SQLite | PostgreSQL
    files/                          the file store, copied after the database
    backup.json                     written last: a folder without it is no backup

The keys are not in it, since they would make every copy a secret that forges addresses; ``backup.json`` has four hex
digits per key, enough to notice a wrong one.

A restored database does not know what went out after the copy. So everything that waits in it is marked "may be
doubled", after the mails that were kept but not yet filed have been filed, for those lead to mails too; and a restore
is refused unless sending is off.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from storage import backup, operation
from storage.database import Database
from storage.durable import make_folder, write_durably
from storage.files import FileStore
from worker.core.policy import Sending
from worker.core.signed_addresses import KeyRing
from worker.flows.filing import file_arrival
from worker.flows.house import House
from worker.flows.ports import Reader

ABOUT = "backup.json"


class BackupRefused(Exception):  # noqa: N818 - reads as what it is
    """Nothing was begun; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a backup says of itself. ``keys``: key id to four hex digits."""

    made_at: str
    kind: str
    schema: str
    files: int
    keys: Mapping[str, str]

    @property
    def database_name(self) -> str:
        return "database.db" if self.kind == "sqlite" else "database.dump"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """``in_doubt``: mails that wait and may have gone; ``unfiled``: arrivals that could not be filed at once."""

    in_doubt: int
    unfiled: int
    missing: tuple[str, ...]


def back_up(
    database: Database, files: FileStore, keys: KeyRing, folder: Path, *, linked_to: Path | None = None
) -> About:
    """The database, then the files. ``linked_to``: an earlier backup on the same disk, to copy only what is new."""
    refuse_folder(folder)
    schema = None if backup.is_empty(database) else backup.revision_of(database)
    if schema is None:
        raise BackupRefused("there is no database to back up: is NAVETTE_DATA_DIR or NAVETTE_DATABASE_URL right?")
    if linked_to is not None:
        read_about(linked_to)
    make_backup_folder(folder)
    with database.reading() as session:
        made_at = database.now(session)
    kind = "sqlite" if database.is_sqlite else "postgresql"
    about = About(made_at=made_at.isoformat(), kind=kind, schema=schema, files=0, keys=digits_of(keys))
    backup.copy_database(database, folder / about.database_name)
    earlier = linked_to / "files" if linked_to else None
    copied = backup.copy_files(files.root, folder / "files", linked_to=earlier)
    about = About(**(asdict(about) | {"files": copied}))
    write_durably(folder / ABOUT, [json.dumps(asdict(about), indent=2).encode()])
    return about


def refuse_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise BackupRefused(f"{folder} is no folder: give each backup a folder of its own")
    if folder.exists() and any(folder.iterdir()):
        raise BackupRefused(f"{folder} is not empty: give each backup a folder of its own")


def make_backup_folder(folder: Path) -> None:
    try:
        make_folder(folder)
    except OSError as fault:
        raise BackupRefused(f"the folder {folder} cannot be made: {fault.strerror}") from fault


def bring_back(database: Database, files: FileStore, keys: KeyRing, folder: Path, *, sending: Sending) -> About:
    """Files and database into an empty place, at this version's schema. ``settle`` must follow."""
    about = read_about(folder)
    refuse_unfit(about, database, files, keys, sending=sending)
    backup.copy_files(folder / "files", files.root)
    backup.bring_back_database(database, folder / about.database_name)
    database.migrate()
    with database.writing() as session:
        backup.skip_numbers(session)
    return about


def settle(house: House, reader: Reader) -> Restored:
    """File what was kept, then mark all that waits: it may have gone after the copy."""
    with house.database.writing() as session:
        kept = backup.free_arrivals(session)
    for arrival in kept:
        file_arrival(house, reader, arrival)
    with house.database.writing() as session:
        now = house.now(session)
        waiting = backup.open_mails(session)
        for mail_id in waiting:
            backup.mark_as_doubtful(session, mail_id)
            operation.note_event(
                session, "mail_in_doubt", now=now, outgoing_mail_id=mail_id, details={"because": "restored"}
            )
        unfiled = backup.free_arrivals(session)
    with house.database.reading() as session:
        missing = tuple(backup.missing_files(session, house.files))
    return Restored(in_doubt=len(waiting), unfiled=len(unfiled), missing=missing)


def read_about(folder: Path) -> About:
    try:
        return About(**json.loads((folder / ABOUT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as fault:
        raise BackupRefused(f"{folder} is no finished backup: its {ABOUT} is missing or cannot be read") from fault


def refuse_unfit(about: About, database: Database, files: FileStore, keys: KeyRing, *, sending: Sending) -> None:
    if sending is not Sending.OFF:
        raise BackupRefused("set NAVETTE_SENDING=off first: what went out after this backup would go out again")
    if (about.kind == "sqlite") != database.is_sqlite:
        raise BackupRefused(f"this is a backup of {about.kind}: NAVETTE_DATABASE_URL names another kind of database")
    if not backup.knows_revision(about.schema):
        raise BackupRefused(f"this backup was made by a newer version (schema {about.schema}): install that one")
    here = digits_of(keys)
    lost = [number for number, digits in about.keys.items() if here.get(number) != digits]
    if lost:
        raise BackupRefused(
            f"key {', '.join(lost)} is not in NAVETTE_KEYS as it was: replies to mails signed with it would be refused"
        )
    if not backup.is_empty(database):
        raise BackupRefused("the database is not empty: restore into a new place")
    if any(backup.files_below(files.root)):
        raise BackupRefused(f"{files.root} is not empty: restore into a new place")


def digits_of(keys: KeyRing) -> dict[str, str]:
    """Four hex digits a key: they tell two keys apart and say next to nothing of either."""
    return {
        str(number): hmac.new(secret, b"navette backup", hashlib.sha256).hexdigest()[:4] for number, secret in keys.keys
    }
