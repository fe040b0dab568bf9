"""Investments and their movements."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from afluente.core.connections import Stored
from afluente.core.investments import Investment, InvestmentMovement
from afluente.web.instants import instant, maybe_instant, midnight

_FUNDS = {
    "investment": "INVESTMENT_FUND",
    "multimarket": "MULTIMARKET_FUND",
    "fixed-income": "FIXED_INCOME_FUND",
    "stock": "STOCK_FUND",
    "etf": "ETF_FUND",
    "offshore": "OFFSHORE_FUND",
    "fip": "FIP_FUND",
    "exchange": "EXCHANGE_FUND",
    "infra": "FI_INFRA",
    "agro": "FI_AGRO",
}
_EQUITIES = {
    "stock": "STOCK",
    "bdr": "BDR",
    "real-estate": "REAL_ESTATE_FUND",
    "real-estate-fund": "REAL_ESTATE_FUND",
    "derivative": "DERIVATIVES",
    "derivatives": "DERIVATIVES",
    "option": "OPTION",
}
_FIXED_INCOMES = {
    "treasury": "TREASURY",
    "lci": "LCI",
    "lca": "LCA",
    "lf": "LF",
    "cdb": "CDB",
    "cri": "CRI",
    "cra": "CRA",
    "corporate-debt": "CORPORATE_DEBT",
    "lc": "LC",
    "debenture": "DEBENTURES",
    "debentures": "DEBENTURES",
}
KINDS: dict[str, tuple[str, dict[str, str], str | None]] = {
    "fund": ("MUTUAL_FUND", _FUNDS, "INVESTMENT_FUND"),
    "equity": ("EQUITY", _EQUITIES, None),
    "etf": ("ETF", {"etf": "ETF"}, "ETF"),
    "fixed-income": ("FIXED_INCOME", _FIXED_INCOMES, None),
    "coe": ("COE", {"structured-note": "STRUCTURED_NOTE"}, "STRUCTURED_NOTE"),
    "security": ("SECURITY", {"retirement": "RETIREMENT"}, "RETIREMENT"),
    "other": ("OTHER", {}, "OTHER"),
}
"""Neutral kind to the wire's type, its subtypes by neutral name, and the subtype where none is told."""

_STATUS = {"active": "ACTIVE", "pending": "PENDING", "total-withdrawal": "TOTAL_WITHDRAWAL"}

_MOVEMENTS = {
    "buy": "BUY",
    "sell": "SELL",
    "tax": "TAX",
    "transfer": "TRANSFER",
    "interest": "INTEREST",
    "amortization": "AMORTIZATION",
}

_EXPENSES = {
    "serviceTax": "service-tax",
    "brokerageFee": "brokerage",
    "incomeTax": "income-tax",
    "tradingAssetsNoticeFee": "trading-notice",
    "maintenanceFee": "maintenance",
    "settlementFee": "settlement",
    "clearingFee": "clearing",
    "stockExchangeFee": "exchange",
    "custodyFee": "custody",
    "operatingFee": "operating",
    "other": "other",
    "iof": "iof",
    "iofProvision": "iof-provision",
}
"""The wire's expenses and the neutral names they come from, in the wire's order."""


def kinds(record: Investment) -> tuple[str, str | None]:
    """Return the wire's `type` and `subtype`; what the wire has no name for is OTHER."""
    kind, subtypes, usual = KINDS.get(record.kind, KINDS["other"])
    if record.subkind is None:
        return kind, usual
    return kind, subtypes.get(record.subkind, "OTHER")


def investment(stored: Stored[Investment], movements: Iterable[Stored[InvestmentMovement]] = ()) -> dict[str, Any]:
    """Return a position, with the movements the caller wants embedded.

    `date` is what the figures are of: the institution's, or else when they were last read.
    """
    record = stored.record
    kind, subtype = kinds(record)
    institution = None
    if record.institution_name is not None or record.institution_number is not None:
        institution = {"name": record.institution_name, "number": record.institution_number}
    return {
        "id": stored.id,
        "itemId": stored.connection_id,
        "type": kind,
        "subtype": subtype,
        "number": record.number,
        "balance": record.balance,
        "name": record.name,
        "lastMonthRate": record.last_month_rate,
        "lastTwelveMonthsRate": record.last_year_rate,
        "annualRate": record.annual_rate,
        "currencyCode": record.currency,
        "code": record.code,
        "isin": record.isin,
        "value": record.value,
        "quantity": record.quantity,
        "amount": record.amount,
        "taxes": record.taxes,
        "taxes2": record.iof,
        "date": instant(stored.updated_at if record.as_of is None else record.as_of),
        "owner": record.owner,
        "amountProfit": record.profit,
        "amountWithdrawal": record.withdrawable,
        "amountOriginal": record.original,
        "metadata": None,
        "dueDate": midnight(record.due_on),
        "issuer": record.issuer,
        "issuerCNPJ": record.issuer_cnpj,
        "issueDate": midnight(record.issued_on),
        "purchaseDate": midnight(record.purchased_on),
        "gracePeriodDate": midnight(record.grace_until),
        "rate": record.rate,
        "rateType": record.rate_index,
        "fixedAnnualRate": record.fixed_rate,
        "taxExempt": record.tax_exempt,
        "ratePeriodicity": None,
        "indexerAdditionalInfo": None,
        "priceFactor": None,
        "debtor": None,
        "couponPayment": None,
        "status": _STATUS.get(record.status),
        "institution": institution,
        "transactions": [investment_transaction(movement) for movement in movements],
        "createdAt": instant(stored.created_at),
        "updatedAt": instant(stored.updated_at),
    }


def investment_transaction(stored: Stored[InvestmentMovement]) -> dict[str, Any]:
    """Return a movement of a position; a kind that is not of the wire's six is a TRANSFER, which promises least."""
    record = stored.record
    kind = _MOVEMENTS.get(record.kind, "TRANSFER")
    expenses = record.expenses
    return {
        "id": stored.id,
        "investmentId": stored.parent_id,
        "type": kind,
        "movementType": "CREDIT" if record.credit else "DEBIT",
        "quantity": record.quantity,
        "value": record.value,
        "amount": _amount(record, kind),
        "agreedRate": None,
        "indexerPercentage": None,
        "priceFactor": None,
        "date": instant(record.occurred_at),
        "tradeDate": maybe_instant(record.traded_at),
        "expenses": {name: expenses.get(neutral) for name, neutral in _EXPENSES.items()} if expenses else {},
        "description": record.description,
        "netAmount": record.net_amount,
        "brokerageNumber": record.note_number,
    }


def _amount(record: InvestmentMovement, kind: str) -> Decimal | None:
    """The amount, which only a transfer may lack: else price times quantity, else what was settled."""
    if record.amount is not None or kind == "TRANSFER":
        return record.amount
    if record.value is not None and record.quantity is not None:
        return record.value * record.quantity
    return record.net_amount
