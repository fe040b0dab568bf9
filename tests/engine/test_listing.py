"""The order in which an institution lists movements: what is wrong with it is known while they arrive, or never."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from afluente.core.accounts import CardPurchase, Transaction
from afluente.core.clock import DAY, HOUR
from afluente.core.identity import derived_id
from afluente.core.products import Product
from afluente.engine.records.storing import account_id
from afluente.engine.syncing import checks
from afluente.quality.given import in_wrong_order
from tests.engine.scene import APP, NOW, Scene, account, movement

ORDER = "product.transactions.order"


def listed(*days: float) -> list[Transaction]:
    """Return movements without balances, so many days ago, in this order."""
    return [movement(number, NOW - int(ago * DAY)) for number, ago in enumerate(days)]


@pytest.mark.parametrize(
    ("days", "wrong"),
    [
        ((9, 8, 7, 5), []),
        ((5, 7, 8, 9), []),
        ((9, 9, 8, 8, 8, 7), []),
        ((9, 7, 8.1, 6, 5), ["m1", "m2"]),
        ((5, 6, 8, 7, 9), ["m2", "m3"]),
        ((9, 8, 2, 7, 6, 5), ["m2", "m3"]),
        # within a day any order will do, and where the day begins is the institution's own affair
        ((9, 7.5, 7.9, 6), []),
        ((9, 8), []),
        ((), []),
    ],
)
def test_movements_in_each_others_places_are_found_whichever_comes_first(
    days: tuple[float, ...], wrong: list[str]
) -> None:
    """The latest may be listed first or last; what most of the list does is its order."""
    found = in_wrong_order(listed(*days))
    assert [one.key for pair in found.get("1", []) for one in pair] == wrong


def test_each_account_has_an_order_of_its_own_and_pending_movements_have_none() -> None:
    """Lists of several accounts come one behind the other, and what is not posted stands above them."""
    one = listed(9, 8, 7)
    other = [replace(each, account_key="2") for each in listed(1, 4, 6)]
    pending = replace(movement(8, NOW + HOUR), pending=True)
    assert in_wrong_order([pending, *one, *other]) == {}


def test_the_lines_of_a_cards_bills_have_no_order() -> None:
    """An instalment stands on a later bill with the day on which it was bought."""
    lines = [replace(each, card=CardPurchase(installment=2)) for each in listed(9, 7, 30, 6, 5)]
    assert in_wrong_order(lines) == {}


@pytest.mark.anyio
async def test_a_list_without_any_order_names_no_more_than_a_person_reads(scene: Scene) -> None:
    """How many more there are is said."""
    scene.bank.holds[Product.TRANSACTIONS] = [*listed(*(day % 7 * 3 + 1 for day in range(200)))]
    (found,) = (await scene.create()).products[1].findings
    assert (found.meaning, found.account_key, len(found.transactions)) == (ORDER, "1", 50)
    assert int(found.data["left_out"]) > 0


@pytest.mark.anyio
async def test_a_list_in_the_wrong_order_is_told_though_no_balance_shows_it(scene: Scene) -> None:
    """With our own ids; the next list in the right order leaves nothing of it."""
    scene.bank.holds[Product.ACCOUNTS] = [account()]
    scene.bank.holds[Product.TRANSACTIONS] = [*listed(6, 4, 5.1, 3, 2)]
    connection = await scene.create()

    async def told() -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        found = (await checks.findings_of(scene.world, APP, connection.id)).findings
        return [(one.accounts, one.transactions) for one in found if one.meaning == ORDER]

    own = account_id(connection.id, "1")
    wrong = [((own,), tuple(derived_id(own, "transaction", key) for key in ("m1", "m2")))]
    assert await told() == wrong
    # those that are called otherwise now are named as they are known
    scene.bank.holds[Product.TRANSACTIONS] = [replace(one, key=f"x-{one.key}") for one in listed(6, 4, 5.1, 3, 2)]
    await scene.update(connection.id)
    assert await told() == wrong
    scene.bank.holds[Product.TRANSACTIONS] = [*listed(6, 5, 4, 3, 2)]
    await scene.update(connection.id)
    assert await told() == []
