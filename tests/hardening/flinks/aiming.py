"""Cards with data, sessions of each stage, and where to aim at them in Flinks' words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from afluente.dialects.flinks.api import ROUTES
from tests.flinks import BANK, PASSWORD, Flinks, newcomer
from tests.hardening.ground import NOBODYS, Ground
from tests.server import Server

EVERY = [(operation, verb, path, access) for operation, path, verbs in ROUTES for verb, (_, access) in verbs.items()]
"""Each operation with verb, path and who may call it."""

TARGETS = [(operation, verb, path) for operation, verb, path, _ in EVERY]
WITH_A_BODY = [
    (operation, verb, path)
    for operation, verb, path in TARGETS
    if verb in ("POST", "PATCH") and not path.endswith("Async/{id}") and operation != "Upload"
]
"""Every path that reads a JSON body which somebody would send."""

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PARTS = {"HttpStatusCode", "Message", "FlinksCode", "Links", "RequestId", "Institution", "SecurityChallenges",
          "ValidationDetails"}  # fmt: skip

ROW = {"TransactionDate": "2026/01/05", "Description": "PAYROLL ACME", "Credit": 1200.5, "Balance": 2000}


def seeded(server: Server) -> Ground:
    """Connect somebody with data, in a live and in a cached session, somebody who is asked, and somebody to delete."""
    client = server.client()
    flinks = Flinks(client)
    live = flinks.authorize("greatday_nomfa")
    detail = flinks.post("GetAccountsDetail", RequestId=live["RequestId"])
    account = next(one for one in detail["Accounts"] if one["Transactions"])
    asked = flinks.authorize("Greatday", 203, WithMfaQuestions=True)
    ids = {
        "login": live["Login"]["Id"],
        "live": live["RequestId"],
        "request": flinks.cached(live["Login"]["Id"])["RequestId"],
        "account": account["Id"],
        "transaction": account["Transactions"][-1]["Id"],
        "asked": asked["RequestId"],
        "asking": flinks.session(asked["RequestId"])["connection_id"],
        "spare": flinks.card(newcomer()),
    }
    return Ground(server, client, server.other_client(), ids)


def aimed(ground: Ground, pattern: str, **values: str) -> str:
    """Return a route's path with real ids in it, or with the values given; the customer is the sandbox application."""
    real = {
        "customer": ground.client.keys[0],
        "login": ground.ids["login"],
        "request": ground.ids["request"],
        "package": "GetIncomeAttributes",
        "number": "021000021",
        "country": "CA",
        "id": ground.ids["live"] if "Async/" in pattern else ground.ids["login"],
    }
    return "/flinks" + re.sub(r"\{(\w+)\}", lambda found: {**real, **values}[found[1]], pattern)


def body_of(ground: Ground, operation: str) -> dict[str, Any]:
    """Return a body that an operation takes, with every field that it knows."""
    login, request, account = ground.ids["login"], ground.ids["request"], ground.ids["account"]
    shown = {
        "RequestId": request, "WithAccountIdentity": True, "WithKYC": True, "WithBalance": True,
        "WithTransactions": True, "DaysOfTransactions": "Days90", "AccountsFilter": [account],
        "DateFrom": "2026-01-01", "DateTo": "2026-12-31",
        "RefreshDelta": [{"AccountId": account, "TransactionId": ground.ids["transaction"]}],
    }  # fmt: skip
    opened = {"Institution": BANK, "Username": "greatday_nomfa", "Password": PASSWORD, "Save": True, "Language": "en",
              "Tag": "t", "ScheduleRefresh": False, "WithMfaQuestions": False}  # fmt: skip
    sent = {"Origin Country": "ca", "Transactions": [ROW] * 30, "MostRecentBalance": "12.5", "OldestBalance": 3,
            "UserIdentifier": "u-1"}  # fmt: skip
    chosen = {"Attributes": {"card": ["balance_current"]}, "AttributesDetail": ["balance_current"], "limitDays": 90}
    bodies: Mapping[str, dict[str, Any]] = {
        "Token": {"client_id": ground.client.keys[0], "secret": ground.client.keys[1]},
        "Authorize": opened,
        "AuthorizeAsync": opened,
        "AuthorizeMultiple": {"LoginIds": [login]},
        "GetAccountsSummary": shown,
        "GetAccountsDetail": {
            **shown, "WithDetailsAndBankingStatements": False, "NumberOfBankingStatements": "MostRecent",
            "WithProductDetails": False,
        },
        "GetStatements": {"RequestId": request, "NumberOfStatements": "MostRecent", "AccountsFilter": [account]},
        "SetScheduledRefresh": {"LoginId": login, "IsActivated": False},
        "AnswerMFAQuestions": {
            "LoginId": ground.ids["asking"],
            "Questions": [{"Question": "What city were you born in?", "Answer": "Montreal"}],
        },
        "FieldMatch": {
            "LoginId": login, "FullName": "John Doe", "FirstName": "John", "MiddleName": "J", "LastName": "Doe",
            "PostalCode": "H3B 5E8", "CivicAddress": "1275 avenue", "City": "Montreal", "Province": "QC",
            "Email": "johndoe@flinks.io", "Phone": "5143337777", "Threshold": "0.8",
        },
        "Attributes": {
            **chosen, "Filters": {"accountCategory": ["Operations"]}, "AccountFilter": {"AccountID": [account]},
            "options": {"AttributesDetail": ["nbr_nsf"]},
        },
        "AttributesUpload": {**sent, "Card": ["balance_current"], "Options": {"limitDays": 30}},
        "Score": {"LoanAmount": "500", "UserPersonalInformation": {"FirstName": "John", "Sex": 0}},
        "CategorizationUpload": sent,
        "Prepayment": {
            "LoanFrequency": "Weekly", "ExpectedRepaymentTotal": 500, "FundingDate": "2026-11-01", "Duration": 4,
        },
    }  # fmt: skip
    return dict(bodies.get(operation, {}))


def is_refusal(answer: httpx.Response, *statuses: int) -> str | None:
    """Say what is wrong with a refusal in Flinks' words; None if it is as the contract has it."""
    status, body = answer.status_code, answer.content
    if not (status in statuses if statuses else 400 <= status < 500):
        return f"status {status}: {body[:300]!r}"
    try:
        said = json.loads(body)
    except ValueError:
        return f"no JSON: {body[:300]!r}"
    if not isinstance(said, dict) or set(said) - _PARTS or said.get("HttpStatusCode") != status:
        return f"not the shape of an error: {said!r}"
    if not all(isinstance(said.get(name), str) and said[name] for name in ("FlinksCode", "Message")):
        return f"no code or message: {said!r}"
    details = said.get("ValidationDetails", {"-": ["-"]})
    if not isinstance(details, dict) or not details or not all(isinstance(one, list) for one in details.values()):
        return f"no details: {said!r}"
    return None


def fields(answer: httpx.Response) -> set[str]:
    """Return the fields that a refusal names, without the place in a list and the part of an entry."""
    return {re.split(r"[.\[]", name)[0] for name in answer.json().get("ValidationDetails", {})}


def nobodys(**values: str) -> dict[str, str]:
    """Return values for a path with ids that nobody has."""
    return {"login": NOBODYS, "request": NOBODYS, "id": NOBODYS, **values}


def is_guid(value: object) -> bool:
    """Tell whether a value is an id as typed clients parse it."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None
