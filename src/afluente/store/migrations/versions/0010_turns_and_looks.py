"""Whose turn it is to move a clock, when a log is looked at, and indexes for what is asked again and again."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Go forward."""
    op.add_column("applications", sa.Column("moved_by", sa.Text))
    op.add_column("applications", sa.Column("moved_until", sa.BigInteger))
    op.add_column("applications", sa.Column("log_due_at", sa.BigInteger))
    # each is looked at once, and then as its policy says
    op.execute("UPDATE applications SET log_due_at = 0")
    op.create_index("applications_by_log", "applications", ["log_due_at"])
    op.create_index("institution_memory_by_key", "institution_memory", ["institution", "key"])
    op.create_index("deliveries_due_of", "deliveries", ["application_id", "due_at", "number"])
