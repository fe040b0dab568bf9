"""Syncs run by workers of their own: killed, frozen, cut off; what was acknowledged comes out, and once."""

from __future__ import annotations

import signal
from contextlib import closing
from pathlib import Path

import pytest

from tests.belvo import Belvo
from tests.machines.conftest import KEY, PLAIN, Machines
from tests.server import Executed, running

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

TABLES = ("connections", "executions", "records", "transactions", "events", "visits")


def test_an_institution_sees_no_more_sessions_than_it_bears(bounded: Machines) -> None:
    """Two workers that could run eight, at a bank that bears two: it sees two, and everybody is served."""
    bounded.hire()
    bounded.hire()
    items = [bounded.begin(number) for number in range(1, 9)]
    for number, item in enumerate(items, 1):
        bounded.whole(item, number)
    assert bounded.overlap() == 2
    assert len(bounded.stored.rows("SELECT DISTINCT process FROM calls")) == 2, "one worker did it all"


def test_without_a_bound_it_sees_as_many_as_there_are(machines: Machines) -> None:
    """What holds the bound is the bound, and not that nobody was quick enough."""
    machines.hire()
    machines.hire()
    items = [machines.begin(number) for number in range(1, 9)]
    for number, item in enumerate(items, 1):
        machines.whole(item, number)
    assert machines.overlap() > 2


def test_what_nobody_has_taken_waits_for_a_worker(machines: Machines) -> None:
    """Acknowledged while there is none: the job stands in the database with the item, and ends with it."""
    item = machines.begin(3)
    assert [status for status, _ in machines.jobs()] == ["todo"]
    machines.hire()
    machines.whole(item, 3)
    machines.wait_for(lambda: machines.jobs() == [])


def test_a_killed_worker_s_syncs_are_run_by_another(machines: Machines) -> None:
    """SIGKILL in the middle of four: none is lost, none is stored twice."""
    first = machines.hire()
    items = [machines.begin(number) for number in range(1, 5)]
    machines.wait_for(lambda: machines.phase(items[0]) == "ACCOUNTS_IN_PROGRESS")
    first.end(signal.SIGKILL)
    machines.stored.check()
    machines.hire()
    for number, item in enumerate(items, 1):
        machines.whole(item, number)
    machines.stored.check(settled=True)


def test_a_worker_frozen_past_its_lease_writes_nothing_when_it_comes_back(machines: Machines) -> None:
    """SIGSTOP, a successor that ends the sync, SIGCONT: every row stays as the successor left it."""
    frozen = machines.hire()

    def called() -> int:
        ((count,),) = machines.stored.rows("SELECT count(*) FROM calls WHERE process = :id", id=frozen.process.pid)
        return int(count)

    item = machines.begin(3)
    # it has logged in, and has asked for the accounts: what it notes of a call it notes before the call
    machines.wait_for(lambda: machines.phase(item) == "ACCOUNTS_IN_PROGRESS" and called() == 2)
    frozen.send(signal.SIGSTOP)
    machines.hire()
    machines.whole(item, 3)
    machines.wait_for(lambda: machines.jobs() == [])
    before = [machines.stored.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES]
    calls = called()
    frozen.send(signal.SIGCONT)
    machines.wait_for(lambda: frozen.says("stale attempt stopped"))
    assert [machines.stored.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES] == before
    assert called() == calls, "it went to the bank again"
    machines.stored.check(settled=True)
    # and it is good for work again
    other = machines.begin(2)
    machines.whole(other, 2)


def test_a_worker_that_is_told_to_stop_gives_back_what_it_runs(machines: Machines) -> None:
    """SIGTERM without grace: the job is free at once, not only when the worker is thought dead."""
    first = machines.hire()
    item = machines.begin(2)
    machines.wait_for(lambda: machines.phase(item) == "ACCOUNTS_IN_PROGRESS")
    first.end()
    assert first.process.returncode == 0
    assert [status for status, _ in machines.jobs()] == ["todo"]
    machines.hire()
    machines.whole(item, 2)


def test_cut_off_from_the_database_workers_come_back(machines: Machines) -> None:
    """Every connection of servers and workers is broken in the middle of a sync."""
    machines.hire()
    item = machines.begin(3)
    machines.wait_for(lambda: machines.phase(item) == "ACCOUNTS_IN_PROGRESS")
    cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    cut += "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    assert machines.stored.rows(cut)[0][0] > 3
    machines.wait_for(lambda: machines.stored.rows("SELECT 1 FROM executions WHERE state = 'ready'") == [])
    machines.whole(item, 3)
    machines.stored.check(settled=True)


def test_two_servers_know_each_other_s_clocks_and_faults(machines: Machines, tmp_path: Path) -> None:
    """Stopped through one, told by the other, and kept by the worker; a fault armed through one strikes there."""
    machines.hire()
    folder = tmp_path / "second"
    folder.mkdir()
    settings = {**machines.server.settings}
    assert settings["key"] == KEY
    with running(folder, machines.server.database, Executed, **settings) as second, closing(second.client()) as other:
        now = machines.client.advance("PT10M")
        assert other.own("GET", "/sandbox/clock") == {"now": now, "stopped": True}
        assert machines.client.own("GET", "/sandbox/clock") == other.own("GET", "/sandbox/clock")
        later = other.advance("PT10M")
        item = machines.client.connect(PLAIN)
        assert item["lastUpdatedAt"] == later
        other.arm("institution.unavailable", operation="login")
        assert machines.client.update(item["id"])["executionStatus"] == "SITE_NOT_AVAILABLE"
        assert other.own("GET", "/sandbox/faults") == {"faults": []}
        machines.client.own("DELETE", "/sandbox/clock")
        assert other.own("GET", "/sandbox/clock")["stopped"] is False


def test_what_is_not_kept_is_handed_over_by_the_server_that_was_asked(machines: Machines) -> None:
    """A client waits for data that is stored nowhere: the server fetches it itself, and workers run all else."""
    machines.hire()
    belvo = Belvo(machines.client)
    link = belvo.link()
    calls = machines.stored.rows("SELECT count(*) FROM calls")
    assert calls != [(0,)]
    held = machines.stored.rows("SELECT count(*) FROM records")
    answer = belvo.ask(link["id"], save_data=False)
    assert answer.status_code in (200, 201), answer.text
    assert {account["link"] for account in answer.json()} == {link["id"]}
    # the server's own bank keeps no diary
    assert machines.stored.rows("SELECT count(*) FROM calls") == calls
    assert machines.stored.rows("SELECT count(*) FROM records") == held
    kept = belvo.ask(link["id"])
    assert kept.status_code in (200, 201), kept.text
    assert machines.stored.rows("SELECT count(*) FROM calls") > calls
