"""Tasks and consents, as Klavi's partners have them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from typing_extensions import override

from tests.flinks import ZERO
from tests.klavi import ASKING_BANK, Klavi, Receiver, someone
from tests.pains.through import Asked, Moved, Said, Through, day_of
from tests.pains.ways.pluggy import ThroughPluggy
from tests.server import Client


class ThroughKlavi(Through):
    """Tasks, and consents."""

    name = "klavi"
    surfaces = ("open-data", "auto-update", "open-finance")
    wrong_answers = 3

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.klavi = Klavi(client)
        self._persons: dict[str, tuple[str, dict[str, Any]]] = {}
        self._consents: set[str] = set()
        self._receiver: Receiver | None = None
        self._access = self.klavi.access

    @override
    def close(self) -> None:
        if self._receiver is not None:
            for endpoint in self.client.own("GET", "/endpoints")["endpoints"]:
                self.client.http.delete(f"/api/endpoints/{endpoint['id']}", headers={"x-api-key": self.client.key})
            self._receiver.close()

    @property
    def receiver(self) -> Receiver:
        """Where the reports of consents arrive."""
        if self._receiver is None:
            self._receiver = Receiver()
            self.klavi.listen(self._receiver, "reports")
        return self._receiver

    def _begun(self, person: str, **how: Any) -> tuple[str, Any]:
        trace = self.klavi.begin(person=person, products=["all"], **how)
        return trace, self.klavi.task(trace)

    @override
    def connect(self) -> str:
        return self._connect({})

    @override
    def acting(self, act: str) -> str:
        return self._connect({"username": f"act+{act}"})

    @override
    def late(self) -> str:
        return self._connect({"username": "user-ok-late"})

    def _connect(self, how: dict[str, Any]) -> str:
        person = someone()
        _, told = self._begun(person, **how)
        assert told["code"] < 300, told
        return self._kept(person, how, told)

    def _kept(self, person: str, how: dict[str, Any], told: Any) -> str:
        key = told["connection_key"]
        id = f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"
        self._persons[id] = person, how
        return id

    @override
    def refresh(self, id: str) -> Said:
        person, how = self._persons[id]
        if id in self._consents:
            # what is younger than four hours is not fetched again
            self.later("PT5H")
            report = self._reported(id)
            return Said(report["code"] == 200, str(report["code"]), report["requestId"])
        answer = self.klavi.call("POST", "/data/v1/tasks", json=self.klavi.order(person=person, **how))
        told = answer.json()
        if told["code"] == 200:
            self.client.settle()
            told = self.klavi.task(told["traceId"])
        if told["code"] == 200:
            return Said(True)
        return Said(False, str(told["code"]), told.get("traceId") or answer.headers.get("x-request-id"))

    def _reported(self, id: str) -> Any:
        """Request the report on the accounts of a consent and return it once it has arrived."""
        receiver = self.receiver
        asked = {"taxId": self._persons[id][0], "products": ["pf_categorized_checking_l3"], "consentIds": [id]}
        request = self.klavi.request("personal/user-data", **asked).json()["requestId"]
        self.client.settle()
        self.client.advance("PT1S")
        [told] = receiver.wait(lambda one: isinstance(one.body, dict) and one.body.get("requestId") == request)
        return told.body

    def _report(self, id: str) -> list[Any]:
        report = self.klavi.retrieve(self._persons[id][0], connection_key=id.replace("-", ""))
        return list(report["data"]["Category_checking"])

    @override
    def accounts(self, id: str) -> list[str]:
        if id in self._consents:
            return [f"{one['branchCode']}/{one['number']}" for one in self._reported(id)["checkingAccounts"]]
        return [f"{one['bank_branch']}/{one['account']}" for one in self._report(id)]

    @override
    def movements(self, id: str) -> list[Moved]:
        self.refresh(id)
        return [
            Moved(
                None,
                Decimal(str(one["trans_amount"])),
                one["trans_description"],
                False,
                day_of(one["trans_date"]),
            )
            for account in self._report(id)
            for one in account["TransactionDetail"]
        ]

    @override
    def again(self, id: str) -> str:
        person, how = self._persons[id]
        _, told = self._begun(person, **how)
        assert told["code"] == 200, told
        return self._kept(person, how, told)

    @override
    def mistype(self, id: str) -> str:
        person, how = self._persons[id]
        order = self.klavi.order(person=person, **how, password="mistyped")
        told = self.klavi.call("POST", "/data/v1/tasks", json=order).json()
        if told["code"] != 200:
            return str(told["code"])
        self.client.settle()
        return str(self.klavi.task(told["traceId"])["code"])

    @override
    def consented(self, person: str) -> str:
        id = str(self.klavi.given(person)["consentId"])
        self._persons[id] = person, {}
        self._consents.add(id)
        return id

    @override
    def renew(self, id: str) -> None:
        ThroughPluggy(self.client).renew(id)

    @override
    def holder(self, id: str) -> None:
        self.refresh(id)

    @override
    def ask(self) -> Asked:
        person = someone()
        trace, told = self._begun(person, bank=ASKING_BANK)
        self._persons[trace] = person, {"bank": ASKING_BANK}
        return self._asked(person, trace, told)

    def _asked(self, person: str, trace: str, told: Any) -> Asked:
        assert told["status"] == "waiting", told
        return Asked(self._kept(person, {"bank": ASKING_BANK}, told), told["mfa"]["message"], trace)

    @override
    def answer_wrongly(self, asked: Asked) -> str:
        assert self.klavi.code("POST", f"/data/v1/tasks/{asked.handle}/mfa", json={"token": "000000"}) == 200
        self.client.settle()
        return str(self.klavi.task(asked.handle)["code"])

    @override
    def ask_again(self, asked: Asked) -> Asked | str:
        person, how = self._persons[asked.id]
        told = self.klavi.call("POST", "/data/v1/tasks", json=self.klavi.order(person=person, **how)).json()
        if told["code"] != 200:
            return str(told["code"])
        self.client.settle()
        return self._asked(person, told["traceId"], self.klavi.task(told["traceId"]))

    @override
    def refused(self, surface: str) -> tuple[str, int]:
        if surface == "open-finance":
            answer = self.klavi.call("GET", f"/data/v1/consents/{ZERO}", self._access)
            return str(answer.json()["statusCode"]), answer.status_code
        paths = {"open-data": ("GET", "/data/v1/reports"), "auto-update": ("POST", "/autoupdate_sync")}
        answer = self.klavi.call(*paths[surface])
        return str(answer.json()["code"]), answer.status_code
