"""A customer's program against Flinks' API, typed as the published client library for C# is, with its ways.

It parses each answer strictly into records: ids are GUIDs, numbers of banks are digits, dates are there, and the status
line says what `HttpStatusCode` says. It sends booleans as texts, a blank behind one of the paths, and polls.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from uuid import UUID

import httpx
import msgspec

Digits = Annotated[str, msgspec.Meta(pattern=r"^\d+$")]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Ratio = Annotated[float, msgspec.Meta(ge=0, le=1)]
T = TypeVar("T")


class _Pascal(msgspec.Struct, frozen=True, rename="pascal", kw_only=True):
    """Names on the wire begin with a capital."""


class Link(msgspec.Struct, frozen=True):
    """Where one may go from here."""

    rel: str
    href: str
    example: str | None


class Login(_Pascal, frozen=True):
    """The card."""

    id: UUID
    username: str
    is_scheduled_refresh: bool
    last_refresh: str
    type: str | None


class Challenge(_Pascal, frozen=True):
    """One question."""

    type: str
    prompt: str
    iterables: list[str]


class Authorized(_Pascal, frozen=True):
    """What Authorize answers: 200, 203 or an error."""

    http_status_code: int
    request_id: UUID | None = None
    links: list[Link] = []
    login: Login | None = None
    institution: str | None = None
    institution_id: int | None = None
    security_challenges: list[Challenge] = []
    flinks_code: str | None = None
    message: str | None = None
    tag: str | None = None
    validation_details: dict[str, list[str]] = {}


class Balance(_Pascal, frozen=True):
    """An account's balance."""

    available: Decimal | None
    current: Decimal | None
    limit: Decimal | None


class Address(_Pascal, frozen=True):
    """A holder's address."""

    civic_address: str | None
    city: str | None
    province: str | None
    postal_code: str | None
    po_box: str | None = msgspec.field(name="POBox")
    country: str | None


class Holder(_Pascal, frozen=True):
    """Whose an account is."""

    name: str | None
    address: Address | None
    email: str | None
    phone_number: str | None


class Transaction(_Pascal, frozen=True):
    """One booked movement."""

    id: UUID
    date: Day
    description: str
    debit: Decimal | None
    credit: Decimal | None
    balance: Decimal | None


class Account(_Pascal, frozen=True):
    """One account; a summary has no transactions."""

    id: UUID
    title: str
    category: str
    type: str
    currency: str
    balance: Balance
    holder: Holder | None
    account_number: str | None
    transit_number: Digits | None
    institution_number: Digits | None
    eft_eligible_ratio: Ratio
    transactions: list[Transaction] = []


class Accounts(_Pascal, frozen=True):
    """Summary or details; 202 while they are not there."""

    http_status_code: int
    request_id: UUID
    accounts: list[Account] = []
    login: Login | None = None
    links: list[Link] = []
    flinks_code: str | None = None


class File(_Pascal, frozen=True):
    """One statement."""

    unique_id: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-F]{32}$")]
    file_type: str
    base64_bytes: str = msgspec.field(name="Base64Bytes")


class Files(_Pascal, frozen=True):
    """An account's statements."""

    account_number: str | None
    statements: list[File]


class Statements(_Pascal, frozen=True):
    """Statements by account; 202 while they are not there."""

    http_status_code: int
    request_id: UUID
    statements_by_account: list[Files] = []
    flinks_code: str | None = None


class Program:
    """The client. `answers` are what its user answers."""

    def __init__(self, url: str, customer: str, answers: Mapping[str, str]) -> None:
        self.http = httpx.Client(timeout=60)
        self.base = f"{url}/flinks/v3/{customer}/BankingServices"
        self.answers = answers

    def close(self) -> None:
        """Close its connections."""
        self.http.close()

    def send(self, verb: str, path: str, type_: type[T], body: object = None, **options: Any) -> T:
        """Send a request as that library does, and parse the answer."""
        content = None if body is None else json.dumps(body)
        headers = {"content-type": "application/json; charset=utf-8", "accept": "application/json"}
        answer = self.http.request(verb, f"{self.base}/{path}", content=content, headers=headers, **options)
        parsed = msgspec.json.decode(answer.content, type=type_)
        told = getattr(parsed, "http_status_code", answer.status_code)
        assert told == answer.status_code
        return parsed

    def authorize(self, institution: str, username: str, password: str, **more: object) -> Authorized:
        """Log in with credentials, and answer whatever is asked."""
        body = {
            "Institution": institution, "Username": username, "Password": password,
            "Save": "true", "MostRecentCached": "false", "Language": "en", **more,
        }  # fmt: skip
        told = self.send("POST", "Authorize", Authorized, body)
        while told.http_status_code == 203:
            told = self.respond(told, {one.prompt: [self.answers[one.prompt]] for one in told.security_challenges})
        return told

    def respond(self, asked: Authorized, responses: dict[str, Any]) -> Authorized:
        """Answer the questions; the flag that is sent beside them means nothing."""
        body = {"RequestId": str(asked.request_id), "SecurityResponses": responses, "MostRecentCached": "true"}
        return self.send("POST", "Authorize", Authorized, body)

    def cached(self, login: UUID) -> Authorized:
        """Open a session on what is stored."""
        return self.send("POST", "Authorize", Authorized, {"LoginId": str(login), "MostRecentCached": "true"})

    def details(self, request: UUID, **wanted: object) -> Accounts:
        """Ask for the details, with a blank behind the path."""
        return self.send("POST", "GetAccountsDetail%20", Accounts, {"RequestId": str(request), **wanted})

    def poll(self, request: UUID, verb: str = "GET") -> Accounts:
        """Look whether the details are there."""
        return self.send(verb, f"GetAccountsDetailAsync/{request}", Accounts)

    def summary(self, request: UUID) -> Accounts:
        """Ask for the balances."""
        return self.send("POST", "GetAccountsSummary", Accounts, {"RequestId": str(request)})

    def statements(self, request: UUID, **wanted: object) -> Statements:
        """Ask for statements."""
        return self.send("POST", "GetStatements", Statements, {"RequestId": str(request), **wanted})

    def poll_statements(self, request: UUID) -> Statements:
        """Look whether the statements are there."""
        return self.send("GET", f"GetStatementsAsync/{request}", Statements)
