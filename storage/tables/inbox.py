"""Inbound mails as they arrived, their arrivals and filings, and where each mailbox was read to."""

from sqlalchemy import JSON, Column, Index, LargeBinary, Table, UniqueConstraint
from sqlalchemy import text as sql

from storage.states import ArrivalState, Outcome, Way
from storage.tables.columns import at, count, key, metadata, public_id, ref, text, whole, word

inbound_mails = Table(
    "inbound_mails",
    metadata,
    key(),
    public_id(),
    text("sha256", unique=True),
    whole("size"),
    Column("raw", LargeBinary, nullable=True),
    text("raw_path", optional=True),
    at("kept_at"),
    at("purged_at", optional=True),
    sqlite_autoincrement=True,
)

KEPT = "state = 'kept'"
SHELVED = "state = 'quarantined'"
HELD = "outcome = 'held'"
IMAP = "way = 'imap'"
SINK = "way <> 'imap'"
UNTOLD = "way = 'imap' AND told_at IS NULL"
"""Kept from a mailbox whose server was not yet told to put the mail away."""

arrivals = Table(
    "arrivals",
    metadata,
    key(),
    ref("inbound_mail_id", "inbound_mails", index=True),
    text("sha256"),
    word("way", Way),
    text("mailbox", optional=True),
    whole("uidvalidity", optional=True),
    whole("uid", optional=True),
    text("envelope_from", optional=True),
    text("envelope_to", server_default="", default=""),
    text("peer", optional=True),
    at("happened_at"),
    word("state", ArrivalState),
    at("due_at"),
    whole("fence", server_default="0", default=0),
    at("lease_until", optional=True),
    count("errors"),
    count("lost_leases"),
    text("error", optional=True),
    text("fingerprint", optional=True),
    ref("filing_id", "filings", optional=True),
    text("ended_why", optional=True),
    at("filed_at", optional=True),
    at("told_at", optional=True),
    Index(
        "uq_arrivals_imap",
        "mailbox",
        "uidvalidity",
        "uid",
        unique=True,
        sqlite_where=sql(IMAP),
        postgresql_where=sql(IMAP),
    ),
    Index(
        "uq_arrivals_sink",
        "sha256",
        "envelope_to",
        unique=True,
        sqlite_where=sql(SINK),
        postgresql_where=sql(SINK),
    ),
    Index("ix_arrivals_quarantined", "error", sqlite_where=sql(SHELVED), postgresql_where=sql(SHELVED)),
    Index("ix_arrivals_due", "due_at", "id", sqlite_where=sql(KEPT), postgresql_where=sql(KEPT)),
    Index(
        "ix_arrivals_untold",
        "mailbox",
        "uidvalidity",
        "uid",
        sqlite_where=sql(UNTOLD),
        postgresql_where=sql(UNTOLD),
    ),
    sqlite_autoincrement=True,
)

filings = Table(
    "filings",
    metadata,
    key(),
    ref("inbound_mail_id", "inbound_mails", index=True),
    text("fingerprint"),
    text("signed_address"),
    word("outcome", Outcome),
    text("reason", optional=True),
    ref("conversation_id", "conversations", optional=True, index=True),
    ref("message_id", "messages", optional=True),
    ref("person_id", "people", optional=True),
    ref("outgoing_mail_id", "outgoing_mails", optional=True),
    ref("client_id", "clients", optional=True),
    text("sender", optional=True),
    text("sender_name", optional=True),
    text("subject", optional=True),
    text("excerpt", optional=True),
    text("mail_message_id", optional=True, index=True),
    Column("findings", JSON, nullable=False),
    at("filed_at"),
    at("told_at", optional=True),
    at("reminded_at", optional=True),
    at("settled_at", optional=True),
    ref("settled_by_id", "people", optional=True),
    text("settled_as", optional=True),
    UniqueConstraint("fingerprint", "signed_address"),
    Index("ix_filings_held_in", "conversation_id", "filed_at", sqlite_where=sql(HELD), postgresql_where=sql(HELD)),
    Index(
        "ix_filings_held",
        "sender",
        sqlite_where=sql("outcome = 'held' AND settled_at IS NULL"),
        postgresql_where=sql("outcome = 'held' AND settled_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

blocked_senders = Table(
    "blocked_senders",
    metadata,
    key(),
    text("address", unique=True),
    ref("by_id", "people"),
    at("created_at"),
    sqlite_autoincrement=True,
)

mailbox_positions = Table(
    "mailbox_positions",
    metadata,
    key(),
    text("mailbox"),
    text("folder"),
    whole("uidvalidity"),
    whole("last_uid"),
    at("first_seen_at"),
    at("last_good_at", optional=True),
    whole("old_until_uid", server_default="0", default=0),
    at("old_since", optional=True),
    count("gone_uids"),
    UniqueConstraint("mailbox", "folder"),
    sqlite_autoincrement=True,
)

watched_mailboxes = Table(
    "watched_mailboxes",
    metadata,
    key(),
    text("mailbox", unique=True),
    at("last_read_at"),
    at("alarmed_at", optional=True),
    at("take_since", optional=True),
    sqlite_autoincrement=True,
)

missing_uids = Table(
    "missing_uids",
    metadata,
    key(),
    text("mailbox"),
    text("folder"),
    whole("uidvalidity"),
    whole("uid"),
    count("tries"),
    at("first_tried_at"),
    at("settled_at", optional=True),
    text("settled_as", optional=True),
    UniqueConstraint("mailbox", "folder", "uidvalidity", "uid"),
    sqlite_autoincrement=True,
)
