"""Alembic's entry: one connection, one transaction."""

from alembic import context
from sqlalchemy import create_engine, event

from afluente.store.schema import metadata

engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "")
if engine.dialect.name == "sqlite":
    # Left alone, the driver commits at every CREATE. So a migration is whole or not there, and alone at it.
    event.listen(engine, "connect", lambda driver, _: setattr(driver, "isolation_level", None))
    event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
try:
    with engine.begin() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            context.run_migrations()
finally:
    engine.dispose()
