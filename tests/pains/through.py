"""One connection kept through one dialect: how each connects, refreshes, asks, consents, and says what went wrong."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx

from afluente.dialects.pluggy.connectors import number_of
from tests.belvo import ASKING_BANK, Belvo, newcomer
from tests.flinks import PASSWORD, Flinks
from tests.flinks import newcomer as cardholder
from tests.klavi import ASKING_BANK as ASKING_CODE
from tests.klavi import Klavi, Receiver, someone
from tests.server import Client

OF_BANK = "itau-open-finance"
"""An institution of Open Finance that each dialect has under a name of its own."""

_people = itertools.count(1)


@dataclass(frozen=True)
class Said:
    """What a client was told of a refresh: whether it was well, and else the code and the id to ask support about."""

    well: bool
    code: str | None = None
    id: str | None = None


@dataclass(frozen=True)
class Moved:
    """A movement as a dialect tells it; `id` is None where its wire has none."""

    id: str | None
    amount: Decimal
    text: str
    pending: bool
    on: date


@dataclass(frozen=True)
class Asked:
    """A question as a dialect tells it: whose connection, the words for the user, whatever answers go with."""

    id: str
    words: str
    handle: Any = None


class Through(ABC):
    """One dialect."""

    name: str
    wrong_answers: int
    """Wrong answers in a row that the dialect lets through before the user has to wait, or to begin anew."""

    def __init__(self, client: Client) -> None:
        self.client = client

    @abstractmethod
    def connect(self) -> str:
        """Connect somebody new and return the connection's id."""

    @abstractmethod
    def acting(self, act: str) -> str:
        """Connect somebody to whose data this happens (`act+…`), with a year of movements; return the id."""

    @abstractmethod
    def late(self) -> str:
        """Connect somebody of whose movements some are listed five days after their own."""

    def arrived(self, id: str, since: str) -> set[str | None] | None:
        """Return the movements that were stored behind an instant; None where the wire cannot be asked."""
        return None

    @abstractmethod
    def refresh(self, id: str) -> Said:
        """Fetch the accounts anew."""

    @abstractmethod
    def accounts(self, id: str) -> list[str]:
        """Return the accounts by what the wire knows them by."""

    @abstractmethod
    def movements(self, id: str) -> list[Moved]:
        """Return all movements that are stored."""

    @abstractmethod
    def again(self, id: str) -> str:
        """Let the user of a connection log in once more, as if for the first time; return whose connection that is."""

    @abstractmethod
    def consented(self, person: str) -> str:
        """Have a person consent at an institution of Open Finance; return the connection's id."""

    @abstractmethod
    def renew(self, id: str) -> None:
        """Have the person consent once more, where the dialect lets them."""

    @abstractmethod
    def holder(self, id: str) -> None:
        """Fetch whose accounts they are anew, whatever comes of it."""

    @abstractmethod
    def ask(self) -> Asked:
        """Connect somebody whom the bank asks something."""

    @abstractmethod
    def answer_wrongly(self, asked: Asked) -> str:
        """Answer so, and return the code that is told."""

    @abstractmethod
    def ask_again(self, asked: Asked) -> Asked | str:
        """Have the same user asked once more; return the question, or the code with which that is refused."""

    def close(self) -> None:
        """Leave nothing behind."""

    def question(self, asked: Asked) -> Any:
        """Return what our own API says of an open question."""
        return self.client.own("GET", f"/connections/{asked.id}")["question"]

    def approve(self, id: str) -> None:
        """Let the user say yes on the bank's own page."""
        self.client.own("POST", f"/sandbox/connections/{id}/answer", json={"value": "approved:user-ok"})
        self.client.settle()

    def begin(self) -> None:
        """Stop the clock at a day that is the same in every run: what people did before it is."""
        self.client.own("POST", "/sandbox/clock", json={"at": "2026-03-03T12:00:00Z"})
        self.client.key = self.client.authenticate(*self.client.keys)

    def later(self, span: str) -> None:
        """Let time pass with all that falls due in it; keys that are over are taken anew."""
        self.client.advance(span)
        self.client.key = self.client.authenticate(*self.client.keys)


class ThroughPluggy(Through):
    """Items."""

    name = "pluggy"
    wrong_answers = 2

    def connect(self) -> str:
        return str(self.client.connect(2, f"user-person+pain{next(_people)}")["id"])

    def acting(self, act: str) -> str:
        return str(self.client.connect(202, f"act+{act}")["id"])

    def late(self) -> str:
        return str(self.client.connect(2, "user-ok-late")["id"])

    def arrived(self, id: str, since: str) -> set[str | None] | None:
        # the instant itself is among those that are named
        return {
            one["id"]
            for account in self.accounts(id)
            for one in self.client.get("/transactions", accountId=account, pageSize=500, createdAtFrom=since)["results"]
            if one["createdAt"] > since
        }

    def refresh(self, id: str) -> Said:
        item = self.client.update(id)
        if item["executionStatus"] == "SUCCESS":
            return Said(True)
        error = item.get("error") or {}
        return Said(False, error.get("code") or item["executionStatus"], item["id"])

    def accounts(self, id: str) -> list[str]:
        return [one["id"] for one in self.client.get("/accounts", itemId=id)["results"]]

    def movements(self, id: str) -> list[Moved]:
        self.client.update(id)
        found: list[Moved] = []
        for account in self.accounts(id):
            for one in self.client.get("/transactions", accountId=account, pageSize=500)["results"]:
                text, pending = one["description"], one["status"] == "PENDING"
                found.append(Moved(one["id"], Decimal(str(one["amount"])), text, pending, day_of(one["date"])))
        return found

    def again(self, id: str) -> str:
        item = self.client.update(id, parameters={"password": "password-ok"})
        assert item["executionStatus"] == "SUCCESS", item
        return str(item["id"])

    def consented(self, person: str) -> str:
        cpf = f"{person[:3]}.{person[3:6]}.{person[6:9]}-{person[9:]}"
        item = self.client.connect(number_of(OF_BANK), parameters={"cpf": cpf})
        assert item["status"] == "WAITING_USER_INPUT", item
        self.approve(item["id"])
        return str(item["id"])

    def renew(self, id: str) -> None:
        # what it was given is taken away, so the next update asks the user for it
        self.client.arm("consent.revoked", connection_id=id, times=20)
        self.client.update(id)
        self.client.own("DELETE", "/sandbox/faults")
        item = self.client.update(id)
        assert item["status"] == "WAITING_USER_INPUT", item
        self.approve(id)

    def holder(self, id: str) -> None:
        self.client.update(id)

    def ask(self) -> Asked:
        item = self.client.connect(5, f"user-person+asked{next(_people)}")
        return self._asked(item)

    @staticmethod
    def _asked(item: Any) -> Asked:
        assert item["parameter"]["expiresAt"], item
        return Asked(item["id"], item["parameter"]["instructions"])

    def answer_wrongly(self, asked: Asked) -> str:
        return str(self.client.answer(asked.id, token="000000")["error"]["code"])

    def ask_again(self, asked: Asked) -> Asked | str:
        answer = self.client.call("PATCH", f"/items/{asked.id}", json={})
        if answer.status_code != 200:
            return str(answer.json()["codeDescription"])
        return self._asked(self.client.settled(asked.id))


class ThroughBelvo(Through):
    """Links."""

    name = "belvo"
    wrong_answers = 5

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.belvo = Belvo(client)

    def connect(self) -> str:
        id = str(self.belvo.link()["id"])
        assert self.belvo.ask(id).status_code == 201
        return id

    def late(self) -> str:
        return self._linked("bnk_late")

    def acting(self, act: str) -> str:
        return self._linked(newcomer(), password=f"act+{act}")

    def _linked(self, who: str, **more: Any) -> str:
        id = str(self.belvo.link(username=who, **more)["id"])
        assert self.belvo.ask(id).status_code == 201
        assert self._ask_movements(id).status_code == 201
        return id

    def arrived(self, id: str, since: str) -> set[str | None] | None:
        return {one["id"] for one in self.belvo.every("/api/transactions/", link=id, created_at__gt=since)}

    def _ask_movements(self, id: str) -> httpx.Response:
        today = date.fromisoformat(self.client.own("GET", "/sandbox/clock")["now"][:10])
        span = {"date_from": (today - timedelta(days=364)).isoformat(), "date_to": today.isoformat()}
        return self.belvo.ask(id, "transactions", **span)

    def refresh(self, id: str) -> Said:
        answer = self.belvo.ask(id)
        if answer.status_code == 201:
            return Said(True)
        [error] = answer.json()
        return Said(False, error["code"], error["request_id"])

    def accounts(self, id: str) -> list[str]:
        return [one["id"] for one in self.belvo.every("/api/accounts/", link=id)]

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

    def again(self, id: str) -> str:
        answer = self.belvo.call("PUT", f"/api/links/{id}/", json={"password": "another-secret"})
        assert answer.status_code == 200, answer.text
        assert self.refresh(id).well
        return id

    def consented(self, person: str) -> str:
        asked = self.belvo.refusal(self.belvo.try_link("ofitau_br_retail", person, password=None), 428)
        self.approve(asked["link"])
        assert self.belvo.ask(asked["link"]).status_code == 201
        return str(asked["link"])

    def renew(self, id: str) -> None:
        self.client.arm("consent.revoked", connection_id=id, times=20)
        assert self.belvo.ask(id).status_code != 201
        self.client.own("DELETE", "/sandbox/faults")
        assert self.belvo.ask(id).status_code == 428
        self.approve(id)

    def holder(self, id: str) -> None:
        self.belvo.ask(id, "owners")

    def ask(self) -> Asked:
        self._user = newcomer()
        return self._asked(self.belvo.refusal(self.belvo.try_link(ASKING_BANK, self._user), 428))

    @staticmethod
    def _asked(told: Any) -> Asked:
        assert told["expiry"] > 0 and told["code"] == "token_required", told
        return Asked(told["link"], told["token_generation_data"]["instructions"], told)

    def answer_wrongly(self, asked: Asked) -> str:
        answer = self.belvo.resume(asked.handle, "999999")
        [error] = answer.json()
        self._next = error
        return str(error["code"])

    def ask_again(self, asked: Asked) -> Asked | str:
        told = self._next
        return self._asked(told) if "session" in told else str(told["code"])


class ThroughFlinks(Through):
    """Cards."""

    name = "flinks"
    wrong_answers = 5

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.flinks = Flinks(client)

    def _fetched(self, opened: Any, path: str = "GetAccountsSummary", **more: Any) -> httpx.Response:
        return self.flinks.call("POST", path, json={"RequestId": opened["RequestId"], **more})

    def connect(self) -> str:
        opened = self.flinks.authorize(cardholder())
        assert self._fetched(opened).status_code == 200
        return str(opened["Login"]["Id"])

    def late(self) -> str:
        return self.acting("", "test_late")

    def acting(self, act: str, who: str | None = None) -> str:
        opened = self.flinks.authorize(who or f"act+{act}", Save=True)
        answer = self._fetched(opened, "GetAccountsDetail", DaysOfTransactions="Days365")
        assert answer.status_code == 200, answer.text
        return str(opened["Login"]["Id"])

    def refresh(self, id: str) -> Said:
        answer = self.flinks.call("POST", "Authorize", json={"LoginId": id, "MostRecentCached": False})
        if answer.status_code == 200:
            answer = self._fetched(answer.json())
        told = answer.json()
        if answer.status_code == 200:
            return Said(True)
        return Said(False, told["FlinksCode"], told["RequestId"])

    def accounts(self, id: str) -> list[str]:
        opened = self.flinks.cached(id)
        return [one["Id"] for one in self._fetched(opened).json()["Accounts"]]

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

    def again(self, id: str) -> str:
        who = self.flinks.cached(id)["Login"]["Username"]
        opened = self.flinks.authorize(who)
        assert self._fetched(opened).status_code == 200
        return str(opened["Login"]["Id"])

    def consented(self, person: str) -> str:
        # the form of its login has no room for what Open Finance asks; whoever has consented elsewhere is a card here
        id = ThroughKlavi(self.client).consented(person)
        assert self.refresh(id).well
        return id

    def renew(self, id: str) -> None:
        ThroughPluggy(self.client).renew(id)

    def holder(self, id: str) -> None:
        answer = self.flinks.call("POST", "Authorize", json={"LoginId": id, "MostRecentCached": False})
        self._fetched(answer.json(), "GetAccountsDetail")

    def ask(self) -> Asked:
        told = self.flinks.authorize("greatday", 203)
        return self._asked(told)

    def _asked(self, told: Any) -> Asked:
        session = self.flinks.session(told["RequestId"])
        return Asked(session["connection_id"], told["SecurityChallenges"][0]["Prompt"], told)

    def answer_wrongly(self, asked: Asked) -> str:
        body = {"RequestId": asked.handle["RequestId"], "SecurityResponses": {asked.words: ["wrong"]}}
        answer = self.flinks.call("POST", "Authorize", json=body)
        self._next = answer.json()
        return str(self._next["FlinksCode"])

    def ask_again(self, asked: Asked) -> Asked | str:
        return self._asked(self._next) if "SecurityChallenges" in self._next else str(self._next["FlinksCode"])


class ThroughKlavi(Through):
    """Tasks, and consents."""

    name = "klavi"
    wrong_answers = 3

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.klavi = Klavi(client)
        self._persons: dict[str, tuple[str, dict[str, Any]]] = {}
        self._consents: set[str] = set()
        self._receiver: Receiver | None = None

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

    def connect(self) -> str:
        return self._connect({})

    def acting(self, act: str) -> str:
        return self._connect({"username": f"act+{act}"})

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

    def accounts(self, id: str) -> list[str]:
        if id in self._consents:
            return [f"{one['branchCode']}/{one['number']}" for one in self._reported(id)["checkingAccounts"]]
        return [f"{one['bank_branch']}/{one['account']}" for one in self._report(id)]

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

    def again(self, id: str) -> str:
        person, how = self._persons[id]
        _, told = self._begun(person, **how)
        assert told["code"] == 200, told
        return self._kept(person, how, told)

    def consented(self, person: str) -> str:
        id = str(self.klavi.given(person)["consentId"])
        self._persons[id] = person, {}
        self._consents.add(id)
        return id

    def renew(self, id: str) -> None:
        ThroughPluggy(self.client).renew(id)

    def holder(self, id: str) -> None:
        self.refresh(id)

    def ask(self) -> Asked:
        person = someone()
        trace, told = self._begun(person, bank=ASKING_CODE)
        self._persons[trace] = person, {"bank": ASKING_CODE}
        return self._asked(person, trace, told)

    def _asked(self, person: str, trace: str, told: Any) -> Asked:
        assert told["status"] == "waiting", told
        return Asked(self._kept(person, {"bank": ASKING_CODE}, told), told["mfa"]["message"], trace)

    def answer_wrongly(self, asked: Asked) -> str:
        assert self.klavi.code("POST", f"/data/v1/tasks/{asked.handle}/mfa", json={"token": "000000"}) == 200
        self.client.settle()
        return str(self.klavi.task(asked.handle)["code"])

    def ask_again(self, asked: Asked) -> Asked | str:
        person, how = self._persons[asked.id]
        told = self.klavi.call("POST", "/data/v1/tasks", json=self.klavi.order(person=person, **how)).json()
        if told["code"] != 200:
            return str(told["code"])
        self.client.settle()
        return self._asked(person, told["traceId"], self.klavi.task(told["traceId"]))


WAYS = {way.name: way for way in (ThroughPluggy, ThroughBelvo, ThroughFlinks, ThroughKlavi)}


def day_of(text: str) -> date:
    """Return the day that a text begins with."""
    return date.fromisoformat(text[:10])


def counted(found: Iterable[Moved]) -> Counter[tuple[Decimal, str]]:
    """Return how often each movement is there that is booked, by what every wire tells of it."""
    return Counter((one.amount, one.text) for one in found if not one.pending)


@contextmanager
def put_back(client: Client) -> Iterator[None]:
    """Disarm everything behind what is done."""
    try:
        yield
    finally:
        client.own("DELETE", "/sandbox/faults")
