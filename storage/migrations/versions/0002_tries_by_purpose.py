"""Wrong tries of one-time codes are counted by purpose. A try counts for a day: the old ones are let go."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_table("failed_tries")
    op.create_table(
        "failed_tries",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("person", sa.String(96), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_failed_tries"),
    )
    op.create_index("ix_failed_tries_person_purpose", "failed_tries", ["person", "purpose"])
