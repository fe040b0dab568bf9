"""What is kept of sessions and calls, and for how long; and files that are being read while somebody looks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.statements.printing import PRINTED
from tests.connectors.statements.recognising import install, table
from tests.connectors.statements.test_scans import picture
from tests.flinks import Flinks, newcomer
from tests.server import Client, Server, running
from tests.uploading import begun

pytestmark = pytest.mark.journey

DAY = 86_400


def held(client: Client) -> tuple[set[str], set[str]]:
    """Return the ids of all sessions of an application, and of all calls that it made in Flinks' words."""
    sessions = client.own("GET", "/sessions", params={"size": 500})["sessions"]
    calls = client.own("GET", "/requests", params={"size": 500, "system": "flinks"})["requests"]
    return {one["id"] for one in sessions}, {one["id"] for one in calls}


def test_sessions_and_calls_go_when_they_are_old_enough(server: Server) -> None:
    """At the midnight behind it, on the application's clock; what the session brought stays, and so does the card."""
    client = server.client()
    client.own("POST", "/sandbox/clock", json={"at": "2026-03-02T12:00:00Z"})
    client.policy(log_kept=30 * DAY)
    flinks = Flinks(client)
    other = Flinks(server.other_client())
    card = flinks.card(newcomer())
    kept = other.connected(newcomer())
    old_sessions, old_calls = held(client)
    assert (len(old_sessions), len(old_calls)) == (1, 2)
    client.advance("P20D")
    young = flinks.cached(card)["RequestId"]
    client.advance("P10D")
    assert held(client)[0] >= old_sessions
    client.advance("P1D")
    sessions, calls = held(client)
    assert sessions == {young} and not calls & old_calls
    assert flinks.post("GetAccountsDetail", RequestId=flinks.cached(card)["RequestId"])["Accounts"]
    # another application goes by its own clock and its own policy
    assert held(other.sandbox)[0] == {kept}
    assert other.sandbox.own("GET", "/application")["policy"]["log_kept"] == 90 * DAY


def test_a_log_that_is_kept_for_ever_loses_nothing(server: Server) -> None:
    """Nor does a session that still runs, however long ago it was opened."""
    client = server.client()
    flinks = Flinks(client)
    client.policy(log_kept=0)
    client.advance("PT0S")
    flinks.connected(newcomer())
    before = held(client)
    client.advance("P400D")
    assert held(client) == before
    client.policy(log_kept=DAY)
    client.advance("P1D")
    assert held(client) == (set(), set())


def test_files_that_are_being_read_are_pending_for_who_comes_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login is known from the first moment; its data is there when the reading is over."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    folder = install(tmp_path / "bin", table(PRINTED / "ca_french.pdf"), gate)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    with running(tmp_path) as server:
        client = server.client()
        flinks = Flinks(client)
        told = begun(client, [("scan.png", picture())])
        with gate.open("w") as pipe:
            request = flinks.cached(told["connection_id"])["RequestId"]
            waiting: Any = flinks.post("GetAccountsDetail", 202, RequestId=request)
            flinks.refusal(waiting, "OPERATION_PENDING")
            assert flinks.get(f"GetAccountsDetailAsync/{request}", 202)["Links"] == waiting["Links"]
            pipe.write("go\n")
        client.settle()
        (account,) = flinks.get(f"GetAccountsDetailAsync/{request}")["Accounts"]
        assert account["AccountNumber"] == "081234"


def test_files_that_turn_out_to_be_none_end_the_session_of_who_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody polls for ever for what will never be there."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    folder = install(tmp_path / "bin", "", gate)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    with running(tmp_path) as server:
        client = server.client()
        flinks = Flinks(client)
        told = begun(client, [("scan.png", picture())])
        with gate.open("w") as pipe:
            request = flinks.cached(told["connection_id"])["RequestId"]
            flinks.post("GetAccountsDetail", 202, RequestId=request)
            pipe.write("go\n")
        client.settle()
        for _ in range(2):
            answer = flinks.call("GET", f"GetAccountsDetailAsync/{request}")
            flinks.refusal(flinks.told(answer, 500), "AGGREGATION_ERROR")
        assert flinks.status(request)[0] == "Ocr Files Integration Failure"
