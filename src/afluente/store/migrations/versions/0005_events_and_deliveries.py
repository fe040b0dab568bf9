"""What happened, in order, and what is to be told of it to whom; instants that are to be noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Go forward."""
    op.add_column("webhooks", sa.Column("failing_since", sa.BigInteger))
    op.add_column("webhooks", sa.Column("slow_until", sa.BigInteger))
    op.create_table(
        "events",
        sa.Column("number", _NUMBER, primary_key=True),
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("position", sa.BigInteger),
        sa.Column("connection_id", sa.String(36)),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], ondelete="CASCADE"),
    )
    op.create_index("events_in_order", "events", ["application_id", "position", "number"])
    op.create_index("events_of_connection", "events", ["connection_id", "sequence"])
    op.create_table(
        "cursors",
        sa.Column("application_id", sa.String(36), primary_key=True),
        sa.Column("placed", sa.BigInteger, nullable=False),
        sa.Column("delivered", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], ondelete="CASCADE"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("endpoint_id", sa.String(36), nullable=False),
        sa.Column("connection_id", sa.String(36), nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("message_id", sa.String(36), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("body", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["endpoint_id"], ["webhooks.id"], ondelete="CASCADE"),
    )
    op.create_index("deliveries_due", "deliveries", ["due_at"])
    op.create_index("deliveries_in_order", "deliveries", ["application_id", "number"])
    op.create_index("deliveries_of_lane", "deliveries", ["endpoint_id", "connection_id", "state", "number"])
    op.create_table(
        "attempts",
        sa.Column("delivery_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.SmallInteger),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", "number"),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], ondelete="CASCADE"),
    )
    op.create_table(
        "notices",
        sa.Column("connection_id", sa.String(36), nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "due_at"),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], ondelete="CASCADE"),
    )
    op.create_index("notices_due", "notices", ["due_at"])
