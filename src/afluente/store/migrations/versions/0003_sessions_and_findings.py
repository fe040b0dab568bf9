"""Clients' sessions with every call in them, and what the checks found on the data of a connection."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("connection_id", sa.String(36)),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("institution", sa.Text),
        sa.Column("meaning", sa.Text, nullable=False),
        sa.Column("tag", sa.Text),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("body", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], ondelete="CASCADE"),
    )
    op.create_index("sessions_of_application", "sessions", ["application_id", "opened_at", "id"])
    op.create_index("sessions_of_connection", "sessions", ["connection_id", "opened_at"])
    op.create_index("sessions_due", "sessions", ["due_at"])
    op.create_table(
        "requests",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("session_id", sa.String(36)),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("meaning", sa.Text, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], ondelete="CASCADE"),
    )
    op.create_index("requests_of_application", "requests", ["application_id", "at", "id"])
    op.create_index("requests_of_session", "requests", ["session_id", "at"])
    op.create_table(
        "findings",
        sa.Column("connection_id", sa.String(36), primary_key=True),
        sa.Column("checked_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], ondelete="CASCADE"),
    )
