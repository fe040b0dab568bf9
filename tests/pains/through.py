"""One connection kept through one dialect: how each connects, refreshes, and says what went wrong."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.belvo import Belvo
from tests.flinks import Flinks
from tests.flinks import newcomer as cardholder
from tests.server import Client

_people = itertools.count(1)


@dataclass(frozen=True)
class Said:
    """What a client was told of a refresh: whether it was well, and else the code and the id to ask support about."""

    well: bool
    code: str | None = None
    id: str | None = None


@dataclass(frozen=True)
class Through:
    """One dialect. `connect` returns a connection's id; `refresh` fetches its accounts anew."""

    name: str
    client: Client
    connect: Callable[[], str]
    refresh: Callable[[str], Said]
    accounts: Callable[[str], list[str]]


def through(name: str, client: Client) -> Through:
    """Return a dialect's way. Raises KeyError for a name that is none."""
    return {"pluggy": _pluggy, "belvo": _belvo, "flinks": _flinks}[name](client)


def _pluggy(client: Client) -> Through:
    def refresh(id: str) -> Said:
        item = client.update(id)
        if item["executionStatus"] == "SUCCESS":
            return Said(True)
        error = item.get("error") or {}
        return Said(False, error.get("code") or item["executionStatus"], item["id"])

    def connect() -> str:
        return str(client.connect(2, f"user-person+pain{next(_people)}")["id"])

    def accounts(id: str) -> list[str]:
        return [one["id"] for one in client.get("/accounts", itemId=id)["results"]]

    return Through("pluggy", client, connect, refresh, accounts)


def _belvo(client: Client) -> Through:
    belvo = Belvo(client)

    def connect() -> str:
        id = str(belvo.link()["id"])
        assert belvo.ask(id).status_code == 201
        return id

    def refresh(id: str) -> Said:
        answer = belvo.ask(id)
        if answer.status_code == 201:
            return Said(True)
        [error] = answer.json()
        return Said(False, error["code"], error["request_id"])

    def accounts(id: str) -> list[str]:
        return [one["id"] for one in belvo.every("/api/accounts/", link=id)]

    return Through("belvo", client, connect, refresh, accounts)


def _flinks(client: Client) -> Through:
    flinks = Flinks(client)

    def fetched(opened: Any) -> Any:
        return flinks.call("POST", "GetAccountsSummary", json={"RequestId": opened["RequestId"]})

    def connect() -> str:
        opened = flinks.authorize(cardholder())
        assert fetched(opened).status_code == 200
        return str(opened["Login"]["Id"])

    def refresh(id: str) -> Said:
        body = {"LoginId": id, "MostRecentCached": False}
        answer = flinks.call("POST", "Authorize", json=body)
        if answer.status_code == 200:
            answer = fetched(answer.json())
        told = answer.json()
        if answer.status_code == 200:
            return Said(True)
        return Said(False, told["FlinksCode"], told["RequestId"])

    def accounts(id: str) -> list[str]:
        opened = flinks.post("Authorize", LoginId=id, MostRecentCached=True)
        return [one["Id"] for one in fetched(opened).json()["Accounts"]]

    return Through("flinks", client, connect, refresh, accounts)
