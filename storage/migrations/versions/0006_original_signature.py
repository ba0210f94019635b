"""What the DKIM signature of an original says that a case manager passed on."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("original_signature", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "original_signature")
