"""The fund that a Brazilian employer pays into for a worker (FGTS): what the state's bank keeps, one account a job.

Eight percent of the wage go in each month, and a quarter of a percent of the balance as interest.
"""

from __future__ import annotations

from collections.abc import Iterator

from afluente.connectors.scripted.customers import Customer
from afluente.connectors.scripted.days import day_of, first_day, instant_of, month_of, nth_day, on
from afluente.connectors.scripted.moves import money
from afluente.connectors.scripted.people import businesses
from afluente.connectors.scripted.seeding import chance, digits
from afluente.core.clock import Instant
from afluente.core.institutions import Kind
from afluente.core.investments import Investment, InvestmentMovement
from afluente.core.ports import Session

STATES_BANK = "Caixa"
"""Where the fund is kept; it is shown to who logs in there, and is no part of what a consent opens."""

_SHARE = 8
"""Percent of the wage."""

_INTEREST = 400
"""What the balance is divided by for a month's interest: 3 % a year."""

_PAID_ON = 7
_FIRST_MONTH = 2019 * 12


def _keeps(customer: Customer, session: Session) -> bool:
    own = customer.institution_name == STATES_BANK and customer.kind is Kind.PERSONAL_BANK
    return own and "consented_at" not in session and customer.holds != "none"


def _months(customer: Customer, now: Instant) -> range:
    """Return the months in which the job has paid; it began in one of five years."""
    began = _FIRST_MONTH + chance("fund", customer.key).randrange(60)
    today = day_of(now)
    last = month_of(today) if today >= nth_day(month_of(today), _PAID_ON) else month_of(today) - 1
    return range(began, last + 1)


def _key(customer: Customer) -> str:
    return f"fund-{digits(12, 'fund', customer.key)}"


def _balance(customer: Customer, now: Instant) -> int:
    cents = 0
    for _ in _months(customer, now):
        cents += cents // _INTEREST + customer.holder.income * _SHARE // 100
    return cents


def funds(customer: Customer, session: Session, now: Instant) -> Iterator[Investment]:
    """Yield the worker's account in the fund, where the bank keeps one."""
    if not _keeps(customer, session):
        return
    months, cents = _months(customer, now), _balance(customer, now)
    paid = customer.holder.income * _SHARE // 100 * len(months)
    firms = businesses()
    employer = firms[chance("employer", customer.holder.key).randrange(len(firms))]
    yield Investment(
        key=_key(customer),
        kind="security",
        subkind="severance-fund",
        name="FGTS",
        number=digits(11, "fund number", customer.key),
        owner=customer.holder.name,
        currency=customer.land.currency,
        as_of=instant_of(day_of(now)),
        balance=money(cents),
        amount=money(cents),
        original=money(paid),
        profit=money(cents - paid),
        purchased_on=on(first_day(months[0])) if months else None,
        issuer=employer.name,
        issuer_cnpj=employer.document,
        tax_exempt=True,
        institution_name=customer.institution_name,
        institution_number="104",
    )


def deposits(customer: Customer, session: Session, now: Instant) -> Iterator[InvestmentMovement]:
    """Yield what was paid in, month by month, oldest first."""
    if not _keeps(customer, session):
        return
    key, cents = _key(customer), money(customer.holder.income * _SHARE // 100)
    for month in _months(customer, now):
        day = nth_day(month, _PAID_ON)
        yield InvestmentMovement(
            key=f"{key}-{month}",
            investment_key=key,
            kind="buy",
            credit=True,
            occurred_at=instant_of(day),
            description="115-DEPOSITO",
            amount=cents,
            net_amount=cents,
        )
