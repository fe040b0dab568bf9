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


@pytest.mark.anyio
async def test_a_key_that_goes_to_another_movement_takes_no_id_with_it(scene: Scene) -> None:
    """Keys change places, and one is new under the key of another, which is called otherwise: each keeps its id."""
    bank = scene.bank
    one, two, three = (movement(n, NOW - 2 * DAY, f"-{n}.00") for n in (1, 2, 3))
    bank.holds[Product.TRANSACTIONS] = [one, two, three]
    made = await scene.create()
    before = await stored(scene, made.id)
    new = replace(movement(9, NOW - DAY, "-9.00"), key="m3")
    listed = [replace(one, key="m2"), replace(two, key="m1"), new, replace(three, key="m4")]
    for told in (True, False):
        bank.holds[Product.TRANSACTIONS] = list(listed)
        updated = await scene.update(made.id)
        assert [found.data["recognised"] for found in updated.products[1].findings] == ["3"] * told
        after = await stored(scene, made.id)
        assert before.items() <= after.items() and len(after) == 4
        listed.reverse()


@pytest.mark.anyio
async def test_what_is_edited_under_its_key_stays_itself(scene: Scene) -> None:
    """Whatever is written in it now: nobody else is what it was."""
    bank = scene.bank
    bank.holds[Product.TRANSACTIONS] = [movement(1), movement(2)]
    made = await scene.create()
    before = await stored(scene, made.id)
    edited = replace(movement(1, NOW - 2 * DAY, "-77.00"), description="Something else")
    bank.holds[Product.TRANSACTIONS] = [edited, movement(2)]
    await scene.update(made.id)
    after = await stored(scene, made.id)
    assert after.keys() == before.keys() and (edited.occurred_at, "-77.00") in after.values()


@pytest.mark.anyio
async def test_who_only_counts_movements_loses_none_of_them(scene: Scene) -> None:
    """An institution that numbers its list anew, the latest first: days later all are there, under their first ids."""
    bank, every = scene.bank, list[Transaction]()
    made, known = None, dict[str, tuple[int, str]]()
    for day in range(16):
        every.insert(0, movement(day, NOW + day * DAY - HOUR, f"-{day + 1}.00"))
        scene.clock.at = NOW + day * DAY
        bank.holds[Product.TRANSACTIONS] = [replace(one, key=str(n)) for n, one in enumerate(every[:10])]
        made = await (scene.create() if made is None else scene.update(made.id))
        there = await stored(scene, made.id)
        assert known.items() <= there.items()
        assert sorted(there.values()) == sorted((one.occurred_at, f"{one.amount:.2f}") for one in every)
        known = there


@pytest.mark.anyio
async def test_a_key_that_is_used_again_much_later_is_another_movements(scene: Scene) -> None:
    """Who begins to count anew each month overwrites nothing; the same again is known, and so is what is edited."""
    bank = scene.bank
    old, late = movement(1, NOW - 25 * DAY), replace(movement(2, NOW - DAY, "-7.00"), key="m1")
    bank.holds[Product.TRANSACTIONS] = [old]
    made = await scene.create()
    before = await stored(scene, made.id)
    for listed in (late, late, replace(late, amount=Decimal("-8.00")), replace(late, occurred_at=NOW)):
        bank.holds[Product.TRANSACTIONS] = [listed]
        await scene.update(made.id)
        after = await stored(scene, made.id)
        assert before.items() <= after.items()
        ((_, told),) = after.items() - before.items()
        assert told == (listed.occurred_at, f"{listed.amount:.2f}")
    # what was pending may be posted as anything
    bank.holds[Product.TRANSACTIONS] = [replace(movement(5, NOW - 20 * DAY), pending=True)]
    other = await scene.create(password="other")
    bank.holds[Product.TRANSACTIONS] = [replace(movement(6, NOW - DAY, "-9.00"), key="m5")]
    await scene.update(other.id)
    assert list((await stored(scene, other.id)).values()) == [(NOW - DAY + 6, "-9.00")]


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
