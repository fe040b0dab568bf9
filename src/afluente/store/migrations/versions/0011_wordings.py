"""Sentences of the catalogue can be edited by whoever operates an application."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "wordings",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("meaning", sa.Text, nullable=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], ondelete="CASCADE"),
    )
    op.create_index("wordings_of_meaning", "wordings", ["application_id", "meaning", "locale", "number"])
