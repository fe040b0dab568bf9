"""A card at an instant, as records: what is owed, the bills, and the movements that are on them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from afluente.connectors.scripted import cards
from afluente.connectors.scripted.cards import Line, Sum
from afluente.connectors.scripted.customers import Customer, Plan
from afluente.connectors.scripted.days import day_of, day_text, instant_of, month_text, on
from afluente.connectors.scripted.ledger import FIRST_MONTH, product_details
from afluente.connectors.scripted.moves import money
from afluente.connectors.scripted.seeding import chance
from afluente.connectors.scripted.shops import merchant
from afluente.core.accounts import (
    Account,
    AccountKind,
    Bill,
    BillPayment,
    CardDetails,
    CardPurchase,
    FinanceCharge,
    Transaction,
)
from afluente.core.clock import DAY, Instant
from afluente.core.documents import Balance

CLOSED_BILLS = 12
PENDING_FOR: Instant = 2 * DAY

_BRANDS = (("VISA", "GOLD"), ("VISA", "PLATINUM"), ("MASTERCARD", "BLACK"), ("MASTERCARD", "GOLD"), ("ELO", "MAIS"))


_OWN_BRANDS = {"American Express Canada": (("AMERICAN EXPRESS", "COBALT"), ("AMERICAN EXPRESS", "PLATINUM"))}
"""What issuers with a brand of their own issue."""


def bill_key(card: Plan, bill: int) -> str:
    """Return the key of the bill that falls due in a month."""
    return f"{card.key}-bill-{month_text(bill)}"


def _is_paid(customer: Customer, bill: int, now: Instant) -> bool:
    return instant_of(cards.paid_on(customer, bill), cards.PAID_AT) <= now


def owed(customer: Customer, card: Plan, now: Instant) -> int:
    """Return what the holder owes in cents: bills that closed and are not paid, and the open one so far."""
    current = cards.bill_of(customer, day_of(now))
    return sum(
        cards.sum_at(customer, card, bill, now).owed
        for bill in (current - 1, current)
        if not _is_paid(customer, bill, now)
    )


def account(customer: Customer, card: Plan, now: Instant) -> Account:
    """Return the record of a card."""
    today = day_of(now)
    current = cards.bill_of(customer, today)
    cents = owed(customer, card, now)
    brand, level = _brand(customer, card)
    limit = customer.holder.income * 4 // 1000_00 * 1000_00
    taken = cents + cards.still_to_come(customer, card, today)
    open_total = cards.sum_at(customer, card, current, now).owed
    return Account(
        key=card.key,
        kind=AccountKind.CREDIT_CARD,
        number=card.number,
        name=f"{brand.title()} {level.title()}",
        marketing_name=f"{customer.institution_name} {level.title()}",
        currency=customer.land.currency,
        balance=money(cents),
        owner=customer.holder.name,
        tax_number=customer.holder.document,
        card=CardDetails(
            brand=brand,
            level=level,
            closes_on=on(cards.closes_on(customer, current)),
            due_on=on(cards.due_on(customer, current)),
            limit=money(limit),
            available=money(max(0, limit - taken)),
            minimum_payment=money(customer.land.whole(max(0, open_total) * 15 // 100)),
            foreign_balance=money(0),
            flexible_limit=False,
            additional_cards=(f"{(int(card.number) + 1111) % 10_000:04d}",),
        ),
        detail_url=customer.page_of(card),
        product_details=product_details(customer, card),
    )


@lru_cache(maxsize=cards.KEPT_SUMS)
def _brand(customer: Customer, card: Plan) -> tuple[str, str]:
    brands = _OWN_BRANDS.get(customer.institution_name, _BRANDS if customer.country == "BR" else _BRANDS[:-1])
    return chance("brand", card.key).choice(brands)


def balance(customer: Customer, card: Plan, now: Instant) -> Balance:
    """Return what is owed at this moment."""
    return Balance(account_key=card.key, currency=customer.land.currency, available=money(owed(customer, card, now)))


def bills(customer: Customer, card: Plan, now: Instant) -> Iterator[Bill]:
    """Yield the open bill and the twelve before it, latest first."""
    current = cards.bill_of(customer, day_of(now))
    yield _bill(customer, card, current, cards.sum_at(customer, card, current, now), paid=False)
    for bill in range(current - 1, max(current - CLOSED_BILLS - 1, FIRST_MONTH), -1):
        # all but the latest were paid before that one closed
        yield _closed_bill(customer, card, bill, bill < current - 1 or _is_paid(customer, bill, now))


@lru_cache(maxsize=cards.KEPT_SUMS)
def _closed_bill(customer: Customer, card: Plan, bill: int, paid: bool) -> Bill:
    seen = cards.bill_sum(customer, card, bill)
    return _bill(customer, card, bill, seen, paid and seen.owed > 0)


def _bill(customer: Customer, card: Plan, bill: int, seen: Sum, paid: bool) -> Bill:
    total = seen.owed
    return Bill(
        key=bill_key(card, bill),
        account_key=card.key,
        due_on=on(cards.due_on(customer, bill)),
        closes_on=on(cards.closes_on(customer, bill)),
        total=money(total),
        currency=customer.land.currency,
        minimum_payment=money(customer.land.whole(max(0, total) * 15 // 100)),
        allows_installments=True,
        charges=tuple(
            FinanceCharge(
                key=f"{line.key}-charge",
                kind=line.charge or "",
                amount=money(-line.cents),
                currency=customer.land.currency,
                info=line.description,
            )
            for line in seen.charges
        ),
        payments=(_payment(customer, card, bill, total),) if paid else (),
    )


def _payment(customer: Customer, card: Plan, bill: int, total: int) -> BillPayment:
    return BillPayment(
        key=_payment_key(card, bill),
        kind="full",
        paid_on=on(cards.paid_on(customer, bill)),
        mode="debit",
        amount=money(total),
        currency=customer.land.currency,
    )


def _payment_key(card: Plan, bill: int) -> str:
    return f"{card.key}-paid-{month_text(bill)}"


def transactions(customer: Customer, card: Plan, since: Instant, now: Instant) -> Iterator[Transaction]:
    """Yield what is on the bills, and their payments, from `since` until now; bill by bill, oldest first."""
    first = cards.bill_of(customer, day_of(since))
    for bill in range(max(first - 1, FIRST_MONTH), cards.bill_of(customer, day_of(now)) + 1):
        if bill >= first:
            yield from _on_bill(customer, card, bill, since, now)
        paid = instant_of(cards.paid_on(customer, bill), cards.PAID_AT)
        total = cards.bill_total(customer, card, bill) if since <= paid <= now else 0
        if total > 0:
            yield Transaction(
                key=_payment_key(card, bill),
                account_key=card.key,
                occurred_at=paid,
                amount=money(total),
                currency=customer.land.currency,
                description=customer.land.words["card_paid"],
                raw_description=customer.land.words["card_paid_bill"].replace("{month}", month_text(bill)),
                category="transfers.credit-card-payment",
                operation="PAGAMENTO",
                card=CardPurchase(card_number=card.number),
            )


def _on_bill(customer: Customer, card: Plan, bill: int, since: Instant, now: Instant) -> Iterator[Transaction]:
    """Yield what happened on a bill from `since` until now, payments aside."""
    currency, month, key = customer.land.currency, month_text(bill), bill_key(card, bill)
    for place, line in cards.lines_between(customer, card, bill, since, now):
        abroad = line.dollars is not None
        happened = line.happened
        yield Transaction(
            key=line.key,
            account_key=card.key,
            occurred_at=happened,
            amount=money(line.dollars if line.dollars is not None else line.cents),
            account_amount=money(line.cents) if abroad else None,
            currency="USD" if abroad else currency,
            description=line.description,
            raw_description=f"{line.description} {day_text(line.day)}",
            pending=line.shop is not None and (line.instalment or 1) == 1 and now - happened < PENDING_FOR,
            category=line.category,
            order=place,
            operation=_operation(line),
            merchant=merchant(line.shop) if line.shop else None,
            card=CardPurchase(
                installment=line.instalment,
                installments=line.instalments,
                total=money(line.total) if line.total is not None else None,
                purchased_on=on(line.bought_on) if line.bought_on is not None else None,
                mcc=line.shop.mcc if line.shop else None,
                card_number=card.number,
                bill_key=key,
                forecast_month=month,
                fee=line.fee,
            ),
        )


def _operation(line: Line) -> str:
    """Return what Open Finance Brasil calls a card movement; its list has no name for a purchase."""
    if line.fee is not None:
        return "TARIFA"
    return "ESTORNO" if line.cents > 0 else "OUTROS"
