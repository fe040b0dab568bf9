"""The invented bank's ordinary people have nothing wrong with their data, whoever they are and whenever one looks."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from afluente.core.accounts import Account, Transaction
from afluente.core.clock import DAY, HOUR
from afluente.core.connections import Stored
from afluente.core.holders import Holder
from afluente.core.products import Product, ProductState
from afluente.quality import Facts, check, snapshot_of
from tests.connectors.scripted.teller import NOW, ListBank, enter, fetch

PRODUCTS = (Product.ACCOUNTS, Product.CARDS, Product.TRANSACTIONS, Product.HOLDER)


def stored(record: Any, id: str) -> Stored[Any]:
    """Return a record as it would be stored."""
    return Stored(id, "connection", None, record, NOW, NOW)


@settings(max_examples=40)
@given(
    st.sampled_from(
        [("sandbox-bank", "BR", "password-ok"), ("flinks-capital", "CA", "Everyday"), ("chase", "US", "Everyday")]
    ),
    st.integers(1, 10_000),
    st.integers(0, 400 * 24),
)
def test_a_clean_household_has_no_findings(bank: tuple[str, str, str], person: int, hours: int) -> None:
    """Over a year of days, at any hour, and for thousands of people: a warning there would be a wrong rule."""
    slug, country, password = bank
    now = NOW + hours * HOUR
    credentials = {"username": f"person+{person}", "password": password}
    visit = enter(slug, credentials, ListBank(now=now))
    records = {product: fetch(slug, visit, product, now=now).records for product in PRODUCTS}
    accounts = [r for p in (Product.ACCOUNTS, Product.CARDS) for r in records[p] if isinstance(r, Account)]
    movements = [r for r in records[Product.TRANSACTIONS] if isinstance(r, Transaction)]
    facts = Facts(
        connection_id="connection",
        now=now,
        country=country,
        products=tuple(ProductState(product, True, now) for product in PRODUCTS),
        holders=tuple(r for r in records[Product.HOLDER] if isinstance(r, Holder)),
    )
    lists = {one.key: [stored(row, row.key) for row in movements if row.account_key == one.key] for one in accounts}
    assert movements and min(row.occurred_at for row in movements) < now - 100 * DAY
    assert check(snapshot_of(facts, [stored(one, one.key) for one in accounts], lists)) == ()
