"""The thirty warnings of the client dashboard: each provoked at the bank, and shown with what it is about."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.flinks import Flinks, newcomer

WARNINGS = {
    "NoAccounts": "product.accounts.missing",
    "NoHolder": "product.holder.name-missing",
    "KycIncomplete": "product.holder.incomplete",
    "NoAddress": "product.holder.address-missing",
    "AddressIncomplete": "product.holder.address-incomplete",
    "AccountIbvIncomplete": "product.accounts.verification-incomplete",
    "TransactionIncomplete": "product.transactions.incomplete",
    "TransactionNull": "product.transactions.not-given",
    "AccountNumberIncomplete": "product.accounts.number-incomplete",
    "TransactionsWrongOrder": "product.transactions.order",
    "AccountWithoutUrl": "product.accounts.no-address-on-site",
    "AccountDuplicate": "product.accounts.duplicate",
    "TransactionDuplicate": "product.transactions.duplicate",
    "ValidateCurrency": "product.accounts.amount-invalid",
    "MissingOperationAccounts": "product.accounts.no-checking",
    "NoTransactions": "product.transactions.none",
    "AccountIbvUnavailable": "product.accounts.verification-unavailable",
    "HolderIbvUnavailable": "product.holder.verification-unavailable",
    "InvalidEmail": "product.holder.email-invalid",
    "NoLastMonthTransaction": "product.transactions.none-last-month",
    "PciNonCompliantCardNumber": "product.accounts.card-number-exposed",
    "NoLast15DaysTransaction": "product.transactions.none-last-15-days",
    "BalanceMismatch": "product.transactions.balance-mismatch",
}
"""Those that the data of one fetch shows."""

with (Path(__file__).parents[2] / "rows.csv").open(encoding="utf-8") as _rows:
    SAYS = {row["code"]: row["says"] for row in csv.DictReader(_rows) if row["id"].startswith("flinks.warning")}
"""The documented sentences."""

OF_AN_ACCOUNT = {
    "AccountIbvIncomplete", "TransactionIncomplete", "TransactionNull", "AccountNumberIncomplete", "AccountWithoutUrl",
    "TransactionsWrongOrder", "AccountDuplicate", "TransactionDuplicate", "ValidateCurrency", "NoTransactions",
    "AccountIbvUnavailable", "HolderIbvUnavailable", "NoLastMonthTransaction", "PciNonCompliantCardNumber",
    "NoLast15DaysTransaction", "BalanceMismatch", "NoHolder",
}  # fmt: skip
"""Those that name accounts."""

OF_A_MOVEMENT = {"TransactionIncomplete", "TransactionsWrongOrder", "TransactionDuplicate"}
"""Those that name movements."""


def warned(flinks: Flinks, request_id: str) -> dict[str | None, Any]:
    """Return a session's warnings by Flinks' names."""
    return {one["code"]: one for one in flinks.session(request_id)["warnings"]}


def provoked(flinks: Flinks, meaning: str, bank: str = "FlinksCapital", **wanted: Any) -> tuple[str, Any]:
    """Fetch everything of somebody whose data has one fault; return the RequestId and the answer."""
    request_id = flinks.connected(f"act+{meaning}", bank=bank)
    return request_id, flinks.post("GetAccountsDetail", RequestId=request_id, **wanted)


def test_good_data_has_no_warning(flinks: Flinks) -> None:
    """A dashboard that warns of everybody warns of nobody."""
    request_id = flinks.connected(newcomer())
    flinks.post("GetAccountsDetail", RequestId=request_id)
    assert warned(flinks, request_id) == {}


@pytest.mark.parametrize(
    "code", [pytest.param(code, marks=pytest.mark.row(f"flinks.warning.{code}")) for code in WARNINGS]
)
def test_a_fault_in_the_data_is_warned_of(flinks: Flinks, code: str) -> None:
    """The session is completed all the same, and the warning names the account and the movement it is about."""
    request_id, answer = provoked(flinks, WARNINGS[code])
    assert flinks.status(request_id) == ("Completed", "200")
    found = warned(flinks, request_id)
    assert code in found, found
    warning = found[code]
    assert (warning["meaning"], warning["description"]) == (WARNINGS[code], SAYS[code])
    ids = {account["Id"] for account in answer["Accounts"]}
    assert set(warning["accounts"]) <= ids
    if code in OF_AN_ACCOUNT:
        assert warning["accounts"]
    if code in OF_A_MOVEMENT:
        held = {movement["Id"] for account in answer["Accounts"] for movement in account["Transactions"]}
        assert warning["transactions"]
        assert set(warning["transactions"]) <= held


@pytest.mark.row("flinks.warning.MissingStatementsPDF")
def test_an_account_without_statements_is_warned_of_when_they_are_wanted(flinks: Flinks) -> None:
    """Before anybody asks for statements none is missing."""
    request_id, _ = provoked(flinks, "product.statements.missing")
    assert "MissingStatementsPDF" not in warned(flinks, request_id)
    flinks.post("GetStatements", RequestId=request_id, NumberOfStatements="MostRecent")
    assert len(warned(flinks, request_id)["MissingStatementsPDF"]["accounts"]) == 1


@pytest.mark.row("flinks.warning.DesjardinsMissingConsent")
def test_a_step_of_the_consent_that_was_left_out_is_warned_of(flinks: Flinks) -> None:
    """Only this bank has the step."""
    request_id, _ = provoked(flinks, "product.consent-missing.extra-step", bank="Desjardins")
    assert "DesjardinsMissingConsent" in warned(flinks, request_id)


@pytest.mark.row("flinks.warning.TransactionsMisconfigured")
def test_transactions_that_nobody_wanted_are_warned_of(flinks: Flinks) -> None:
    """The answer leaves them out; that the bank gave them is worth knowing."""
    request_id, answer = provoked(flinks, "product.transactions.unasked", WithTransactions=False)
    assert not any(account.get("Transactions") for account in answer["Accounts"])
    warning = warned(flinks, request_id)["TransactionsMisconfigured"]
    assert (warning["expected"], int(warning["found"]) > 0) == ("0", True)


@pytest.mark.row("flinks.warning.TransactionsMisconfigured")
def test_wanting_no_transactions_is_no_fault(flinks: Flinks) -> None:
    """Neither that there are none, nor that an earlier call fetched some, is to be warned of."""
    request_id = flinks.connected(newcomer())
    flinks.post("GetAccountsDetail", RequestId=request_id, WithTransactions=False)
    assert warned(flinks, request_id) == {}


@pytest.mark.row("flinks.warning.WindowInUse")
def test_a_window_that_another_request_holds_is_warned_of(flinks: Flinks) -> None:
    """The bank says so itself while it lets both go on."""
    request_id, _ = provoked(flinks, "session.window-in-use")
    assert "WindowInUse" in warned(flinks, request_id)


@pytest.mark.row("flinks.warning.MFAAfterAuthorization")
def test_a_bank_that_asks_after_the_login_is_warned_of(flinks: Flinks) -> None:
    """The first 200 was followed by a 203; a later fetch without a question has no such warning."""
    request_id = flinks.connected("act+product.mfa-needed")
    asked = flinks.post("GetAccountsDetail", 203, RequestId=request_id)
    flinks.answer(asked)
    flinks.post("GetAccountsDetail", RequestId=request_id)
    assert "MFAAfterAuthorization" in warned(flinks, request_id)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        pytest.param(
            "ProductDetailsMissing",
            "product.details.missing",
            marks=pytest.mark.row("flinks.warning.ProductDetailsMissing"),
        ),
        pytest.param(
            "ProductDetailsIncomplete",
            "product.details.incomplete",
            marks=pytest.mark.row("flinks.warning.ProductDetailsIncomplete"),
        ),
    ],
)
def test_details_of_products_are_missed_by_whoever_wants_them(flinks: Flinks, code: str, meaning: str) -> None:
    """Who did not ask for them misses nothing."""
    request_id, _ = provoked(flinks, meaning)
    assert code not in warned(flinks, request_id)
    flinks.post("GetAccountsDetail", RequestId=request_id, WithProductDetails=True)
    assert warned(flinks, request_id)[code]["accounts"]


def test_a_second_session_at_the_same_time_is_warned_of(flinks: Flinks) -> None:
    """Whoever comes while a fetch runs is refused, and the session that ran says that somebody wanted its place."""
    request_id = flinks.connected("test_pending")
    flinks.post("GetAccountsDetail", 202, RequestId=request_id)
    flinks.refusal(flinks.authorize("test_pending", 401), "CONCURRENT_SESSION")
    flinks.sandbox.advance("PT1M")
    flinks.get(f"GetAccountsDetailAsync/{request_id}")
    assert set(warned(flinks, request_id)) == {"WindowInUse"}
