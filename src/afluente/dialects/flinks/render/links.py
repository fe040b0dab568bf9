"""The links of an answer: where a client may go from here (contract 2.0). Each list is new: answers may be changed."""

from __future__ import annotations

from typing import Any

Links = list[dict[str, Any]]


def _link(name: str, rel: str | None = None, example: str | None = None) -> dict[str, Any]:
    return {"rel": rel or name, "href": f"/{name}", "example": example}


def authorized() -> Links:
    """Return the links of an Authorize that succeeded."""
    return [
        _link("GetAccountsDetail", "AccountsDetail"),
        _link("GetAccountsSummary", "AccountsSummary"),
        _link("GetStatements", "Statements"),
    ]


def asked() -> Links:
    """Return the link of an Authorize that waits for answers."""
    return [_link("Authorize")]


def pending(operation: str, request_id: str) -> Links:
    """Return the link to where an operation (`GetAccountsDetail`, say) is polled.

    A login has no path of its own to be polled at: the RequestId goes in the body.
    """
    name = f"{operation}Async"
    return [_link(name, example=None if operation == "Authorize" else f"/{name}/{request_id}")]


def summary() -> Links:
    """Return the links of a summary."""
    return [_link("GetAccountsDetail", "AccountsDetail"), _link("GetStatements", "Statements")]


def detail() -> Links:
    """Return the links of the details."""
    return [_link("GetAccountsSummary", "AccountsSummary"), _link("GetStatements", "Statements")]


def statements() -> Links:
    """Return the links of the statements."""
    return [_link("GetAccountsDetail", "AccountsDetail"), _link("GetAccountsSummary", "AccountsSummary")]
