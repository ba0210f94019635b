"""The schema and its history are one thing, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from storage.database import Database
from storage.tables import metadata


def test_autogenerate_finds_nothing_to_do(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, metadata) == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    database.migrate()

    assert database.is_migrated()


def test_every_key_is_64_bits_and_every_public_id_unique() -> None:
    for table in metadata.sorted_tables:
        assert [column.name for column in table.primary_key] == ["id"]
        if "public_id" in table.c:
            assert table.c.public_id.unique
