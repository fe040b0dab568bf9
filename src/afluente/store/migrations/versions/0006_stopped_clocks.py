"""Stopped clocks are found at once: every process that shares the database looks for them again and again."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Go forward."""
    op.create_index("applications_by_clock", "applications", ["clock"])
