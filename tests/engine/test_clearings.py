"""What is left of the deleted goes whatever dies on the way, piece by piece, and the word of the deletion arrives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from afluente.core.clock import DAY
from afluente.core.connections import Connection
from afluente.core.events import EventKind
from afluente.core.products import Product
from afluente.core.sessions import ClientCall, ClientSession, Stage
from afluente.engine.connecting import connections, consents
from afluente.engine.due import schedule
from afluente.engine.files import imports
from afluente.engine.operating import requests as operating
from afluente.engine.outbox import delivery, endpoints, relaying, remains
from afluente.engine.outbox.facts import Selection
from afluente.engine.records import reads
from afluente.engine.records.storing import account_id
from afluente.store import events, requests, sessions, transactions
from tests.engine.hearing import ENDPOINT, Ear
from tests.engine.scene import APP, NOW, Rows, Scene, account, movement, refused

pytestmark = pytest.mark.anyio

USER = "canary-user"
SAID = EventKind.PRODUCT_COLLECTED
DELETED = EventKind.CONNECTION_DELETED


class Died(BaseException):
    """The process is gone."""


async def _dies(*_: object) -> bool:
    raise Died


async def _nobody(*_: object) -> bool:
    return False


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction changes two rows, and looks at three."""
    monkeypatch.setattr(remains, "_AT_ONCE", 2)
    monkeypatch.setattr(remains, "_LOOKED_AT", 3)


async def dying(monkeypatch: pytest.MonkeyPatch, doing: Callable[[], Awaitable[object]]) -> None:
    """Do something in a process that dies as soon as it has committed what begins the clearing."""
    with monkeypatch.context() as patch:
        patch.setattr(remains, "go_on", _dies)
        with pytest.raises(Died):
            await doing()


async def told_and_waiting(scene: Scene, ear: Ear, most: int = 7) -> Connection:
    """Return a connection of which some messages have arrived and others wait."""
    await ear.listen()
    made = await scene.create(external_user_id=USER)
    await relaying.relay_all(scene.world, APP)
    await ear.carry(most)
    await ear.tell(made, SAID, 4)
    return made


async def naming(rows: Rows) -> dict[str, int]:
    """Return in how many rows of which tables the user is named."""
    counts = {table: sum(USER in str(row) for row in found) for table, found in (await rows()).items()}
    return {table: count for table, count in counts.items() if count}


async def test_what_was_told_behind_a_dead_process_goes_all_the_same(
    scene: Scene, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies between the deletion and the clearing, and once more behind the word of it; the word arrives."""
    ear = Ear(scene)
    made = await told_and_waiting(scene, ear)
    await dying(monkeypatch, lambda: connections.delete(scene.world, APP, made.id))
    await dying(monkeypatch, lambda: relaying.relay_all(scene.world, APP))
    await dying(monkeypatch, ear.carry)
    assert ear.kinds()[-5:] == [SAID] * 4 + [DELETED]
    await schedule.tick(scene.world)
    found = await rows()
    assert [row[7] for row in found["deliveries"]] == [DELETED] and not found["clearings"]
    assert await naming(rows) == {"events": 1, "deliveries": 1}
    assert await schedule.tick(scene.world) == 0


async def test_what_a_person_wants_gone_goes_step_by_step_and_nothing_of_it_arrives(
    scene: Scene, rows: Rows, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while it is under way, and with a process that dies: only the deletion is told."""
    ear = Ear(scene)
    made = await told_and_waiting(scene, ear, 3)
    before = len(ear.came)
    await dying(monkeypatch, lambda: connections.delete(scene.world, APP, made.id, named=False))
    assert (await rows())["clearings"]
    with monkeypatch.context() as patch:
        # the facts it had get their places meanwhile
        patch.setattr(remains, "go_on", _nobody)
        await ear.carry()
    assert len(ear.came) == before
    await schedule.tick(scene.world)
    await ear.carry()
    assert [one.kind for one in ear.came[before:]] == [DELETED]
    assert await naming(rows) == {} and not (await rows())["clearings"]
    told = await events.of_connection(scene.world.database, made.id, 0, 100)
    assert [event.position for event in told] == sorted(event.position for event in told)


async def test_no_transaction_of_a_deletion_changes_more_than_so_much(
    scene: Scene, rows: Rows, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Facts, messages, sessions and their calls of one connection: two rows at a time, until nothing names anybody."""
    ear = Ear(scene)
    made = await told_and_waiting(scene, ear, 11)
    world = scene.world
    for number in range(3):
        session = ClientSession(
            id=f"s{number}", application_id=APP, system="own", connection_id=made.id, meaning="success", tag=USER,
            stage=Stage.ENDED, opened_at=NOW, updated_at=NOW,
        )  # fmt: skip
        async with world.database.transaction() as writer:
            await sessions.add(writer, session)
        for call in range(4):
            told: dict[str, Any] = {"said": USER, "details": {"Tag": USER}}
            await operating.write(
                world,
                ClientCall(
                    id=world.ids.new(), application_id=APP, system="own", operation="any", meaning="success",
                    status=200, at=NOW, number=call, session_id=session.id, connection_id=made.id, **told,
                ),
            )  # fmt: skip
    changed = list[int]()
    for module, name in ((events, "rewrite"), (requests, "rewrite"), (sessions, "put")):
        monkeypatch.setattr(module, name, _counting(changed, getattr(module, name)))
    step = remains._Step.take

    async def take(self: remains._Step) -> None:
        changed.append(0)
        await step(self)

    monkeypatch.setattr(remains._Step, "take", take)
    await connections.delete(world, APP, made.id, named=False)
    await ear.carry()
    assert await naming(rows) == {} and not (await rows())["clearings"]
    # of a page that is looked at all is changed
    assert sum(changed) >= 30 and max(changed) <= 3 + 1


def _counting(changed: list[int], real: Callable[..., Awaitable[object]]) -> Callable[..., Awaitable[object]]:
    async def count(*args: Any) -> object:
        changed[-1] += 1
        return await real(*args)

    return count


async def test_who_has_the_id_of_somebody_deleted_loses_nothing(
    scene: Scene, rows: Rows, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that is made anew under its old id keeps its facts and its messages."""
    ear = Ear(scene)
    made = await told_and_waiting(scene, ear)
    await dying(monkeypatch, lambda: connections.delete(scene.world, APP, made.id))
    again = await scene.create(id=made.id, external_user_id=USER)
    with monkeypatch.context() as patch:
        patch.setattr(remains, "go_on", _nobody)
        await ear.carry()
        # of the former nothing is sent again but the word of its deletion
        new = again.events - (made.events + 4 + 1)
        assert await delivery.replay(scene.world, APP, Selection(connection_id=made.id)) == 1 + new
        await ear.carry()
    await schedule.tick(scene.world)
    arrived = [row for row in (await rows())["deliveries"] if row[8] == "delivered"]
    assert len(arrived) == 2 * (1 + new)
    facts = await events.of_connection(scene.world.database, made.id, 0, 100)
    assert [bool(event.fact.user) for event in facts] == [False] * (made.events + 4) + [True] * (1 + new)


async def test_what_waits_where_nobody_listens_any_more_goes_within_the_hour(scene: Scene, rows: Rows) -> None:
    """An address is removed while it should still be told of somebody deleted."""
    ear = Ear(scene)
    ear.usual = None
    made = await told_and_waiting(scene, ear, 1)
    await connections.delete(scene.world, APP, made.id)
    await relaying.relay_all(scene.world, APP)
    await endpoints.remove(scene.world, APP, ENDPOINT)
    scene.clock.at += remains._LOOK
    await schedule.tick(scene.world)
    assert await naming(rows) == {"events": 1} and not (await rows())["clearings"]


@pytest.fixture
def movements(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Ten movements at the bank, deleted three at a time; how many each transaction has deleted."""
    monkeypatch.setattr(remains, "_MOVEMENTS", 3)
    scene.bank.holds[Product.TRANSACTIONS] = [movement(number) for number in range(10)]
    gone, real = list[int](), transactions.remove_some

    async def count(*args: Any) -> int:
        gone.append(await real(*args))
        return gone[-1]

    monkeypatch.setattr(transactions, "remove_some", count)
    return gone


async def erased_at_its_time(scene: Scene, id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a connection's data begin to go because it is kept no longer; what is left of it falls due."""
    await connections.keep_for(scene.world, APP, id, data=DAY, credentials=None)
    scene.clock.at += DAY
    with monkeypatch.context() as patch:
        patch.setattr(remains, "go_on", _nobody)
        await schedule.tick(scene.world)


@pytest.mark.parametrize("deleted", [True, False])
async def test_movements_go_in_pieces_and_are_read_by_nobody_meanwhile(
    scene: Scene, rows: Rows, movements: list[int], monkeypatch: pytest.MonkeyPatch, deleted: bool
) -> None:
    """With their connection or without it, and though the process dies behind the first piece."""
    made = await scene.create()
    (first, *_) = [row[0] for row in (await rows())["transactions"]]
    if deleted:
        await dying(monkeypatch, lambda: connections.delete(scene.world, APP, made.id))
    else:
        await erased_at_its_time(scene, made.id, monkeypatch)
    assert movements == [3] and len((await rows())["transactions"]) == 7
    for id in (first, (await rows())["transactions"][0][0]):
        assert await refused(reads.transaction(scene.world, APP, id)) == "request.not-found.transaction"
    owner = account_id(made.id, "1")
    read = reads.transactions_behind(scene.world, APP, owner, transactions.Filter(), 9, None)
    assert await refused(read) == "request.not-found.account"
    await schedule.tick(scene.world)
    assert movements == [3, 3, 3, 1]
    assert not (await rows())["transactions"] and not (await rows())["clearings"]


async def test_what_was_erased_does_not_come_back_with_an_account_of_its_id(
    scene: Scene, rows: Rows, movements: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who connects again while movements are being erased gets what the bank has then, and nothing of before."""
    made = await scene.create()
    (kept, *_) = sorted(row[0] for row in (await rows())["transactions"])
    await reads.choose_category(scene.world, APP, kept, "mine")
    await dying(monkeypatch, lambda: connections.delete(scene.world, APP, made.id))
    scene.bank.holds[Product.TRANSACTIONS] = [movement(number) for number in range(8)]
    await scene.create(id=made.id)
    there = (await rows())["transactions"]
    assert len(there) == 8 and not [row for row in there if "mine" in row]
    await schedule.tick(scene.world)
    assert (await rows())["transactions"] == there


async def test_a_deletion_goes_on_with_what_was_being_erased_before_it(
    scene: Scene, rows: Rows, movements: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The accounts of movements that are still there are known to nobody else."""
    made = await scene.create()
    await erased_at_its_time(scene, made.id, monkeypatch)
    await connections.delete(scene.world, APP, made.id)
    assert not (await rows())["transactions"] and not (await rows())["clearings"]


async def test_a_statement_that_is_imported_anew_finds_nothing_of_the_former(
    scene: Scene, rows: Rows, movements: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connection's id follows from the user, and so do those of its accounts and movements."""
    listed = [movement(number) for number in range(10)]

    async def imported(most: int) -> Connection:
        found = await imports.import_statement(scene.world, APP, [account()], listed[:most], USER)
        return found.connection

    made = await imported(10)
    await dying(monkeypatch, lambda: connections.delete(scene.world, APP, made.id))
    assert (await imported(2)).id == made.id
    await schedule.tick(scene.world)
    assert len((await rows())["transactions"]) == 2


async def test_what_is_left_goes_when_the_last_word_has_arrived_though_nobody_hears_of_deletions(
    scene: Scene, rows: Rows
) -> None:
    """An address that did not choose to be told of them is told what waited, and then nothing names anybody."""
    ear = Ear(scene)
    await ear.listen(event=str(SAID))
    made = await scene.create(external_user_id=USER)
    await ear.tell(made, SAID, 4)
    await relaying.relay_all(scene.world, APP)
    await connections.delete(scene.world, APP, made.id)
    await ear.carry()
    assert set(ear.kinds()) == {SAID}
    assert await naming(rows) == {"events": 1} and not (await rows())["clearings"]


async def test_a_consent_that_is_revoked_takes_what_waits_with_it(scene: Scene, rows: Rows, small: None) -> None:
    """The connection stays, and what happens to it from then on is told behind what was being told."""
    ear = Ear(scene)
    made = await told_and_waiting(scene, ear, 3)
    before = len(ear.came)
    assert made.digests
    ended = await consents.end(scene.world, APP, made.id, "consent.revoked", {}, erase=True)
    assert (ended.products, ended.digests) == ((), {})
    await ear.carry()
    assert [one.kind for one in ear.came[before:]] == [EventKind.CONNECTION_FAILED]
    assert not (await rows())["clearings"]
