"""What is stored is checked at the end of each execution: once for what changed, in pieces, and never in its way."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from afluente.core.accounts import Account, Transaction
from afluente.core.clock import DAY, SECOND
from afluente.core.lifecycle import State
from afluente.core.products import Product
from afluente.engine.files import exporting, imports
from afluente.engine.records.storing import account_id
from afluente.engine.syncing import checks, walking
from afluente.quality.bulk import check_files
from tests.engine.scene import APP, BANK, NOW, TOKEN, Scene, account, movement, refused

pytestmark = pytest.mark.anyio

MISMATCH = "product.transactions.balance-mismatch"
UNLISTED = "product.transactions.balance-mismatch.unlisted"
ASKED = "product.mfa-needed"


def chained(count: int, start: str = "10.00") -> list[Transaction]:
    """Return movements of one account with the balance behind each."""
    balance, made = Decimal(start), []
    for number in range(count):
        one = movement(number, NOW - DAY + number // 3 * SECOND - number, amount=f"-1.{number:02}")
        balance += one.amount
        made.append(replace(one, balance_after=balance, order=number))
    return made


async def found(scene: Scene, id: str) -> set[str]:
    """Return the meanings of what was found."""
    return {one.meaning for one in (await checks.findings_of(scene.world, APP, id)).findings}


def holding(scene: Scene, rows: list[Transaction], off: str = "0") -> None:
    """Let the bank hold these movements and a balance that is `off`."""
    scene.bank.holds[Product.ACCOUNTS] = [replace(account(), balance=rows[-1].balance_after + Decimal(off))]
    scene.bank.holds[Product.TRANSACTIONS] = list(rows)


async def test_what_is_found_is_there_when_the_execution_has_ended_and_goes_with_its_cause(scene: Scene) -> None:
    """A finding is of the data as it is: the next fetch of good data leaves nothing of it."""
    rows = chained(6)
    holding(scene, rows, off="5")
    connection = await scene.create()
    assert MISMATCH in await found(scene, connection.id)
    state = connection.product(Product.TRANSACTIONS)
    assert state is not None
    assert MISMATCH in state.noticed
    holding(scene, rows)
    connection = await scene.update(connection.id)
    assert MISMATCH not in await found(scene, connection.id)
    assert MISMATCH not in (connection.product(Product.TRANSACTIONS) or state).noticed


async def test_the_finding_names_our_own_ids(scene: Scene) -> None:
    """Clients know the account by the id that the API gives it."""
    rows = chained(6)
    holding(scene, [one for one in rows if one.key != "m3"])
    connection = await scene.create()
    [one] = [
        one for one in (await checks.findings_of(scene.world, APP, connection.id)).findings if one.meaning == UNLISTED
    ]
    assert one.accounts == (account_id(connection.id, "1"),)
    assert (one.expected, one.found, one.data["gap"]) == (
        str(rows[2].balance_after + rows[4].amount),
        str(rows[4].balance_after),
        str(rows[3].amount),
    )


async def test_nothing_is_checked_twice_in_a_day_unless_it_changed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most syncs bring nothing new; a month without movements is over on a day, not at a sync."""
    holding(scene, chained(6))
    connection = await scene.create()
    runs: list[int] = []
    check = checks.check

    def counted(snapshot: object) -> object:
        runs.append(1)
        return check(snapshot)  # type: ignore[arg-type]

    monkeypatch.setattr(checks, "check", counted)
    await scene.update(connection.id)
    assert runs == []
    scene.clock.at = NOW + DAY
    await scene.update(connection.id)
    assert len(runs) == 1
    rows = chained(7)
    holding(scene, rows)
    await scene.update(connection.id)
    assert len(runs) == 2


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
async def test_the_size_of_the_pieces_changes_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    """Movements of one instant stay together wherever a piece ends: else their order would break the chain."""
    monkeypatch.setattr(walking, "PIECE", piece)
    rows = chained(20)
    assert len({one.occurred_at for one in rows}) > 3
    level = [replace(one, occurred_at=rows[number // 4 * 4].occurred_at) for number, one in enumerate(rows)]
    holding(scene, level)
    connection = await scene.create()
    assert not {MISMATCH, UNLISTED, "product.transactions.order"} & await found(scene, connection.id)


async def test_a_question_behind_the_login_is_told_of_that_execution_alone(scene: Scene) -> None:
    """The next one, in which nobody was asked, has no such warning."""
    scene.bank.asks_while_fetching[Product.TRANSACTIONS] = (TOKEN,)
    connection = await scene.create()
    assert connection.state is State.ASKING
    connection = await scene.answer(connection.id, "123456")
    assert ASKED in await found(scene, connection.id)
    scene.bank.asks_while_fetching.clear()
    await scene.update(connection.id)
    assert ASKED not in await found(scene, connection.id)


async def test_a_question_of_the_login_is_none_behind_it(scene: Scene) -> None:
    """Most banks ask there."""
    scene.bank.asks = (TOKEN,)
    connection = await scene.create()
    connection = await scene.answer(connection.id, "123456")
    assert connection.state is State.FRESH
    assert ASKED not in await found(scene, connection.id)


async def test_a_check_that_breaks_spoils_no_sync(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data is there; that we could not look at it is our own fault."""

    def broken(snapshot: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(checks, "check", broken)
    connection = await scene.create()
    assert (connection.state, connection.outcome) == (State.FRESH, "success")


async def test_many_findings_of_a_meaning_are_counted_and_not_kept(scene: Scene) -> None:
    """A bank that doubles everything fills no database."""
    rows = [
        replace(one, balance_after=None, occurred_at=NOW - DAY + n * SECOND + 1) for n, one in enumerate(chained(30))
    ]
    twice = [replace(one, key=f"{one.key}-again") for one in rows]
    scene.bank.holds[Product.TRANSACTIONS] = [*rows, *twice]
    connection = await scene.create()
    checked = await checks.findings_of(scene.world, APP, connection.id)
    kept = [one for one in checked.findings if one.meaning == "product.transactions.duplicate"]
    assert (len(kept), checked.left_out) == (checks.PER_MEANING, {"product.transactions.duplicate": 10})


async def test_an_account_that_is_listed_under_another_key_too_is_one_whose_id_changed(scene: Scene) -> None:
    """Its movements would be counted twice by whoever adds accounts up."""
    connection = await scene.create()
    scene.clock.at = NOW + DAY
    scene.bank.holds[Product.ACCOUNTS] = [account("1"), replace(account("2"), number="1")]
    scene.bank.asked_accounts = ("2",)
    scene.bank.holds[Product.TRANSACTIONS] = []
    await scene.update(connection.id)
    [one] = [
        one
        for one in (await checks.findings_of(scene.world, APP, connection.id)).findings
        if one.meaning == "product.accounts.duplicate.id-changed"
    ]
    assert one.accounts == (account_id(connection.id, "1"), account_id(connection.id, "2"))


async def test_others_connections_have_no_findings_for_us(scene: Scene) -> None:
    """Whose it is not, to them it is not there."""
    connection = await scene.create()
    assert await refused(checks.findings_of(scene.world, "other", connection.id)) == "request.not-found.connection"
    assert await refused(checks.tell(scene.world, "other", connection.id, details=True)) == (
        "request.not-found.connection"
    )


async def test_what_the_client_wants_is_checked_at_once(scene: Scene) -> None:
    """Details that nobody asked for are not missing; once they are, they are."""
    connection = await scene.create()
    assert "product.details.missing" not in await found(scene, connection.id)
    await checks.tell(scene.world, APP, connection.id, details=True)
    assert "product.details.missing" in await found(scene, connection.id)
    await scene.update(connection.id)
    assert "product.details.missing" in await found(scene, connection.id)
    await checks.tell(scene.world, APP, connection.id, details=False)
    assert "product.details.missing" not in await found(scene, connection.id)


async def test_an_imported_file_is_checked(scene: Scene) -> None:
    """A statement with a page missing is found where it is read."""
    rows = chained(6)
    held: list[Account] = [replace(account(), balance=rows[-1].balance_after)]
    scene.world.institutions[imports.INSTITUTION] = replace(BANK, slug=imports.INSTITUTION)  # type: ignore[index]
    done = await imports.import_statement(scene.world, APP, held, [one for one in rows if one.key != "m3"])
    assert UNLISTED in await found(scene, done.connection.id)


async def test_exported_files_have_the_same_findings(scene: Scene, tmp_path: Path) -> None:
    """Who checks millions at once must find what each sync found."""
    rows = chained(12)
    holding(scene, [one for one in rows if one.key != "m7"], off="3")
    connection = await scene.create()
    kept = await checks.check_now(scene.world, connection.id)
    assert kept is not None
    assert kept.findings
    told: list[int] = []
    assert await exporting.export(scene.world, tmp_path / "files", told.append) == (1, 11)
    assert sum(told) == 11
    assert dict(check_files(tmp_path / "files")) == {connection.id: kept.findings}
