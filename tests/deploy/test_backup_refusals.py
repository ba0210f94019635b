"""What is no backup, no place for one or the wrong ring of keys is refused with a reason; nobody else may read one."""

from dataclasses import replace
from pathlib import Path

import pytest

from storage import backup
from tests.deploy.conftest import Office
from tests.deploy.test_backup import Places, keep, write
from worker.core.policy import Sending
from worker.core.signed_addresses import KeyRing
from worker.flows.backing_up import ABOUT, BackupRefused, bring_back
from worker.flows.house import House


def test_a_backup_never_goes_into_a_used_folder(office: Office, tools: None, tmp_path: Path) -> None:
    keep(office, tmp_path / "copy")

    with pytest.raises(BackupRefused, match="folder of its own"):
        keep(office, tmp_path / "copy")


def test_a_backup_does_not_link_to_an_unfinished_one(office: Office, tools: None, tmp_path: Path) -> None:
    first = keep(office, tmp_path / "first")
    (first / ABOUT).unlink()

    with pytest.raises(BackupRefused, match="no finished backup"):
        keep(office, tmp_path / "second", linked_to=first)


def test_nobody_else_may_read_a_backup(office: Office, tools: None, tmp_path: Path) -> None:
    write(office, 1)
    copy = keep(office, tmp_path / "copy")

    for path in [copy, *copy.rglob("*")]:
        if path.name != ABOUT:
            assert path.stat().st_mode & 0o077 == 0, path
    text = (copy / ABOUT).read_text()
    assert "secret" not in text


def test_a_restore_is_refused_with_a_reason(office: Office, new_place: Places, tmp_path: Path) -> None:
    copy = keep(office, tmp_path / "copy")
    place = new_place()

    def refused(where: House = place, *, sending: Sending = Sending.OFF, keys: KeyRing | None = None) -> str:
        with pytest.raises(BackupRefused) as told:
            bring_back(where.database, where.files, keys or where.keys, copy, sending=sending)
        return str(told.value)

    assert "NAVETTE_SENDING=off" in refused(sending=Sending.ON)
    assert "NAVETTE_SENDING=off" in refused(sending=Sending.ONLY_LISTED)
    assert "key 1 is not in NAVETTE_KEYS as it was" in refused(keys=KeyRing(((1, b"another secret, long enough"),)))
    assert "database is not empty" in refused(replace(place, database=office.house.database))
    used = new_place()
    used.files.put_inbound("ab" * 32, b"raw")
    assert "is not empty" in refused(used)
    about = (copy / ABOUT).read_text()
    (copy / ABOUT).write_text(about.replace('"schema": "', '"schema": "9'))
    assert "newer version" in refused()
    other = "postgresql" if place.database.is_sqlite else "sqlite"
    (copy / ABOUT).write_text(
        about.replace(f'"kind": "{"sqlite" if other == "postgresql" else "postgresql"}"', f'"kind": "{other}"')
    )
    assert "another kind of database" in refused()
    (copy / ABOUT).unlink()
    assert "no finished backup" in refused()
    assert backup.is_empty(place.database)


def test_a_retired_key_may_be_behind_newer_ones_at_the_restore(
    office: Office, new_place: Places, tmp_path: Path
) -> None:
    copy = keep(office, tmp_path / "copy")
    ring = KeyRing(((2, b"a newer secret of the tests, long"), *office.house.keys.keys))
    place = new_place()

    bring_back(place.database, place.files, ring, copy, sending=Sending.OFF)

    assert place.database.is_migrated()
