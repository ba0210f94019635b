"""What keeps the house running: changes for the portal, timeline, leases, counters."""

from sqlalchemy import JSON, Column, Index, Table, UniqueConstraint
from sqlalchemy import text as sql

from storage.states import ChangeKind
from storage.tables.columns import at, key, metadata, ref, text, whole, word

changes = Table(
    "changes",
    metadata,
    key(),
    whole("number", optional=True, unique=True),
    word("kind", ChangeKind),
    ref("client_id", "clients", optional=True),
    ref("conversation_id", "conversations", optional=True),
    ref("message_id", "messages", optional=True),
    ref("person_id", "people", optional=True),
    at("happened_at"),
    Index("ix_changes_unnumbered", "id", sqlite_where=sql("number IS NULL"), postgresql_where=sql("number IS NULL")),
    sqlite_autoincrement=True,
)

counters = Table(
    "counters",
    metadata,
    key(),
    text("name"),
    whole("value"),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
)

timeline_events = Table(
    "timeline_events",
    metadata,
    key(),
    ref("conversation_id", "conversations", optional=True, index=True),
    ref("message_id", "messages", optional=True, index=True),
    ref("outgoing_mail_id", "outgoing_mails", optional=True, index=True),
    ref("inbound_mail_id", "inbound_mails", optional=True, index=True),
    text("what"),
    Column("details", JSON, nullable=True),
    at("happened_at"),
    sqlite_autoincrement=True,
)

leases = Table(
    "leases",
    metadata,
    key(),
    text("name"),
    text("holder"),
    whole("fence"),
    at("lease_until"),
    UniqueConstraint("name"),
    sqlite_autoincrement=True,
)
