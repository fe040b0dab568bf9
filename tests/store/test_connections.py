"""Connections in rows: found, paged, due, alike, and gone with all that is theirs."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from afluente.core.accounts import Account
from afluente.core.challenge import Ask, Challenge, Posed
from afluente.core.connections import Connection
from afluente.core.lifecycle import State
from afluente.store import applications, connections, executions, marks, snapshots, transactions
from afluente.store.database import Database
from tests.store.samples import account, application, connection, execution, movement, stored

pytestmark = pytest.mark.anyio

TOKEN = Challenge(Ask.TEXT, "token", "Token", lasts=50)


async def test_a_connection_comes_back_as_it_was_put(database: Database) -> None:
    """Nothing of the record is lost on the way, and `put` replaces all of it."""
    full = connection(
        "c", state=State.ASKING, posed=Posed("p", TOKEN, 0, 90), attributes={"device": "Ação"}, failures=3
    )
    async with database.transaction() as writer:
        await connections.add(writer, connection("c"), "print")
        await connections.put(writer, full)
        assert await connections.get(writer, "c") == full
    assert await connections.get(database, "c") == full
    async with database.transaction() as writer:
        assert await connections.lock(writer, "c") == full
        assert await connections.lock(writer, "other") is None
    assert await connections.get(database, "other") is None


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["a1", "b1", "b2", "c1"]),
        ({"user": "ana"}, ["a1", "b2"]),
        ({"institution": "other"}, ["b2", "c1"]),
        ({"user": "ana", "institution": "other"}, ["b2"]),
        ({"user": "nobody"}, []),
    ],
)
async def test_a_page_holds_what_the_filters_say_in_order_of_creation(
    database: Database, filters: dict[str, Any], expected: list[str]
) -> None:
    """Whatever was asked for, the pages put together are that and nothing of another application."""
    async with database.transaction() as writer:
        await applications.add(writer, application("foreign"), 1)
        await stored(writer, "x1", application_id="foreign", external_user_id="ana", created_at=2)
        await stored(writer, "b2", created_at=5, external_user_id="ana", institution="other")
        await stored(writer, "b1", created_at=5, external_user_id="bia")
        await stored(writer, "c1", created_at=7, institution="other")
        await stored(writer, "a1", created_at=3, external_user_id="ana")
    for size in (1, 2, 10):
        found: list[Connection] = []
        while page := await connections.page(
            database, "app", size, (found[-1].created_at, found[-1].id) if found else (-1, ""), **filters
        ):
            assert len(page) <= size
            found += page
        assert [one.id for one in found] == expected
    assert await connections.count(database, "app") == 4
    assert await connections.count(database, "nobody") == 0


async def test_what_is_due_comes_earliest_first_and_no_sooner(database: Database) -> None:
    """A question counts by its deadline, a connection at rest by its next sync, one that runs not at all."""
    async with database.transaction() as writer:
        await stored(writer, "late", next_sync_at=300)
        await stored(writer, "early", next_sync_at=100)
        await stored(writer, "same", next_sync_at=200)
        await stored(writer, "asking", state=State.ASKING, posed=Posed("p", TOKEN, 0, 200), next_sync_at=5)
        await stored(writer, "answered", state=State.SYNCING, posed=Posed("p", TOKEN, 0, 50, answered=True))
        await stored(writer, "running", state=State.SYNCING, next_sync_at=50)
        await stored(writer, "never")
    due = await connections.due_until(database, 250, 10)
    assert due == [("early", 100, "app"), ("asking", 200, "app"), ("same", 200, "app")]
    assert await connections.due_until(database, 99, 10) == []
    assert await connections.due_until(database, 300, 2) == due[:2]


async def test_an_application_with_a_stopped_clock_is_due_on_its_own(database: Database) -> None:
    """The machine's time does nothing to it, and what waits there hides nobody else's."""
    async with database.transaction() as writer:
        await applications.add(writer, application("stopped"), 1)
        assert await applications.take_turn(writer, "stopped", "me", 0, 1)
        assert await applications.set_clock(writer, "stopped", 50, "me")
        await stored(writer, "theirs", application_id="stopped", next_sync_at=100)
        await stored(writer, "ours", next_sync_at=200)
    assert await connections.due_until(database, 999, 1) == [("ours", 200, "app")]
    assert await connections.due_until(database, 999, 9, "stopped") == [("theirs", 100, "stopped")]
    assert await connections.due_until(database, 999, 9, "app") == [("ours", 200, "app")]


async def test_putting_a_connection_moves_when_it_is_due(database: Database) -> None:
    """The searched columns follow the record."""
    async with database.transaction() as writer:
        one = await stored(writer, "c", next_sync_at=100)
        await connections.put(writer, replace(one, next_sync_at=None, external_user_id="ana"))
    assert await connections.due_until(database, 999, 9) == []
    assert [c.id for c in await connections.page(database, "app", 9, user="ana")] == ["c"]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"state": State.STALE}, {"state": "stale"}),
        ({"outcome": "success"}, {"outcome": "success"}),
        ({"external_user_id": "ana"}, {"user": "ana"}),
        ({"next_sync_at": 100}, {}),
    ],
)
async def test_what_a_connection_is_found_by_follows_what_is_known_to_have_changed(
    database: Database, changed: dict[str, Any], found: dict[str, str]
) -> None:
    """One column at a time, and back again; the others are left alone."""
    async with database.transaction() as writer:
        before = await stored(writer, "c")
        after = replace(before, **changed)
        await connections.put(writer, after, before)
    assert [one.id for one in await connections.newest(database, "app", 9, None, **found)] == ["c"]
    assert [row[0] for row in await connections.due_until(database, 999, 9)] == ["c"] * ("next_sync_at" in changed)
    async with database.transaction() as writer:
        await connections.put(writer, before, after)
    assert [one.id for one in await connections.newest(database, "app", 9, None, **found)] == ["c"] * (not found)
    assert await connections.due_until(database, 999, 9) == []
    assert await connections.get(database, "c") == before


async def test_twins_have_the_same_credentials_and_the_same_application(database: Database) -> None:
    """A fingerprint is compared within one application, and follows the credentials when they change."""
    async with database.transaction() as writer:
        await applications.add(writer, application("foreign"), 1)
        await stored(writer, "second", "one", created_at=2)
        await stored(writer, "first", "one", created_at=1)
        await stored(writer, "other", "two")
        await stored(writer, "foreign", "one", application_id="foreign")
        assert [twin.id for twin in await connections.twins(writer, "app", "one")] == ["first", "second"]
        await connections.seal_credentials(writer, "first", b"sealed", "two")
    assert [twin.id for twin in await connections.twins(database, "app", "one")] == ["second"]
    assert {twin.id for twin in await connections.twins(database, "app", "two")} == {"first", "other"}


async def test_sealed_credentials_are_replaced_whole(database: Database) -> None:
    """One row for each connection, any bytes."""
    sealed = bytes(range(256))
    async with database.transaction() as writer:
        await stored(writer, "c")
        assert await connections.sealed_credentials(writer, "c") is None
        await connections.seal_credentials(writer, "c", b"old", "print")
        await connections.seal_credentials(writer, "c", sealed, "print")
    assert await connections.sealed_credentials(database, "c") == sealed


async def test_removing_a_connection_leaves_nothing_of_it_and_all_of_its_neighbour(database: Database) -> None:
    """Credentials, executions and records go with it, its transactions in pieces, and only with it."""
    async with database.transaction() as writer:
        for id in ("gone", "stays"):
            await stored(writer, id)
            await connections.seal_credentials(writer, id, b"sealed", id)
            await executions.add(writer, execution(f"run-{id}", id))
            await snapshots.merge(writer, id, [(f"account-{id}", None, account())], 1)
            rows = [transactions.row(movement(str(n)), f"account-{id}", None, 1) for n in range(60)]
            await transactions.merge(writer, rows)
    async with database.transaction() as writer:
        assert await connections.remove(writer, "gone")
        assert not await connections.remove(writer, "gone")
    async with database.transaction() as writer:
        left = [await transactions.remove_some(writer, ["account-gone", "none"], 25) for _ in range(4)]
    assert left == [25, 25, 10, 0]
    for id, there in (("gone", False), ("stays", True)):
        assert (await connections.get(database, id) is not None) is there
        assert (await connections.sealed_credentials(database, id) is not None) is there
        assert (await executions.get(database, f"run-{id}") is not None) is there
        assert (await snapshots.get(database, Account, f"account-{id}") is not None) is there
        assert await transactions.total(database, f"account-{id}") == ((60, -6000) if there else (0, 0))


async def test_connections_are_found_by_their_marks(database: Database) -> None:
    """In order of creation, page by page, those of the application alone; a deleted one is not found any more."""
    async with database.transaction() as writer:
        await applications.add(writer, application("foreign"), 1)
        for id, at, application_id in (("m1", 5, "a"), ("m2", 5, "a"), ("m3", 7, "a"), ("x1", 1, "foreign")):
            made = connection(id, created_at=at, **({} if application_id == "a" else {"application_id": "foreign"}))
            await connections.add(writer, made, "print")
            await marks.add(writer, made, ("link/1", "link/1", f"own/{id}"))
        owner = connection("m1").application_id
    first = await marks.page(database, owner, "link/1", 2)
    assert [one.id for one in first] == ["m1", "m2"]
    rest = await marks.page(database, owner, "link/1", 2, (first[-1].created_at, first[-1].id))
    assert [one.id for one in rest] == ["m3"]
    assert [one.id for one in await marks.page(database, owner, "own/m2", 9)] == ["m2"]
    assert await marks.page(database, owner, "link/", 9) == []
    async with database.transaction() as writer:
        await connections.remove(writer, "m2")
    assert [one.id for one in await marks.page(database, owner, "link/1", 9)] == ["m1", "m3"]
