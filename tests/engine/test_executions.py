"""One execution: alone on its connection, and ended whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from afluente.core.accounts import Account
from afluente.core.clock import DAY, HOUR
from afluente.core.events import EventKind
from afluente.core.holders import Holder
from afluente.core.lifecycle import RUNNING, State
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.engine.connecting import connections
from afluente.engine.connecting.connections import Changes, UpdateRules, Wanted
from afluente.engine.records import reads
from afluente.engine.records.reads import Filter
from afluente.engine.records.storing import account_id
from afluente.engine.syncing import sync
from afluente.store import events, snapshots, transactions
from afluente.store.database import Chain, Writer
from tests.engine.scene import APP, NOW, PRODUCTS, TOKEN, Rows, Scene, account, movement, refused

pytestmark = pytest.mark.anyio

RULES = UpdateRules()


async def test_a_first_execution_reads_every_product(scene: Scene) -> None:
    """Logged in once, each product read once, and everything fresh."""
    connection = await scene.create()
    assert (connection.state, connection.outcome) == (State.FRESH, "success")
    assert [(s.product, s.updated, s.updated_at) for s in connection.products] == [(p, True, NOW) for p in PRODUCTS]
    assert connection.last_success_at == connection.last_ended_at == NOW
    assert scene.bank.logins == [{"username": "ana", "password": "secret"}]
    assert scene.bank.fetches == dict.fromkeys(PRODUCTS, 1)


async def test_of_many_updates_at_once_exactly_one_begins(scene: Scene) -> None:
    """The others are told that the connection is busy, and nothing was logged in twice."""
    connection = await scene.create()
    scene.bank.gate("login")
    results = await asyncio.gather(
        *(connections.update(scene.world, APP, connection.id, Changes(), RULES) for _ in range(8)),
        return_exceptions=True,
    )
    begun = [r for r in results if not isinstance(r, BaseException)]
    assert len(begun) == 1
    assert {r.meaning for r in results if isinstance(r, Refused)} == {"request.connection.busy"}
    assert len(results) == 8
    await scene.runner.stop()
    assert len(scene.bank.logins) <= 2


async def test_of_many_connections_at_once_with_the_same_credentials_one_begins(scene: Scene) -> None:
    """The institution would see one person log in from several places."""
    gate = scene.bank.gate("login")
    wanted = Wanted(institution="bank", credentials={"username": "ana", "password": "x"}, products=PRODUCTS)
    results = await asyncio.gather(
        *(connections.create(scene.world, APP, wanted) for _ in range(6)), return_exceptions=True
    )
    meanings = [r.meaning if isinstance(r, Refused) else "created" for r in results]
    assert sorted(meanings) == ["created"] + ["request.connection.busy.elsewhere"] * 5
    gate.open.set()
    await scene.settle()
    assert len(scene.bank.logins) == 1


async def test_a_connection_that_waits_for_the_user_is_busy_too(scene: Scene) -> None:
    """An open question is part of the execution."""
    scene.bank.asks = [TOKEN]
    connection = await scene.create()
    assert connection.state is State.ASKING
    assert await refused(scene.update(connection.id)) == "request.connection.busy"


async def test_some_products_fail_and_the_rest_is_kept(scene: Scene) -> None:
    """Success is said of what arrived alone; what did not keeps its age and says why."""
    connection = await scene.create()
    scene.clock.at += DAY
    scene.bank.fails[Product.TRANSACTIONS] = Refused("product.temporarily-unavailable", "Tente mais tarde")
    connection = await scene.update(connection.id)
    assert (connection.state, connection.outcome) == (State.PARTLY_FRESH, "success.partial")
    failed = connection.product(Product.TRANSACTIONS)
    assert failed is not None
    assert (failed.updated, failed.updated_at, failed.outcome) == (False, NOW, "product.temporarily-unavailable")
    assert failed.findings[0].said == "Tente mais tarde"
    read = connection.product(Product.ACCOUNTS)
    assert read is not None and (read.updated, read.updated_at) == (True, NOW + DAY)
    assert connection.last_success_at == NOW + DAY


async def test_all_products_fail_and_what_was_read_before_stays(scene: Scene) -> None:
    """The execution has failed, with the first product's reason; nobody claims anything newer than it is."""
    connection = await scene.create()
    scene.clock.at += HOUR
    for product in PRODUCTS:
        scene.bank.fails[product] = Refused("institution.unavailable", "Manutenção")
    connection = await scene.update(connection.id)
    assert (connection.state, connection.outcome, connection.said) == (
        State.STALE,
        "institution.unavailable",
        "Manutenção",
    )
    assert [(s.updated, s.updated_at) for s in connection.products] == [(False, NOW)] * 3
    assert connection.last_success_at == NOW
    assert len(await reads.records(scene.world, APP, Account, connection.id)) == 1


async def test_a_failed_login_says_of_every_product_that_it_is_as_old_as_it_was(scene: Scene) -> None:
    """Freshness is each product's own and is kept over any number of failures."""
    connection = await scene.create()
    scene.bank.login_fails = Refused("institution.unavailable")
    for number in (1, 2):
        scene.clock.at += HOUR
        connection = await scene.update(connection.id)
        assert (connection.state, connection.failures) == (State.STALE, number)
        assert [(s.updated, s.updated_at) for s in connection.products] == [(False, NOW)] * 3
    scene.bank.login_fails = None
    connection = await scene.update(connection.id)
    assert (connection.state, connection.failures) == (State.FRESH, 0)
    assert [s.updated_at for s in connection.products] == [NOW + 2 * HOUR] * 3


@pytest.mark.parametrize("where", ["login", Product.ACCOUNTS, Product.HOLDER])
async def test_a_bug_in_a_connector_ends_the_execution_and_not_the_connection(scene: Scene, where: str) -> None:
    """It is our fault and said to be; the next update works."""
    if where == "login":
        scene.bank.login_fails = ZeroDivisionError("a bug")
    else:
        scene.bank.fails[Product(where)] = ZeroDivisionError("a bug")
    connection = await scene.create()
    assert (connection.state, connection.outcome) == (State.STALE, "server.error")
    assert not connection.credentials_spent and connection.refused_logins == 0
    scene.bank.login_fails = None
    scene.bank.fails = {}
    assert (await scene.update(connection.id)).state is State.FRESH


async def test_an_institution_that_hands_over_nonsense_ends_the_execution(scene: Scene) -> None:
    """What cannot be stored is not half stored: the product before it is, this one is not at all."""
    scene.bank.holds[Product.TRANSACTIONS] = [movement(1), movement(2, amount="NaN")]
    connection = await scene.create()
    assert (connection.state, connection.outcome) == (State.STALE, "server.error")
    owner = account_id(connection.id, "1")
    assert await snapshots.get(scene.world.database, Account, owner) is not None
    assert await transactions.total(scene.world.database, owner) == (0, 0)


async def test_a_database_that_is_away_for_a_moment_ends_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An execution whose end could not even be written is taken up again until it can."""
    real = sync.executions.put
    failing = [OSError("the database is away")] * 4

    async def put(*arguments: Any) -> None:
        if failing:
            raise failing.pop()
        await real(*arguments)

    monkeypatch.setattr(sync.executions, "put", put)
    connection = await scene.create()
    assert connection.state is State.FRESH
    assert caplog.text.count("execution could not be run") >= 1


async def test_deleting_a_connection_that_runs_leaves_nothing_of_it(scene: Scene, rows: Rows) -> None:
    """Whatever the execution was doing, what it brings home afterwards is dropped; what happened is still told."""

    async def left() -> dict[str, Any]:
        # the cursor is where the application's feed stands, and names nobody
        return {table: kept for table, kept in (await rows()).items() if table not in ("events", "cursors")}

    before = await left()
    for operation in ("login", *PRODUCTS):
        gate = scene.bank.gate(operation)
        wanted = Wanted(institution="bank", credentials={"username": "ana", "password": "x"}, products=PRODUCTS)
        connection = await connections.create(scene.world, APP, wanted)
        await gate.reached.wait()
        await connections.delete(scene.world, APP, connection.id)
        gate.open.set()
        await scene.settle()
        assert await left() == before
        told = await events.of_connection(scene.world.database, connection.id, 0, 100)
        assert [event.kind for event in told][-1] is EventKind.CONNECTION_DELETED
        assert await refused(reads.connection(scene.world, APP, connection.id)) == "request.not-found.connection"


@pytest.mark.parametrize("frozen_at", ["login", Product.ACCOUNTS, Product.TRANSACTIONS, Product.HOLDER])
async def test_an_attempt_that_was_replaced_writes_nothing(scene: Scene, rows: Rows, frozen_at: str) -> None:
    """Frozen in the middle and thought dead; a second one did the work; the first wakes up with old data."""
    gate = scene.bank.gate(frozen_at)
    wanted = Wanted(institution="bank", credentials={"username": "ana", "password": "x"}, products=PRODUCTS)
    connection = await connections.create(scene.world, APP, wanted)
    await gate.reached.wait()

    scene.bank.holds[Product.ACCOUNTS] = [account(balance="77.00")]
    scene.bank.holds[Product.TRANSACTIONS] = [movement(9)]
    await sync.run(scene.world, connection.execution_id)
    after = await scene.now_of(connection.id)
    assert (after.state, after.attempt) == (State.FRESH, 2)
    written = await rows()

    scene.clock.at += HOUR
    gate.open.set()
    await scene.settle()
    assert await rows() == written


async def test_an_attempt_writes_nothing_while_its_successor_is_at_work(scene: Scene, rows: Rows) -> None:
    """Both alive, both with data in their hands: the younger one alone goes on."""
    frozen = scene.bank.gate(Product.ACCOUNTS)
    wanted = Wanted(institution="bank", credentials={"username": "ana", "password": "x"}, products=PRODUCTS)
    connection = await connections.create(scene.world, APP, wanted)
    await frozen.reached.wait()
    working = scene.bank.gate(Product.HOLDER)
    successor = asyncio.create_task(sync.run(scene.world, connection.execution_id))
    await working.reached.wait()
    written = await rows()

    frozen.open.set()
    await scene.settle()
    assert await rows() == written
    working.open.set()
    await successor
    assert (await scene.now_of(connection.id)).state is State.FRESH
    assert scene.bank.fetches == {Product.ACCOUNTS: 2, Product.TRANSACTIONS: 1, Product.HOLDER: 1}


async def test_an_attempt_that_was_replaced_and_then_fails_blames_nobody(scene: Scene, rows: Rows) -> None:
    """Not even an error of its own is written."""
    gate = scene.bank.gate("login")
    wanted = Wanted(institution="bank", credentials={"username": "ana", "password": "x"}, products=PRODUCTS)
    connection = await connections.create(scene.world, APP, wanted)
    await gate.reached.wait()
    await sync.run(scene.world, connection.execution_id)
    written = await rows()
    scene.bank.login_fails = Refused("login.credentials")
    gate.open.set()
    await scene.settle()
    assert await rows() == written


async def test_an_execution_cannot_be_run_again_once_it_has_ended(scene: Scene, rows: Rows) -> None:
    """Whoever calls it late, finds nothing to do."""
    connection = await scene.create()
    written = await rows()
    await sync.run(scene.world, connection.execution_id)
    await sync.run(scene.world, "nobody's")
    assert await rows() == written
    assert len(scene.bank.logins) == 1


async def test_an_execution_broken_off_anywhere_is_finished_by_the_next_process(scene: Scene) -> None:
    """Cancelled as a server is stopped; what was stored is not read again, and the login not repeated after it."""
    for operation in ("login", *PRODUCTS):
        scene.bank.logins.clear()
        scene.bank.fetches.clear()
        gate = scene.bank.gate(operation)
        wanted = Wanted(institution="bank", credentials={"username": operation, "password": "x"}, products=PRODUCTS)
        connection = await connections.create(scene.world, APP, wanted)
        await gate.reached.wait()
        await scene.runner.stop()
        assert (await scene.now_of(connection.id)).state in RUNNING
        await sync.run(scene.world, connection.execution_id)
        after = await scene.now_of(connection.id)
        assert (after.state, after.attempt) == (State.FRESH, 2)
        assert len(scene.bank.logins) == (2 if operation == "login" else 1)
        assert scene.bank.fetches == {product: 1 + (product == operation) for product in PRODUCTS}


async def test_the_same_again_changes_no_row_of_data(scene: Scene, rows: Rows) -> None:
    """An institution that says what it said leaves records and transactions as they were, `updated_at` included."""
    connection = await scene.create()
    before = await rows()
    scene.clock.at += HOUR
    await scene.update(connection.id)
    after = await rows()
    for table in ("records", "transactions"):
        assert after[table] == before[table]
    assert len(after["records"]) == 1 and len(after["transactions"]) == 3


async def test_the_same_with_one_more_changes_one_row(scene: Scene) -> None:
    """What is new has the new time, the rest keeps its own."""
    connection = await scene.create()
    scene.clock.at += HOUR
    scene.bank.holds[Product.TRANSACTIONS].append(movement(3))
    await scene.update(connection.id)
    found = await transactions.behind(scene.world.database, account_id(connection.id, "1"), Filter(), 10, None)
    assert [(e.stored.record.key, e.stored.updated_at) for e in found] == [
        ("m3", NOW + HOUR), ("m2", NOW), ("m1", NOW), ("m0", NOW)
    ]  # fmt: skip


async def test_accounts_and_transactions_keep_their_ids_for_good(scene: Scene) -> None:
    """Over a sync, over new credentials, over a failure in between."""

    async def ids(connection_id: str) -> tuple[list[str], list[str]]:
        owners = await snapshots.of_connection(scene.world.database, Account, connection_id)
        entries = await transactions.behind(scene.world.database, owners[0].id, Filter(), 10, None)
        return [owner.id for owner in owners], [entry.stored.id for entry in entries]

    connection = await scene.create()
    before = await ids(connection.id)
    assert len(before[1]) == 3
    await scene.update(connection.id)
    scene.bank.right_password = "new"
    assert (await scene.update(connection.id)).state is State.REFUSED
    assert (await scene.update(connection.id, password="new")).state is State.FRESH
    assert await ids(connection.id) == before
    scene.bank.right_password = None
    assert await ids((await scene.create()).id) != before


async def test_what_vanished_is_deleted_inside_the_window_alone(scene: Scene) -> None:
    """What the institution was asked for and does not show any more is gone; older movements stay."""
    old, recent, last = movement(1, NOW - 90 * DAY), movement(2, NOW - DAY), movement(3, NOW - DAY)
    scene.bank.holds[Product.TRANSACTIONS] = [old, recent, last]
    connection = await scene.create()
    owner = account_id(connection.id, "1")
    scene.bank.holds[Product.TRANSACTIONS] = [last]
    await scene.update(connection.id)
    assert scene.bank.since[Product.TRANSACTIONS] == [None, NOW - 7 * DAY]
    assert await transactions.keys(scene.world.database, owner) == {"m1", "m3"}
    # nothing at all is shown any more
    scene.bank.holds[Product.TRANSACTIONS] = []
    await scene.update(connection.id)
    assert await transactions.keys(scene.world.database, owner) == {"m1"}


async def test_an_account_that_was_not_asked_for_keeps_its_movements(scene: Scene) -> None:
    """Not listed today is not lost: it may be back tomorrow."""
    scene.bank.holds[Product.ACCOUNTS] = [account("1"), account("2")]
    scene.bank.holds[Product.TRANSACTIONS] = [movement(1), movement(2, owner="2")]
    scene.bank.asked_accounts = ("1", "2")
    connection = await scene.create()
    scene.bank.asked_accounts = ("1",)
    scene.bank.holds[Product.TRANSACTIONS] = [movement(1)]
    await scene.update(connection.id)
    assert await transactions.keys(scene.world.database, account_id(connection.id, "2")) == {"m2"}


async def test_a_chosen_category_survives_syncs(scene: Scene) -> None:
    """The application's choice stands, whatever the institution thinks of it later."""
    connection = await scene.create()
    owner = account_id(connection.id, "1")
    entry = (await transactions.behind(scene.world.database, owner, Filter(), 1, None))[0]
    await reads.choose_category(scene.world, APP, entry.stored.id, "travel")
    scene.bank.holds[Product.TRANSACTIONS][2] = movement(2, amount="-5.00")
    await scene.update(connection.id)
    shown = await reads.transaction(scene.world, APP, entry.stored.id)
    assert shown.choose(shown.entries[0], shown.account.record.kind) == "travel"
    assert str(shown.entries[0].stored.record.amount) == "-5.00"


async def test_nothing_is_shown_before_a_first_success(scene: Scene) -> None:
    """What a first execution has stored so far is not there yet, and what one that failed has stored neither."""
    gate = scene.bank.gate(Product.HOLDER)
    wanted = Wanted(institution="bank", credentials={"username": "ana", "password": "x"}, products=PRODUCTS)
    connection = await connections.create(scene.world, APP, wanted)
    await gate.reached.wait()
    assert await reads.records(scene.world, APP, Account, connection.id) == []
    owner = account_id(connection.id, "1")
    assert await refused(reads.account(scene.world, APP, owner)) == "request.not-found.account"
    gate.open.set()
    await scene.settle()
    assert [r.id for r in await reads.records(scene.world, APP, Account, connection.id)] == [owner]
    assert await reads.records(scene.world, APP, Holder, connection.id) == []


async def test_an_account_that_is_new_brings_all_of_its_movements(scene: Scene) -> None:
    """An update reads the last days again; an account that was not held before has a past of its own."""
    connection = await scene.create()
    scene.bank.holds[Product.ACCOUNTS].append(account("2"))
    scene.bank.holds[Product.TRANSACTIONS].append(movement(50, NOW - 90 * DAY, owner="2"))
    scene.bank.asked_accounts = ("1", "2")
    scene.bank.fails[Product.ACCOUNTS] = Refused("product.temporarily-unavailable")
    scene.clock.at += DAY
    await scene.update(connection.id)
    scene.bank.fails.clear()
    scene.clock.at += DAY
    await scene.update(connection.id)
    assert scene.bank.since[Product.TRANSACTIONS][-1] is None
    held = await transactions.total(scene.world.database, account_id(connection.id, "2"))
    assert held[0] == 1
    scene.clock.at += DAY
    await scene.update(connection.id)
    assert scene.bank.since[Product.TRANSACTIONS][-1] is not None


async def test_a_refusal_is_written_however_long_the_database_is_away(scene: Scene) -> None:
    """The conversation is not begun again: the credentials that were refused would be sent anew."""
    scene.bank.login_fails = Refused("login.credentials")
    away = 5
    real = scene.world.database.transaction

    @asynccontextmanager
    async def failing(chain: Chain | None = None, *, waits: bool = True) -> AsyncIterator[Writer]:
        nonlocal away
        if scene.bank.logins and away:
            away -= 1
            raise OSError("the database is away")
        async with real(chain, waits=waits) as writer:
            yield writer

    scene.world.database.transaction = failing  # type: ignore[method-assign]
    connection = await scene.create()
    assert (connection.state, connection.outcome, len(scene.bank.logins)) == (State.REFUSED, "login.credentials", 1)
    assert away == 0
