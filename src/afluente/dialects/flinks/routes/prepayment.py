"""On which days a loan is best repaid (contract 2.13): for each account that payments can be made from."""

from __future__ import annotations

import asyncio
from calendar import day_name
from decimal import Decimal
from typing import Any

from afluente.analysis import repayments
from afluente.analysis.cadence import Cadence
from afluente.analysis.figures import ZERO
from afluente.analysis.sight import Sight
from afluente.dialects.flinks import enriching, render, uploaded
from afluente.dialects.flinks.enriching import Reading
from afluente.dialects.flinks.forms import Form
from afluente.dialects.flinks.house import House
from afluente.dialects.flinks.render.accounts import numbers
from afluente.dialects.flinks.routes.identifiers import login_and_request
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

FREQUENCIES = {
    "Weekly": Cadence.WEEKLY,
    "BiWeekly": Cadence.BIWEEKLY,
    "BiMonthly": Cadence.SEMI_MONTHLY,
    "Monthly": Cadence.MONTHLY,
}
"""BiMonthly is twice a month."""

_USUAL = 12
_MOST = 260


async def prepayment(house: House, call: Call) -> Answer:
    """`POST prepayment/login/{login}/{request}`: the days for so many payments (Duration) of a loan."""
    form = await Form.of(call)
    frequency = form.choice(FREQUENCIES, "LoanFrequency")
    if frequency is None and not form.faults:
        form.wrong("LoanFrequency", "The LoanFrequency field is required.")
    total = uploaded.amount(form, "ExpectedRepaymentTotal") or ZERO
    funded_on = form.day("FundingDate")
    if funded_on is not None and not 1900 <= funded_on.year <= 2100:
        form.wrong("FundingDate", "The FundingDate field must lie between 1900 and 2100.")
    payments = _count(form)
    form.done()
    found = await enriching.reading(house, call, *login_and_request(call))
    seen = await enriching.seen(house, found)
    funded = funded_on or seen.on
    told = await asyncio.to_thread(_accounts, found, seen, frequency, total, funded, payments)
    return json(
        {
            "HttpStatusCode": 200,
            "UserInformation": _user(found, len(told)),
            "AccountsInformation": told,
            "RequestId": found.session.id,
        }
    )


def _accounts(
    found: Reading, seen: Sight, frequency: Cadence, total: Decimal, funded_on: Any, payments: int
) -> list[dict[str, Any]]:
    told = []
    for one in found.accounts:
        reached = numbers(one.record)
        if not reached.reach(one.record.currency):
            continue
        plan = repayments.plan(Sight(seen.history.of(one.record.key)), frequency, total, funded_on, payments)
        american = reached.institution is None
        told.append(
            {
                "AccountName": one.record.name,
                "AccountNumber": reached.account,
                "InstitutionNumber": reached.institution,
                "SortCode": None if american else reached.transit,
                "RoutingNumber": reached.transit if american else None,
                "OptimalPayments": [day.strftime("%m/%d/%Y") for day in plan.days],
                "OptimalDay": day_name[plan.weekday],
                "OverallPaymentRisk": plan.risk,
            }
        )
    return told


def _user(found: Reading, accounts: int) -> dict[str, Any]:
    record = render.holder(found.holders[0].record) if found.holders else None
    address = (record or {}).get("Address") or {}
    parts = [address.get(name) for name in ("CivicAddress", "City", "Province", "PostalCode")]
    return {
        "Name": None if record is None else record["Name"],
        "Address": ", ".join(part for part in parts if part) or None,
        "Email": None if record is None else record["Email"],
        "EFTEligibleAccounts": str(accounts),
    }


def _count(form: Form) -> int:
    text = form.text("Duration")
    if text is None:
        return _USUAL
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= _MOST):
        form.wrong("Duration", f"The Duration field must be a number from 1 to {_MOST}.")
        return _USUAL
    return int(text)
