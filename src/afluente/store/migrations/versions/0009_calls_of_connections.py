"""A call says which connection it was about, also where it stands in no session."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Go forward."""
    op.add_column("requests", sa.Column("connection_id", sa.String(36)))
    op.create_index("requests_of_connection", "requests", ["connection_id", "at"])
