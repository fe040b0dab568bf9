"""Items, as Pluggy's clients have them."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

from typing_extensions import override

from afluente.dialects.pluggy.connectors import number_of
from tests.flinks import ZERO
from tests.pains.through import Asked, Moved, Said, Through, day_of

OF_BANK = "itau-open-finance"

_people = itertools.count(1)


class ThroughPluggy(Through):
    """Items."""

    name = "pluggy"
    surfaces = ("rejection", "execution")
    wrong_answers = 2

    @override
    def connect(self) -> str:
        return str(self.client.connect(2, f"user-person+pain{next(_people)}")["id"])

    @override
    def acting(self, act: str) -> str:
        return str(self.client.connect(202, f"act+{act}")["id"])

    @override
    def late(self) -> str:
        return str(self.client.connect(2, "user-ok-late")["id"])

    @override
    def arrived(self, id: str, since: str) -> set[str | None] | None:
        # the instant itself is among those that are named
        return {
            one["id"]
            for account in self.accounts(id)
            for one in self.client.get("/transactions", accountId=account, pageSize=500, createdAtFrom=since)["results"]
            if one["createdAt"] > since
        }

    @override
    def refresh(self, id: str) -> Said:
        item = self.client.update(id)
        if item["executionStatus"] == "SUCCESS":
            return Said(True)
        error = item.get("error") or {}
        return Said(False, error.get("code") or item["executionStatus"], item["id"])

    @override
    def accounts(self, id: str) -> list[str]:
        return [one["id"] for one in self.client.get("/accounts", itemId=id)["results"]]

    @override
    def movements(self, id: str) -> list[Moved]:
        self.client.update(id)
        found: list[Moved] = []
        for account in self.accounts(id):
            for one in self.client.get("/transactions", accountId=account, pageSize=500)["results"]:
                text, pending = one["description"], one["status"] == "PENDING"
                found.append(Moved(one["id"], Decimal(str(one["amount"])), text, pending, day_of(one["date"])))
        return found

    @override
    def again(self, id: str) -> str:
        item = self.client.update(id, parameters={"password": "password-ok"})
        assert item["executionStatus"] == "SUCCESS", item
        return str(item["id"])

    @override
    def mistype(self, id: str) -> str:
        answer = self.client.call("PATCH", f"/items/{id}", json={"parameters": {"password": "password-bad"}})
        if answer.status_code != 200:
            return str(answer.json()["codeDescription"])
        item = self.client.settled(id)
        assert item["status"] == "LOGIN_ERROR", item
        return str(item["error"]["code"])

    @override
    def consented(self, person: str) -> str:
        cpf = f"{person[:3]}.{person[3:6]}.{person[6:9]}-{person[9:]}"
        item = self.client.connect(number_of(OF_BANK), parameters={"cpf": cpf})
        assert item["status"] == "WAITING_USER_INPUT", item
        self.approve(item["id"])
        return str(item["id"])

    @override
    def renew(self, id: str) -> None:
        # what it was given is taken away, so the next update asks the user for it
        self.client.arm("consent.revoked", connection_id=id, times=20)
        self.client.update(id)
        self.client.own("DELETE", "/sandbox/faults")
        item = self.client.update(id)
        assert item["status"] == "WAITING_USER_INPUT", item
        self.approve(id)

    @override
    def holder(self, id: str) -> None:
        self.client.update(id)

    @override
    def ask(self) -> Asked:
        item = self.client.connect(5, f"user-person+asked{next(_people)}")
        return self._asked(item)

    @staticmethod
    def _asked(item: Any) -> Asked:
        assert item["parameter"]["expiresAt"], item
        return Asked(item["id"], item["parameter"]["instructions"])

    @override
    def answer_wrongly(self, asked: Asked) -> str:
        return str(self.client.answer(asked.id, token="000000")["error"]["code"])

    @override
    def ask_again(self, asked: Asked) -> Asked | str:
        answer = self.client.call("PATCH", f"/items/{asked.id}", json={})
        if answer.status_code != 200:
            return str(answer.json()["codeDescription"])
        return self._asked(self.client.settled(asked.id))

    @override
    def refused(self, surface: str) -> tuple[str, int]:
        answer = self.client.call("GET", "/accounts", params={"itemId": ZERO})
        return answer.json().get("codeDescription") or "", answer.status_code
