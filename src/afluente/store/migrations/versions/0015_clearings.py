"""Messages are due by their endpoints, and what remains of the deleted is found by its due time."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

# the first that is due at an endpoint, which wants to be left alone or is asked now and then
LOOKS = """
UPDATE webhooks SET due_at = (
    SELECT min(due_at) FROM deliveries WHERE endpoint_id = webhooks.id AND due_at IS NOT NULL
)
"""

# of what was deleted before, something may have been left behind
LEFT = """
INSERT INTO clearings (connection_id, sequence, application_id, extent, delivered, due_at, body)
SELECT connection_id, max(sequence) - 1, min(application_id), 'told', NULL, max(at), '{}' FROM events
WHERE kind = 'connection.deleted' AND connection_id IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM connections WHERE connections.id = events.connection_id)
GROUP BY connection_id
"""

# budgets were once named without their month: nothing is read of those, and no month's end deletes them
NAMELESS = "DELETE FROM allowances WHERE what LIKE 'quota/%' AND what NOT LIKE 'quota/________________/%'"


def only(condition: str) -> dict[str, Any]:
    """Return the options of an index that has only the rows for which this holds."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "clearings",
        sa.Column("connection_id", sa.String(36), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column(
            "application_id", sa.String(36), sa.ForeignKey("applications.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("extent", sa.Text, nullable=False),
        sa.Column("delivered", sa.BigInteger),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("clearings_due", "clearings", ["due_at"])
    op.add_column("webhooks", sa.Column("due_at", sa.BigInteger))
    op.add_column("webhooks", sa.Column("void_until", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index("webhooks_due", "webhooks", ["due_at"])
    for index in ("deliveries_due", "deliveries_due_of"):
        op.drop_index(index, "deliveries")
    of_endpoint = ["endpoint_id", "due_at", "number"]
    op.create_index("deliveries_tried", "deliveries", of_endpoint, **only("attempts > 0 AND due_at IS NOT NULL"))
    op.create_index("deliveries_untried", "deliveries", of_endpoint, **only("attempts = 0 AND due_at IS NOT NULL"))
    op.create_index("deliveries_of_none", "deliveries", ["application_id", "position"], **only("connection_id = ''"))
    op.execute(LOOKS)
    op.execute(LEFT)
    op.execute(NAMELESS)
