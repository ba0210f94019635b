"""Out-of-office answers: until when away and who replaces. Mail in quarantine by its error, held mail by its place."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SHELVED = "state = 'quarantined'"
HELD = "outcome = 'held'"
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "out_of_office_answers",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("inbound_mail_id", WHOLE, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("back_on", sa.Date(), nullable=True),
        sa.Column("replacements", sa.JSON(), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["inbound_mail_id"], ["inbound_mails.id"], name=op.f("fk_out_of_office_answers_inbound_mail_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_out_of_office_answers_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_out_of_office_answers")),
        sa.UniqueConstraint(
            "person_id", "inbound_mail_id", name=op.f("uq_out_of_office_answers_person_id_inbound_mail_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_arrivals_quarantined",
        "arrivals",
        ["error"],
        unique=False,
        sqlite_where=sa.text(SHELVED),
        postgresql_where=sa.text(SHELVED),
    )
    op.create_index(
        "ix_filings_held_in",
        "filings",
        ["conversation_id", "filed_at"],
        unique=False,
        sqlite_where=sa.text(HELD),
        postgresql_where=sa.text(HELD),
    )


def downgrade() -> None:
    op.drop_index("ix_filings_held_in", table_name="filings")
    op.drop_index("ix_arrivals_quarantined", table_name="arrivals")
    op.drop_table("out_of_office_answers")
