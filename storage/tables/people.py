"""Clients, people, their addresses and roles."""

from sqlalchemy import JSON, Column, Date, Index, Table, UniqueConstraint
from sqlalchemy import text as sql

from storage.states import AddressState, Language, Reach, Regime
from storage.tables.columns import at, count, flag, key, metadata, public_id, ref, text, word

people = Table(
    "people",
    metadata,
    key(),
    public_id(),
    text("external_id", optional=True, unique=True),
    text("name"),
    word("language", Language),
    text("time_zone", server_default="Europe/Brussels", default="Europe/Brussels"),
    text("phone", optional=True),
    word("reach", Reach),
    at("created_at"),
    at("last_wrote_at", optional=True),
    at("welcomed_at", optional=True),
    sqlite_autoincrement=True,
)

addresses = Table(
    "addresses",
    metadata,
    key(),
    ref("person_id", "people"),
    text("written"),
    text("normal", index=True),
    word("state", AddressState),
    flag("is_primary"),
    count("failures_in_a_row"),
    at("created_at"),
    UniqueConstraint("person_id", "normal"),
    Index(
        "uq_addresses_primary",
        "person_id",
        unique=True,
        sqlite_where=sql("is_primary"),
        postgresql_where=sql("is_primary"),
    ),
    sqlite_autoincrement=True,
)

suppressions = Table(
    "suppressions",
    metadata,
    key(),
    text("address"),
    text("reason"),
    ref("outgoing_mail_id", "outgoing_mails", optional=True),
    at("since"),
    at("lifted_at", optional=True),
    Index(
        "uq_suppressions_open",
        "address",
        unique=True,
        sqlite_where=sql("lifted_at IS NULL"),
        postgresql_where=sql("lifted_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

case_managers = Table(
    "case_managers",
    metadata,
    key(),
    ref("person_id", "people"),
    at("since"),
    at("left_at", optional=True),
    UniqueConstraint("person_id"),
    sqlite_autoincrement=True,
)

absences = Table(
    "absences",
    metadata,
    key(),
    ref("person_id", "people", index=True),
    ref("substitute_id", "people", optional=True),
    Column("from_on", Date, nullable=False),
    Column("to_on", Date, nullable=True),
    text("source"),
    ref("inbound_mail_id", "inbound_mails", optional=True),
    at("created_at"),
    sqlite_autoincrement=True,
)

out_of_office_answers = Table(
    "out_of_office_answers",
    metadata,
    key(),
    ref("person_id", "people"),
    ref("inbound_mail_id", "inbound_mails"),
    Column("from_on", Date, nullable=True),
    Column("until_on", Date, nullable=True),
    Column("back_on", Date, nullable=True),
    Column("replacements", JSON, nullable=False),
    at("came_at"),
    UniqueConstraint("person_id", "inbound_mail_id"),
    sqlite_autoincrement=True,
)

clients = Table(
    "clients",
    metadata,
    key(),
    public_id(),
    text("code", unique=True),
    text("name"),
    text("country", server_default="BE", default="BE"),
    text("vat_number", optional=True, index=True),
    ref("manager_id", "people", optional=True, index=True),
    ref("deputy_id", "people", optional=True, index=True),
    ref("supervisor_id", "people", optional=True, index=True),
    flag("refund_seeker"),
    flag("live"),
    Column("left_on", Date, nullable=True),
    text("last_period", optional=True),
    text("request_template", optional=True),
    at("created_at"),
    sqlite_autoincrement=True,
)

regimes = Table(
    "regimes",
    metadata,
    key(),
    ref("client_id", "clients"),
    word("regime", Regime),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date, nullable=True),
    UniqueConstraint("client_id", "valid_from"),
    sqlite_autoincrement=True,
)

contacts = Table(
    "contacts",
    metadata,
    key(),
    ref("client_id", "clients"),
    ref("person_id", "people", index=True),
    flag("gets_requests"),
    at("since"),
    at("left_at", optional=True),
    UniqueConstraint("client_id", "person_id"),
    sqlite_autoincrement=True,
)

house_addresses = Table(
    "house_addresses",
    metadata,
    key(),
    text("local_part", unique=True),
    ref("person_id", "people", optional=True, index=True),
    ref("client_id", "clients", optional=True, index=True),
    at("created_at"),
    sqlite_autoincrement=True,
)
