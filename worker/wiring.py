"""The one place that builds real things and reads the clock."""

from datetime import datetime

from sqlalchemy.orm import Session

from storage.database import Database
from storage.files import FileStore
from worker.flows.house import House
from worker.flows.ports import Bell
from worker.settings import BadSettings, Settings, policy_of, read_keys


class DatabaseClock:
    """The database's own clock, so that workers on machines with wrong clocks agree."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def now(self, session: Session) -> datetime:
        return self.database.now(session)


def open_database(settings: Settings) -> Database:
    """The firm's database, migrated: the embedded one brings itself up to date, a server's is only checked."""
    if not settings.database_url:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(settings.sqlalchemy_url())
    if not database.is_migrated():
        if not database.is_sqlite:
            raise BadSettings(
                "the database is not at this version's schema: run `navette migrate` once, then start again"
            )
        database.migrate()
    return database


def build_house(settings: Settings, bell: Bell) -> House:
    database = open_database(settings)
    return House(
        database=database,
        files=FileStore(settings.data_dir.absolute() / "files"),
        clock=DatabaseClock(database),
        bell=bell,
        keys=read_keys(settings.keys.get_secret_value()),
        policy=policy_of(settings),
    )
