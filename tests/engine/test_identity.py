"""Accounts whose key the institution changes between two syncs: they stay the accounts that clients know."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from afluente.core.accounts import Account, AccountKind, BankDetails, Bill, CardDetails
from afluente.core.clock import DAY
from afluente.core.connections import Connection, Phase
from afluente.core.documents import Balance, Resource, Statement
from afluente.core.institutions import Institution
from afluente.core.lifecycle import State
from afluente.core.outcome import Finding
from afluente.core.ports import Bank, Fetched, Record, Session
from afluente.core.products import Product
from afluente.engine.due import erasing
from afluente.engine.records import reads
from afluente.engine.records.identity import is_another, matched, present_key, renamed
from afluente.engine.records.storing import account_id
from afluente.engine.syncing import checks
from afluente.store import snapshots, transactions
from tests.engine.scene import APP, BANK, NOW, PRODUCTS, Scene, account, movement

KEY_CHANGED = "product.accounts.key-changed"
ID_CHANGED = "product.accounts.duplicate.id-changed"
OLD = account("1")
NEW = replace(OLD, key="2")


def card(key: str, number: str = "4321", **more: str) -> Account:
    """A card of which the last digits are told."""
    return replace(account(key), kind=AccountKind.CREDIT_CARD, number=number, card=CardDetails(**more))  # type: ignore[arg-type]


def paid_under(key: str, number: str) -> Account:
    """A bank account that is paid under a number of its own."""
    return replace(account(key), number="1", bank=BankDetails(transfer_number=number))


@pytest.mark.parametrize(
    ("unknown", "missing"),
    [
        (NEW, OLD),
        (replace(NEW, balance=Decimal(3), name="Conta nova"), OLD),
        (replace(NEW, tax_number="761.092.776-73"), OLD),
        (paid_under("2", "341/0001/1"), OLD),
        (card("2", brand="VISA"), card("1")),
    ],
)
def test_an_account_is_the_one_that_has_its_number_kind_and_currency(unknown: Account, missing: Account) -> None:
    """Whatever else is told of it may have changed, or not have been told before."""
    assert matched([unknown], [missing]) == {"2": "1"}


@pytest.mark.parametrize(
    ("unknown", "missing"),
    [
        (replace(NEW, number="9"), OLD),
        (replace(NEW, currency="USD"), OLD),
        (replace(NEW, kind=AccountKind.SAVINGS), OLD),
        (replace(NEW, tax_number="761.092.776-73"), replace(OLD, tax_number="111.444.777-35")),
        (paid_under("2", "341/0001/1"), paid_under("1", "341/0002/1")),
        (replace(NEW, number=""), replace(OLD, number="")),
        (replace(NEW, number="***001"), replace(OLD, number="***001")),
        (card("2", "****"), card("1", "****")),
        (card("2", brand="VISA"), card("1", brand="MASTERCARD")),
        (card("2", holder="additional"), card("1")),
    ],
)
def test_what_is_told_of_an_account_keeps_it_apart_from_others(unknown: Account, missing: Account) -> None:
    """Two accounts that were made one could not be told apart again."""
    assert matched([unknown], [missing]) == {}


def test_where_several_could_be_the_same_none_is() -> None:
    """Which is which cannot be known; another pair beside them is no less certain for it."""
    pair = replace(account("4"), number="7"), replace(account("3"), number="7")
    assert matched([NEW, pair[0]], [OLD, replace(OLD, key="0"), pair[1]]) == {"4": "3"}
    assert matched([NEW, replace(NEW, key="5"), pair[0]], [OLD, pair[1]]) == {"4": "3"}


def test_everything_that_names_an_account_names_the_known_one() -> None:
    """And what names none, or another account, stays as it is."""

    def under(key: str) -> list[Record]:
        return [
            account(key),
            movement(1, owner=key),
            Bill(key="b", account_key=key, due_on=date(2026, 10, 5), total=Decimal(1), currency="BRL"),
            Statement(key="s", account_key=key, month="2026-09"),
            Balance(account_key=key, currency="BRL", available=Decimal(1)),
            Resource(key=key, kind="card"),
        ]

    others: list[Record] = [movement(2, owner="9"), Resource(key="2", kind="fund")]
    found = renamed(
        Fetched([*under("2"), *others], (Finding("a", account_key="2"), Finding("b")), NOW, ("2", "9")), {"2": "1"}
    )
    expected = [replace(one, number="2") if isinstance(one, Account) else one for one in under("1")]
    assert list(found.records) == [*expected, *others]
    assert found.findings == (Finding("a", account_key="1"), Finding("b"))
    assert (found.since, found.accounts) == (NOW, ("1", "9"))


def test_without_a_change_nothing_is_copied() -> None:
    """Which is how nearly every sync goes."""
    fetched = Fetched([OLD])
    assert renamed(fetched, {}) is fetched


def test_the_institution_is_asked_by_its_present_key() -> None:
    """By the one it had before it would know nothing."""
    known = Connection(
        id="c",
        application_id=APP,
        institution="bank",
        state=State.FRESH,
        phase=Phase.ENDED,
        created_at=NOW,
        updated_at=NOW,
        products=(),
        account_keys={"3": "1"},
    )
    assert [present_key(known, key) for key in ("1", "2")] == ["3", "2"]


async def ids_of(scene: Scene, connection: Connection) -> list[str]:
    """Return the ids of the accounts that are held."""
    return [one.id for one in await snapshots.of_connection(scene.world.database, Account, connection.id)]


async def told(scene: Scene, connection: Connection, meaning: str = KEY_CHANGED) -> list[tuple[str, ...]]:
    """Return the accounts that are named as having another key than before."""
    found = await checks.findings_of(scene.world, APP, connection.id)
    return [one.accounts for one in found.findings if one.meaning == meaning]


def calls_it(scene: Scene, key: str, prefix: str = "m") -> None:
    """Let the bank call its account so from now on, and movements by keys that begin so."""
    scene.bank.holds[Product.ACCOUNTS] = [replace(OLD, key=key)]
    scene.bank.holds[Product.TRANSACTIONS] = [replace(movement(n, owner=key), key=f"{prefix}{n}") for n in range(3)]
    scene.bank.asked_accounts = (key,)
    scene.clock.at += DAY


@pytest.mark.anyio
async def test_an_account_keeps_its_id_through_every_change_of_its_key(scene: Scene) -> None:
    """Once, twice, back to the first one: it is one account with the same movements, and each change is told once."""
    connection = await scene.create()
    one = account_id(connection.id, "1")
    movements = await transactions.ids_since(scene.world.database, one, 0)
    assert len(movements) == 3
    for key, keys in (("2", {"2": "1"}), ("3", {"3": "1"}), ("1", {}), ("2", {"2": "1"})):
        calls_it(scene, key)
        connection = await scene.update(connection.id)
        assert connection.state is State.FRESH
        assert await ids_of(scene, connection) == [one]
        assert await transactions.ids_since(scene.world.database, one, 0) == movements
        assert connection.account_keys == keys
        assert await told(scene, connection) == ([(one,)] if key != "1" else [])
        connection = await scene.update(connection.id)
        assert (connection.account_keys, await told(scene, connection)) == (keys, [])


@pytest.mark.anyio
async def test_movements_whose_keys_change_with_the_accounts_are_there_once(scene: Scene) -> None:
    """They are those that the bank lists now."""
    connection = await scene.create()
    one = account_id(connection.id, "1")
    calls_it(scene, "2", prefix="other")
    await scene.update(connection.id)
    assert await ids_of(scene, connection) == [one]
    assert len(await transactions.ids_since(scene.world.database, one, 0)) == 3


@pytest.mark.anyio
async def test_an_account_that_is_listed_by_both_keys_is_two(scene: Scene) -> None:
    """The bank says so; what is held of the first one is not written over."""
    connection = await scene.create()
    calls_it(scene, "2")
    connection = await scene.update(connection.id)
    scene.bank.holds[Product.ACCOUNTS] = [replace(OLD, balance=Decimal(7)), replace(NEW, balance=Decimal(8))]
    scene.clock.at += DAY
    connection = await scene.update(connection.id)
    both = account_id(connection.id, "1"), account_id(connection.id, "2")
    assert await ids_of(scene, connection) == list(both)
    assert connection.account_keys == {}
    assert await told(scene, connection, ID_CHANGED) == [both]


@pytest.mark.anyio
async def test_an_account_that_may_be_another_is_not_joined_and_told_of(scene: Scene) -> None:
    """The number is the same and the holder is not: whoever looks at it can tell, and nothing is lost until then."""
    scene.bank.holds[Product.ACCOUNTS] = [replace(OLD, tax_number="761.092.776-73")]
    connection = await scene.create()
    scene.bank.holds[Product.ACCOUNTS] = [replace(NEW, tax_number="111.444.777-35")]
    scene.clock.at += DAY
    connection = await scene.update(connection.id)
    both = account_id(connection.id, "1"), account_id(connection.id, "2")
    assert await told(scene, connection, ID_CHANGED) == [both]
    assert (await told(scene, connection), connection.account_keys) == ([], {})


@pytest.mark.anyio
async def test_that_an_account_was_recognised_is_no_failure_of_its_product(scene: Scene) -> None:
    """The data is whole: no system's words for a product that did not come are right for it."""
    connection = await scene.create()
    calls_it(scene, "2")
    state = (await scene.update(connection.id)).product(Product.ACCOUNTS)
    assert state is not None
    assert (state.updated, state.outcome, state.findings) == (True, None, ())
    assert KEY_CHANGED in state.noticed


@pytest.mark.anyio
async def test_another_account_beside_one_that_went_is_a_new_one(scene: Scene) -> None:
    """The one that went stays with its movements: it may be back tomorrow."""
    connection = await scene.create()
    scene.bank.holds[Product.ACCOUNTS] = [account("2")]
    scene.clock.at += DAY
    connection = await scene.update(connection.id)
    assert set(await ids_of(scene, connection)) == {account_id(connection.id, key) for key in "12"}
    assert (connection.account_keys, await told(scene, connection)) == ({}, [])


@pytest.mark.anyio
async def test_what_two_products_list_under_two_keys_is_two(scene: Scene) -> None:
    """That the second one does not list what the first one has just listed says nothing about a key before."""
    scene.world.institutions["bank"] = replace(BANK, products=(*PRODUCTS, Product.CARDS))  # type: ignore[index]
    scene.bank.holds[Product.CARDS] = [card("8")]
    connection = await scene.create(products=(*PRODUCTS, Product.CARDS))
    scene.bank.holds[Product.ACCOUNTS] = [OLD, card("5", "8888")]
    scene.bank.holds[Product.CARDS] = [card("8"), card("6", "8888")]
    scene.clock.at += DAY
    connection = await scene.update(connection.id)
    assert set(await ids_of(scene, connection)) == {account_id(connection.id, key) for key in "1856"}
    assert connection.account_keys == {}


@pytest.mark.anyio
async def test_a_card_keeps_its_id_and_its_bills(scene: Scene) -> None:
    """Cards are a product of their own: what is noted of accounts stays as it is, and the other way round."""
    scene.world.institutions["bank"] = replace(BANK, products=(*PRODUCTS, Product.CARDS))  # type: ignore[index]
    bill = Bill(key="b", account_key="8", due_on=date(2026, 10, 5), total=Decimal(1), currency="BRL")
    scene.bank.holds[Product.CARDS] = [card("8"), bill]
    connection = await scene.create(products=(*PRODUCTS, Product.CARDS))
    bills = await snapshots.of_connection(scene.world.database, Bill, connection.id)
    assert [one.parent_id for one in bills] == [account_id(connection.id, "8")]
    for key in "69":
        calls_it(scene, "2")
        scene.bank.holds[Product.CARDS] = [card(key), replace(bill, account_key=key)]
        connection = await scene.update(connection.id)
        assert set(await ids_of(scene, connection)) == {account_id(connection.id, one) for one in "18"}
        assert await snapshots.of_connection(scene.world.database, Bill, connection.id) == bills
        assert connection.account_keys == {"2": "1", key: "8"}


@pytest.mark.anyio
async def test_a_balance_is_asked_by_the_present_key(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """And told of the account that the client knows."""
    connection = await scene.create()
    calls_it(scene, "2")
    await scene.update(connection.id)
    asked: list[str] = []

    async def balance(bank: Bank, institution: Institution, session: Session, account_key: str) -> Balance:
        asked.append(account_key)
        return Balance(account_key=account_key, currency="BRL", available=Decimal(1))

    monkeypatch.setattr(scene.bank, "balance", balance)
    found = await reads.live_balance(scene.world, APP, account_id(connection.id, "1"))
    assert (asked, found.account_key) == (["2"], "1")


@pytest.mark.anyio
async def test_keys_are_erased_with_the_data_they_are_of(scene: Scene) -> None:
    """An institution's key may have the account's number in it."""
    connection = await scene.create(data_lasts=30 * DAY)
    calls_it(scene, "2")
    connection = await scene.update(connection.id)
    assert connection.account_keys
    async with scene.world.database.transaction() as writer:
        left = await erasing.outlived(writer, connection, scene.clock.at + 31 * DAY)
    assert left.account_keys == {}


TAX = "761.092.776-73"
OTHER_TAX = "529.982.247-25"


@pytest.mark.parametrize(
    ("one", "other", "another"),
    [
        (replace(OLD, number="0001/12345-6"), replace(OLD, number="123456"), False),
        (replace(OLD, number="****456"), replace(OLD, number="999999"), False),
        (replace(OLD, number="12345-6"), replace(OLD, number="98765-4"), True),
        (replace(OLD, kind=AccountKind.SAVINGS), OLD, True),
        (replace(OLD, currency="USD"), OLD, True),
        (replace(OLD, tax_number=TAX), replace(OLD, tax_number="76109277673"), False),
        (replace(OLD, tax_number=TAX), replace(OLD, tax_number=OTHER_TAX), True),
        (replace(OLD, tax_number=TAX), OLD, False),
        (card("1", "4321"), card("1", "9876"), False),
        (replace(card("1"), tax_number=TAX), replace(card("1"), tax_number=OTHER_TAX), True),
    ],
)
def test_another_account_is_one_with_another_number_kind_currency_or_holder(
    one: Account, other: Account, another: bool
) -> None:
    """However the number is written, and whichever of the two is asked."""
    assert is_another(one, other) is is_another(other, one) is another


@pytest.mark.anyio
async def test_a_key_that_is_given_to_another_account_takes_no_history_along(scene: Scene) -> None:
    """The former account keeps what it had, the new one begins empty; both stay what they are from then on."""
    bank = scene.bank
    made = await scene.create()
    database = scene.world.database
    first = account_id(made.id, "1")
    before = await transactions.total(database, first)
    bank.holds[Product.ACCOUNTS] = [replace(OLD, number="98765-4", name="Poupança nova")]
    bank.holds[Product.TRANSACTIONS] = [movement(70), movement(71)]
    scene.clock.at += DAY
    updated = await scene.update(made.id)
    assert [one.meaning for one in updated.products[0].findings] == ["product.accounts.key-reused"]
    stored = {one.id: one.record for one in await snapshots.of_connection(database, Account, made.id)}
    (second,) = stored.keys() - {first}
    assert stored[first].number == OLD.number and stored[second].number == "98765-4"
    assert await transactions.total(database, first) == before
    assert (await transactions.total(database, second))[0] == 2
    for _ in range(2):
        scene.clock.at += DAY
        bank.holds[Product.TRANSACTIONS].append(movement(72, scene.clock.at))
        again = await scene.update(made.id)
        assert again.products[0].findings == () and again.account_keys == updated.account_keys
        assert await transactions.total(database, first) == before
        assert [present_key(again, key) for key in (updated.account_keys["1"], "1")] == ["1", None]
    # and back again: nothing of the second flows into the first
    bank.holds[Product.ACCOUNTS] = [OLD]
    bank.holds[Product.TRANSACTIONS] = [movement(n) for n in range(3)]
    scene.clock.at += DAY
    back = await scene.update(made.id)
    assert "1" not in back.account_keys
    assert (await transactions.total(database, first))[0] == before[0]


@pytest.mark.anyio
async def test_two_accounts_that_change_their_keys_with_each_other_stay_apart(scene: Scene) -> None:
    """Each goes by its number, today and on all coming days."""
    bank = scene.bank
    one, two = replace(OLD, number="11111-1"), replace(NEW, number="22222-2")
    bank.holds[Product.ACCOUNTS] = [one, two]
    made = await scene.create()
    bank.holds[Product.ACCOUNTS] = [replace(one, key="2"), replace(two, key="1")]
    for told in (True, False):
        scene.clock.at += DAY
        updated = await scene.update(made.id)
        assert updated.account_keys == {"1": "2", "2": "1"}
        assert bool(updated.products[0].recognised) is told
    held = [one.record for one in await snapshots.of_connection(scene.world.database, Account, made.id)]
    assert {one.key: one.number for one in held} == {"1": "11111-1", "2": "22222-2"}
