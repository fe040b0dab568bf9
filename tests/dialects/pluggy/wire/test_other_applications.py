"""What belongs to another application is not there; what was withdrawn is not there for anybody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.dialects.pluggy.wire import walk
from tests.dialects.pluggy.wire.errors import NOBODYS, assert_refused
from tests.server import Client, Server

ITEM = ("item not found", "ITEM_NOT_FOUND")
ACCOUNT = ("account not found", "ACCOUNT_NOT_FOUND")
WEBHOOK = ("webhook not found", "WEBHOOK_NOT_FOUND")
TRANSACTION = ("Transaction not found", "TRANSACTION_NOT_FOUND")


@pytest.fixture
def stranger(server: Server) -> Iterator[Client]:
    """A client of a second application on the same server."""
    client = server.other_client("stranger")
    yield client
    client.close()


def found(client: Client) -> dict[str, str]:
    """One id of everything that the client's application has, by what it is."""
    item = client.connect(600, parameters={"cpf": "238.242.640-30"})
    client.own("POST", f"/sandbox/connections/{item['id']}/answer", json={"value": "approved:user-ok"})
    client.settle()
    id = item["id"]
    card = client.get("/accounts", itemId=id, type="CREDIT")["results"][0]["id"]
    url = "https://shop.example/mine"
    return {
        "item": id,
        "account": card,
        "transaction": client.get("/v2/transactions", accountId=card)["results"][0]["id"],
        "bill": client.get("/bills", accountId=card)["results"][0]["id"],
        "investment": client.get("/investments", itemId=id)["results"][0]["id"],
        "identity": client.get("/identity", itemId=id)["id"],
        "loan": client.get("/loans", itemId=id)["results"][0]["id"],
        "consent": client.get("/consents", itemId=id)["results"][0]["id"],
        "webhook": client.call("POST", "/webhooks", json={"event": "all", "url": url}).json()["id"],
    }


CALLS: list[tuple[str, str, tuple[str, str | None], Any]] = [
    ("GET", "/items/{item}", ITEM, None),
    ("PATCH", "/items/{item}", ITEM, {}),
    ("DELETE", "/items/{item}", ITEM, None),
    ("POST", "/items/{item}/mfa", ITEM, {"token": "123456"}),
    ("PATCH", "/items/{item}/disable-auto-sync", ITEM, None),
    ("GET", "/items/{item}/resources", ITEM, None),
    ("GET", "/items/{item}/scr", ITEM, None),
    ("POST", "/connect_token", ITEM, {"itemId": "{item}"}),
    ("GET", "/accounts?itemId={item}", ITEM, None),
    ("GET", "/investments?itemId={item}", ITEM, None),
    ("GET", "/identity?itemId={item}", ITEM, None),
    ("GET", "/loans?itemId={item}", ITEM, None),
    ("GET", "/consents?itemId={item}", ITEM, None),
    ("GET", "/accounts/{account}", ACCOUNT, None),
    ("GET", "/accounts/{account}/statements", ACCOUNT, None),
    ("GET", "/accounts/{account}/balance", ("account not found for the given id", None), None),
    ("GET", "/transactions?accountId={account}", ACCOUNT, None),
    ("GET", "/v2/transactions?accountId={account}", ACCOUNT, None),
    ("GET", "/bills?accountId={account}", ACCOUNT, None),
    ("GET", "/transactions/{transaction}", TRANSACTION, None),
    ("PATCH", "/transactions/{transaction}", TRANSACTION, {"categoryId": "01010000"}),
    ("GET", "/bills/{bill}", ("Bill not found", "CREDIT_CARD_BILL_NOT_FOUND"), None),
    ("GET", "/investments/{investment}", ("investment not found", "INVESTMENT_NOT_FOUND"), None),
    ("GET", "/investments/{investment}/transactions", ("investment not found", "INVESTMENT_NOT_FOUND"), None),
    ("GET", "/identity/{identity}", ("identity not found", "IDENTITY_NOT_FOUND"), None),
    ("GET", "/loans/{loan}", ("loan not found", "LOAN_NOT_FOUND"), None),
    ("GET", "/consents/{consent}", ("Consent not found", "CONSENT_NOT_FOUND"), None),
    ("GET", "/webhooks/{webhook}", WEBHOOK, None),
    ("PATCH", "/webhooks/{webhook}", WEBHOOK, {"enabled": False}),
    ("DELETE", "/webhooks/{webhook}", WEBHOOK, None),
]


def test_another_applications_ids_are_as_unknown_as_anybodys(server: Server, stranger: Client) -> None:
    """Each answers exactly what an id that nothing has answers, and nothing of the owner's changes."""
    owner = server.client()
    ids = found(owner)
    before = walk.of_item(owner, ids["item"])
    for method, path, (message, code), body in CALLS:
        for known in (ids, dict.fromkeys(ids, NOBODYS)):
            sent = (
                {"json": {k: v.format(**known) if isinstance(v, str) else v for k, v in body.items()}} if body else {}
            )
            refused = stranger.call(method, path.format(**known), **sent)
            assert_refused(refused, 404, message, code)
    after = walk.of_item(owner, ids["item"])
    for answers in (before, after):  # a balance and a statement's address are of their moment
        for path in [path for path in answers if path.endswith(("/balance", "/statements"))]:
            del answers[path]
    assert after == before
    assert owner.get(f"/webhooks/{ids['webhook']}")["disabledAt"] is None
    owner.close()


def test_another_applications_things_are_in_no_list(server: Server, stranger: Client) -> None:
    """Items, webhooks and rules are listed for their own application alone; a transaction's id leads nowhere."""
    owner = server.client()
    ids = found(owner)
    owner.call("POST", "/categories/rules", json={"description": "X", "categoryId": "01010000"})
    assert stranger.get("/v2/items") == {"results": [], "next": None}
    for path in ("/webhooks", "/categories/rules"):
        assert owner.get(path)["total"] == 1
        assert stranger.get(path)["results"] == []
    item = stranger.connect(2)
    account = stranger.get("/accounts", itemId=item["id"])["results"][0]["id"]
    for path in ("/transactions", "/v2/transactions"):
        assert stranger.get(path, accountId=account, ids=ids["transaction"])["results"] == []
    owner.close()


def test_two_applications_connect_the_same_login_apart(server: Server, stranger: Client) -> None:
    """The same credentials in another application are no duplicate, and the ids are others."""
    owner = server.client()
    mine = owner.connect(2, avoidDuplicates=True)
    theirs = stranger.connect(2, avoidDuplicates=True)
    assert theirs["status"] == "UPDATED"
    my_accounts = {account["id"] for account in owner.get("/accounts", itemId=mine["id"])["results"]}
    their_accounts = {account["id"] for account in stranger.get("/accounts", itemId=theirs["id"])["results"]}
    assert my_accounts.isdisjoint(their_accounts)
    stranger.advance("P1D")
    assert stranger.own("GET", "/sandbox/clock")["now"] > owner.own("GET", "/sandbox/clock")["now"]
    owner.close()


WITHDRAWN = [
    "/benefits", "/benefits/{id}", "/payroll-loans", "/payroll-loans/{id}", "/income-reports", "/acquirer-sales",
    "/acquirer-sales/{id}", "/acquirer-receivables", "/acquirer-receivables/{id}", "/acquirer-anticipations",
    "/acquirer-anticipations/{id}", "/portfolio/{id}", "/portfolio/{id}/monthly", "/payments/bulk",
    "/payments/requests/{id}/receipts", "/payments/smart-accounts",
]  # fmt: skip


@pytest.mark.parametrize("path", WITHDRAWN)
def test_a_withdrawn_endpoint_is_not_there(reader: Client, path: str) -> None:
    """The Python client still has it; the service has not."""
    path = path.format(id=NOBODYS)
    assert_refused(reader.call("GET", f"{path}?itemId={NOBODYS}"), 404, f"Cannot GET {path}")


def test_a_verb_that_a_path_does_not_have_is_refused(reader: Client) -> None:
    """The path is there, and another verb is not."""
    for method, path in (("PUT", "/items"), ("DELETE", "/accounts"), ("POST", "/identity"), ("PATCH", "/auth")):
        assert_refused(reader.call(method, path), 405, "Method Not Allowed")
