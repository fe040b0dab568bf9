"""The door to the databases: the address says which."""

from __future__ import annotations

from afluente.store.database import Database


async def open_database(url: str, silence: int = 20) -> Database:
    """Open `sqlite:///path` or `postgresql://…`, making or bringing up to date the schema.

    `silence` is how many seconds a process may say nothing in the middle of a transaction, where others wait for it.
    Raises ValueError for any other address.
    """
    if url.startswith("sqlite:///"):
        from afluente.store.sqlite import open_sqlite

        return open_sqlite(url.removeprefix("sqlite:///"))
    if url.startswith(("postgresql://", "postgres://")):
        from afluente.store.postgres import open_postgres

        return await open_postgres(url, silence)
    raise ValueError("the database address must begin with sqlite:/// or postgresql://")
