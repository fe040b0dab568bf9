"""Long lists are entered where a filter begins, and a secret that is replaced opens for a while beside the new one."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

INDEXES = (
    ("connections_of_user", "connections", ["application_id", "external_user_id", "created_at", "id"]),
    ("connections_by_institution", "connections", ["application_id", "institution", "created_at", "id"]),
    ("connections_by_state", "connections", ["application_id", "state", "created_at", "id"]),
    ("connections_by_outcome", "connections", ["application_id", "outcome", "created_at", "id"]),
    ("executions_of_application", "executions", ["application_id", "ended_at"]),
    ("sessions_by_institution", "sessions", ["application_id", "institution", "opened_at", "id"]),
    ("sessions_by_meaning", "sessions", ["application_id", "meaning", "opened_at", "id"]),
    ("sessions_by_tag", "sessions", ["application_id", "tag", "opened_at", "id"]),
    ("requests_by_meaning", "requests", ["application_id", "meaning", "at", "id"]),
    ("requests_by_system", "requests", ["application_id", "system", "at", "id"]),
    ("deliveries_by_state", "deliveries", ["application_id", "state", "number"]),
    ("deliveries_of_connection", "deliveries", ["connection_id", "number"]),
)


def upgrade() -> None:
    """Go forward."""
    op.add_column("applications", sa.Column("former_hash", sa.Text))
    op.add_column("applications", sa.Column("former_until", sa.BigInteger))
    op.add_column("connections", sa.Column("outcome", sa.Text))
    if op.get_bind().dialect.name == "sqlite":
        op.execute("UPDATE connections SET outcome = json_extract(body, '$.outcome')")
    else:
        op.execute("UPDATE connections SET outcome = CAST(body AS json) ->> 'outcome'")
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)
