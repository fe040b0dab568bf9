"""A server killed with SIGKILL in the middle of a client's session: the client goes on with the RequestId it has."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.crash.storage import storage
from tests.crash.test_kills import LOOKS, PACE, Victim
from tests.flinks import BANK, GREATDAY, PASSWORD, Flinks, newcomer
from tests.server import running

pytestmark = pytest.mark.slow


class Session:
    """A client of Flinks' API whose server is killed, and its session as the dashboard has it."""

    def __init__(self, victim: Victim) -> None:
        self.victim = victim

    @property
    def flinks(self) -> Flinks:
        """The client, of the server as it runs now."""
        return Flinks(self.victim.client)

    def cut(self, call: Callable[[], httpx.Response], reached: Callable[[], bool]) -> None:
        """Make a call, and kill the server before it is answered: as soon as something is so."""
        broken: list[BaseException | httpx.Response] = []

        def calling() -> None:
            try:
                broken.append(call())
            except httpx.HTTPError as error:
                broken.append(error)

        thread = threading.Thread(target=calling)
        thread.start()
        self.victim.wait_for(reached)
        self.victim.killed()
        thread.join(30)
        assert broken and isinstance(broken[0], httpx.HTTPError), broken

    def sessions(self) -> list[dict[str, Any]]:
        """Return the sessions of the application, newest first."""
        return list(self.victim.client.own("GET", "/sessions")["sessions"])

    def done(self, path: str, id: str) -> Any:
        """Poll until it is there, and return it."""
        for _ in range(LOOKS):
            answer = self.flinks.call("GET", f"{path}/{id}")
            if answer.status_code != 202:
                return self.flinks.told(answer)
            self.victim.server.process_wait(0.004)
        raise AssertionError("it did not come to that")


@pytest.fixture
def session(tmp_path: Path, database_url: str) -> Iterator[Session]:
    """A server of the test's own whose bank takes its time, on SQLite and on PostgreSQL in turn."""
    with running(tmp_path, database_url, pace=str(PACE)) as server, storage(database_url) as stored:
        victim = Victim(server, stored)
        yield Session(victim)
        victim.client.close()


def body(username: str) -> dict[str, str]:
    """Return what somebody logs in with."""
    return {"Institution": BANK, "Username": username, "Password": PASSWORD}


def test_killed_during_the_login_it_is_authorized_all_the_same(session: Session) -> None:
    """Nobody was answered, but the session is in the log, and the same credentials find the same card."""
    flinks, username = session.flinks, newcomer()
    session.cut(
        lambda: flinks.call("POST", "Authorize", json=body(username)),
        lambda: any(
            session.victim.client.call("GET", f"/items/{one['connection_id']}").status_code == 200
            for one in session.sessions()
        ),
    )
    session.victim.client.settle()
    (left,) = session.sessions()
    assert left["stage"] == "authorized"
    detail = session.flinks.post("GetAccountsDetail", RequestId=left["id"])
    assert detail["Accounts"] and detail["Login"]["Id"] == left["connection_id"]
    assert session.flinks.authorize(username)["Login"]["Id"] == left["connection_id"]


def test_killed_while_a_question_stands_it_can_be_answered(session: Session) -> None:
    """The same question, in the same session."""
    asked = session.flinks.authorize("Greatday", 203, Tag="kept")
    session.victim.killed()
    again = session.flinks.respond(asked["RequestId"], {}, 203)
    assert (again["SecurityChallenges"], again["Tag"]) == (asked["SecurityChallenges"], "kept")
    assert session.flinks.answer(again)["RequestId"] == asked["RequestId"]


def test_killed_after_an_answer_it_is_not_asked_for_again(session: Session) -> None:
    """The answer was stored before the bank had it."""
    asked = session.flinks.authorize("Greatday", 203)
    flinks, id = session.flinks, asked["RequestId"]
    session.cut(
        lambda: flinks.call(
            "POST", "Authorize",
            json={"RequestId": id, "SecurityResponses": {asked["SecurityChallenges"][0]["Prompt"]: _right(asked)}},
        ),
        lambda: session.sessions()[0]["meaning"] == "progress",
    )  # fmt: skip
    session.victim.client.settle()
    assert session.sessions()[0]["stage"] == "authorized"
    assert session.flinks.post("GetAccountsSummary", RequestId=id)["Accounts"]


def _right(asked: dict[str, Any]) -> list[str]:
    return [GREATDAY[asked["SecurityChallenges"][0]["Prompt"]]]


def test_killed_while_data_is_fetched_the_poll_brings_all_of_it(session: Session) -> None:
    """Each account and each movement once, as somebody sees them whose server never died."""
    request = session.flinks.connected("person+whole")
    flinks = session.flinks
    session.cut(
        lambda: flinks.call("POST", "GetAccountsDetail", json={"RequestId": request}),
        lambda: bool(session.sessions()[0]["fetched"]),
    )
    told = session.done("GetAccountsDetailAsync", request)
    assert told["RequestId"] == request
    ids = [movement["Id"] for account in told["Accounts"] for movement in account["Transactions"]]
    assert ids and len(ids) == len(set(ids))
    fresh = session.flinks.post("GetAccountsDetail", RequestId=session.flinks.connected("person+whole"))
    assert fresh["Accounts"] == told["Accounts"]
    assert session.flinks.status(request) == ("Completed", "200")
    session.victim.stored.check(settled=True)


def test_killed_while_statements_are_fetched_they_come_after_all(session: Session) -> None:
    """Details were given before and stay; the documents are complete."""
    request = session.flinks.connected()
    accounts = session.flinks.post("GetAccountsDetail", RequestId=request)["Accounts"]
    flinks = session.flinks
    session.cut(
        lambda: flinks.call("POST", "GetStatements", json={"RequestId": request, "NumberOfStatements": "Months3"}),
        lambda: session.flinks.status(request)[0].startswith("Get Details Complete"),
    )
    told = session.done("GetStatementsAsync", request)
    assert {len(one["Statements"]) for one in told["StatementsByAccount"]} >= {3}
    assert session.flinks.get(f"GetAccountsDetailAsync/{request}")["Accounts"] == accounts


def test_a_token_that_was_used_stays_used(session: Session) -> None:
    """And one that was not is good after the restart."""
    session.victim.client.policy(admission="token")
    keys = {"flinks-auth-key": session.victim.client.keys[1]}
    first, second = (
        session.flinks.told(session.flinks.call("POST", "GenerateAuthorizeToken", headers=keys))["Token"]
        for _ in range(2)
    )
    session.flinks.told(
        session.flinks.call("POST", "Authorize", json=body(newcomer()), headers={"flinks-auth-key": first})
    )
    session.victim.killed()
    used = session.flinks.call("POST", "Authorize", json=body(newcomer()), headers={"flinks-auth-key": first})
    session.flinks.refusal(session.flinks.told(used, 401), "UNAUTHORIZED")
    good = session.flinks.call("POST", "Authorize", json=body(newcomer()), headers={"flinks-auth-key": second})
    assert session.flinks.told(good)["RequestId"]


def test_a_slow_bank_that_was_waited_for_goes_on_in_its_time(session: Session) -> None:
    """The time it takes stands in the tables."""
    request = session.flinks.connected("test_pending")
    assert session.flinks.post("GetAccountsDetail", 202, RequestId=request)["FlinksCode"] == "OPERATION_PENDING"
    session.victim.killed()
    session.flinks.get(f"GetAccountsDetailAsync/{request}", 202)
    session.victim.client.advance("PT1M")
    assert session.done("GetAccountsDetailAsync", request)["Accounts"]
