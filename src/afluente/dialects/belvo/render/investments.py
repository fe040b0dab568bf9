"""Investments of Open Finance Brazil and what moved in them. What an institution did not tell is left out: the wire
has no null for most of it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from afluente.core.connections import Stored
from afluente.core.investments import Investment, InvestmentMovement
from afluente.dialects.belvo.render.days import iso, local_date
from afluente.dialects.belvo.render.identification import clipped, digits, identification
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant

BANKING, CREDIT, VARIABLE, TREASURY, FUND = (
    "FIXED_INCOME_BANKING",
    "FIXED_INCOME_CREDIT",
    "VARIABLE_INCOME",
    "TREASURY_BOND",
    "INVESTMENT_FUND",
)
_CREDITS = frozenset({"cri", "cra", "debenture", "debentures", "corporate-debt"})
_CLASSES = {
    "fixed-income": "RENDA_FIXA",
    "stock": "ACOES",
    "multimarket": "MULTIMERCADO",
    "exchange": "CAMBIAL",
}
_INDEXES = frozenset({"CDI", "DI", "TR", "IPCA", "IGP_M", "IGP_DI", "INPC", "BCP", "TLC", "SELIC", "PRE_FIXADO"})
_SUBTYPES: dict[str, dict[str, str]] = {
    BANKING: {
        "buy": "APLICACAO",
        "sell": "RESGATE",
        "interest": "PAGAMENTO_JUROS",
        "amortization": "AMORTIZACAO",
        "transfer": "TRANSFERENCIA_TITULARIDADE",
    },
    CREDIT: {
        "buy": "COMPRA",
        "sell": "VENDA",
        "interest": "PAGAMENTO_JUROS",
        "amortization": "AMORTIZACAO",
        "transfer": "TRANSFERENCIA_TITULARIDADE",
    },
    VARIABLE: {
        "buy": "COMPRA",
        "sell": "VENDA",
        "interest": "DIVIDENDOS",
        "transfer": "TRANSFERENCIA_TITULARIDADE",
    },
    TREASURY: {
        "buy": "COMPRA",
        "sell": "VENDA",
        "interest": "PAGAMENTO_JUROS",
        "amortization": "AMORTIZACAO",
        "transfer": "TRANSFERENCIA_TITULARIDADE",
    },
    FUND: {
        "buy": "APLICACAO",
        "sell": "RESGATE",
        "amortization": "AMORTIZACAO",
        "transfer": "TRANSFERENCIA_DE_COTAS",
        "tax": "COME_COTAS",
    },
}
"""The wire's kinds of movement by type of investment; what has none there is OUTROS, with its description."""

_NOTE = re.compile(r"\d{1,16}")


def type_of(record: Investment) -> str:
    """Return the wire's type. What is none of the five is variable income, of which least is promised."""
    if record.kind in ("fund", "security"):
        return FUND
    if record.kind == "coe":
        return BANKING
    if record.kind == "fixed-income":
        if record.subkind == "treasury":
            return TREASURY
        return CREDIT if record.subkind in _CREDITS else BANKING
    return VARIABLE


def investment(stored: Stored[Investment]) -> dict[str, Any]:
    """Return one position."""
    record = stored.record
    kind = type_of(record)
    wire: dict[str, Any] = {
        "id": stored.id,
        "type": kind,
        "issuer_id_number": None if record.issuer_cnpj is None else digits(record.issuer_cnpj) or None,
        "isin_number": clipped(record.isin, 12),
        "currency": record.currency,
        "product_name": _product(record, kind),
        "clearing_code": clipped(record.code, 30) if kind in (BANKING, CREDIT) else None,
        "due_date": iso(record.due_on),
        "issue_date": iso(record.issued_on),
        "purchase_date": iso(record.purchased_on),
        "grace_period_date": iso(record.grace_until),
        "issue_unit_price": None,
        "balance": _balance(stored),
        "remuneration": _remuneration(record),
        "classification_details": _classification(record) if kind == FUND else None,
        "voucher_payment_details": {
            "is_voucher_payment": False,
            "periodicity": None,
            "periodicity_additional_info": None,
        },
        "debtor_details": None,
    }
    if record.tax_exempt is not None:
        wire["is_tax_exempt"] = record.tax_exempt
    return wire


def _product(record: Investment, kind: str) -> str:
    """Fixed income goes by the kind of paper, the rest by its name."""
    if kind in (BANKING, CREDIT) and record.subkind:
        return record.subkind.replace("-", "_").upper()
    return record.name[:250]


def _balance(stored: Stored[Investment]) -> dict[str, Any]:
    record = stored.record
    gross = record.balance if record.amount is None else record.amount
    held = None if record.withdrawable is None else max(record.balance - record.withdrawable, Decimal(0))
    withheld = None if record.taxes is None and record.iof is None else (record.taxes or 0) + (record.iof or 0)
    bought = None
    if record.original is not None and record.quantity:
        bought = (record.original / record.quantity).quantize(Decimal("0.0001"))
    return _told({"gross_value": gross, "blocked_amount": held, "quantity": record.quantity}) | {
        "reference_date": instant(stored.updated_at if record.as_of is None else record.as_of),
        "gross_unit_price": record.value,
        "net_value": record.balance,
        "withheld_amount": withheld,
        "transaction_fee": None,
        "purchase_unit_price": bought,
        "pre_fixed_rate": _fraction(record.fixed_rate),
        "post_fixed_rate": _fraction(record.rate),
        "penalty_fee": None,
        "late_payment_fee": None,
        "closing_price": record.value,
        "unit_price_factor": None,
    }


def _remuneration(record: Investment) -> dict[str, Any]:
    index = None if record.rate_index is None else record.rate_index.upper().replace("-", "_")
    known = index in _INDEXES
    return {
        "pre_fixed_rate": _fraction(record.fixed_rate),
        "post_fixed_rate": _fraction(record.rate),
        "rate_type": None,
        "rate_periodicity": "ANUAL" if record.rate is not None or record.fixed_rate is not None else None,
        "calculation_base": None,
        "indexer": None if index is None else index if known else "OUTROS",
        "indexer_additional_info": None if index is None or known else clipped(record.rate_index, 50),
    }


def _classification(record: Investment) -> dict[str, Any]:
    return {"category": _CLASSES.get(record.subkind or ""), "class": None, "subclass": None}


def _fraction(percentage: Decimal | None) -> Decimal | None:
    """A percentage as the fraction that the wire has."""
    return None if percentage is None else percentage / 100


def _told(wire: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wire.items() if value is not None}


def investment_transaction(
    stored: Stored[InvestmentMovement], held: Stored[Investment], rendered: Any, origin: Origin
) -> dict[str, Any]:
    """Return a movement of the position `held`, whose own object is `rendered`."""
    record = stored.record
    kind = type_of(held.record)
    subtype = _SUBTYPES[kind].get(record.kind, "OUTROS")
    amount = record.net_amount if record.amount is None else record.amount
    tax, iof = record.expenses.get("income-tax"), record.expenses.get("iof")
    wire = {
        "gross_value": amount,
        "net_value": amount if record.net_amount is None else record.net_amount,
        "value": amount,
        "unit_price": record.value,
        "transaction_tax": iof,
        "income_tax": tax,
        "quantity": record.quantity,
        "rate": _fraction(held.record.rate) if kind != VARIABLE else None,
        "subtype_additional_info": clipped(record.description or record.kind, 100) if subtype == "OUTROS" else None,
    }
    return {
        "id": stored.id,
        "link": origin.link,
        "collected_at": instant(stored.updated_at),
        "created_at": instant(stored.created_at),
        "investment": rendered,
        "internal_identification": identification(record.key),
        "value_date": local_date(record.occurred_at, origin.country),
        "type": "INFLOW" if record.credit else "OUTFLOW",
        "subtype": subtype,
        "broker_note_details": _note(record, amount),
    } | _told(wire)


def _note(record: InvestmentMovement, amount: Decimal | None) -> dict[str, Any] | None:
    """The broker's note, with the expenses it names; one that is not named was not charged."""
    if record.note_number is None or amount is None or not _NOTE.fullmatch(record.note_number):
        return None
    nothing = Decimal(0)
    charged = record.expenses
    return {
        "broker_note_number": record.note_number,
        "gross_value": amount,
        "brokerage_fee": charged.get("brokerage", nothing),
        "clearing_settlement_fee": charged.get("settlement", charged.get("clearing", nothing)),
        "clearing_registration_fee": charged.get("registration", nothing),
        "stock_exchange_asset_trade_notice_fee": charged.get("trading-notice", nothing),
        "stock_exchange_fee": charged.get("exchange", nothing),
        "clearing_custody_fee": charged.get("custody", nothing),
        "taxes": charged.get("iof", nothing) + charged.get("service-tax", nothing),
        "income_tax": charged.get("income-tax", nothing),
        "net_value": amount if record.net_amount is None else record.net_amount,
    }
