"""This machine: its clock against the database's, the space and the rights in the data folder."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from storage.database import Database, DatabaseDown
from worker.checking.verdicts import Verdict, fault, ok, one_line, warning
from worker.settings import Settings

CLOCK, FOLDER, SPACE = "clock", "data folder", "disk space"
MEGABYTE = 2**20
LEAST, PLENTY = 200 * MEGABYTE, 2048 * MEGABYTE
OFF, FAR_OFF = timedelta(seconds=0.5), timedelta(seconds=5)
"""The beat's rings expire after a second by the clock of the machine that hears them: a wrong clock hears none."""

Now = Callable[[], datetime]


def machine_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - it is this machine's own clock that is looked at


def check_clock(settings: Settings, *, now: Now = machine_now) -> Iterator[Verdict]:
    if settings.sqlalchemy_url().startswith("sqlite"):
        yield ok(CLOCK, "the database is on this machine and has its clock")
        return
    try:
        database = Database(settings.sqlalchemy_url())
        try:
            yield skew_of(database, now)
        finally:
            database.close()
    except (DatabaseDown, SQLAlchemyError, ImportError, ValueError):
        yield warning(CLOCK, "cannot be compared: the database does not answer", "see the line of the database")


def skew_of(database: Database, now: Now) -> Verdict:
    """The database is asked between two looks at our own clock: half of the way there and back does not count."""
    with database.reading() as session:
        database.now(session)  # connects, which may take a while
        before = now()
        theirs = database.now(session)
        after = now()
    half = abs(after - before) / 2
    return told_skew(max(timedelta(0), abs(theirs - (before + half)) - half))


def told_skew(skew: timedelta) -> Verdict:
    found = f"{skew.total_seconds():.1f} s away from the database's"
    todo = "keep both machines' clocks with NTP (timedatectl set-ntp true)"
    if skew > FAR_OFF:
        return fault(CLOCK, found, todo)
    return warning(CLOCK, found, todo) if skew > OFF else ok(CLOCK, found)


def check_folder(settings: Settings, *, least: int = LEAST, plenty: int = PLENTY) -> Iterator[Verdict]:
    """``least``, ``plenty``: bytes free, below which it is a fault and a warning."""
    folder = settings.data_dir.absolute()
    there = nearest(folder)
    yield rights(folder, there)
    free = shutil.disk_usage(there).free
    found = f"{free / MEGABYTE:,.0f} MB free for {folder}"
    if free < least:
        yield fault(SPACE, found, "make space: mail is put off (452) when the disk is full")
    elif free < plenty:
        yield warning(SPACE, found, "make space, or move NAVETTE_DATA_DIR to a larger disk")
    else:
        yield ok(SPACE, found)


def nearest(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())


def rights(folder: Path, there: Path) -> Verdict:
    if not there.is_dir():
        return fault(FOLDER, f"{there} is a file", "NAVETTE_DATA_DIR must name a folder")
    if there != folder:
        return missing(folder, there)
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as refused:
        return fault(FOLDER, f"{folder} cannot be written: {one_line(refused.strerror)}", f"give it to {user()}")
    if folder.stat().st_mode & 0o007:
        return warning(FOLDER, f"{folder} is open to every user of this machine", f"chmod 700 {folder}")
    return ok(FOLDER, f"{folder} can be written")


def missing(folder: Path, there: Path) -> Verdict:
    """It is made at the first start, if that is allowed."""
    if os.access(there, os.W_OK | os.X_OK):
        return ok(FOLDER, f"{folder} is made at the first start")
    return fault(FOLDER, f"{folder} is not there and {user()} may not make it", f"make it and give it to {user()}")


def user() -> str:
    return f"the user with id {os.geteuid()}"
