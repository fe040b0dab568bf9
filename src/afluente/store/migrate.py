"""Bring an older database up to the present schema. Alembic is loaded only where there is something to do."""

from __future__ import annotations

from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Run every migration that `url` has not seen yet."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", address(url).replace("%", "%%"))
    command.upgrade(config, "head")


def address(url: str) -> str:
    """Return the address as SQLAlchemy wants it, naming the driver."""
    return url.replace("postgres://", "postgresql://").replace("postgresql://", "postgresql+psycopg://")
