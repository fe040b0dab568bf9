"""A month of everything going wrong: what must hold does, and the same seed tells the same story."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from afluente.catalogue import load
from afluente.core.clock import DAY, MINUTE, Instant
from afluente.core.outcome import Refused
from afluente.engine.due import schedule
from afluente.engine.institutions.quotas import next_month
from afluente.engine.syncing.attempt import Attempt, _Left
from afluente.store import executions
from afluente.store.database import Writer
from tests.simulation import simulate
from tests.simulation.bank import SimulatedBank
from tests.simulation.chance import Chance
from tests.simulation.invariants import Watch
from tests.simulation.ledger import Ledger
from tests.simulation.place import BEGAN, Place
from tests.simulation.simulate import Plan, next_due, run

HARD = {"connections": 60, "days": 45, "faults": 0.2, "kills": 0.1, "away": 0.01, "mended": 20}


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_goes_wrong_what_must_hold_does(seed: int) -> None:
    """Banks refuse in hundreds of ways, the process dies, the database is away, executions run twice."""
    report = run(Plan(seed=seed, **HARD))  # type: ignore[arg-type]
    assert report.wrong == []
    assert len(report.struck) > 70
    assert min(report.figures[name] for name in ("kills", "database away", "connection.updated")) > 5


def test_a_seed_replays_exactly() -> None:
    """In another process, with another order of sets: the same events, byte for byte."""
    told = []
    for chance in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--seed", "5", "--connections", "30", "--days", "30",
             "--faults", "0.2", "--kills", "0.1", "--away", "0.01"],
            env={**os.environ, "PYTHONHASHSEED": chance, "PYTHONPATH": "src:."},
            cwd=Path(__file__).parents[2],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        told.append(done.stdout.rpartition("digest ")[2])
    assert told[0] == told[1]
    assert len(told[0].strip()) == 40


def test_what_is_due_next_is_what_the_sources_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver looks at their tables itself: one that it forgot would have its time pass by."""
    told = []

    async def compared(place: Place) -> Instant | None:
        """Ask the sources as well."""
        far, looked = place.clock.at + 10_000 * DAY, await next_due(place)
        asked = [due.at for source in schedule.SOURCES for due in await source.due_until(place.real, far, 1, None)]
        told.append((looked, min(asked, default=None)))
        return looked

    monkeypatch.setattr(simulate, "next_due", compared)
    run(Plan(seed=1, **{**HARD, "connections": 20}))  # type: ignore[arg-type]
    assert len(told) > 100
    assert [looked for looked, _ in told] == [asked for _, asked in told]


def test_a_failure_is_tried_again_when_the_month_begins_and_not_sooner() -> None:
    """What is spent for a month is there again then, however short the rest of the month is."""
    month = next_month(BEGAN)
    for meaning, at, wrong in (
        ("product.quota-spent", month, 0),
        ("product.quota-spent", month - 1, 1),
        ("x", month, 1),
    ):
        watch = Watch(SimpleNamespace())  # type: ignore[arg-type]
        assert list(watch._retries("a", meaning, month - 40 * MINUTE)) == []
        assert len(list(watch._retries("a", meaning, at))) == wrong


def test_a_bank_that_is_tried_in_a_freeze_complains(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch is no good that would not see it: with freezes forgotten, the simulation fails."""

    async def forgotten(*_: object) -> None:
        """Let nobody rest."""

    monkeypatch.setattr("afluente.engine.institutions.freezes.check", forgotten)
    report = run(Plan(seed=1, **{**HARD, "connections": 100, "faults": 0.4}))  # type: ignore[arg-type]
    assert any("in the freeze of" in line for line in report.wrong)


def test_a_refused_password_that_comes_again_is_seen() -> None:
    """By whoever brought it the second time."""
    bank = SimulatedBank(1, load(), 0.0, lambda: "second")
    user = bank.move_in("ana", "right", 0, Chance("ana"))
    with pytest.raises(Refused):
        bank._refuse(user, "wrong", "first", 0, "login.credentials")
    bank._receive(user, "wrong", "second", 0)
    assert bank.complaints == ["a refused password of ana was sent again, by second"]


@pytest.mark.parametrize("account", [0, 1])
def test_the_truth_is_the_sum_of_what_is_listed(account: int) -> None:
    """It is reckoned without walking through the movements, late and pending ones included."""
    ledger = Ledger(account, 0, 0, 7 * DAY, 1)
    for now in range(0, 200 * DAY, DAY // 2):
        listed = list(ledger.movements(now))
        assert ledger.total(now) == (len(listed), 100 * sum(movement.amount for movement in listed))
        assert [one for one in listed if one.occurred_at >= now // 2] == list(ledger.movements(now, now // 2))
    assert any(one.pending for now in range(0, 200 * DAY, DAY) for one in ledger.movements(now))


def test_chance_is_even_and_falls_the_same_again() -> None:
    """As often on one side as on the other; and the same name says the same numbers."""
    chance, again = Chance("a"), Chance("a")
    thrown = [chance.randrange(2, 8) for _ in range(6000)]
    assert thrown == [again.randrange(2, 8) for _ in range(6000)]
    assert all(900 < thrown.count(side) < 1100 for side in range(2, 8))
    assert 0.48 < sum(chance.random() for _ in range(6000)) / 6000 < 0.52
    assert Chance("b").random() != Chance("a").random()


def test_an_attempt_that_was_replaced_and_goes_on_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Executions are run a second time beside themselves; with nobody stopping, what is done once is done twice."""

    async def carry_on(self: Attempt, writer: Writer) -> _Left:
        """Look at neither the attempt nor the standing."""
        found = await executions.lock_both(writer, self.execution.id)
        assert found is not None
        self._stored = found
        return _Left(self, *found)

    monkeypatch.setattr(Attempt, "_locked", carry_on)
    report = run(Plan(seed=1, **HARD))  # type: ignore[arg-type]
    assert report.wrong != []
