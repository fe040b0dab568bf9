"""Calls of one instant of a clock that stands are listed in the order in which they came."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

INDEXES = (
    ("requests_of_application", ["application_id", "at", "number", "id"]),
    ("requests_by_meaning", ["application_id", "meaning", "at", "number", "id"]),
    ("requests_by_system", ["application_id", "system", "at", "number", "id"]),
)


def upgrade() -> None:
    """Go forward."""
    op.add_column("requests", sa.Column("number", sa.BigInteger, nullable=False, server_default="0"))
    for name, columns in INDEXES:
        op.drop_index(name, "requests")
        op.create_index(name, "requests", columns)
