"""Files of mails: why one is set aside, scanning, images that come again and again, electronic invoices."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNSCANNED = "scan_state = 'unscanned'"


def upgrade() -> None:
    op.add_column("attachments", sa.Column("aside_why", sa.Text(), nullable=True))
    op.add_column("attachments", sa.Column("inline", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("attachments", sa.Column("content_id", sa.Text(), nullable=True))
    op.add_column("files", sa.Column("scan_due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("files", sa.Column("scan_tries", WHOLE, server_default="0", nullable=False))
    op.add_column("files", sa.Column("scan_found", sa.Text(), nullable=True))
    op.create_index(
        "ix_files_unscanned",
        "files",
        ["scan_due_at", "id"],
        unique=False,
        sqlite_where=sa.text(UNSCANNED),
        postgresql_where=sa.text(UNSCANNED),
    )
    op.create_table(
        "seen_images",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("person_id", WHOLE, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("times", WHOLE, server_default="0", nullable=False),
        sa.Column("inbound_mail_id", WHOLE, nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_seen_images_person_id")),
        sa.ForeignKeyConstraint(["inbound_mail_id"], ["inbound_mails.id"], name=op.f("fk_seen_images_inbound_mail_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seen_images")),
        sa.UniqueConstraint("person_id", "sha256", name=op.f("uq_seen_images_person_id_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "electronic_invoices",
        sa.Column("id", WHOLE, autoincrement=True, nullable=False),
        sa.Column("file_id", WHOLE, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("seller_vat", sa.Text(), nullable=True),
        sa.Column("buyer_vat", sa.Text(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_electronic_invoices_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_electronic_invoices")),
        sa.UniqueConstraint("file_id", name=op.f("uq_electronic_invoices_file_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_electronic_invoices_number", "electronic_invoices", ["number"], unique=False)


def downgrade() -> None:
    op.drop_table("electronic_invoices")
    op.drop_table("seen_images")
    op.drop_index("ix_files_unscanned", table_name="files")
    for column in ("scan_found", "scan_tries", "scan_due_at"):
        op.drop_column("files", column)
    for column in ("content_id", "inline", "aside_why"):
        op.drop_column("attachments", column)
