"""Investments as the older generation has them: instruments in portfolios, one for each way of earning."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from afluente.core.connections import Stored
from afluente.core.identity import derived_id
from afluente.core.investments import Investment, InvestmentMovement
from afluente.dialects.belvo.render.days import iso, local_date
from afluente.dialects.belvo.render.investments import type_of
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant

_PORTFOLIOS = {
    "fixed-income": "FIXED_INCOME",
    "coe": "FIXED_INCOME",
    "fund": "VARIABLE_INCOME",
    "equity": "VARIABLE_INCOME",
    "etf": "VARIABLE_INCOME",
    "security": "PENSION",
}
_NAMES = {
    "FIXED_INCOME": "Renda Fixa",
    "VARIABLE_INCOME": "Renda Variável",
    "PENSION": "Previdência",
    "OTHER": "Outros Investimentos",
}
_BONDS = frozenset({"treasury", "debenture", "debentures", "cri", "cra", "corporate-debt"})
_INSTRUMENTS = {"fund": "FUND", "equity": "STOCK", "etf": "ETF", "security": "PENSION"}


def portfolio_of(record: Investment) -> str:
    """Return the type of the portfolio that a position is in."""
    return _PORTFOLIOS.get(record.kind, "OTHER")


def portfolios(positions: Iterable[Stored[Investment]], origin: Origin) -> list[dict[str, Any]]:
    """Return a link's positions in their portfolios, in the order of the wire's types; one that is empty is not there.

    A portfolio's id is made of the link's and its type, so it keeps it. Positions in several currencies make several
    portfolios of one type.
    """
    grouped: dict[tuple[str, str], list[Stored[Investment]]] = {}
    for position in positions:
        grouped.setdefault((portfolio_of(position.record), position.record.currency), []).append(position)
    order = list(_NAMES)
    listed = sorted(grouped, key=lambda key: (order.index(key[0]), key[1]))
    return [_portfolio(kind, currency, grouped[kind, currency], origin) for kind, currency in listed]


def _portfolio(kind: str, currency: str, positions: Sequence[Stored[Investment]], origin: Origin) -> dict[str, Any]:
    gross = sum((_gross(position.record) for position in positions), Decimal(0))
    net = sum((position.record.balance for position in positions), Decimal(0))
    return {
        "id": derived_id(origin.link, "portfolio", f"{kind}-{currency}"),
        "link": origin.link,
        "created_at": instant(min(position.created_at for position in positions)),
        "collected_at": instant(max(position.updated_at for position in positions)),
        "name": _NAMES[kind],
        "type": kind,
        "balance_type": "ASSET",
        "balance_gross": gross,
        "balance_net": net,
        "currency": currency,
        "instruments": [instrument(position) for position in positions],
    }


def _gross(record: Investment) -> Decimal:
    return record.balance if record.amount is None else record.amount


def instrument(stored: Stored[Investment]) -> dict[str, Any]:
    """Return one position as an instrument of its portfolio."""
    record = stored.record
    public = (("isin", record.isin), ("code", record.code), ("number", record.number))
    bought = None
    if record.original is not None and record.quantity:
        bought = (record.original / record.quantity).quantize(Decimal("0.0001"))
    return {
        "id": stored.id,
        "public_id": [{"type": kind, "value": value} for kind, value in public if value],
        "type": _instrument(record),
        "subtype": None if record.subkind is None else record.subkind.replace("-", "_").upper(),
        "name": record.name,
        "currency": record.currency,
        "price": record.value,
        "quantity": record.quantity,
        "balance_gross": _gross(record),
        "balance_net": record.balance,
        "average_acquisition_price": bought,
        "profit": record.profit,
        "open_date": iso(record.purchased_on),
        "redemption_conditions": _conditions(record),
        "fees": [],
        "interest_rates": _rates(record),
    }


def _instrument(record: Investment) -> str:
    if record.kind in ("fixed-income", "coe"):
        return "BOND" if record.subkind in _BONDS else "DEPOSIT"
    return _INSTRUMENTS.get(record.kind, "OTHER")


def _conditions(record: Investment) -> list[dict[str, Any]]:
    told = (("due_date", record.due_on), ("grace_period_date", record.grace_until))
    return [{"type": name, "value": day.isoformat()} for name, day in told if day is not None]


def _rates(record: Investment) -> list[dict[str, Any]]:
    """Rates are percentages, of an index where one is named."""
    rates = []
    if record.fixed_rate is not None:
        rates.append({"type": "yearly", "value": record.fixed_rate, "index": None})
    if record.rate is not None:
        rates.append({"type": "yearly", "value": record.rate, "index": record.rate_index})
    return rates


def portfolio_transaction(
    stored: Stored[InvestmentMovement], held: Stored[Investment], origin: Origin
) -> dict[str, Any]:
    """Return a movement of an instrument; the position is named in short, with its portfolio."""
    record = stored.record
    portfolio = f"{portfolio_of(held.record)}-{held.record.currency}"
    return {
        "id": stored.id,
        "link": origin.link,
        "portfolio": {"id": derived_id(origin.link, "portfolio", portfolio)},
        "instrument": {"id": held.id, "name": held.record.name, "type": type_of(held.record)},
        "collected_at": instant(stored.updated_at),
        "created_at": instant(stored.created_at),
        "settlement_date": local_date(record.occurred_at, origin.country),
        "operation_date": local_date(record.traded_at or record.occurred_at, origin.country),
        "description": record.description,
        "portfolio_transaction_type": "INFLOW" if record.credit else "OUTFLOW",
        "currency": held.record.currency,
        "amount": record.net_amount if record.amount is None else record.amount,
        "quantity": record.quantity,
        "fees": [{"type": name.upper().replace("-", "_"), "value": value} for name, value in record.expenses.items()],
    }
