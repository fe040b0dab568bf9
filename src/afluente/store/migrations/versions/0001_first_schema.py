"""The first schema: applications, connections, their executions, and what was read."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _id(name: str = "id", nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.String(36), nullable=nullable)


def _instant(name: str, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _text(name: str, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=nullable)


def _goes_with(name: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], [f"{table}.id"], ondelete="CASCADE")


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "applications",
        _id(),
        _text("name"),
        _text("secret_hash"),
        _instant("clock", nullable=True),
        _text("body"),
        sa.Column("sealed_key", sa.LargeBinary),
        _instant("created_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "connections",
        _id(),
        _id("application_id"),
        _text("institution"),
        _text("external_user_id", nullable=True),
        _text("fingerprint"),
        _text("state"),
        _instant("due_at", nullable=True),
        _instant("created_at"),
        _text("body"),
        sa.PrimaryKeyConstraint("id"),
        _goes_with("application_id", "applications"),
    )
    op.create_index("connections_of_application", "connections", ["application_id", "created_at", "id"])
    op.create_index("connections_of_credentials", "connections", ["application_id", "fingerprint"])
    op.create_index("connections_due", "connections", ["due_at"])
    op.create_table(
        "credentials",
        _id("connection_id"),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("connection_id"),
        _goes_with("connection_id", "connections"),
    )
    op.create_table(
        "executions",
        _id(),
        _id("connection_id"),
        _id("application_id"),
        _text("state"),
        sa.Column("attempt", sa.Integer, nullable=False),
        _instant("started_at"),
        _instant("ended_at", nullable=True),
        _text("body"),
        sa.Column("sealed", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id"),
        _goes_with("connection_id", "connections"),
    )
    op.create_index("executions_of_connection", "executions", ["connection_id", "started_at"])
    op.create_index("executions_by_state", "executions", ["state"])
    op.create_table(
        "records",
        _id(),
        _id("connection_id"),
        _text("kind"),
        _id("parent_id", nullable=True),
        sa.Column("position", sa.Integer, nullable=False),
        _text("body"),
        _instant("created_at"),
        _instant("updated_at"),
        sa.PrimaryKeyConstraint("id"),
        _goes_with("connection_id", "connections"),
    )
    op.create_index("records_of_connection", "records", ["connection_id", "kind", "position"])
    op.create_index("records_of_parent", "records", ["parent_id", "kind", "position"])
    op.create_table(
        "transactions",
        _id(),
        _id("account_id"),
        _instant("occurred_at"),
        sa.Column("units", sa.BigInteger, nullable=False),
        sa.Column("scale", sa.SmallInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        _text("description"),
        sa.Column("pending", sa.SmallInteger, nullable=False),
        _text("category", nullable=True),
        _id("bill_id", nullable=True),
        _text("key"),
        _text("details", nullable=True),
        _text("chosen_category", nullable=True),
        _instant("created_at"),
        _instant("updated_at"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("transactions_of_account", "transactions", ["account_id", "occurred_at", "id"])
    op.create_table(
        "digests",
        _id("connection_id"),
        _text("product"),
        _text("digest"),
        sa.PrimaryKeyConstraint("connection_id", "product"),
        _goes_with("connection_id", "connections"),
    )
    for name in ("category_rules", "webhooks", "faults"):
        op.create_table(
            name,
            _id(),
            _id("application_id"),
            _text("body"),
            _instant("created_at"),
            sa.PrimaryKeyConstraint("id"),
            _goes_with("application_id", "applications"),
        )
        op.create_index(f"{name}_of_application", name, ["application_id", "created_at"])
