"""Browsers that staff signed in with, and failed sign-ins by whose pace they slow down.

A failure counts for a quarter of an hour and was kept for a day: the old ones are let go.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.String(64)
SHA256 = sa.String(64)
INSTANT = sa.String(27)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_table("sign_in_failures")
    op.create_table(
        "sign_in_failures",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("whose_blind", SHA256, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_failures"),
    )
    op.create_index("ix_sign_in_failures_at", "sign_in_failures", ["at"])
    op.create_index("ix_sign_in_failures_whose_blind", "sign_in_failures", ["whose_blind"])
    op.create_table(
        "known_browsers",
        sa.Column("secret_hash", SHA256, nullable=False),
        sa.Column(
            "staff_id", ID, sa.ForeignKey("staff.id", name="fk_known_browsers_staff_id"), nullable=False
        ),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("secret_hash", name="pk_known_browsers"),
    )
    op.create_index("ix_known_browsers_staff_id", "known_browsers", ["staff_id"])
