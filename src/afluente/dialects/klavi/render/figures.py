"""Income, liabilities and insights, in the words of both generations: what is reckoned is the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from afluente.analysis.income import TRAILING, IncomeKind, IncomeStream
from afluente.analysis.recurring import ExpenseKind, RecurringExpense
from afluente.analysis.signals import Signal
from afluente.analysis.spans import days_back
from afluente.core.accounts import Account
from afluente.core.connections import Stored
from afluente.dialects.klavi.render import heads
from afluente.dialects.klavi.render.cards import card_type
from afluente.dialects.klavi.render.held import Held, Seen
from afluente.dialects.klavi.render.spelling import UNAVAILABLE, Money, Plain, iso, yes

_EARNED = {
    IncomeKind.SALARY: "Regular salary",
    IncomeKind.BONUS: "Bonus",
    IncomeKind.INTEREST: "Investment dividend",
    IncomeKind.DIVIDENDS: "Investment dividend",
    IncomeKind.GOVERNMENT: "Government benefit",
    IncomeKind.RETIREMENT: "Retirement",
    IncomeKind.RENT: "Rental",
    IncomeKind.FREELANCE: "Freelance",
}
_OTHER_INCOME = "Other income"
"""The first three words are Klavi's own, the others ours."""

_OWED = {
    ExpenseKind.CARD_BILL: "Credit card",
    ExpenseKind.MORTGAGE: "Mortgage",
    ExpenseKind.RENT: "Utilities rental",
    ExpenseKind.UTILITY: "Utilities rental",
    ExpenseKind.TELECOM: "Utilities rental",
}
_OTHER_TRANSFER = "Other recurrent transfer"


def income(seen: Seen, money: Money) -> list[dict[str, Any]]:
    """Return the income on every account that holds money, in its currency."""
    return [_income(seen, held, account, money) for held in seen.held for account in held.bank_accounts]


def _income(seen: Seen, held: Held, account: Stored[Account], money: Money) -> dict[str, Any]:
    streams = seen.earned(account)
    totals = seen.trailing(account, streams)
    return {
        **heads.by_account(held, account),
        "days_covered": seen.days_covered,
        "number_of_income_streams": len(streams),
        **_over("total_income", totals, account.record.currency, money),
        "incomeStream": [_earned(seen, one, money) for one in streams],
    }


def _over(name: str, totals: Mapping[int, Decimal | None], currency: str, money: Money) -> dict[str, Any]:
    """One key for each span that ends today."""
    return {f"{name}_last_{days}_days": money(totals[days], currency) for days in TRAILING}


def _earned(seen: Seen, stream: IncomeStream, money: Money) -> dict[str, Any]:
    days = [str(day) for day in stream.usual_days[:2]]
    first, second = (*days, *[str(UNAVAILABLE)] * 2)[:2]
    return {
        "incomeDay": {"1st_income_day": first, "2nd_income_day": second},
        "income_stream_type": _EARNED.get(stream.kind, _OTHER_INCOME),
        "incomeTransactions": Plain(
            {"trans_amount": money(amount, stream.currency), "trans_date": day, "trans_description": text}
            for day, amount, text in _movements(seen, stream)
        ),
    }


def _movements(seen: Seen, stream: IncomeStream | RecurringExpense) -> Iterable[tuple[str | None, Decimal, str]]:
    """Yield the movements of a stream: day, amount (above zero) and what it is called."""
    for key, day, amount in zip(stream.keys, stream.days, stream.amounts, strict=True):
        yield iso(day), amount, seen.descriptions[stream.account_key, key]


def liabilities(seen: Seen, money: Money) -> list[dict[str, Any]]:
    """Return what is paid again and again from every account that holds money; amounts are above zero."""
    return [_liabilities(seen, held, account, money) for held in seen.held for account in held.bank_accounts]


def _liabilities(seen: Seen, held: Held, account: Stored[Account], money: Money) -> dict[str, Any]:
    streams = seen.owed(account)
    totals = seen.trailing(account, streams)
    return {
        **heads.by_account(held, account),
        "days_covered": seen.days_covered,
        "number_of_liability_streams": len(streams),
        **_over("total_liabilities", totals, account.record.currency, money),
        "liabilityStream": [
            {
                "liability_stream_type": _OWED.get(one.kind, _OTHER_TRANSFER),
                "liabilityTransactions": Plain(
                    {"trans_date": day, "trans_amount": money(amount, one.currency), "trans_description": text}
                    for day, amount, text in _movements(seen, one)
                ),
            }
            for one in streams
        ],
    }


def financial_insight(seen: Seen, money: Money) -> list[dict[str, Any]]:
    """Return what the accounts look like together, in the currency of most of them; none without an account."""
    first = next((held for held in seen.held if held.main is not None), None)
    if first is None:
        return []
    return [
        {
            **heads.by_account(first, first.main),
            "days_covered": seen.days_covered,
            "cashflowAnalysis": [_cashflow(seen, money)],
            "creditAnalysis": [_credit(seen, money)],
            "creditcardSpending": [_spending(seen, held, card, money) for held in seen.held for card in held.cards],
            "financialProfile": [_profile(seen, money)],
        }
    ]


def _cashflow(seen: Seen, money: Money) -> dict[str, Any]:
    """Balances now and by the day, and what was gained and spent; the holder's own money is left out."""
    sight = seen.sight
    currency, assets = sight.currency, sight.assets
    means = {days: sight.balances_in(days_back(sight.on, days)).mean for days in TRAILING}
    return {
        "checking_account_balance": money(assets.checking_balance, currency),
        "saving_account_balance": money(assets.savings_balance, currency),
        **_over("avg_daily_balance", means, currency, money),
        **_over("inflow", {days: one.gained for days, one in seen.flows.items()}, currency, money),
        **_over("outflow", {days: one.spent for days, one in seen.flows.items()}, currency, money),
    }


def _credit(seen: Seen, money: Money) -> dict[str, Any]:
    """What may be borrowed at once; no bank tells what it would lend beyond."""
    currency = seen.sight.currency
    return {
        "overdraft_limit": money(seen.sight.arranged.limit, currency),
        "preapproved_loan": money(None, currency),
    }


def _spending(seen: Seen, held: Held, card: Stored[Account], money: Money) -> dict[str, Any]:
    figures, currency = seen.card(held, card), card.record.currency
    return {
        "card_holder": heads.owner(held, card),
        "card_last_4_digit": heads.ending(card.record.number),
        "card_type": card_type(card.record),
        "credit_limit": money(figures.limit, currency),
        "closed_bills_covered": figures.closed_bills,
        "open_bill_balance": money(figures.open_bill, currency),
        "last_closed_bill": money(figures.last_bill, currency),
        "avg_last_3_closed_bills": money(figures.average_bill, currency),
        "days_covered": seen.days_covered,
        "has_late_payment": yes(figures.late_payments > 0),
        "pay_bills_in_installment": yes(figures.pays_in_instalments),
    }


def _profile(seen: Seen, money: Money) -> dict[str, Any]:
    """Sums of what was paid so in all known days, and flags for what was seen at all."""
    signs, currency = seen.signs, seen.sight.currency

    def paid(signal: Signal) -> Any:
        return money(signs.get(signal, Decimal(0)), currency)

    return {
        "iof": paid(Signal.TRANSACTION_TAX),
        "has_inss": yes(Signal.SOCIAL_SECURITY in signs),
        "has_severance": yes(Signal.SEVERANCE in signs),
        "atm_withdrawal": paid(Signal.CASH_WITHDRAWAL),
        "has_iptu_payment": yes(Signal.PROPERTY_TAX in signs),
        "has_ipva_payment": yes(Signal.VEHICLE_TAX in signs),
        "overdraft_interest": paid(Signal.OVERDRAFT_INTEREST),
        "has_returned_cheque": yes(Signal.RETURNED_PAYMENT in signs),
        "additional_overdraft_interest": paid(Signal.OVERDRAFT_FEE),
    }
