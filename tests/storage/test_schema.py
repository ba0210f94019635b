"""The schema and its history are one thing, on both databases."""

import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from storage.database import Database, alembic_config
from storage.revisions import known_revisions, revision_in
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


def test_the_revisions_known_without_alembic_are_alembics() -> None:
    script = ScriptDirectory.from_config(alembic_config())

    assert known_revisions() == sorted(each.revision for each in script.walk_revisions())
    assert known_revisions()[-1] == script.get_current_head()


def test_the_revision_of_a_database_is_read_without_alembic(database: Database) -> None:
    with database.engine.connect() as connection:
        assert revision_in(connection) == known_revisions()[-1]
        connection.execute(text("DROP TABLE alembic_version"))
        assert revision_in(connection) is None


def test_no_process_loads_what_only_a_migration_needs() -> None:
    words = (
        "import sys, worker.cli, worker.tasks; print(*(each for each in ('alembic', 'mako') if each in sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", words], cwd=root, capture_output=True, text=True, check=True)

    assert done.stdout.split() == []
