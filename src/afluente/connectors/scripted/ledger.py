"""The accounts of a customer at an instant: balances, movements as records, statements."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter

from afluente.connectors.scripted import bulk, days, household, northern, spanish, trade
from afluente.connectors.scripted.cards import KEPT, KEPT_SUMS
from afluente.connectors.scripted.customers import Customer, Plan
from afluente.connectors.scripted.days import day_of, day_text, instant_of, month_of, month_text
from afluente.connectors.scripted.moves import Habit, Move, money, opening, payment, whole_month
from afluente.connectors.scripted.seeding import chance
from afluente.core.accounts import Account, AccountKind, BankDetails, Pocket, Transaction
from afluente.core.clock import DAY, Instant
from afluente.core.documents import Balance, Statement

FIRST_MONTH = 2015 * 12
"""The month in which every account was opened: nothing moved before it."""

STATEMENT_MONTHS = 12

_HABITS: dict[str, Habit] = {
    "checking": household.checking,
    "savings": household.savings,
    "business": trade.business,
    "sales": trade.sales,
    "brokerage": trade.brokerage,
}

_HABITS_OF: dict[str, Mapping[str, Habit]] = {"BR": _HABITS, "CA": northern.HABITS, "US": northern.HABITS}
"""What goes on in accounts, by country; elsewhere it is Spanish America's."""

_WITH_OVERDRAFT = frozenset({"checking", "business", "bulk"})

Booked = tuple[Instant, str, int, Move, int]
"""A movement with its instant, its key, its place among the day's, and the balance behind it in cents."""


_instant = itemgetter(0)


@lru_cache(maxsize=KEPT)
def _month(customer: Customer, plan: Plan, month: int) -> tuple[Booked, ...]:
    """Return a month of an account, each movement with its key and the balance behind it."""
    balance = opening(customer, plan, month)
    booked: list[Booked] = []
    day, place = 0, 0
    habits = _HABITS_OF.get(customer.country, spanish.HABITS)
    for move in whole_month(habits[plan.habit], customer, plan, month):
        day, place = move.day, (place + 1 if move.day == day else 0)
        balance += move.cents
        booked.append((instant_of(day, move.at), f"{plan.key}-{day}-{place}", place, move, balance))
    return tuple(booked)


def cents_at(customer: Customer, plan: Plan, now: Instant) -> int:
    """Return what an account holds at an instant, in cents: what opened it and all that has moved since."""
    if plan.habit == "bulk":
        return bulk.cents_at(customer, plan, day_of(now))
    month = max(month_of(day_of(now)), FIRST_MONTH)
    booked = _month(customer, plan, month)
    behind = bisect_right(booked, now, key=_instant)
    return booked[behind - 1][-1] if behind else opening(customer, plan, month)


def account(customer: Customer, plan: Plan, now: Instant) -> Account:
    """Return the record of a bank account."""
    names = customer.land.accounts
    name, marketing = names.get(plan.habit) or names["checking"]
    cents = cents_at(customer, plan, now)
    return Account(
        key=plan.key,
        kind=AccountKind.SAVINGS if plan.habit == "savings" else AccountKind.CHECKING,
        number=plan.number,
        name=name,
        marketing_name=marketing,
        currency=customer.land.currency,
        balance=money(cents),
        owner=customer.holder.name,
        tax_number=customer.holder.document,
        # what needs several approvals is held together
        joint="together" if plan.joint else None,
        bank=_details(customer, plan, cents, now),
        detail_url=customer.page_of(plan),
        product_details=product_details(customer, plan),
    )


def product_details(customer: Customer, plan: Plan) -> dict[str, str]:
    """Return what the institution's page of the product says."""
    return dict(_product_details(customer, plan))


@lru_cache(maxsize=KEPT_SUMS)
def _product_details(customer: Customer, plan: Plan) -> tuple[tuple[str, str], ...]:
    draw = chance("product", customer.key, plan.key)
    opened = days.on(days.nth_day(FIRST_MONTH, draw.randrange(1, 29)))
    rate = money(draw.randrange(5, 40) * 10 if plan.habit in ("savings", "card") else 0)
    return ("opened_on", opened.isoformat()), ("interest_rate", f"{rate}"), ("statement_cycle", "monthly")


def _details(customer: Customer, plan: Plan, cents: int, now: Instant) -> BankDetails:
    number = plan.transfer
    if customer.country in ("CA", "US"):
        return BankDetails(
            transfer_number=number,
            available=money(cents if plan.available is None else plan.available),
            closing_balance=money(cents_at(customer, plan, instant_of(day_of(now)) - 1)),
            overdraft_limit=money(plan.limit),
            overdraft_used=money(min(plan.limit, max(0, -cents))),
        )
    if plan.habit == "savings" or customer.country != "BR":
        closing = cents if plan.habit == "savings" else cents_at(customer, plan, instant_of(day_of(now)) - 1)
        return BankDetails(transfer_number=number, closing_balance=money(closing))
    limit = customer.holder.income // 2 // 100_00 * 100_00 if plan.habit in _WITH_OVERDRAFT else 0
    put_by, invested = _put_by(customer, plan)
    return BankDetails(
        transfer_number=number,
        closing_balance=money(cents_at(customer, plan, instant_of(day_of(now)) - 1)),
        automatically_invested=invested,
        overdraft_limit=money(limit),
        overdraft_used=money(min(limit, max(0, -cents))),
        overdraft_unarranged=money(max(0, -cents - limit)),
        pockets=(put_by,) if plan.habit == "checking" else (),
    )


@lru_cache(maxsize=KEPT_SUMS)
def _put_by(customer: Customer, plan: Plan) -> tuple[Pocket, Decimal]:
    """Return the pocket of an account, and what the bank has invested of it."""
    draw = chance("details", customer.key, plan.key)
    held = money(draw.randrange(100_00, 2_000_00))
    pocket = Pocket("Reserva de emergência", f"{plan.key}-reserve", held, "BRL")
    return pocket, money(draw.randrange(50_00, 5_000_00))


def transactions(customer: Customer, plan: Plan, since: Instant, now: Instant) -> Iterator[Transaction]:
    """Yield what moved on a bank account from `since` until now, oldest first."""
    if plan.habit == "bulk":
        yield from bulk.transactions(customer, plan, since, now)
        return
    currency = customer.land.currency
    for month in range(max(month_of(day_of(since)), FIRST_MONTH), month_of(day_of(now)) + 1):
        booked = _month(customer, plan, month)
        first, behind = bisect_left(booked, since, key=_instant), bisect_right(booked, now, key=_instant)
        for happened, key, place, move, after in booked[first:behind]:
            yield Transaction(
                key=key,
                account_key=plan.key,
                occurred_at=happened,
                amount=money(move.cents),
                currency=currency,
                description=move.description,
                raw_description=f"{move.description} {day_text(move.day)}",
                pending=move.slow and now - happened < DAY,
                category=move.category,
                balance_after=money(after),
                order=place,
                code=key[-10:],
                operation=move.operation,
                payment=payment(plan, move, key),
                merchant=move.merchant,
            )


def balance(customer: Customer, plan: Plan, now: Instant) -> Balance:
    """Return the balance that the institution has at this moment."""
    cents = cents_at(customer, plan, now)
    return Balance(
        account_key=plan.key,
        currency=customer.land.currency,
        available=money(cents),
        blocked=Decimal("0.00"),
        automatically_invested=(details := _details(customer, plan, cents, now)).automatically_invested,
        closing=details.closing_balance,
    )


def statements(plan: Plan, now: Instant) -> Iterator[Statement]:
    """Yield the statement of each of the past twelve whole months, latest first."""
    month = month_of(day_of(now))
    for past in range(month - 1, max(month - 1 - STATEMENT_MONTHS, FIRST_MONTH - 1), -1):
        text = month_text(past)
        yield Statement(key=f"{plan.key}-{text}", account_key=plan.key, month=text)
