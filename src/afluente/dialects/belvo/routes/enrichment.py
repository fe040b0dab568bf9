"""Movements that a client sends itself: filed under categories, and looked through for income."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from afluente.analysis import filing
from afluente.analysis import history as histories
from afluente.analysis.history import History, Movement
from afluente.analysis.income import income
from afluente.analysis.spans import Span
from afluente.analysis.streams import Confidence
from afluente.core.accounts import Account, AccountKind, CardPurchase, Merchant, Transaction
from afluente.core.identity import derived_id
from afluente.dialects.belvo import asking, render
from afluente.dialects.belvo.forms import Form
from afluente.dialects.belvo.house import House
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

_MOST = 10_000
_KINDS = {
    "CHECKING_ACCOUNT": AccountKind.CHECKING,
    "SAVINGS_ACCOUNT": AccountKind.SAVINGS,
    "CREDIT_CARD": AccountKind.CREDIT_CARD,
    "LOAN_ACCOUNT": AccountKind.CHECKING,
}
_TEXTS = ("transaction_id", "account_holder_id", "account_id", "description", "currency", "institution")


async def categorize(house: House, call: Call) -> Answer:
    """`POST /api/categorization/`: each movement with a category and, if it is a known seller's, with its name."""
    form = await Form.of(call)
    form.text("language", required=True)
    sent = _sent(form, ("INDIVIDUAL", "BUSINESS"), tuple(_KINDS), ("INFLOW", "OUTFLOW"))
    form.done()
    sellers = {seller.name.casefold(): seller for seller in house.world.merchants.values()}
    found = {one.key: one for one in _history(sent, sellers).all}
    return json(render.categorization((row, *_filed(found[str(at)])) for at, row in enumerate(sent)))


def _filed(movement: Movement) -> tuple[str | None, str | None]:
    merchant = movement.record.merchant
    return filing.category_of(movement), None if merchant is None else merchant.name


async def find_incomes(house: House, call: Call) -> Answer:
    """`POST /api/enrich/incomes/`: the income in movements of personal accounts; one report for each holder."""
    form = await Form.of(call)
    form.text("language", required=True)
    sent = _sent(form, ("INDIVIDUAL",), ("CHECKING_ACCOUNT", "SAVINGS_ACCOUNT"), ("INFLOW",))
    form.done()
    now = house.world.now(call.application_id)
    days = sorted(date.fromisoformat(row["value_date"]) for row in sent)
    asked = asking.incomes(house, form, days[-1] if days else render.local_day(now, "BR"))
    kinds = render.kinds_of(asked.kinds) if asked.kinds is not None else None
    least = Confidence(asked.least.lower()) if asked.least else Confidence.LOW
    reports = []
    for holder in dict.fromkeys(str(row["account_holder_id"]) for row in sent):
        rows = [row for row in sent if str(row["account_holder_id"]) == holder]
        known = _history(rows, {})
        span = Span(asked.first or known.since, asked.last or known.on)
        report = income(known, span, least=least, kinds=kinds)
        ids = {str(row["account_id"]): str(row["account_id"]) for row in rows}
        id = derived_id(call.application_id, "income", f"{holder}|{now}")
        named = str(rows[0]["institution"])
        reports.append(render.income(id, now, report, None, ids, str(rows[0]["currency"]), institution=named))
    return json(reports)


def _sent(
    form: Form, holders: tuple[str, ...], accounts: tuple[str, ...], directions: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Read the movements; of each, the first fault is told."""
    rows = form.values.get("transactions")
    if rows is None:
        form.wrong(
            "transactions", "request.invalid.null" if "transactions" in form.values else "request.invalid.required"
        )
        return []
    if not isinstance(rows, list):
        form.wrong("transactions", "request.invalid.not-a-list", type=type(rows).__name__)
        return []
    if len(rows) > _MOST:
        form.wrong(
            "transactions", "request.invalid.value", detail=f"Ensure this field has no more than {_MOST} elements."
        )
        return []
    read = []
    for row in rows:
        if not isinstance(row, dict):
            form.wrong("transactions", "request.invalid.value", detail="Invalid data. Expected a dictionary.")
            return []
        one = Form(row)
        for name in _TEXTS:
            one.text(name, required=True)
        one.choice("account_holder_type", holders, required=True)
        one.choice("account_category", accounts, required=True)
        one.choice("type", directions, required=True)
        one.modern_day("value_date", required=True)
        if not _is_amount(row.get("amount")):
            one.wrong("amount", "request.invalid.value", detail="A valid number is required.")
        mcc = row.get("mcc")
        if mcc is not None and (isinstance(mcc, bool) or not isinstance(mcc, int)):
            one.wrong("mcc", "request.invalid.value", detail="A valid integer is required.")
        if one.faults:
            form.faults.append(one.faults[0])
            return []
        read.append(row)
    return read


def _is_amount(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return False
    return amount.is_finite() and abs(amount) < Decimal(10) ** 15


def _history(rows: list[dict[str, Any]], sellers: Mapping[str, Merchant]) -> History:
    """Return what was sent as movements of accounts; the key of each is its place."""
    accounts: dict[str, Account] = {}
    movements = []
    last = date.min
    for at, row in enumerate(rows):
        key, day = str(row["account_id"]), date.fromisoformat(row["value_date"])
        last = max(last, day)
        accounts.setdefault(
            key,
            Account(
                key=key,
                kind=_KINDS[str(row["account_category"]).upper()],
                name=str(row["institution"]),
                number=key,
                balance=Decimal(0),
                currency=str(row["currency"]),
                owner=None,
                tax_number=None,
            ),
        )
        amount = abs(Decimal(str(row["amount"])))
        movements.append(
            Transaction(
                key=str(at),
                account_key=key,
                occurred_at=render.day_start(day, "BR"),
                amount=amount if str(row["type"]).upper() == "INFLOW" else -amount,
                currency=str(row["currency"]),
                description=str(row["description"]),
                card=None if row.get("mcc") is None else CardPurchase(mcc=row["mcc"]),
                merchant=filing.seller_of(str(row["description"]), sellers),
            )
        )
    return histories.read(accounts.values(), movements, zone=render.zone("BR"), on=last)
