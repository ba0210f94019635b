"""Alembic's entry: runs on the connection that storage.database gives, or on NAVETTE_DATABASE_URL for the CLI."""

import os
from typing import Literal

from alembic import context
from sqlalchemy import Connection

from storage.database import Database
from storage.tables import metadata
from storage.tables.columns import PublicNumber, UtcDateTime, Word

PLAIN = {PublicNumber: "sa.BigInteger()", UtcDateTime: "sa.DateTime(timezone=True)", Word: "sa.Text()"}


def render_plainly(kind: str, thing: object, _context: object) -> str | Literal[False]:
    """A migration stands on plain column types, so that it reads the same when ours change."""
    return PLAIN.get(type(thing), False) if kind == "type" else False


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, compare_type=True, render_item=render_plainly)
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with Database(os.environ["NAVETTE_DATABASE_URL"]).engine.connect() as own:
        run(own)
        own.commit()
