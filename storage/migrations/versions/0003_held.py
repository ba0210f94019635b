"""Held mail: what is shown of it, who was told and reminded, senders that nobody wants to hear of again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COLUMNS = (
    ("sender_name", sa.Text()),
    ("subject", sa.Text()),
    ("excerpt", sa.Text()),
    ("told_at", sa.DateTime(timezone=True)),
    ("reminded_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.create_table(
        "blocked_senders",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("by_id", WHOLE, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["people.id"], name=op.f("fk_blocked_senders_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocked_senders")),
        sa.UniqueConstraint("address", name=op.f("uq_blocked_senders_address")),
        sqlite_autoincrement=True,
    )
    for name, kind in COLUMNS:
        op.add_column("filings", sa.Column(name, kind, nullable=True))
    with op.batch_alter_table("filings") as table:
        table.add_column(sa.Column("client_id", WHOLE, nullable=True))
        table.create_foreign_key(op.f("fk_filings_client_id"), "clients", ["client_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("filings") as table:
        table.drop_constraint(op.f("fk_filings_client_id"), type_="foreignkey")
        table.drop_column("client_id")
    for name, _ in reversed(COLUMNS):
        op.drop_column("filings", name)
    op.drop_table("blocked_senders")
