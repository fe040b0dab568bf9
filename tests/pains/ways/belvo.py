"""Links, as Belvo's clients have them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
from typing_extensions import override

from tests.belvo import ASKING_BANK, Belvo, newcomer
from tests.flinks import ZERO
from tests.pains.through import Asked, Moved, Said, Through, day_of
from tests.server import Client

OF_BANK = "ofitau_br_retail"


class ThroughBelvo(Through):
    """Links."""

    name = "belvo"
    surfaces = ("error",)
    wrong_answers = 5

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.belvo = Belvo(client)

    @override
    def connect(self) -> str:
        id = str(self.belvo.link()["id"])
        assert self.belvo.ask(id).status_code == 201
        return id

    @override
    def late(self) -> str:
        return self._linked("bnk_late")

    @override
    def acting(self, act: str) -> str:
        return self._linked(newcomer(), password=f"act+{act}")

    def _linked(self, who: str, **more: Any) -> str:
        id = str(self.belvo.link(username=who, **more)["id"])
        assert self.belvo.ask(id).status_code == 201
        assert self._ask_movements(id).status_code == 201
        return id

    @override
    def arrived(self, id: str, since: str) -> set[str | None] | None:
        return {one["id"] for one in self.belvo.every("/api/transactions/", link=id, created_at__gt=since)}

    def _ask_movements(self, id: str) -> httpx.Response:
        today = date.fromisoformat(self.client.own("GET", "/sandbox/clock")["now"][:10])
        span = {"date_from": (today - timedelta(days=364)).isoformat(), "date_to": today.isoformat()}
        return self.belvo.ask(id, "transactions", **span)

    @override
    def refresh(self, id: str) -> Said:
        answer = self.belvo.ask(id)
        if answer.status_code == 201:
            return Said(True)
        [error] = answer.json()
        return Said(False, error["code"], error["request_id"])

    @override
    def accounts(self, id: str) -> list[str]:
        return [one["id"] for one in self.belvo.every("/api/accounts/", link=id)]

    @override
    def movements(self, id: str) -> list[Moved]:
        assert self._ask_movements(id).status_code == 201
        return [
            Moved(
                one["id"],
                Decimal(str(one["amount"])),
                one["description"],
                one["status"] == "PENDING",
                day_of(one["value_date"]),
            )
            for one in self.belvo.every("/api/transactions/", link=id)
        ]

    @override
    def again(self, id: str) -> str:
        answer = self.belvo.call("PUT", f"/api/links/{id}/", json={"password": "another-secret"})
        assert answer.status_code == 200, answer.text
        assert self.refresh(id).well
        return id

    @override
    def mistype(self, id: str) -> str:
        typed = {"password": "act+login.credentials.password"}
        [error] = self.belvo.call("PUT", f"/api/links/{id}/", json=typed).json()
        return str(error["code"])

    @override
    def consented(self, person: str) -> str:
        asked = self.belvo.refusal(self.belvo.try_link(OF_BANK, person, password=None), 428)
        self.approve(asked["link"])
        assert self.belvo.ask(asked["link"]).status_code == 201
        return str(asked["link"])

    @override
    def renew(self, id: str) -> None:
        self.client.arm("consent.revoked", connection_id=id, times=20)
        assert self.belvo.ask(id).status_code != 201
        self.client.own("DELETE", "/sandbox/faults")
        assert self.belvo.ask(id).status_code == 428
        self.approve(id)

    @override
    def holder(self, id: str) -> None:
        self.belvo.ask(id, "owners")

    @override
    def ask(self) -> Asked:
        self._user = newcomer()
        return self._asked(self.belvo.refusal(self.belvo.try_link(ASKING_BANK, self._user), 428))

    @staticmethod
    def _asked(told: Any) -> Asked:
        assert told["expiry"] > 0 and told["code"] == "token_required", told
        return Asked(told["link"], told["token_generation_data"]["instructions"], told)

    @override
    def answer_wrongly(self, asked: Asked) -> str:
        answer = self.belvo.resume(asked.handle, "999999")
        [error] = answer.json()
        self._next = error
        return str(error["code"])

    @override
    def ask_again(self, asked: Asked) -> Asked | str:
        told = self._next
        return self._asked(told) if "session" in told else str(told["code"])

    @override
    def refused(self, surface: str) -> tuple[str, int]:
        answer = self.belvo.call("GET", f"/api/links/{ZERO}/")
        [error] = answer.json()
        return str(error["code"]), answer.status_code
