"""Applications and what they register: each its own, in order of creation."""

from __future__ import annotations

from typing import Any

import pytest

from afluente.store import applications, registers
from afluente.store.applications import Policy
from afluente.store.database import Database
from afluente.store.registers import CategoryRule, Fault, Webhook
from tests.store.samples import application, stored

pytestmark = pytest.mark.anyio

ENTRIES: list[Any] = [
    (registers.rules, lambda id, at: CategoryRule(id=id, description="Café", category="food", created_at=at)),
    (
        registers.endpoints,
        lambda id, at: Webhook(id=id, dialect="d", event="all", url="https://x", headers={"a": "ç"}, created_at=at),
    ),
    (registers.armed, lambda id, at: Fault(id=id, meaning="institution", times=3, created_at=at)),
]


@pytest.mark.parametrize(("register", "make"), ENTRIES, ids=["rules", "webhooks", "faults"])
async def test_a_register_is_each_applications_own(database: Database, register: Any, make: Any) -> None:
    """Listed oldest first, found by id with whose it is, replaced, removed."""
    async with database.transaction() as writer:
        await applications.add(writer, application("foreign"), 1)
        for id, at in (("b", 2), ("a", 2), ("first", 1)):
            await register.add(writer, "app", make(id, at))
        await register.add(writer, "foreign", make("theirs", 1))
    assert [entry.id for entry in await register.all(database, "app")] == ["first", "a", "b"]
    assert await register.find(database, "theirs") == ("foreign", make("theirs", 1))
    assert await register.find(database, "nothing") is None
    async with database.transaction() as writer:
        await register.put(writer, make("a", 9))
        await register.remove(writer, "first")
    assert (await register.find(database, "a"))[1].created_at == 9
    assert {entry.id for entry in await register.all(database, "app")} == {"a", "b"}


async def test_an_application_is_made_once(database: Database) -> None:
    """Whoever comes second (another server that starts) changes nothing."""
    async with database.transaction() as writer:
        await applications.add(writer, application("new", name="one"), 5)
        await applications.set_policy(writer, "new", Policy(sync_every=7))
    async with database.transaction() as writer:
        await applications.add(writer, application("new", name="one"), 6)
    found = await applications.get(database, "new")
    assert found is not None and found.policy == Policy(sync_every=7)
    assert [one.id for one in await applications.every(database)] == ["app", "new"]
    assert await applications.get(database, "nobody") is None


async def test_clock_policy_and_key_are_set_apart(database: Database) -> None:
    """Each leaves the others alone; a clock is given and taken back."""
    async with database.transaction() as writer:
        assert await applications.take_turn(writer, "app", "me", 0, 9)
        assert await applications.set_clock(writer, "app", 5_000_000_000_000, "me")
        await applications.set_key(writer, "app", b"\x00key")
        await applications.set_policy(writer, "app", Policy(retries=1))
        locked = await applications.lock(writer, "app")
    assert locked == await applications.get(database, "app")
    assert locked is not None
    assert (locked.clock, locked.sealed_key, locked.policy) == (5_000_000_000_000, b"\x00key", Policy(retries=1))
    async with database.transaction() as writer:
        assert await applications.set_clock(writer, "app", None, "me")
        assert await applications.lock(writer, "nobody") is None
    found = await applications.get(database, "app")
    assert found is not None and found.clock is None


async def test_a_clock_is_moved_by_whoever_has_the_turn(database: Database) -> None:
    """One has it until it is given back or its time is over; nobody else moves the clock meanwhile."""
    async with database.transaction() as writer:
        assert await applications.take_turn(writer, "app", "one", 100, 120)
        assert not await applications.take_turn(writer, "app", "two", 119, 139)
        assert await applications.keep_turn(writer, "app", "one", 130)
        assert not await applications.keep_turn(writer, "app", "two", 200)
        assert not await applications.set_clock(writer, "app", 5, "two")
        assert await applications.set_clock(writer, "app", 6, "one")
        assert await applications.take_turn(writer, "app", "two", 130, 150), "its time was over"
        assert not await applications.set_clock(writer, "app", 7, "one")
        await applications.end_turn(writer, "app", "one")
        assert not await applications.take_turn(writer, "app", "three", 140, 160), "only its holder gives it back"
        await applications.end_turn(writer, "app", "two")
        assert not await applications.keep_turn(writer, "app", "one", 200), "somebody else has had it"
        assert await applications.take_turn(writer, "app", "three", 140, 160)
        await applications.end_turns(writer)
        assert await applications.take_turn(writer, "app", "four", 140, 160)
    found = await applications.get(database, "app")
    assert found is not None and found.clock == 6


async def test_keys_are_read_together_with_a_connection_of_their_own_application(database: Database) -> None:
    """One look: without a connection where there is none of that id, or where it is another application's."""
    async with database.transaction() as writer:
        await applications.add(writer, application("other"), 1)
        held = await stored(writer, "c")
    keys = await applications.keys(database, "app")
    assert keys is not None
    assert await applications.keys_and_connection(database, "app", "c") == (keys, held)
    assert await applications.keys_and_connection(database, "app", "d") == (keys, None)
    assert (await applications.keys_and_connection(database, "other", "c"))[1] is None
    assert await applications.keys_and_connection(database, "nobody", "c") == (None, None)
