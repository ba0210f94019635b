"""Which schema a database has and which this version knows: asked at every start, so without Alembic.

Alembic costs 11 MB in each process (it brings Mako and Pygments); only a migration loads it. Its table holds one row.
A migration's file begins with its revision, ``0002_collecting.py``, and they are in a row.
"""

from importlib.resources import files as package_files

from sqlalchemy import Connection, inspect, text


def revision_in(connection: Connection) -> str | None:
    """None where nothing was ever migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def known_revisions() -> list[str]:
    """From the first to the newest."""
    names = (each.name for each in (package_files("storage") / "migrations" / "versions").iterdir())
    return sorted(name.partition("_")[0] for name in names if name.endswith(".py") and not name.startswith("_"))
