"""The sweep of orphans never takes a file that a row is about to name, whoever comes first."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy.orm import Session

from storage import inbox, people
from storage.backup import missing_files
from storage.files import FileStore
from storage.housekeeping import files_with_rows
from storage.records import PublicId
from storage.states import Way
from tests.conftest import Firm, HandClock
from tests.flows.test_housekeeping import age
from tests.flows.test_portal import ask
from worker.flows.conversations import NewFile, post_message
from worker.flows.house import House
from worker.flows.housekeeping import sweep_files

CONTENT, SHA256 = b"%PDF-1.4 invoice 4711", "ab" * 32
Work = Callable[[House], None]


class WatchedDisk(FileStore):
    """Somebody is at work just before and just after the sweep sets a file aside."""

    before: Callable[[], None] = staticmethod(lambda: None)
    after: Callable[[], None] = staticmethod(lambda: None)

    def set_aside(self, name: str) -> Path | None:
        self.before()
        aside = super().set_aside(name)
        self.after()
        return aside


class SlowDisk(FileStore):
    """Whoever writes has stored his file, and goes on to the row when he may."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.has_stored, self.may_go_on = Event(), Event()

    def put_attachment(self, client: PublicId, content: bytes) -> str:
        return self.paused(super().put_attachment(client, content))

    def put_inbound(self, sha256: str, content: bytes) -> str:
        return self.paused(super().put_inbound(sha256, content))

    def paused(self, told: str) -> str:
        self.has_stored.set()
        assert self.may_go_on.wait(30)
        return told


class Writer:
    """Somebody on another machine who stores a file at one moment and commits its row at another."""

    def __init__(self, house: House, work: Work) -> None:
        self.disk = SlowDisk(house.files.root)
        self.thread = Thread(target=work, args=(replace(house, files=self.disk),))

    def store(self) -> None:
        self.thread.start()
        assert self.disk.has_stored.wait(30)

    def commit(self) -> None:
        self.disk.may_go_on.set()
        self.thread.join()

    def store_and_commit(self) -> None:
        self.store()
        self.commit()


@pytest.fixture(params=["attachment", "inbound"])
def work(request: pytest.FixtureRequest, house: House, firm: Firm, clock: HandClock) -> Work:
    """Store a file and name it in a row. The same content lies there already, a day old and without a row."""
    started = ask(house, firm)

    def post(house: House) -> None:
        file = NewFile(name="f.pdf", content=CONTENT)
        post_message(house, by=firm.anne, conversation_id=started.conversation_id, text="", files=[file])

    def keep(house: House) -> None:
        path = house.files.put_inbound(SHA256, CONTENT)
        mail = inbox.KeptMail(
            sha256=SHA256, size=21, raw=None, raw_path=path, way=Way.LMTP, envelope_from="", recipients=("a@x.example",)
        )
        with house.database.writing() as session:
            inbox.keep_mail(session, mail, now=clock.at)

    if request.param == "attachment":
        with house.database.reading() as session:
            house.files.put_attachment(client_of(session, firm), CONTENT)
    else:
        house.files.put_inbound(SHA256, CONTENT)
    (path,) = files_in(house)
    clock.at = datetime.fromtimestamp(path.stat().st_mtime, UTC)  # what is stored from now on is fresh
    age(path, clock, hours=25)
    return post if request.param == "attachment" else keep


def client_of(session: Session, firm: Firm) -> PublicId:
    client = people.client(session, firm.bakery)
    assert client is not None
    return client.public_id


def files_in(house: House) -> list[Path]:
    return [each for each in house.files.root.rglob("*") if each.is_file()]


def assert_the_row_has_its_file(house: House) -> None:
    (path,) = files_in(house)
    name = str(path.relative_to(house.files.root))
    with house.database.reading() as session:
        assert files_with_rows(session, [name]) == {name}
        assert list(missing_files(session, house.files)) == []
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("commits_at", ["before", "after", "end"])
def test_a_file_stored_just_before_it_is_set_aside_is_put_back(house: House, work: Work, commits_at: str) -> None:
    writer, disk = Writer(house, work), WatchedDisk(house.files.root)
    disk.before = writer.store_and_commit if commits_at == "before" else writer.store
    disk.after = writer.commit if commits_at == "after" else disk.after

    assert sweep_files(replace(house, files=disk)) == 0
    writer.commit()
    assert_the_row_has_its_file(house)


@pytest.mark.parametrize("commits_at", ["after", "end"])
def test_a_file_stored_just_after_the_old_one_was_set_aside_stays(house: House, work: Work, commits_at: str) -> None:
    """With its row seen at the second look, or not yet."""
    writer, disk = Writer(house, work), WatchedDisk(house.files.root)
    disk.after = writer.store_and_commit if commits_at == "after" else writer.store

    sweep_files(replace(house, files=disk))
    writer.commit()
    assert_the_row_has_its_file(house)


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_row_that_comes_to_an_old_file_between_the_looks_keeps_it(
    house: House, work: Work, place: str, clock: HandClock
) -> None:
    """By a writer that slept for a day: his file is as old as an orphan."""
    writer, disk = Writer(house, work), WatchedDisk(house.files.root)
    writer.store()
    for path in files_in(house):
        age(path, clock, hours=25)
    setattr(disk, place, writer.commit)

    assert sweep_files(replace(house, files=disk)) == 0
    assert_the_row_has_its_file(house)


class Killed(Exception):  # noqa: N818 - what happened
    pass


def test_what_a_killed_sweep_left_aside_is_put_back_by_the_next(house: House, work: Work) -> None:
    writer, disk = Writer(house, work), WatchedDisk(house.files.root)

    def kill() -> None:
        raise Killed

    disk.before, disk.after = writer.store, kill
    with pytest.raises(Killed):
        sweep_files(replace(house, files=disk))
    writer.commit()
    assert sweep_files(house) == 0
    assert_the_row_has_its_file(house)


def test_a_newer_file_is_not_replaced_by_what_was_left_aside(house: House, work: Work) -> None:
    (path,) = files_in(house)
    name = str(path.relative_to(house.files.root))
    house.files.set_aside(name)
    writer = Writer(house, work)
    writer.store()
    before = path.stat().st_mtime_ns

    assert sweep_files(house) == 0
    assert path.stat().st_mtime_ns == before
    writer.commit()
    assert_the_row_has_its_file(house)


def test_two_sweeps_at_once_lose_nothing_and_end_clean(house: House, work: Work) -> None:
    writer, disk = Writer(house, work), WatchedDisk(house.files.root)
    disk.before = writer.store
    disk.after = lambda: others.append(sweep_files(house))
    others: list[int] = []

    assert sweep_files(replace(house, files=disk)) == 0
    writer.commit()
    assert others == [0]
    assert_the_row_has_its_file(house)


def test_an_orphan_that_nobody_wants_is_removed_once(house: House, work: Work) -> None:
    assert sweep_files(house) == 1
    assert files_in(house) == []
    assert sweep_files(house) == 0
