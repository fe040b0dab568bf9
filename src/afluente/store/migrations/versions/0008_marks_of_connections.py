"""Connections are found by what their clients ask for them by, where that is not the user's name."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

KEPT = {
    "sqlite": "json_extract(json_extract(body, '$.notes.consent'), '$.{name}')",
    "postgresql": "(CAST(CAST(body AS json) #>> '{{notes,consent}}' AS json) ->> '{name}')",
}
"""Where consents made before keep what they were asked for with."""


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "connection_marks",
        sa.Column("connection_id", sa.String(36), nullable=False),
        sa.Column("mark", sa.Text, nullable=False),
        sa.Column("application_id", sa.String(36), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "mark"),
        sa.ForeignKeyConstraint(["connection_id"], ["connections.id"], ondelete="CASCADE"),
    )
    columns = ["application_id", "mark", "created_at", "connection_id"]
    op.create_index("connection_marks_of_application", "connection_marks", columns)
    for name in ("person", "company", "link"):
        value = KEPT[op.get_bind().dialect.name].format(name=name)
        # the parts are the two tables' own words
        found = f"SELECT id, '{name}/' || {value}, application_id, created_at FROM connections"  # noqa: S608
        into = "connection_id, mark, application_id, created_at"
        op.execute(f"INSERT INTO connection_marks ({into}) {found} WHERE {value} IS NOT NULL")
