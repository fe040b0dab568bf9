"""Movements whose key the institution changes: they keep their ids, two equal ones stay two, and no money is lost."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from afluente.core.accounts import Transaction
from afluente.core.clock import DAY, HOUR
from afluente.core.products import Product
from afluente.engine.records.movements import KEY_CHANGED, paired
from afluente.engine.records.storing import account_id
from afluente.store import transactions
from afluente.store.transactions import Held
from tests.engine.scene import NOW, Scene, movement


def equal(key: str, order: int = 0, at: int = NOW - DAY, amount: str = "-5.00") -> Transaction:
    """A movement that looks like others of its amount."""
    return replace(movement(0, at, amount), key=key, description="Padaria", order=order)


def held(one: Transaction) -> Held:
    """Return what is known of it once it is stored, under an id that tells its key."""
    row = transactions.row(one, "owner", None, NOW)
    return Held(f"id-{one.key}", *row[10:11], *row[2:7], None, one.order)


async def stored(scene: Scene, id: str) -> dict[str, tuple[int, str]]:
    """Return what is stored of the account: instant and amount by id."""
    every = await transactions.behind(scene.world.database, account_id(id, "1"), transactions.Filter(), 1_000, None)
    return {one.stored.id: (one.stored.record.occurred_at, str(one.stored.record.amount)) for one in every}


def again(movements: Sequence[object], prefix: str) -> list[Transaction]:
    """Return movements under other keys."""
    return [replace(one, key=f"{prefix}-{one.key}") for one in movements if isinstance(one, Transaction)]


@pytest.mark.anyio
async def test_movements_keep_their_ids_whatever_they_are_called(scene: Scene) -> None:
    """Equal ones too, each its own; the next time they are known at once, also under the first keys again."""
    bank = scene.bank
    first = [equal("a"), equal("b", 1), equal("c", 2), *(movement(n) for n in range(3))]
    bank.holds[Product.TRANSACTIONS] = list(first)
    made = await scene.create()
    before = await stored(scene, made.id)
    assert len(before) == 6
    for prefix in ("x", "y"):
        called = again(first, prefix)
        for told, more in ((True, []), (False, [equal(f"{prefix}-new", 9, NOW - HOUR, "-7.00")])):
            bank.holds[Product.TRANSACTIONS] = [*called, *more]
            updated = await scene.update(made.id)
            assert [one.meaning for one in updated.products[1].findings] == [KEY_CHANGED] * told
            after = await stored(scene, made.id)
            assert before.items() <= after.items() and len(after) == 6 + len(more)
    bank.holds[Product.TRANSACTIONS] = list(first)
    await scene.update(made.id)
    assert await stored(scene, made.id) == before


@pytest.mark.anyio
async def test_where_nobody_can_tell_which_is_which_nothing_is_taken_for_another(scene: Scene) -> None:
    """One of three equal ones is gone with their keys: two are listed, two are there, and it is told."""
    bank = scene.bank
    first = [equal("a"), equal("b"), equal("c"), movement(1)]
    bank.holds[Product.TRANSACTIONS] = list(first)
    made = await scene.create()
    before = await stored(scene, made.id)
    bank.holds[Product.TRANSACTIONS] = again([first[0], first[1], first[3]], "x")
    updated = await scene.update(made.id)
    after = await stored(scene, made.id)
    listed = (first[0], first[1], first[3])
    assert sorted(after.values()) == sorted((one.occurred_at, str(one.amount)) for one in listed)
    assert len(before.keys() & after.keys()) == 1
    (told,) = updated.products[1].findings
    assert told.meaning == KEY_CHANGED and told.data == {"recognised": "1", "unclear": "3"}
    assert set(told.transactions) == before.keys() - after.keys() and told.accounts == (account_id(made.id, "1"),)


@pytest.mark.anyio
async def test_what_is_known_by_its_key_is_nothing_else(scene: Scene) -> None:
    """One that comes from before what is read again, and looks like one that has just gone, stays what it is."""
    bank = scene.bank
    old, young = equal("old", at=NOW - 20 * DAY), equal("young")
    bank.holds[Product.TRANSACTIONS] = [old, young]
    made = await scene.create()
    before = await stored(scene, made.id)
    bank.holds[Product.TRANSACTIONS] = [replace(old, occurred_at=young.occurred_at)]
    await scene.update(made.id)
    after = await stored(scene, made.id)
    gone = next(id for id, (at, _) in before.items() if at == young.occurred_at)
    assert after.keys() == before.keys() - {gone}


@pytest.mark.anyio
async def test_what_is_known_by_its_key_is_in_nobodys_way(scene: Scene) -> None:
    """Of two equal ones that one which keeps its key is known by it, and so the other is known as well."""
    bank = scene.bank
    bank.holds[Product.TRANSACTIONS] = [equal("a"), equal("b")]
    made = await scene.create()
    before = await stored(scene, made.id)
    bank.holds[Product.TRANSACTIONS] = [equal("a"), equal("x")]
    await scene.update(made.id)
    assert await stored(scene, made.id) == before


_MOVEMENTS = some.lists(
    some.tuples(some.integers(0, 2), some.sampled_from(["-5.00", "-6.00"]), some.integers(0, 2)), max_size=8
)


@given(_MOVEMENTS, _MOVEMENTS)
def test_pairs_are_one_to_one_and_alike(unknown: list[tuple[int, str, int]], gone: list[tuple[int, str, int]]) -> None:
    """However many look alike: nobody is taken for two, and only what has the same day and amount is paired."""
    come = [equal(f"n{i}", order, NOW - day * DAY, amount) for i, (day, amount, order) in enumerate(unknown)]
    went = {f"id-o{i}": equal(f"o{i}", order, NOW - d * DAY, amount) for i, (d, amount, order) in enumerate(gone)}
    found = paired(come, [held(one) for one in went.values()])
    assert len(set(found.ids.values())) == len(found.ids) == found.anew
    by_key = {one.key: one for one in come}
    for key, id in found.ids.items():
        assert (by_key[key].occurred_at, by_key[key].amount) == (went[id].occurred_at, went[id].amount)
    assert not set(found.unclear) & set(found.ids.values())
    if len(come) == len(went) and sorted(unknown) == sorted(gone):
        assert len(found.ids) == len(come)


def test_balances_tell_equal_ones_apart() -> None:
    """Of two that are the same but for the balance behind them one has gone: the other is known."""
    one, two = equal("a"), replace(equal("b"), balance_after=Decimal("3.00"))
    kept = replace(two, key="n")
    old = [held(one), Held("id-b", "b", two.occurred_at, -500, 2, "BRL", "Padaria", "3.00", 0)]
    assert paired([kept], old).ids == {"n": "id-b"}
