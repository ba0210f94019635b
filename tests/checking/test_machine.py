"""Clock, space and rights of the machine."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.database import Database
from tests.checking.conftest import Make, levels, told
from worker.checking import machine
from worker.checking.machine import check_clock, check_folder, machine_now, skew_of, told_skew


def test_sqlite_has_the_clock_of_this_machine(set_up: Make) -> None:
    assert levels(check_clock(set_up())) == {"clock": "ok"}


@pytest.mark.parametrize(
    ("seconds", "level"), [(0, "ok"), (-0.4, "ok"), (3, "warning"), (-3, "warning"), (3600, "fault")]
)
def test_a_clock_away_from_the_databases_is_told_in_either_direction(
    set_up: Make, postgres_template: str, seconds: float, level: str
) -> None:
    settings = set_up(database_url=postgres_template.format(name="navette_template"))

    found = told(check_clock(settings, now=lambda: machine_now() + timedelta(seconds=seconds)))["clock"]

    assert found.level == level


def test_the_way_to_a_slow_database_and_back_is_no_skew(database: Database) -> None:
    asked_at, answered_at = datetime(2026, 11, 24, 9, tzinfo=UTC), datetime(2026, 11, 24, 9, 0, 8, tzinfo=UTC)
    looks = iter([asked_at, answered_at])

    class Slow(Database):
        def now(self, session: object) -> datetime:
            return asked_at + timedelta(seconds=7)

    slow = Slow(database.url.render_as_string(hide_password=False))
    assert skew_of(slow, lambda: next(looks)).level == "ok"
    slow.close()


def test_an_hour_off_says_how_to_mend_it() -> None:
    assert "NTP" in told_skew(timedelta(hours=1)).todo


def test_a_full_disk_is_a_fault_and_a_fuller_one_a_warning(set_up: Make) -> None:
    settings = set_up()

    assert levels(check_folder(settings))["disk space"] == "ok"
    assert levels(check_folder(settings, plenty=2**62))["disk space"] == "warning"
    assert levels(check_folder(settings, least=2**62, plenty=2**62))["disk space"] == "fault"
    assert (machine.LEAST, machine.PLENTY) == (200 * 2**20, 2048 * 2**20)


def test_a_data_folder_that_is_not_made_yet_is_ok_and_not_made(set_up: Make, tmp_path: Path) -> None:
    assert levels(check_folder(set_up()))["data folder"] == "ok"
    assert not (tmp_path / "data").exists()


def test_a_data_folder_open_to_everybody_is_a_warning(set_up: Make, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    assert levels(check_folder(set_up()))["data folder"] == "ok"
    (tmp_path / "data").chmod(0o755)
    assert levels(check_folder(set_up()))["data folder"] == "warning"
    assert list((tmp_path / "data").iterdir()) == []


def test_a_file_in_place_of_the_data_folder_is_a_fault(set_up: Make, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    assert levels(check_folder(set_up()))["data folder"] == "fault"


def test_a_data_folder_that_cannot_be_written_is_a_fault(set_up: Make) -> None:
    """Of the kernel's own: not even root writes there."""
    folder = Path("/proc/sys") if os.geteuid() == 0 else Path("/")

    assert levels(check_folder(set_up(data_dir=folder)))["data folder"] == "fault"
