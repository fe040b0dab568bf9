"""Executions in rows: what another process needs to go on."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from afluente.core.products import Product, ProductState
from afluente.store import executions
from afluente.store.database import Database
from afluente.store.executions import Standing
from tests.store.samples import execution, stored

pytestmark = pytest.mark.anyio


async def test_an_execution_comes_back_as_it_was_put(database: Database) -> None:
    """With its attempt, its products and how it ended."""
    ended = execution(
        "e",
        "c",
        attempt=4,
        standing=Standing.ENDED,
        fetched=(ProductState(Product.ACCOUNTS, True, 7),),
        ended_at=9,
        outcome="success",
    )
    async with database.transaction() as writer:
        await stored(writer, "c")
        await executions.add(writer, execution("e", "c"))
        await executions.put(writer, ended)
        assert await executions.lock(writer, "e") == ended
        assert await executions.lock(writer, "other") is None
    assert await executions.get(database, "e") == ended


async def test_only_what_is_ready_is_found_after_a_start_oldest_first(database: Database) -> None:
    """What waits for a user or has ended is nobody's to run."""
    async with database.transaction() as writer:
        await stored(writer, "c")
        for id, at, standing in (
            ("b", 5, Standing.READY),
            ("a", 5, Standing.READY),
            ("waits", 1, Standing.WAITING),
            ("ended", 2, Standing.ENDED),
            ("first", 3, Standing.READY),
        ):
            await executions.add(writer, execution(id, "c", started_at=at, standing=standing))
        await executions.put(writer, replace(execution("late", "c"), standing=Standing.READY))
    assert await executions.ready(database) == ["first", "a", "b"]


async def test_the_latest_come_first_and_are_one_connections_own(database: Database) -> None:
    """As many as are asked for."""
    async with database.transaction() as writer:
        for id in ("c", "d"):
            await stored(writer, id)
            for at in (1, 3, 2):
                await executions.add(writer, execution(f"{id}{at}", id, started_at=at))
    assert [e.id for e in await executions.latest(database, "c", 2)] == ["c3", "c2"]


async def test_what_is_sealed_is_kept_and_forgotten(database: Database) -> None:
    """Bytes as they are; `put` leaves them alone; None forgets them."""
    async with database.transaction() as writer:
        await stored(writer, "c")
        await executions.add(writer, execution("e", "c"))
        assert await executions.sealed(writer, "e") is None
        await executions.seal(writer, "e", b"\x00\xff")
        await executions.put(writer, execution("e", "c", attempt=1))
    assert await executions.sealed(database, "e") == b"\x00\xff"
    async with database.transaction() as writer:
        await executions.seal(writer, "e", None)
    assert await executions.sealed(database, "e") is None
    assert await executions.sealed(database, "other") is None
