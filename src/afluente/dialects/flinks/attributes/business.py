"""Attributes of a company. Their names end in `_biz`; those of balances are shared with persons."""

from __future__ import annotations

from collections.abc import Sequence

from afluente.dialects.flinks.attributes import rows
from afluente.dialects.flinks.attributes.rows import BUSINESS, Attribute, Figure

_PACKAGES = (BUSINESS,)
_LOANS = ("paid.loan", "paid.mortgage", "out.auto-loan", "out.payday-payment")
_OPERATING = tuple(
    f"paid.{kind}"
    for kind in (
        "utility",
        "telecom",
        "rent",
        "insurance",
        "subscription",
        "fee",
        "tax",
        "purchase",
        "transfer",
        "other",
    )
)


def _row(name: str, about: str, figure: Figure, subjects: Sequence[str], *, windows: bool = False) -> Attribute:
    return Attribute(
        name=name, about=about, figure=figure, subjects=tuple(subjects), packages=_PACKAGES, windows=windows
    )


def _sums(stem: str, what: str, subjects: Sequence[str]) -> tuple[Attribute, ...]:
    return (
        _row(f"sum_{stem}", f"What {what} add up to.", rows.total, subjects, windows=True),
        _row(f"nbr_{stem}", f"How many {what} there are.", rows.count, subjects, windows=True),
        _row(f"avg_monthly_{stem}", f"What {what} add up to in a month.", rows.monthly, subjects),
    )


ROWS = (
    *_sums("operating_income", "deposits that are nobody's loan or own money", ["deposit"]),
    _row("operating_income_trend", "The last 30 days' deposits against the 30 before.", rows.trend, ["deposit"]),
    _row("nbr_payers", "Payers from whom deposits came.", rows.sources, ["deposit"], windows=True),
    *_sums("card_sales", "settlements of card sales", ["in.card-sales"]),
    _row("card_sales_frequency", "How often card sales are settled.", rows.frequency, ["in.card-sales"]),
    _row("card_sales_share", "Card sales' share of all deposits.", rows.share_of("deposit"), ["in.card-sales"]),
    *_sums("loan_deposits", "loans paid out", ["in.loan-advance", "in.payday-advance"]),
    *_sums("operating_expenses", "expenses of running the company", _OPERATING),
    *_sums("payroll_payments", "payments of wages", ["out.payroll-paid"]),
    _row("payroll_payments_frequency", "How often wages are paid.", rows.frequency, ["out.payroll-paid"]),
    *_sums("rent_payments", "payments of rent", ["paid.rent"]),
    *_sums("utility_payments", "payments for energy and water", ["paid.utility"]),
    *_sums("telecom_payments", "payments for telephone and internet", ["paid.telecom"]),
    *_sums("insurance_payments", "payments for insurance", ["paid.insurance"]),
    *_sums("advertising_payments", "payments for advertising", ["out.advertising"]),
    *_sums("tax_payments", "payments of taxes", ["paid.tax", "out.tax-remittance"]),
    *_sums("loan_payments", "payments on loans", _LOANS),
    _row("loan_payments_frequency", "How often loans are paid.", rows.frequency, _LOANS),
    *_sums("auto_loan_payments", "payments on car loans", ["out.auto-loan"]),
    _row("auto_loan_payments_frequency", "How often car loans are paid.", rows.frequency, ["out.auto-loan"]),
    *_sums("micro_loan_payments", "payments to payday lenders", ["out.payday-payment"]),
    *_sums("credit_card_payments", "payments of card bills", ["paid.card-bill"]),
    _row(
        "nbr_nsf", "Payments that came back for lack of funds.", rows.count, ["signal.returned-payment"], windows=True
    ),
    *_sums("bank_fees", "fees of the bank", ["paid.fee", "paid.penalty"]),
    _row("loan_payments_to_income", "Payments on loans by deposits.", rows.share_of("deposit"), _LOANS, windows=True),
)
