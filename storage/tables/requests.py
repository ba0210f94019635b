"""What the firm asks of a client: requests, their items, the files offered to them and the steps of their schedule."""

from sqlalchemy import JSON, Column, Date, Index, Numeric, Table, UniqueConstraint
from sqlalchemy import text as sql

from storage.states import AboutKind, ItemKind, ItemSource, ItemState, RequestState, StepState
from storage.tables.columns import at, flag, key, metadata, public_id, ref, text, whole, word

requests = Table(
    "requests",
    metadata,
    key(),
    public_id(),
    text("external_id", optional=True, unique=True),
    ref("client_id", "clients"),
    ref("conversation_id", "conversations", optional=True, index=True),
    text("obligation", optional=True),
    text("period", optional=True),
    text("template", optional=True),
    word("state", RequestState),
    Column("legal_on", Date, nullable=True),
    Column("act_by_on", Date, nullable=True),
    Column("documents_due_on", Date, nullable=True),
    at("created_at"),
    at("opened_at", optional=True),
    Column("paused_until_on", Date, nullable=True),
    at("filed_at", optional=True),
    ref("filed_by_id", "people", optional=True),
    UniqueConstraint("client_id", "obligation", "period"),
    sqlite_autoincrement=True,
)

request_items = Table(
    "request_items",
    metadata,
    key(),
    ref("request_id", "requests"),
    whole("number"),
    word("kind", ItemKind),
    text("code"),
    text("wording"),
    word("source", ItemSource),
    flag("many"),
    word("state", ItemState),
    text("rejected_because", optional=True),
    text("answer", optional=True),
    Column("choices", JSON, nullable=True),
    word("about_kind", AboutKind, optional=True),
    text("about_number", optional=True),
    Column("about_on", Date, nullable=True),
    Column("about_amount", Numeric(14, 2), nullable=True),
    text("about_counterparty", optional=True),
    at("settled_at", optional=True),
    ref("settled_by_id", "people", optional=True),
    ref("settled_in_id", "messages", optional=True),
    flag("confirmed"),
    UniqueConstraint("request_id", "number"),
    sqlite_autoincrement=True,
)

item_files = Table(
    "item_files",
    metadata,
    key(),
    ref("request_id", "requests"),
    ref("item_id", "request_items", optional=True),
    ref("attachment_id", "attachments", index=True),
    flag("sorted"),
    ref("sorted_by_id", "people", optional=True),
    at("created_at"),
    UniqueConstraint("request_id", "attachment_id"),
    sqlite_autoincrement=True,
)

reminder_steps = Table(
    "reminder_steps",
    metadata,
    key(),
    ref("request_id", "requests"),
    text("step"),
    at("planned_at"),
    word("state", StepState),
    text("skip_reason", optional=True),
    ref("outgoing_mail_id", "outgoing_mails", optional=True),
    at("ended_at", optional=True),
    UniqueConstraint("request_id", "step"),
    Index(
        "ix_reminder_steps_due",
        "planned_at",
        "id",
        sqlite_where=sql("state = 'planned'"),
        postgresql_where=sql("state = 'planned'"),
    ),
    sqlite_autoincrement=True,
)

date_overrides = Table(
    "date_overrides",
    metadata,
    key(),
    text("country"),
    text("obligation"),
    text("regime"),
    text("period"),
    Column("legal_on", Date, nullable=False),
    text("source"),
    flag("confirmed"),
    UniqueConstraint("country", "obligation", "regime", "period"),
    sqlite_autoincrement=True,
)
