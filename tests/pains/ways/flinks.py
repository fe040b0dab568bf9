"""Cards, as Flinks' clients have them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
from typing_extensions import override

from tests.flinks import ZERO, Flinks, newcomer
from tests.pains.through import Asked, Moved, Said, Through, day_of
from tests.pains.ways.klavi import ThroughKlavi
from tests.pains.ways.pluggy import ThroughPluggy
from tests.server import Client


class ThroughFlinks(Through):
    """Cards."""

    name = "flinks"
    surfaces = ("api",)
    wrong_answers = 5

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.flinks = Flinks(client)

    def _fetched(self, opened: Any, path: str = "GetAccountsSummary", **more: Any) -> httpx.Response:
        return self.flinks.call("POST", path, json={"RequestId": opened["RequestId"], **more})

    @override
    def connect(self) -> str:
        opened = self.flinks.authorize(newcomer())
        assert self._fetched(opened).status_code == 200
        return str(opened["Login"]["Id"])

    @override
    def late(self) -> str:
        return self.acting("", "test_late")

    @override
    def acting(self, act: str, who: str | None = None) -> str:
        opened = self.flinks.authorize(who or f"act+{act}", Save=True)
        answer = self._fetched(opened, "GetAccountsDetail", DaysOfTransactions="Days365")
        assert answer.status_code == 200, answer.text
        return str(opened["Login"]["Id"])

    @override
    def refresh(self, id: str) -> Said:
        answer = self.flinks.call("POST", "Authorize", json={"LoginId": id, "MostRecentCached": False})
        if answer.status_code == 200:
            answer = self._fetched(answer.json())
        told = answer.json()
        if answer.status_code == 200:
            return Said(True)
        return Said(False, told["FlinksCode"], told["RequestId"])

    @override
    def accounts(self, id: str) -> list[str]:
        opened = self.flinks.cached(id)
        return [one["Id"] for one in self._fetched(opened).json()["Accounts"]]

    @override
    def movements(self, id: str) -> list[Moved]:
        opened = self.flinks.live(id)
        answer = self._fetched(opened, "GetAccountsDetail", DaysOfTransactions="Days365")
        assert answer.status_code == 200, answer.text
        return [
            Moved(
                one["Id"],
                Decimal(str(one["Debit"] or one["Credit"])),
                one["Description"],
                False,
                day_of(one["Date"].replace("/", "-")),
            )
            for account in answer.json()["Accounts"]
            for one in account["Transactions"]
        ]

    @override
    def again(self, id: str) -> str:
        who = self.flinks.cached(id)["Login"]["Username"]
        opened = self.flinks.authorize(who)
        assert self._fetched(opened).status_code == 200
        return str(opened["Login"]["Id"])

    @override
    def mistype(self, id: str) -> str:
        who = self.flinks.cached(id)["Login"]["Username"]
        return str(self.flinks.authorize(who, 401, Password="mistyped")["FlinksCode"])

    @override
    def consented(self, person: str) -> str:
        # the form of its login has no room for what Open Finance asks; whoever has consented elsewhere is a card here
        id = ThroughKlavi(self.client).consented(person)
        assert self.refresh(id).well
        return id

    @override
    def renew(self, id: str) -> None:
        ThroughPluggy(self.client).renew(id)

    @override
    def holder(self, id: str) -> None:
        answer = self.flinks.call("POST", "Authorize", json={"LoginId": id, "MostRecentCached": False})
        self._fetched(answer.json(), "GetAccountsDetail")

    @override
    def ask(self) -> Asked:
        told = self.flinks.authorize("greatday", 203)
        return self._asked(told)

    def _asked(self, told: Any) -> Asked:
        session = self.flinks.session(told["RequestId"])
        return Asked(session["connection_id"], told["SecurityChallenges"][0]["Prompt"], told)

    @override
    def answer_wrongly(self, asked: Asked) -> str:
        body = {"RequestId": asked.handle["RequestId"], "SecurityResponses": {asked.words: ["wrong"]}}
        answer = self.flinks.call("POST", "Authorize", json=body)
        self._next = answer.json()
        return str(self._next["FlinksCode"])

    @override
    def ask_again(self, asked: Asked) -> Asked | str:
        return self._asked(self._next) if "SecurityChallenges" in self._next else str(self._next["FlinksCode"])

    @override
    def refused(self, surface: str) -> tuple[str, int]:
        answer = self._fetched({"RequestId": ZERO})
        return str(answer.json()["FlinksCode"]), answer.status_code
