"""Of a long account only the end is gone over again, and whatever changed before it is found all the same."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from afluente.core.accounts import Transaction
from afluente.core.clock import DAY
from afluente.core.products import Product
from afluente.engine.due import erasing
from afluente.engine.records.storing import Written, account_id
from afluente.engine.syncing import checks, walking
from afluente.quality import Movement, Walk
from afluente.store import findings, transactions
from afluente.store.findings import Kept
from tests.engine.scene import APP, NOW, Scene, account, movement

pytestmark = pytest.mark.anyio

UNLISTED = "product.transactions.balance-mismatch.unlisted"
DAYS = 60


def kept_by_the_bank(days: int = DAYS, without: int | None = None) -> list[Transaction]:
    """Return a movement for each day, with the balance behind it; one of them is not listed."""
    balance, made = Decimal("10.00"), []
    for number in range(days):
        one = movement(number, NOW - DAYS * DAY + number * DAY, amount=f"-1.{number:02}")
        balance += one.amount
        made.append(replace(one, balance_after=balance))
    return [one for number, one in enumerate(made) if number != without]


def hold(scene: Scene, rows: list[Transaction]) -> None:
    """Let the bank hold these."""
    scene.bank.holds[Product.ACCOUNTS] = [replace(account(), balance=rows[-1].balance_after)]
    scene.bank.holds[Product.TRANSACTIONS] = list(rows)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the movements that each statement reads for checks."""
    count = list[int]()

    def counting(name: str) -> None:
        read = getattr(findings, name)

        async def counted(*asked: Any) -> list[Any]:
            rows: list[Any] = await read(*asked)
            count.append(len(rows))
            return rows

        monkeypatch.setattr(findings, name, counted)

    counting("of_accounts")
    counting("oldest_first")
    return count


@pytest.fixture
def gone_over(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the movements that each pass goes over, read or not."""
    count, feed = list[int](), Walk.feed

    def counted(walk: Walk, piece: Sequence[Movement]) -> None:
        count.append(len(piece))
        feed(walk, piece)

    monkeypatch.setattr(Walk, "feed", counted)
    return count


async def meanings(scene: Scene, id: str) -> set[str]:
    """Return what was found."""
    return {one.meaning for one in (await checks.findings_of(scene.world, APP, id)).findings}


async def a_week_later(scene: Scene, id: str, rows: list[Transaction]) -> None:
    """Let a week go by, in which something moved every day, and sync."""
    scene.clock.at += 7 * DAY
    hold(scene, rows)
    await scene.update(id)


@pytest.mark.parametrize("more", [(), (Product.HOLDER,)], ids=["last-of-all", "while-more-is-fetched"])
async def test_an_account_is_gone_over_from_where_the_last_pass_stood(
    scene: Scene, gone_over: list[int], more: tuple[Product, ...]
) -> None:
    """What is missing in the new part is found, and what was found in the old one stays."""
    hold(scene, kept_by_the_bank(without=5))
    connection = await scene.create(products=(Product.ACCOUNTS, Product.TRANSACTIONS, *more))
    assert sum(gone_over) == DAYS - 1
    assert UNLISTED in await meanings(scene, connection.id)
    gone_over.clear()
    await a_week_later(scene, connection.id, kept_by_the_bank(DAYS + 7, without=5))
    assert 7 < sum(gone_over) < 30
    assert UNLISTED in await meanings(scene, connection.id)
    gone_over.clear()
    # a day later nothing has changed but the day
    scene.clock.at += DAY
    await scene.update(connection.id)
    assert 0 < sum(gone_over) < 30
    went_on = await findings.get(scene.world.database, connection.id)
    whole = await checks.check_now(scene.world, connection.id)
    assert whole is not None
    assert went_on is not None
    assert went_on[0].findings == whole.findings
    assert UNLISTED in {one.meaning for one in whole.findings}
    assert sum(gone_over) > DAYS


async def test_what_is_missing_among_the_new_is_found(scene: Scene, looked: list[int]) -> None:
    """The balance behind the last movement of the pass is carried on."""
    hold(scene, kept_by_the_bank())
    connection = await scene.create()
    assert UNLISTED not in await meanings(scene, connection.id)
    await a_week_later(scene, connection.id, kept_by_the_bank(DAYS + 7, without=DAYS + 2))
    assert UNLISTED in await meanings(scene, connection.id)


async def test_an_old_movement_that_was_erased_is_missed(scene: Scene, looked: list[int]) -> None:
    """The pass stood behind it, and does not hold any more."""
    hold(scene, kept_by_the_bank())
    connection = await scene.create()
    [gone] = [
        row[1]
        for row in await findings.oldest_first(scene.world.database, account_id(connection.id, "1"), 8, None)
        if row[6] == "Padaria 7"
    ]
    await erasing.erase_transaction(scene.world, APP, gone)
    await a_week_later(scene, connection.id, kept_by_the_bank(DAYS + 7))
    assert (await transactions.total(scene.world.database, account_id(connection.id, "1")))[0] == DAYS + 6
    assert UNLISTED in await meanings(scene, connection.id)


async def test_an_old_movement_that_the_bank_corrects_is_seen(scene: Scene, looked: list[int]) -> None:
    """Even behind the part that an update reads again: storing tells how far back it went."""
    hold(scene, kept_by_the_bank())
    connection = await scene.create()
    rows = kept_by_the_bank(DAYS + 7)
    rows[9] = replace(rows[9], amount=Decimal("-500.00"))
    fetch = scene.bank.fetch

    async def everything(bank: Any, institution: Any, session: Any, product: Product, since: Any) -> Any:
        return await fetch(bank, institution, session, product, None)

    scene.bank.fetch = everything  # type: ignore[method-assign]
    await a_week_later(scene, connection.id, rows)
    assert {one for one in await meanings(scene, connection.id) if "balance-mismatch" in one}


async def test_accounts_of_few_movements_leave_nothing(scene: Scene) -> None:
    """To go over them costs less than to keep where one stood."""
    hold(scene, kept_by_the_bank(walking.LONG - 1))
    connection = await scene.create()
    held = await findings.get(scene.world.database, connection.id)
    assert held is not None
    assert held[0].passed == {}


async def test_short_accounts_are_read_together_and_long_ones_in_pieces(
    scene: Scene, looked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One statement for all of them, unless it comes to more than a piece; what is found is the same."""
    rows = kept_by_the_bank(without=5)
    scene.bank.holds[Product.ACCOUNTS] = [account(key) for key in "12345"]
    scene.bank.holds[Product.TRANSACTIONS] = [
        replace(one, key=f"{key}-{one.key}", account_key=key)
        for key, size in zip("1234", (9, DAYS, 3, DAYS), strict=True)
        for one in rows[:size]
    ]
    connection = await scene.create()
    currencies = {account_id(connection.id, key): "BRL" for key in "12345"}

    async def whole() -> walking.Passes:
        looked.clear()
        return await walking.walk(scene.world, scene.world.database, connection, currencies, Kept(), "x", Written())

    together = await whole()
    assert looked == [2 * (DAYS - 1) + 12]
    assert [one.total for one in together.walked.values()] == [9, DAYS - 1, 3, DAYS - 1, 0]
    assert [len(one.breaks) for one in together.walked.values()] == [1, 1, 0, 1, 0]
    for piece in (10, 25, DAYS, len(rows) + 9):
        monkeypatch.setattr(walking, "PIECE", piece)
        apart = await whole()
        assert max(looked) == piece
        assert apart.walked == together.walked
        assert apart.passed == together.passed
    assert len(together.passed) == 2


@pytest.mark.parametrize("days", [8, DAYS], ids=["few", "many"])
async def test_what_storing_had_in_hand_is_gone_over_as_if_it_were_read(
    scene: Scene, looked: list[int], days: int
) -> None:
    """Whatever is added, corrected, dated back or gone again: a check of all that is stored finds the same."""
    rows = kept_by_the_bank()[-days:]
    hold(scene, rows)
    connection = await scene.create()
    assert looked == []
    moved = rows[-1].occurred_at
    more = [replace(movement(DAYS + n, moved - n * DAY), balance_after=Decimal(n)) for n in range(40)]
    changes: list[list[Transaction]] = [
        [*rows, replace(more[0], occurred_at=moved + DAY)],
        [*rows[:-2], replace(rows[-2], amount=Decimal("-77.00")), rows[-1]],
        rows[:-3],
        [*rows[:-3], *more],
        [replace(rows[-1], occurred_at=moved - 5 * DAY), *rows[:-1]],
        [*rows[1:], replace(rows[0], occurred_at=moved + DAY)],
        rows,
    ]
    for listed in changes:
        scene.clock.at += DAY
        hold(scene, sorted(listed, key=lambda one: one.occurred_at))
        await scene.update(connection.id)
        kept = await findings.get(scene.world.database, connection.id)
        read = list(looked)
        looked.clear()
        whole = await checks.check_now(scene.world, connection.id)
        assert kept is not None
        assert whole is not None
        assert (kept[0].findings, kept[0].passed) == (whole.findings, whole.passed)
        assert sum(looked) > 0
        assert read == [] or days == DAYS
        looked.clear()
