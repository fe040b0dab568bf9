"""How these tests read an item: its ending in one value, and the detail that is expected of its products."""

from __future__ import annotations

from typing import Any

from tests.server import Client

DETAILS = {
    "ACCOUNTS": "accounts",
    "CREDIT_CARDS": "creditCards",
    "TRANSACTIONS": "transactions",
    "INVESTMENTS": "investments",
    "INVESTMENTS_TRANSACTIONS": "investmentsTransactions",
    "IDENTITY": "identity",
    "PAYMENT_DATA": "paymentData",
    "LOANS": "loans",
    "ACCOUNT_STATEMENTS": "accountStatements",
}
"""The keys of `statusDetail` by product."""

ENDING = ("status", "executionStatus", "error", "statusDetail")


def ending(item: dict[str, Any]) -> dict[str, Any]:
    """Return how the last execution ended."""
    return {name: item[name] for name in ENDING}


def failed(status: str, code: str, message: str, **more: Any) -> dict[str, Any]:
    """Return the ending of an execution that read nothing."""
    error = {"code": code, "message": message, **more}
    return {"status": status, "executionStatus": code, "error": error, "statusDetail": None}


def detail(**products: dict[str, Any]) -> dict[str, Any]:
    """Return a whole `statusDetail`: what is not named is no part of the item."""
    return {name: products.get(name) for name in DETAILS.values()}


def read(at: str, *warnings: dict[str, str]) -> dict[str, Any]:
    """Return the detail of a product that was retrieved at an instant."""
    return {"isUpdated": True, "lastUpdatedAt": at, "warnings": list(warnings)}


def unread(last: str | None, *warnings: dict[str, str]) -> dict[str, Any]:
    """Return the detail of a product that was not retrieved, and when it last was."""
    return {"isUpdated": False, "lastUpdatedAt": last, "warnings": list(warnings)}


def stopped(client: Client) -> str:
    """Stop the application's clock where it is, and return what time it is then."""
    return client.advance("PT0S")


def later(client: Client, span: str) -> str:
    """Let a span pass with all that falls due in it, take a new key (the old one may be over), return the time."""
    now = client.advance(span)
    client.key = client.authenticate(*client.keys)
    return now


def refused(client: Client, item_id: str, **body: Any) -> tuple[int, dict[str, Any]]:
    """Ask for an update that is refused; return the status and the body without its id."""
    answer = client.call("PATCH", f"/items/{item_id}", json=body)
    told = answer.json()
    assert told.pop("errorId"), told
    return answer.status_code, told
