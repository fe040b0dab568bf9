"""Attributes of a person: deposits, income, loans, bills, and what a lender is wary of."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from afluente.analysis.history import Movement
from afluente.analysis.sight import Sight
from afluente.analysis.spans import Span
from afluente.dialects.flinks.attributes import rows
from afluente.dialects.flinks.attributes.rows import (
    INCOME,
    LENDING,
    NONE_DETECTED,
    RISK,
    USER,
    Attribute,
    Figure,
    Value,
)

_EVERY = (INCOME, RISK, LENDING, USER)
_EARNED = (INCOME, LENDING, USER)
_WARY = (RISK, LENDING, USER)

_PAY = ("income.salary", "income.bonus")
_STATE = (
    "income.government",
    "in.employment-insurance",
    "in.child-benefit",
    "in.social-assistance",
    "in.workers-compensation",
    "in.pension-benefit",
    "in.tax-credit",
)
_MADE = tuple(f"income.{kind}" for kind in ("salary", "bonus", "government", "retirement", "interest", "dividends",
                                            "rent", "freelance", "other"))  # fmt: skip
_LOAN_PAYMENTS = ("paid.loan", "paid.mortgage", "out.auto-loan", "out.student-loan", "out.payday-payment")


def _row(
    name: str,
    about: str,
    figure: Figure,
    subjects: Sequence[str],
    packages: tuple[str, ...],
    *,
    windows: bool = False,
    least: int = 0,
) -> Attribute:
    return Attribute(
        name=name,
        about=about,
        figure=figure,
        subjects=tuple(subjects),
        packages=packages,
        windows=windows,
        least=Decimal(least),
    )


def _employer(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
    """The employer who paid the most; of equals the first by alphabet."""
    paid = sorted(seen.pay.streams, key=lambda one: (-one.total, one.name))
    return paid[0].name if paid else NONE_DETECTED


def _streams(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
    return sum(one.cadence.is_regular for one in seen.earned.streams)


def _estimated_annual(seen: Sight, found: Sequence[Movement], span: Span) -> Value:
    monthly = rows.monthly(seen, found, span)
    assert isinstance(monthly, Decimal)
    return monthly * 12


def _sums(stem: str, what: str, subjects: Sequence[str], packages: tuple[str, ...]) -> tuple[Attribute, ...]:
    """Return the sum, the count and the monthly mean of one thing."""
    return (
        _row(f"sum_{stem}", f"What {what} add up to.", rows.total, subjects, packages, windows=True),
        _row(f"nbr_{stem}", f"How many {what} there are.", rows.count, subjects, packages, windows=True),
        _row(f"avg_monthly_{stem}", f"What {what} add up to in a month.", rows.monthly, subjects, packages),
    )


ROWS = (
    # deposits and spending as a whole
    _row("sum_credits", "What deposits add up to, own money left out.", rows.total, ["deposit"], _EVERY, windows=True),
    _row("nbr_deposits", "Deposits, own money left out.", rows.count, ["deposit"], _EVERY, windows=True),
    _row("avg_deposit", "The mean deposit.", rows.mean, ["deposit"], _EVERY, windows=True),
    _row("avg_monthly_deposit", "What deposits add up to in a month.", rows.monthly, ["deposit"], _EVERY),
    _row("deposits_max", "The largest deposit.", rows.largest, ["deposit"], _WARY, windows=True),
    _row("nbr_deposits_over500", "Deposits of more than 500.", rows.count, ["deposit"], _EVERY, windows=True,
         least=500),
    _row("deposits_trend", "The last 30 days' deposits against the 30 before.", rows.trend, ["deposit"], _EVERY),
    _row("days_since_last_deposit", "Days since the last deposit.", rows.days_since, ["deposit"], _WARY),
    _row("sum_debits", "What spending adds up to, own money left out.", rows.total, ["spending"], _WARY, windows=True),
    _row("nbr_debits", "Payments, own money left out.", rows.count, ["spending"], _WARY, windows=True),
    _row("avg_monthly_spending", "What spending adds up to in a month.", rows.monthly, ["spending"], _WARY),
    # income
    *_sums("total_income", "deposits that say what they are for", _MADE, _EARNED),
    *_sums("employer_income", "payments by employers", _PAY, _EARNED),
    _row("employer_name", "The employer who paid the most.", _employer, _PAY, _EARNED),
    _row("employer_income_frequency", "How often employers pay.", rows.frequency, _PAY, _EARNED),
    _row("employer_income_average", "The mean payment by employers.", rows.mean, _PAY, _EARNED),
    _row("employer_income_trend", "The last 30 days' pay against the 30 before.", rows.trend, _PAY, _EARNED),
    _row("employer_income_last_date", "When an employer paid last.", rows.last_date, _PAY, _EARNED),
    _row("employer_income_next_date", "When an employer should pay next.", rows.next_date, _PAY, _EARNED),
    _row("employer_income_estimated_annual", "The monthly pay, twelve times.", _estimated_annual, _PAY, _EARNED),
    _row("nbr_employers", "Employers who paid.", rows.sources, _PAY, _EARNED, windows=True),
    _row("nbr_income_streams", "Sources of income that keep a rhythm.", _streams, _MADE, _EARNED),
    *_sums("government_income", "benefits and refunds of the state", _STATE, _EARNED),
    *_sums("employment_insurance_income", "benefits of employment insurance", ["in.employment-insurance"], _EARNED),
    *_sums("social_assistance_income", "payments of social assistance", ["in.social-assistance"], _EARNED),
    *_sums("wsib_income", "compensations for accidents at work", ["in.workers-compensation"], _EARNED),
    *_sums("pension_income", "pensions", ["income.retirement", "in.pension-benefit"], _EARNED),
    *_sums("child_benefit_income", "benefits for children", ["in.child-benefit"], _EARNED),
    *_sums("child_support_income", "support payments received", ["in.support-received"], _EARNED),
    *_sums("self_employed_income", "payments for own work", ["income.freelance"], _EARNED),
    _row("government_income_share", "The state's share of all deposits.", rows.share_of("deposit"), _STATE, _EARNED),
    # loans
    *_sums("loan_payments", "payments on loans of any kind", _LOAN_PAYMENTS, _WARY),
    _row("loan_payments_frequency", "How often loans are paid.", rows.frequency, _LOAN_PAYMENTS, _WARY),
    *_sums("auto_loan_payments", "payments on car loans", ["out.auto-loan"], _WARY),
    _row("auto_loan_payments_frequency", "How often car loans are paid.", rows.frequency, ["out.auto-loan"], _WARY),
    *_sums("mortgage_payments", "payments on mortgages", ["paid.mortgage"], _WARY),
    _row("mortgage_payments_frequency", "How often mortgages are paid.", rows.frequency, ["paid.mortgage"], _WARY),
    *_sums("student_loan_payments", "payments on student loans", ["out.student-loan"], _WARY),
    *_sums("micro_loan_payments", "payments to payday lenders", ["out.payday-payment"], _WARY),
    *_sums("micro_loan_deposits", "advances by payday lenders", ["in.payday-advance"], _WARY),
    _row("nbr_micro_lenders", "Payday lenders that were paid.", rows.sources, ["out.payday-payment"], _WARY,
         windows=True),
    _row("micro_loan_share", "Payday lenders' share of spending.", rows.share_of("spending"), ["out.payday-payment"],
         _WARY, windows=True),
    _row("loan_payments_to_income", "Payments on loans by deposits.", rows.share_of("deposit"), _LOAN_PAYMENTS, _WARY,
         windows=True),
    *_sums("credit_card_payments", "payments of card bills", ["paid.card-bill"], _WARY),
    *_sums("collection_payments", "payments to collection agencies", ["out.collection"], _WARY),
    # what is owed each month
    *_sums("rent_payments", "payments of rent", ["paid.rent"], _WARY),
    _row("rent_payments_frequency", "How often rent is paid.", rows.frequency, ["paid.rent"], _WARY),
    *_sums("telecom_payments", "payments for telephone and internet", ["paid.telecom"], _WARY),
    *_sums("utility_payments", "payments for energy and water", ["paid.utility"], _WARY),
    *_sums("insurance_payments", "payments for insurance", ["paid.insurance"], _WARY),
    *_sums("child_support_payments", "support payments made", ["out.support-paid"], _WARY),
    # what a lender is wary of
    _row("nbr_nsf", "Payments that came back for lack of funds, and the fees for it.", rows.count,
         ["signal.returned-payment"], _WARY, windows=True),
    _row("days_since_last_nsf", "Days since a payment came back.", rows.days_since, ["signal.returned-payment"], _WARY),
    _row("sum_overdraft_fees", "Fees and interest for an overdraft.", rows.total,
         ["signal.overdraft-fee", "signal.overdraft-interest"], _WARY, windows=True),
    _row("nbr_stop_payments", "Payments that were stopped.", rows.count, ["out.stopped-payment"], _WARY, windows=True),
    _row("nbr_late_fees", "Charges for paying late.", rows.count, ["signal.late-payment"], _WARY, windows=True),
    *_sums("gambling", "payments for gambling", ["signal.gambling"], _WARY),
    _row("gambling_share", "Gambling's share of spending.", rows.share_of("spending"), ["signal.gambling"], _WARY,
         windows=True),
    *_sums("cash_withdrawals", "withdrawals of cash", ["signal.cash-withdrawal"], _WARY),
    *_sums("money_transfers", "transfers through remittance services", ["out.money-transfer"], _WARY),
    *_sums("bank_fees", "fees of the bank", ["paid.fee", "paid.penalty"], _WARY),
)  # fmt: skip
