"""Attention names the arrival in quarantine that it is about."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # in one statement, which SQLite can do without copying the table and its partial index
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE attention ADD COLUMN arrival_id {kind} CONSTRAINT fk_attention_arrival_id REFERENCES arrivals (id)"
    )


def downgrade() -> None:
    op.drop_index("ix_attention_open", table_name="attention")
    with op.batch_alter_table("attention") as table:
        table.drop_column("arrival_id")
    where = sa.text("closed_at IS NULL")
    op.create_index(
        "ix_attention_open", "attention", ["conversation_id", "side"], sqlite_where=where, postgresql_where=where
    )
