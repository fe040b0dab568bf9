"""Every resource, one row each: where it is, what it is made from, who offers it, how it is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from afluente.core.accounts import Account, Bill
from afluente.core.analyses import Analysis
from afluente.core.documents import Statement
from afluente.core.employment import EmploymentRecord
from afluente.core.fiscal import (
    DebtReport,
    FinancialStatement,
    Invoice,
    TaxComplianceStatus,
    TaxDeclaration,
    TaxRetention,
    TaxReturn,
    TaxStatus,
)
from afluente.core.holders import Holder
from afluente.core.institutions import Institution
from afluente.core.investments import Investment, InvestmentMovement
from afluente.core.loans import Loan
from afluente.core.products import Product
from afluente.dialects.belvo import asking
from afluente.dialects.belvo.forms import Form
from afluente.dialects.belvo.house import House
from afluente.dialects.belvo.readings import Asked, Reading
from afluente.dialects.belvo.resources import analysed, records
from afluente.dialects.belvo.resources.records import Show, whole

P = Product


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource.

    `path` is the list's, with its last slash. `products` are fetched for it, of which the institution must have the
    first; what these stand on comes with them. `countries` and `open_finance` say whose it is, None: everybody's.
    `show` yields its objects; with `compute` there is something to compute and keep before. `types` are the records
    that have the ids of its objects; none where objects are made of several. `single`: a POST is answered with one
    object (in the older generation, where only `single_today`, with a list). `delayed`: the answer to a POST may be
    waited for elsewhere. `bounded`: too many movements in one month are too
    many for one request. `back` is how many days of movements are read where the request does not tell.
    """

    path: str
    products: tuple[Product, ...]
    show: Show
    ask: Callable[[House, Form, date], Asked] = asking.nothing
    types: tuple[type[Any], ...] = ()
    countries: tuple[str, ...] | None = None
    open_finance: bool | None = None
    single: bool = False
    single_today: bool = False
    resumable: bool = True
    erasable: bool = True
    delayed: bool = False
    bounded: bool = False
    back: int | None = None
    compute: Callable[[Reading, Asked], Awaitable[Analysis]] | None = None

    def offered(self, institution: Institution) -> bool:
        """Tell whether an institution has it."""
        return (
            bool(self.products)
            and self.products[0] in institution.products
            and self.open_finance in (None, institution.open_finance)
            and (self.countries is None or institution.country in self.countries)
        )

    def is_single(self, institution: Institution) -> bool:
        """Tell whether a POST is answered with one object."""
        return self.single or (self.single_today and institution.open_finance)


_MOVED = (P.TRANSACTIONS,)

TABLE: tuple[Resource, ...] = (
    Resource(
        path="/api/accounts/",
        products=(P.ACCOUNTS, P.CARDS, P.LOANS),
        types=(Account, Loan),
        show=whole(records.accounts),
    ),
    Resource(
        path="/api/owners/", products=(P.HOLDER, P.ACCOUNTS, P.CARDS), types=(Holder,), show=whole(records.owners)
    ),
    Resource(
        path="/api/br/balances/",
        products=(P.ACCOUNTS,),
        open_finance=True,
        ask=asking.account,
        show=whole(records.current_balances),
        resumable=False,
        erasable=False,
    ),
    Resource(
        path="/api/balances/",
        products=(P.TRANSACTIONS, P.ACCOUNTS),
        ask=asking.movements,
        show=whole(records.daily_balances),
    ),
    Resource(
        path="/api/br/exchanges/",
        products=(P.ACCOUNTS,),
        open_finance=True,
        ask=asking.days,
        show=whole(records.none),
        resumable=False,
    ),
    Resource(
        path="/api/transactions/",
        products=_MOVED,
        ask=asking.movements,
        show=Reading.movements,
        delayed=True,
        bounded=True,
    ),
    Resource(
        path="/api/bills/",
        products=(P.CARDS,),
        open_finance=True,
        types=(Bill,),
        show=whole(records.bills),
        resumable=False,
    ),
    Resource(
        path="/api/statements/",
        products=(P.STATEMENTS, P.TRANSACTIONS, P.HOLDER),
        ask=asking.statement,
        types=(Statement,),
        show=whole(records.statements),
        back=365,
    ),
    Resource(
        path="/api/incomes/",
        products=_MOVED,
        ask=asking.incomes,
        types=(Analysis,),
        compute=analysed.find_incomes,
        show=whole(analysed.incomes),
        single=True,
        back=365,
    ),
    Resource(
        path="/api/recurring-expenses/",
        products=_MOVED,
        ask=asking.expenses,
        compute=analysed.find_expenses,
        show=whole(analysed.expenses),
        back=365,
    ),
    Resource(
        path="/api/risk-insights/",
        products=(*_MOVED, P.LOANS),
        types=(Analysis,),
        compute=analysed.find_risk,
        show=whole(analysed.risk),
        single_today=True,
        back=365,
    ),
    Resource(
        path="/investments/portfolios/",
        products=(P.INVESTMENTS,),
        show=whole(records.portfolios),
        single=True,
    ),
    Resource(
        path="/api/br/investments/",
        products=(P.INVESTMENTS,),
        open_finance=True,
        types=(Investment,),
        show=whole(records.positions),
        resumable=False,
        delayed=True,
    ),
    Resource(
        path="/api/br/investment-transactions/",
        products=(P.INVESTMENT_MOVEMENTS,),
        open_finance=True,
        ask=asking.days,
        types=(InvestmentMovement,),
        show=whole(records.position_movements),
        resumable=False,
        delayed=True,
    ),
    Resource(
        path="/receivables/transactions/",
        products=(),
        ask=asking.movements,
        show=whole(records.none),
        single=True,
        resumable=False,
    ),
    Resource(
        path="/api/invoices/",
        products=(P.INVOICES,),
        countries=("MX", "CO"),
        ask=asking.invoices,
        types=(Invoice,),
        show=whole(records.invoices),
        delayed=True,
    ),
    Resource(
        path="/api/cl/invoices/",
        products=(P.INVOICES,),
        countries=("CL",),
        ask=asking.chilean_invoices,
        types=(Invoice,),
        show=whole(records.chilean_invoices),
        resumable=False,
        delayed=True,
    ),
    Resource(
        path="/api/tax-status/",
        products=(P.TAX_STATUS,),
        countries=("MX", "CO"),
        ask=asking.document,
        types=(TaxStatus,),
        show=whole(records.tax_status),
        single=True,
        resumable=False,
    ),
    Resource(
        path="/api/cl/tax-status/",
        products=(P.TAX_STATUS,),
        countries=("CL",),
        ask=asking.document,
        types=(TaxStatus,),
        show=whole(records.chilean_tax_status),
        resumable=False,
    ),
    Resource(
        path="/api/tax-compliance-status/",
        products=(P.TAX_COMPLIANCE,),
        ask=asking.document,
        types=(TaxComplianceStatus,),
        show=whole(records.compliance),
        single=True,
        resumable=False,
    ),
    Resource(
        path="/api/tax-returns/",
        products=(P.TAX_RETURNS,),
        ask=asking.returns,
        types=(TaxReturn,),
        show=whole(records.returns),
        resumable=False,
    ),
    Resource(
        path="/api/tax-retentions/",
        products=(P.TAX_RETENTIONS,),
        ask=asking.retentions,
        types=(TaxRetention,),
        show=whole(records.retentions),
    ),
    Resource(
        path="/api/tax-declarations/",
        products=(P.TAX_DECLARATIONS,),
        ask=asking.declarations,
        types=(TaxDeclaration,),
        show=whole(records.declarations),
    ),
    Resource(
        path="/api/financial-statements/",
        products=(P.FINANCIAL_STATEMENTS,),
        types=(FinancialStatement,),
        show=whole(records.financial_statements),
        resumable=False,
        delayed=True,
    ),
    Resource(
        path="/api/cl/debt-reports/",
        products=(P.DEBT_REPORTS,),
        ask=asking.document,
        types=(DebtReport,),
        show=whole(records.debt_reports),
        resumable=False,
        delayed=True,
    ),
    Resource(
        path="/api/employment-records/",
        products=(P.EMPLOYMENT_RECORDS,),
        countries=("MX",),
        ask=asking.document,
        types=(EmploymentRecord,),
        show=whole(records.employment_records),
        delayed=True,
    ),
    Resource(
        path="/api/mx/current-employments/",
        products=(P.EMPLOYMENT_RECORDS,),
        countries=("MX",),
        show=whole(records.current_employments),
        resumable=False,
    ),
    Resource(
        path="/api/br/employments/",
        products=(P.EMPLOYMENT_RECORDS,),
        countries=("BR",),
        ask=asking.days,
        show=whole(records.employments),
        resumable=False,
        delayed=True,
    ),
    Resource(
        path="/api/employment-metrics/",
        products=(P.EMPLOYMENT_RECORDS,),
        countries=("MX",),
        ask=asking.reference,
        types=(Analysis,),
        compute=analysed.find_metrics,
        show=whole(analysed.metrics),
        single=True,
        resumable=False,
    ),
)
"""All of them; their filters are in `filters.toml`, under the same paths."""
