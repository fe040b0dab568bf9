"""What every execution writes is found by fewer indexes."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

LEANER = (
    ("executions_of_application", "executions", ["application_id", "ended_at"], "ended_at IS NOT NULL"),
    ("connections_by_outcome", "connections", ["application_id", "outcome", "created_at", "id"], "outcome IS NOT NULL"),
    (
        "connections_of_user",
        "connections",
        ["application_id", "external_user_id", "created_at", "id"],
        "external_user_id IS NOT NULL",
    ),
    ("connections_due", "connections", ["due_at"], "due_at IS NOT NULL"),
    ("applications_by_clock", "applications", ["clock"], "clock IS NOT NULL"),
)


def only(condition: str) -> dict[str, Any]:
    """Return the options of an index that has only the rows for which this holds."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Go forward."""
    # they are in the connections now: what was stored before is compared whole, once
    op.drop_table("digests")
    _number_visits()
    # visits go with the old log
    op.execute("UPDATE applications SET log_due_at = 0")
    _index_less()


def _index_less() -> None:
    """Leave out of indexes what nobody looks for by them."""
    op.drop_index("executions_by_state", "executions")
    op.create_index("executions_ready", "executions", ["started_at"], **only("state = 'ready'"))
    for name, table, columns, condition in LEANER:
        op.drop_index(name, table)
        op.create_index(name, table, columns, **only(condition))


def _number_visits() -> None:
    """Give visits numbers for keys, in the order of their ends."""
    columns = "application_id, institution, ended_at, body"
    op.execute(f"CREATE TEMPORARY TABLE kept AS SELECT {columns}, id FROM visits")  # noqa: S608 - names above
    op.drop_table("visits")
    op.create_table(
        "visits",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column(
            "application_id", sa.String(36), sa.ForeignKey("applications.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("institution", sa.Text, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    # of one instant that one counts as the last whose id came first
    op.execute(f"INSERT INTO visits ({columns}) SELECT {columns} FROM kept ORDER BY ended_at, id DESC")  # noqa: S608
    op.execute("DROP TABLE kept")
    op.create_index("visits_of_application", "visits", ["application_id", "ended_at"])
