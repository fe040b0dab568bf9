"""An endpoint at which nothing arrives is probed now and then, in place of being told everything."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Go forward."""
    op.add_column("webhooks", sa.Column("probe_at", sa.BigInteger))
