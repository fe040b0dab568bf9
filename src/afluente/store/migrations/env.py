"""Alembic's entry: one connection, one transaction."""

from alembic import context
from sqlalchemy import create_engine

from afluente.store.schema import metadata

engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "")
with engine.begin() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
