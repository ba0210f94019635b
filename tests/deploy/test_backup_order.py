"""The database is copied before the files, so no row of a backup lacks its file."""

from pathlib import Path

from sqlalchemy.engine import URL

from storage import backup
from storage.database import Database
from storage.files import FileStore
from tests.deploy.conftest import Office
from tests.deploy.test_backup import Places, every_mail, restore, write
from worker.flows.backing_up import back_up


class BusyDatabase(Database):
    """Something happens whenever its place is asked for: last of all just before it is copied."""

    meanwhile = staticmethod(lambda: None)

    @property
    def url(self) -> URL:
        self.meanwhile()
        return self.place

    @url.setter
    def url(self, place: URL) -> None:
        self.place = place


class BusyFiles(FileStore):
    """The same with files."""

    meanwhile = staticmethod(lambda: None)

    @property
    def root(self) -> Path:
        self.meanwhile()
        return self.place

    @root.setter
    def root(self, place: Path) -> None:
        self.place = place


def test_no_row_lacks_its_file_whatever_is_written_between_the_steps(
    office: Office, new_place: Places, tmp_path: Path
) -> None:
    written: list[str] = []

    def write_before(step: str) -> None:
        write(office, len(written))
        written.append(step)

    house = office.house
    database = BusyDatabase(house.database.url.render_as_string(hide_password=False))
    files = BusyFiles(house.files.root)
    database.meanwhile = lambda: write_before("database")
    files.meanwhile = lambda: write_before("files")
    back_up(database, files, house.keys, tmp_path / "copy")
    database.close()
    place, done = restore(office, tmp_path / "copy", new_place)

    assert done.missing == ()
    assert written[-2:] == ["database", "files"]
    assert len(every_mail(place)) == len(written) - 1
    assert len(list(backup.files_below(place.files.root))) == len(written)
