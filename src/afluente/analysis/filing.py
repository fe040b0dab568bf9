"""Under which category a movement is filed that nobody has filed yet: by what it earns or pays for."""

from __future__ import annotations

from collections.abc import Mapping

from afluente.analysis import income, recurring
from afluente.analysis.history import Movement
from afluente.analysis.income import IncomeKind
from afluente.analysis.recurring import ExpenseKind
from afluente.analysis.signals import Signal, signals_of
from afluente.core.accounts import Merchant

_INCOMES = {
    IncomeKind.SALARY: "income.salary",
    IncomeKind.BONUS: "income.salary",
    IncomeKind.GOVERNMENT: "income.government-aid",
    IncomeKind.RETIREMENT: "income.retirement",
    IncomeKind.INTEREST: "investments.proceeds-interests-and-dividends",
    IncomeKind.DIVIDENDS: "investments.proceeds-interests-and-dividends",
    IncomeKind.RENT: "income",
    IncomeKind.FREELANCE: "income.entrepreneurial-activities",
    IncomeKind.OTHER: "income",
    IncomeKind.TRANSFER: "transfers",
    IncomeKind.DEPOSIT: "transfers.transfer-cash",
}
_EXPENSES = {
    ExpenseKind.SUBSCRIPTION: "digital-services",
    ExpenseKind.UTILITY: "housing.utilities",
    ExpenseKind.TELECOM: "services.telecommunications",
    ExpenseKind.RENT: "housing.rent",
    ExpenseKind.MORTGAGE: "loans-and-financing.financing.real-estate-financing",
    ExpenseKind.LOAN: "loans-and-financing.loans",
    ExpenseKind.CARD_BILL: "transfers.credit-card-payment",
    ExpenseKind.INSURANCE: "insurance",
    ExpenseKind.EDUCATION: "services.education",
    ExpenseKind.FITNESS: "services.wellness-and-fitness.gyms-and-fitness-centers",
    ExpenseKind.TAX: "taxes",
    ExpenseKind.FEE: "bank-fees",
    ExpenseKind.PENALTY: "loans-and-financing.late-payment-and-overdraft-costs",
    ExpenseKind.TRANSFER: "transfers",
    ExpenseKind.PURCHASE: "shopping",
}
_SIGNALS = {
    Signal.GAMBLING: "gambling",
    Signal.CASH_WITHDRAWAL: "transfers.transfer-cash",
    Signal.RETURNED_PAYMENT: "loans-and-financing.late-payment-and-overdraft-costs",
}
"""Neutral categories; of what is not in these tables nothing is known."""


def category_of(movement: Movement) -> str | None:
    """Return the neutral category of a movement: a known seller's own, else that of what it is for; None: unknown.

    What the institution filed it under is not asked here: whoever has that needs no other.
    """
    if movement.amount > 0:
        return _INCOMES.get(income.kind_of(movement))
    merchant = movement.record.merchant
    if merchant is not None and merchant.category:
        return merchant.category
    said = next((_SIGNALS[signal] for signal in signals_of(movement) if signal in _SIGNALS), None)
    kind = recurring.kind_of(movement)
    # A shop's or a bank's own word is nearer than that something was bought or moved.
    return said if said is not None and kind in _VAGUE else _EXPENSES.get(kind) or said


_VAGUE = frozenset({ExpenseKind.OTHER, ExpenseKind.TRANSFER, ExpenseKind.PURCHASE, ExpenseKind.FEE})


def seller_of(description: str, sellers: Mapping[str, Merchant]) -> Merchant | None:
    """Return the seller whose name stands in a description; `sellers` are by name, in lower case."""
    told = description.casefold()
    return next((seller for name, seller in sellers.items() if name in told), None)
