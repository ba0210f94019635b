"""First tables: everything DESIGN.md sections 2 to 11 name. Long, as made by Alembic, and never edited again."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counters")),
        sa.UniqueConstraint("name", name=op.f("uq_counters_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "date_overrides",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("obligation", sa.Text(), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("legal_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_date_overrides")),
        sa.UniqueConstraint(
            "country", "obligation", "regime", "period", name=op.f("uq_date_overrides_country_obligation_regime_period")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "inbound_mails",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("raw_path", sa.Text(), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_mails")),
        sa.UniqueConstraint("public_id", name=op.f("uq_inbound_mails_public_id")),
        sa.UniqueConstraint("sha256", name=op.f("uq_inbound_mails_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "leases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leases")),
        sa.UniqueConstraint("name", name=op.f("uq_leases_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "mailbox_positions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("last_uid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_good_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("alarmed", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailbox_positions")),
        sa.UniqueConstraint("mailbox", "folder", name=op.f("uq_mailbox_positions_mailbox_folder")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "missing_uids",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
        sa.Column("first_tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_missing_uids")),
        sa.UniqueConstraint(
            "mailbox", "folder", "uidvalidity", "uid", name=op.f("uq_missing_uids_mailbox_folder_uidvalidity_uid")
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "people",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Europe/Brussels", nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_wrote_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("welcomed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("external_id", name=op.f("uq_people_external_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_people_public_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "absences",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("substitute_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("inbound_mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["inbound_mail_id"], ["inbound_mails.id"], name=op.f("fk_absences_inbound_mail_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_absences_person_id")),
        sa.ForeignKeyConstraint(["substitute_id"], ["people.id"], name=op.f("fk_absences_substitute_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_absences_person_id"), "absences", ["person_id"], unique=False)
    op.create_table(
        "addresses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column(
            "failures_in_a_row",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            server_default="0",
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_addresses_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
        sa.UniqueConstraint("person_id", "normal", name=op.f("uq_addresses_person_id_normal")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_addresses_normal"), "addresses", ["normal"], unique=False)
    op.create_index(
        "uq_addresses_primary",
        "addresses",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("is_primary"),
        postgresql_where=sa.text("is_primary"),
    )
    op.create_table(
        "case_managers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_case_managers_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_managers")),
        sa.UniqueConstraint("person_id", name=op.f("uq_case_managers_person_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "clients",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), server_default="BE", nullable=False),
        sa.Column("vat_number", sa.Text(), nullable=True),
        sa.Column("manager_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deputy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("supervisor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("refund_seeker", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("live", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("last_period", sa.Text(), nullable=True),
        sa.Column("request_template", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["deputy_id"], ["people.id"], name=op.f("fk_clients_deputy_id")),
        sa.ForeignKeyConstraint(["manager_id"], ["people.id"], name=op.f("fk_clients_manager_id")),
        sa.ForeignKeyConstraint(["supervisor_id"], ["people.id"], name=op.f("fk_clients_supervisor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clients")),
        sa.UniqueConstraint("code", name=op.f("uq_clients_code")),
        sa.UniqueConstraint("public_id", name=op.f("uq_clients_public_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_clients_deputy_id"), "clients", ["deputy_id"], unique=False)
    op.create_index(op.f("ix_clients_manager_id"), "clients", ["manager_id"], unique=False)
    op.create_index(op.f("ix_clients_supervisor_id"), "clients", ["supervisor_id"], unique=False)
    op.create_index(op.f("ix_clients_vat_number"), "clients", ["vat_number"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("gets_requests", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_contacts_client_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_contacts_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("client_id", "person_id", name=op.f("uq_contacts_client_id_person_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_contacts_person_id"), "contacts", ["person_id"], unique=False)
    op.create_table(
        "conversations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("starter_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("starter_side", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("about_kind", sa.Text(), nullable=True),
        sa.Column("about_number", sa.Text(), nullable=True),
        sa.Column("about_on", sa.Date(), nullable=True),
        sa.Column("about_amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("about_currency", sa.Text(), nullable=True),
        sa.Column("about_counterparty", sa.Text(), nullable=True),
        sa.Column("linked_to_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("last_happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("thread_root", sa.Text(), nullable=False),
        sa.Column("thread_index", sa.Text(), nullable=True),
        sa.Column(
            "client_attention", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False
        ),
        sa.Column(
            "firm_attention", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False
        ),
        sa.Column("retention", sa.Text(), server_default="bookkeeping", nullable=False),
        sa.Column("legal_hold", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_conversations_client_id")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["people.id"], name=op.f("fk_conversations_closed_by_id")),
        sa.ForeignKeyConstraint(["linked_to_id"], ["conversations.id"], name=op.f("fk_conversations_linked_to_id")),
        sa.ForeignKeyConstraint(["starter_id"], ["people.id"], name=op.f("fk_conversations_starter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint("external_id", name=op.f("uq_conversations_external_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_conversations_public_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_conversations_client_attention",
        "conversations",
        ["client_id", "last_happened_at"],
        unique=False,
        sqlite_where=sa.text("client_attention > 0"),
        postgresql_where=sa.text("client_attention > 0"),
    )
    op.create_index(op.f("ix_conversations_client_id"), "conversations", ["client_id"], unique=False)
    op.create_index(
        "ix_conversations_firm_attention",
        "conversations",
        ["client_id", "last_happened_at"],
        unique=False,
        sqlite_where=sa.text("firm_attention > 0"),
        postgresql_where=sa.text("firm_attention > 0"),
    )
    op.create_index(
        "ix_conversations_list", "conversations", ["client_id", "state", "last_happened_at", "id"], unique=False
    )
    op.create_index(op.f("ix_conversations_thread_root"), "conversations", ["thread_root"], unique=False)
    op.create_table(
        "files",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("scan_state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_files_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("client_id", "sha256", name=op.f("uq_files_client_id_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "house_addresses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("local_part", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_house_addresses_client_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_house_addresses_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_house_addresses")),
        sa.UniqueConstraint("local_part", name=op.f("uq_house_addresses_local_part")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_house_addresses_client_id"), "house_addresses", ["client_id"], unique=False)
    op.create_index(op.f("ix_house_addresses_person_id"), "house_addresses", ["person_id"], unique=False)
    op.create_table(
        "regimes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("regime", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_regimes_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regimes")),
        sa.UniqueConstraint("client_id", "valid_from", name=op.f("uq_regimes_client_id_valid_from")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("author_side", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("answer_wanted", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("sender_unverified", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forwarded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("original_from", sa.Text(), nullable=True),
        sa.Column("original_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("inbound_mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_messages_author_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_messages_conversation_id")),
        sa.ForeignKeyConstraint(["forwarded_by_id"], ["people.id"], name=op.f("fk_messages_forwarded_by_id")),
        sa.ForeignKeyConstraint(["inbound_mail_id"], ["inbound_mails.id"], name=op.f("fk_messages_inbound_mail_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("external_id", name=op.f("uq_messages_external_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_messages_public_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_messages_inbound_mail_id"), "messages", ["inbound_mail_id"], unique=False)
    op.create_index("ix_messages_order", "messages", ["conversation_id", "happened_at", "id"], unique=False)
    op.create_table(
        "outgoing_mails",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("answers_inbound_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("priority", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("envelope_id", sa.Text(), nullable=True),
        sa.Column("dated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bytes_path", sa.Text(), nullable=True),
        sa.Column("sent_text", sa.Text(), nullable=True),
        sa.Column("thread_index", sa.Text(), nullable=True),
        sa.Column("may_be_doubled", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("failure_class", sa.Text(), nullable=True),
        sa.Column("failure_status", sa.Text(), nullable=True),
        sa.Column("failure_reason", sa.Text(), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answers_inbound_id"], ["inbound_mails.id"], name=op.f("fk_outgoing_mails_answers_inbound_id")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("fk_outgoing_mails_author_id")),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_outgoing_mails_client_id")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_outgoing_mails_conversation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_outgoing_mails_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_mails")),
        sa.UniqueConstraint("public_id", name=op.f("uq_outgoing_mails_public_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outgoing_mails_address", "outgoing_mails", ["address", "created_at"], unique=False)
    op.create_index(
        "ix_outgoing_mails_due",
        "outgoing_mails",
        ["due_at", "priority", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'queued', 'sending')"),
        postgresql_where=sa.text("state IN ('waiting', 'queued', 'sending')"),
    )
    op.create_index("ix_outgoing_mails_person", "outgoing_mails", ["person_id", "created_at"], unique=False)
    op.create_index("ix_outgoing_mails_talk", "outgoing_mails", ["conversation_id", "person_id", "id"], unique=False)
    op.create_index(
        "uq_outgoing_mails_joining",
        "outgoing_mails",
        ["conversation_id", "person_id", "author_id", "visibility"],
        unique=True,
        sqlite_where=sa.text("state = 'waiting' AND kind = 'message'"),
        postgresql_where=sa.text("state = 'waiting' AND kind = 'message'"),
    )
    op.create_index("uq_outgoing_mails_message_id", "outgoing_mails", ["message_id"], unique=True)
    op.create_table(
        "requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("obligation", sa.Text(), nullable=True),
        sa.Column("period", sa.Text(), nullable=True),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("legal_on", sa.Date(), nullable=True),
        sa.Column("act_by_on", sa.Date(), nullable=True),
        sa.Column("documents_due_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until_on", sa.Date(), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_requests_client_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_requests_conversation_id")),
        sa.ForeignKeyConstraint(["filed_by_id"], ["people.id"], name=op.f("fk_requests_filed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
        sa.UniqueConstraint("client_id", "obligation", "period", name=op.f("uq_requests_client_id_obligation_period")),
        sa.UniqueConstraint("external_id", name=op.f("uq_requests_external_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_requests_public_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_requests_conversation_id"), "requests", ["conversation_id"], unique=False)
    op.create_table(
        "answers_given",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("outgoing_mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["outgoing_mail_id"], ["outgoing_mails.id"], name=op.f("fk_answers_given_outgoing_mail_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers_given")),
        sa.UniqueConstraint("address", "reason", "day", name=op.f("uq_answers_given_address_reason_day")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "attachments",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("set_aside", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_attachments_file_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_attachments_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
        sa.UniqueConstraint("message_id", "position", name=op.f("uq_attachments_message_id_position")),
        sa.UniqueConstraint("public_id", name=op.f("uq_attachments_public_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_attachments_file_id"), "attachments", ["file_id"], unique=False)
    op.create_index(op.f("ix_attachments_message_id"), "attachments", ["message_id"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("outgoing_mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("relay", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["outgoing_mail_id"], ["outgoing_mails.id"], name=op.f("fk_attempts_outgoing_mail_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("outgoing_mail_id", "fence", name=op.f("uq_attempts_outgoing_mail_id_fence")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("client_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_changes_client_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_changes_conversation_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_changes_message_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_changes_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sa.UniqueConstraint("number", name=op.f("uq_changes_number")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_changes_unnumbered",
        "changes",
        ["id"],
        unique=False,
        sqlite_where=sa.text("number IS NULL"),
        postgresql_where=sa.text("number IS NULL"),
    )
    op.create_table(
        "filings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("inbound_mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("signed_address", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outgoing_mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("mail_message_id", sa.Text(), nullable=True),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("settled_as", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_filings_conversation_id")),
        sa.ForeignKeyConstraint(["inbound_mail_id"], ["inbound_mails.id"], name=op.f("fk_filings_inbound_mail_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_filings_message_id")),
        sa.ForeignKeyConstraint(["outgoing_mail_id"], ["outgoing_mails.id"], name=op.f("fk_filings_outgoing_mail_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_filings_person_id")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["people.id"], name=op.f("fk_filings_settled_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filings")),
        sa.UniqueConstraint("fingerprint", "signed_address", name=op.f("uq_filings_fingerprint_signed_address")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_filings_conversation_id"), "filings", ["conversation_id"], unique=False)
    op.create_index(
        "ix_filings_held",
        "filings",
        ["sender"],
        unique=False,
        sqlite_where=sa.text("outcome = 'held' AND settled_at IS NULL"),
        postgresql_where=sa.text("outcome = 'held' AND settled_at IS NULL"),
    )
    op.create_index(op.f("ix_filings_inbound_mail_id"), "filings", ["inbound_mail_id"], unique=False)
    op.create_index(op.f("ix_filings_mail_message_id"), "filings", ["mail_message_id"], unique=False)
    op.create_table(
        "participants",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("since_message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_participants_conversation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_participants_person_id")),
        sa.ForeignKeyConstraint(["seen_message_id"], ["messages.id"], name=op.f("fk_participants_seen_message_id")),
        sa.ForeignKeyConstraint(["since_message_id"], ["messages.id"], name=op.f("fk_participants_since_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participants")),
        sa.UniqueConstraint("conversation_id", "person_id", name=op.f("uq_participants_conversation_id_person_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_participants_person_id"), "participants", ["person_id"], unique=False)
    op.create_table(
        "reminder_steps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("skip_reason", sa.Text(), nullable=True),
        sa.Column("outgoing_mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["outgoing_mail_id"], ["outgoing_mails.id"], name=op.f("fk_reminder_steps_outgoing_mail_id")
        ),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_reminder_steps_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_steps")),
        sa.UniqueConstraint("request_id", "step", name=op.f("uq_reminder_steps_request_id_step")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_reminder_steps_due",
        "reminder_steps",
        ["planned_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'planned'"),
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_table(
        "request_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("many", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rejected_because", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("choices", sa.JSON(), nullable=True),
        sa.Column("about_kind", sa.Text(), nullable=True),
        sa.Column("about_number", sa.Text(), nullable=True),
        sa.Column("about_on", sa.Date(), nullable=True),
        sa.Column("about_amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("about_counterparty", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("settled_in_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("confirmed", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_request_items_request_id")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["people.id"], name=op.f("fk_request_items_settled_by_id")),
        sa.ForeignKeyConstraint(["settled_in_id"], ["messages.id"], name=op.f("fk_request_items_settled_in_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_items")),
        sa.UniqueConstraint("request_id", "number", name=op.f("uq_request_items_request_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "revisions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("tombstone", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("quoted_text", sa.Text(), nullable=True),
        sa.Column("cut_rule", sa.Text(), nullable=True),
        sa.Column("cut_confidence", sa.Float(), nullable=True),
        sa.Column("by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_revisions_by_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_revisions_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("message_id", "number", name=op.f("uq_revisions_message_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "suppressions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outgoing_mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["outgoing_mail_id"], ["outgoing_mails.id"], name=op.f("fk_suppressions_outgoing_mail_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_suppressions_open",
        "suppressions",
        ["address"],
        unique=True,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "timeline_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outgoing_mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("inbound_mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_timeline_events_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["inbound_mail_id"], ["inbound_mails.id"], name=op.f("fk_timeline_events_inbound_mail_id")
        ),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_timeline_events_message_id")),
        sa.ForeignKeyConstraint(
            ["outgoing_mail_id"], ["outgoing_mails.id"], name=op.f("fk_timeline_events_outgoing_mail_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline_events")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_timeline_events_conversation_id"), "timeline_events", ["conversation_id"], unique=False)
    op.create_index(op.f("ix_timeline_events_inbound_mail_id"), "timeline_events", ["inbound_mail_id"], unique=False)
    op.create_index(op.f("ix_timeline_events_message_id"), "timeline_events", ["message_id"], unique=False)
    op.create_index(op.f("ix_timeline_events_outgoing_mail_id"), "timeline_events", ["outgoing_mail_id"], unique=False)
    op.create_table(
        "arrivals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("inbound_mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=True),
        sa.Column("uidvalidity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("uid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("envelope_from", sa.Text(), nullable=True),
        sa.Column("envelope_to", sa.Text(), server_default="", nullable=False),
        sa.Column("peer", sa.Text(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("errors", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False),
        sa.Column(
            "lost_leases", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), server_default="0", nullable=False
        ),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=True),
        sa.Column("filing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["filing_id"], ["filings.id"], name=op.f("fk_arrivals_filing_id")),
        sa.ForeignKeyConstraint(["inbound_mail_id"], ["inbound_mails.id"], name=op.f("fk_arrivals_inbound_mail_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrivals")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_arrivals_due",
        "arrivals",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'kept'"),
        postgresql_where=sa.text("state = 'kept'"),
    )
    op.create_index(op.f("ix_arrivals_inbound_mail_id"), "arrivals", ["inbound_mail_id"], unique=False)
    op.create_index(
        "uq_arrivals_imap",
        "arrivals",
        ["mailbox", "uidvalidity", "uid"],
        unique=True,
        sqlite_where=sa.text("way = 'imap'"),
        postgresql_where=sa.text("way = 'imap'"),
    )
    op.create_index(
        "uq_arrivals_sink",
        "arrivals",
        ["sha256", "envelope_to"],
        unique=True,
        sqlite_where=sa.text("way <> 'imap'"),
        postgresql_where=sa.text("way <> 'imap'"),
    )
    op.create_table(
        "attention",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outgoing_mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("filing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("closed_why", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["closed_by_id"], ["people.id"], name=op.f("fk_attention_closed_by_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_attention_conversation_id")),
        sa.ForeignKeyConstraint(["filing_id"], ["filings.id"], name=op.f("fk_attention_filing_id")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_attention_message_id")),
        sa.ForeignKeyConstraint(
            ["outgoing_mail_id"], ["outgoing_mails.id"], name=op.f("fk_attention_outgoing_mail_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_attention_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attention")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_attention_open",
        "attention",
        ["conversation_id", "side"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("outgoing_mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("evidence_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_deliveries_message_id")),
        sa.ForeignKeyConstraint(
            ["outgoing_mail_id"], ["outgoing_mails.id"], name=op.f("fk_deliveries_outgoing_mail_id")
        ),
        sa.ForeignKeyConstraint(["participant_id"], ["participants.id"], name=op.f("fk_deliveries_participant_id")),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_deliveries_revision_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("outgoing_mail_id", "message_id", name=op.f("uq_deliveries_outgoing_mail_id_message_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_deliveries_message_id"), "deliveries", ["message_id"], unique=False)
    op.create_index(op.f("ix_deliveries_participant_id"), "deliveries", ["participant_id"], unique=False)
    op.create_table(
        "item_files",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("attachment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sorted", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("sorted_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachments.id"], name=op.f("fk_item_files_attachment_id")),
        sa.ForeignKeyConstraint(["item_id"], ["request_items.id"], name=op.f("fk_item_files_item_id")),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name=op.f("fk_item_files_request_id")),
        sa.ForeignKeyConstraint(["sorted_by_id"], ["people.id"], name=op.f("fk_item_files_sorted_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_files")),
        sa.UniqueConstraint("request_id", "attachment_id", name=op.f("uq_item_files_request_id_attachment_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_item_files_attachment_id"), "item_files", ["attachment_id"], unique=False)
    op.create_table(
        "signed_addresses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("public_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("participant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outgoing_mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("filing_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_signed_addresses_conversation_id")
        ),
        sa.ForeignKeyConstraint(["filing_id"], ["filings.id"], name=op.f("fk_signed_addresses_filing_id")),
        sa.ForeignKeyConstraint(
            ["outgoing_mail_id"], ["outgoing_mails.id"], name=op.f("fk_signed_addresses_outgoing_mail_id")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"], ["participants.id"], name=op.f("fk_signed_addresses_participant_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_signed_addresses_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signed_addresses")),
        sa.UniqueConstraint("public_id", name=op.f("uq_signed_addresses_public_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_signed_addresses_of", "signed_addresses", ["participant_id", "kind"], unique=False)
    op.create_index(
        op.f("ix_signed_addresses_outgoing_mail_id"), "signed_addresses", ["outgoing_mail_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_signed_addresses_outgoing_mail_id"), table_name="signed_addresses")
    op.drop_index("ix_signed_addresses_of", table_name="signed_addresses")
    op.drop_table("signed_addresses")
    op.drop_index(op.f("ix_item_files_attachment_id"), table_name="item_files")
    op.drop_table("item_files")
    op.drop_index(op.f("ix_deliveries_participant_id"), table_name="deliveries")
    op.drop_index(op.f("ix_deliveries_message_id"), table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_index(
        "ix_attention_open",
        table_name="attention",
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.drop_table("attention")
    op.drop_index(
        "uq_arrivals_sink",
        table_name="arrivals",
        sqlite_where=sa.text("way <> 'imap'"),
        postgresql_where=sa.text("way <> 'imap'"),
    )
    op.drop_index(
        "uq_arrivals_imap",
        table_name="arrivals",
        sqlite_where=sa.text("way = 'imap'"),
        postgresql_where=sa.text("way = 'imap'"),
    )
    op.drop_index(op.f("ix_arrivals_inbound_mail_id"), table_name="arrivals")
    op.drop_index(
        "ix_arrivals_due",
        table_name="arrivals",
        sqlite_where=sa.text("state = 'kept'"),
        postgresql_where=sa.text("state = 'kept'"),
    )
    op.drop_table("arrivals")
    op.drop_index(op.f("ix_timeline_events_outgoing_mail_id"), table_name="timeline_events")
    op.drop_index(op.f("ix_timeline_events_message_id"), table_name="timeline_events")
    op.drop_index(op.f("ix_timeline_events_inbound_mail_id"), table_name="timeline_events")
    op.drop_index(op.f("ix_timeline_events_conversation_id"), table_name="timeline_events")
    op.drop_table("timeline_events")
    op.drop_index(
        "uq_suppressions_open",
        table_name="suppressions",
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.drop_table("suppressions")
    op.drop_table("revisions")
    op.drop_table("request_items")
    op.drop_index(
        "ix_reminder_steps_due",
        table_name="reminder_steps",
        sqlite_where=sa.text("state = 'planned'"),
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.drop_table("reminder_steps")
    op.drop_index(op.f("ix_participants_person_id"), table_name="participants")
    op.drop_table("participants")
    op.drop_index(op.f("ix_filings_mail_message_id"), table_name="filings")
    op.drop_index(op.f("ix_filings_inbound_mail_id"), table_name="filings")
    op.drop_index(
        "ix_filings_held",
        table_name="filings",
        sqlite_where=sa.text("outcome = 'held' AND settled_at IS NULL"),
        postgresql_where=sa.text("outcome = 'held' AND settled_at IS NULL"),
    )
    op.drop_index(op.f("ix_filings_conversation_id"), table_name="filings")
    op.drop_table("filings")
    op.drop_index(
        "ix_changes_unnumbered",
        table_name="changes",
        sqlite_where=sa.text("number IS NULL"),
        postgresql_where=sa.text("number IS NULL"),
    )
    op.drop_table("changes")
    op.drop_table("attempts")
    op.drop_index(op.f("ix_attachments_message_id"), table_name="attachments")
    op.drop_index(op.f("ix_attachments_file_id"), table_name="attachments")
    op.drop_table("attachments")
    op.drop_table("answers_given")
    op.drop_index(op.f("ix_requests_conversation_id"), table_name="requests")
    op.drop_table("requests")
    op.drop_index("uq_outgoing_mails_message_id", table_name="outgoing_mails")
    op.drop_index(
        "uq_outgoing_mails_joining",
        table_name="outgoing_mails",
        sqlite_where=sa.text("state = 'waiting' AND kind = 'message'"),
        postgresql_where=sa.text("state = 'waiting' AND kind = 'message'"),
    )
    op.drop_index("ix_outgoing_mails_talk", table_name="outgoing_mails")
    op.drop_index("ix_outgoing_mails_person", table_name="outgoing_mails")
    op.drop_index(
        "ix_outgoing_mails_due",
        table_name="outgoing_mails",
        sqlite_where=sa.text("state IN ('waiting', 'queued', 'sending')"),
        postgresql_where=sa.text("state IN ('waiting', 'queued', 'sending')"),
    )
    op.drop_index("ix_outgoing_mails_address", table_name="outgoing_mails")
    op.drop_table("outgoing_mails")
    op.drop_index("ix_messages_order", table_name="messages")
    op.drop_index(op.f("ix_messages_inbound_mail_id"), table_name="messages")
    op.drop_table("messages")
    op.drop_table("regimes")
    op.drop_index(op.f("ix_house_addresses_person_id"), table_name="house_addresses")
    op.drop_index(op.f("ix_house_addresses_client_id"), table_name="house_addresses")
    op.drop_table("house_addresses")
    op.drop_table("files")
    op.drop_index(op.f("ix_conversations_thread_root"), table_name="conversations")
    op.drop_index("ix_conversations_list", table_name="conversations")
    op.drop_index(
        "ix_conversations_firm_attention",
        table_name="conversations",
        sqlite_where=sa.text("firm_attention > 0"),
        postgresql_where=sa.text("firm_attention > 0"),
    )
    op.drop_index(op.f("ix_conversations_client_id"), table_name="conversations")
    op.drop_index(
        "ix_conversations_client_attention",
        table_name="conversations",
        sqlite_where=sa.text("client_attention > 0"),
        postgresql_where=sa.text("client_attention > 0"),
    )
    op.drop_table("conversations")
    op.drop_index(op.f("ix_contacts_person_id"), table_name="contacts")
    op.drop_table("contacts")
    op.drop_index(op.f("ix_clients_vat_number"), table_name="clients")
    op.drop_index(op.f("ix_clients_supervisor_id"), table_name="clients")
    op.drop_index(op.f("ix_clients_manager_id"), table_name="clients")
    op.drop_index(op.f("ix_clients_deputy_id"), table_name="clients")
    op.drop_table("clients")
    op.drop_table("case_managers")
    op.drop_index(
        "uq_addresses_primary",
        table_name="addresses",
        sqlite_where=sa.text("is_primary"),
        postgresql_where=sa.text("is_primary"),
    )
    op.drop_index(op.f("ix_addresses_normal"), table_name="addresses")
    op.drop_table("addresses")
    op.drop_index(op.f("ix_absences_person_id"), table_name="absences")
    op.drop_table("absences")
    op.drop_table("people")
    op.drop_table("missing_uids")
    op.drop_table("mailbox_positions")
    op.drop_table("leases")
    op.drop_table("inbound_mails")
    op.drop_table("date_overrides")
    op.drop_table("counters")
