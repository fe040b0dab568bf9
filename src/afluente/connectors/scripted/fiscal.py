"""Which authority tells what: the records of each fiscal product, by country."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from afluente.connectors.scripted import chile, colombia, mexican_retentions, mexican_returns, mexico, working_life
from afluente.connectors.scripted.customers import Customer
from afluente.core.clock import Instant
from afluente.core.ports import Record
from afluente.core.products import Product

Teller = Callable[[Customer, Instant], Iterator[Record]]

TELLERS: Mapping[Product, Mapping[str, Teller]] = {
    Product.INVOICES: {"MX": mexico.invoices, "CO": colombia.invoices, "CL": chile.invoices},
    Product.TAX_STATUS: {"MX": mexico.tax_status, "CO": colombia.tax_status, "CL": chile.tax_status},
    Product.TAX_COMPLIANCE: {"MX": mexico.compliance},
    Product.TAX_RETURNS: {"MX": mexican_returns.returns},
    Product.TAX_RETENTIONS: {"MX": mexican_retentions.retentions},
    Product.TAX_DECLARATIONS: {"CO": colombia.declarations},
    Product.FINANCIAL_STATEMENTS: {"MX": mexican_returns.financial_statements},
    Product.DEBT_REPORTS: {"CL": chile.debts},
    Product.EMPLOYMENT_RECORDS: {"MX": working_life.mexican, "BR": working_life.brazilian},
}


def records(product: Product, customer: Customer, now: Instant) -> Iterator[Record]:
    """Yield what the authority of the customer's country tells; nothing where it has no such product."""
    teller = TELLERS[product].get(customer.country)
    if teller is not None:
        yield from teller(customer, now)
