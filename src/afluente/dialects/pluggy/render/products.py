"""What Pluggy calls the products: one table, used by items, connectors, consents and warnings."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from afluente.core.products import Product


class Naming(msgspec.Struct, frozen=True):
    """Pluggy's names for one product.

    `type` is the ProductType; `detail` the key in `statusDetail`, and how sentences call the product.
    `progress` is the meaning of its being fetched, whose word is the item's `executionStatus`.
    """

    type: str
    detail: str
    progress: str


NAMES: dict[Product, Naming] = {
    Product.ACCOUNTS: Naming("ACCOUNTS", "accounts", "progress.accounts"),
    Product.CARDS: Naming("CREDIT_CARDS", "creditCards", "progress.cards"),
    Product.TRANSACTIONS: Naming("TRANSACTIONS", "transactions", "progress.transactions"),
    Product.INVESTMENTS: Naming("INVESTMENTS", "investments", "progress.investments"),
    Product.INVESTMENT_MOVEMENTS: Naming(
        "INVESTMENTS_TRANSACTIONS", "investmentsTransactions", "progress.investments.transactions"
    ),
    Product.HOLDER: Naming("IDENTITY", "identity", "progress.identity"),
    Product.PAYMENT_DETAILS: Naming("PAYMENT_DATA", "paymentData", "progress.payment-data"),
    Product.LOANS: Naming("LOANS", "loans", "progress.loans"),
    Product.STATEMENTS: Naming("ACCOUNT_STATEMENTS", "accountStatements", "progress.statements"),
}
"""In the order of the keys of `statusDetail`. Products that are not here have no word in this dialect."""

BY_TYPE: dict[str, Product] = {naming.type: product for product, naming in NAMES.items()}
"""Pluggy's ProductType to the product. `BROKERAGE_NOTE` and `MOVE_SECURITY` have none here."""

UNLISTED = frozenset({Product.STATEMENTS})
"""Products whose name the Python client refuses: never listed, and still with their `statusDetail`."""


def product_types(products: Iterable[Product]) -> list[str]:
    """Return the ProductType of each product that has one, in the given order, without those that clients refuse."""
    return [NAMES[product].type for product in products if product in NAMES and product not in UNLISTED]
