"""Collecting from mailboxes: what the server was told, re-reads of old mail, what alarms were raised."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNTOLD = "way = 'imap' AND told_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "watched_mailboxes",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("last_read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alarmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("take_since", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watched_mailboxes")),
        sa.UniqueConstraint("mailbox", name=op.f("uq_watched_mailboxes_mailbox")),
        sqlite_autoincrement=True,
    )
    op.add_column("arrivals", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_arrivals_untold",
        "arrivals",
        ["mailbox", "uidvalidity", "uid"],
        unique=False,
        sqlite_where=sa.text(UNTOLD),
        postgresql_where=sa.text(UNTOLD),
    )
    op.add_column("mailbox_positions", sa.Column("old_until_uid", WHOLE, server_default="0", nullable=False))
    op.add_column("mailbox_positions", sa.Column("old_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("mailbox_positions", sa.Column("gone_uids", WHOLE, server_default="0", nullable=False))
    op.drop_column("mailbox_positions", "alarmed")
    op.add_column("missing_uids", sa.Column("settled_as", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("missing_uids", "settled_as")
    op.add_column(
        "mailbox_positions", sa.Column("alarmed", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    for column in ("gone_uids", "old_since", "old_until_uid"):
        op.drop_column("mailbox_positions", column)
    op.drop_index("ix_arrivals_untold", table_name="arrivals")
    op.drop_column("arrivals", "told_at")
    op.drop_table("watched_mailboxes")
