"""Copies of recorded segments. What was recorded before gets its copies after the next start."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.String(64)
SHA256 = sa.String(64)
INSTANT = sa.String(27)


def upgrade() -> None:
    op.create_table(
        "copies",
        sa.Column("segment_id", ID, sa.ForeignKey("segments.id", name="fk_copies_segment_id"), nullable=False),
        sa.Column("object_id", ID),
        sa.Column("sha256", SHA256, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.PrimaryKeyConstraint("segment_id", name="pk_copies"),
    )
