"""Reports over consents: investments. Every position is in exactly one report; the severance fund is in none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from afluente.core.connections import Stored
from afluente.core.investments import Investment, InvestmentMovement
from afluente.dialects.klavi.render import heads
from afluente.dialects.klavi.render.consented_accounts import bank
from afluente.dialects.klavi.render.held import Held, Seen
from afluente.dialects.klavi.render.possessions import SEVERANCE_FUND
from afluente.dialects.klavi.render.spelling import day_text, fixed, iso, money, rate
from afluente.web.instants import maybe_instant

BANK, CREDIT, VARIABLE = "bank_fixed_incomes", "credit_fixed_incomes", "variable_incomes"
TREASURE, FUNDS = "treasure_titles", "funds"
PRODUCTS = (BANK, CREDIT, VARIABLE, TREASURE, FUNDS)

_BY_KIND = {"equity": VARIABLE, "etf": VARIABLE, "fund": FUNDS, "security": FUNDS}
_CREDIT = frozenset({"debenture", "debentures", "cri", "cra", "corporate-debt"})
_TYPES = {
    "cdb": "CDB",
    "rdb": "RDB",
    "lci": "LCI",
    "lca": "LCA",
    "lc": "LC",
    "lf": "LF",
    "debenture": "DEBENTURES",
    "debentures": "DEBENTURES",
    "cri": "CRI",
    "cra": "CRA",
    "corporate-debt": "DEBENTURES",
}
_WHOLE = {TREASURE: "TESOURO_DIRETO", VARIABLE: "RENDA_VARIAVEL", FUNDS: "FUNDOS"}
_OTHERS = "OUTROS"
_PERCENT = Decimal(100)

_MOVED = {"buy": "COMPRA", "sell": "VENDA", "interest": "DIVIDENDOS", "amortization": "AMORTIZACAO"}


def product_of(record: Investment) -> str | None:
    """Return the report that a position is in, None for the severance fund, which Open Finance does not have."""
    if record.subkind == SEVERANCE_FUND:
        return None
    if record.kind == "fixed-income" and record.subkind == "treasury":
        return TREASURE
    if record.kind == "fixed-income" and record.subkind in _CREDIT:
        return CREDIT
    return _BY_KIND.get(record.kind, BANK)


def positions(seen: Seen, product: str) -> list[dict[str, Any]]:
    """Return the positions of a report."""
    return [
        _position(held, one, product)
        for held in seen.held
        for one in held.investments
        if product_of(one.record) == product
    ]


def _position(held: Held, stored: Stored[Investment], product: str) -> dict[str, Any]:
    """A position; Open Finance's rates are fractions."""
    record = stored.record
    gross = record.balance if record.amount is None else record.amount
    return {
        **bank(held),
        "companyCnpj": held.bank.cnpj,
        "investmentId": stored.id,
        "productType": _WHOLE.get(product) or _TYPES.get(record.subkind or "", _OTHERS),
        "productName": record.name,
        "isinCode": record.isin,
        "ticker": record.code,
        "issuerInstitutionCnpjNumber": heads.digits(record.issuer_cnpj) or None,
        "quantity": None if record.quantity is None else fixed(record.quantity),
        "unitPrice": money(record.value, record.currency),
        "balance": money(record.balance, record.currency),
        "grossAmount": money(gross, record.currency),
        "netAmount": money(record.balance, record.currency),
        "incomeTax": money(record.taxes, record.currency),
        "financialTransactionTax": money(record.iof, record.currency),
        "preFixedRate": _fraction(record.fixed_rate),
        "postFixedIndexerPercentage": _fraction(record.rate),
        "indexer": record.rate_index,
        "issueDate": iso(record.issued_on),
        "purchaseDate": iso(record.purchased_on),
        "gracePeriodDate": iso(record.grace_until),
        "dueDate": iso(record.due_on),
        "referenceDateTime": maybe_instant(record.as_of),
        "transactionDetails": [_movement(one, record.currency) for one in held.dealt.get(stored.id, ())],
    }


def _fraction(percentage: Decimal | None) -> str | None:
    return None if percentage is None else rate(percentage / _PERCENT)


def _movement(stored: Stored[InvestmentMovement], currency: str) -> dict[str, Any]:
    record = stored.record
    return {
        "transactionId": stored.id,
        "type": "ENTRADA" if record.credit else "SAIDA",
        "transactionType": _MOVED.get(record.kind, _OTHERS),
        "transactionDate": day_text(record.occurred_at),
        "transactionName": record.description,
        "transactionQuantity": None if record.quantity is None else fixed(record.quantity),
        "transactionUnitPrice": money(record.value, currency),
        "transactionGrossValue": money(record.amount, currency),
        "transactionNetValue": money(record.net_amount, currency),
    }
