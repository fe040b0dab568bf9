"""What an application did without a connection is found among that alone."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Go forward."""
    alone = sa.text("connection_id IS NULL")
    op.create_index(
        "events_of_none", "events", ["application_id", "number"], sqlite_where=alone, postgresql_where=alone
    )
