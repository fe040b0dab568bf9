"""Accounts, cards, their bills, statements and live balances."""

from __future__ import annotations

from typing import Any

from afluente.core.accounts import Account, AccountKind, BankDetails, Bill, BillPayment, CardDetails, FinanceCharge
from afluente.core.clock import Instant
from afluente.core.connections import Stored
from afluente.core.documents import Balance, Statement
from afluente.core.identity import derived_id
from afluente.web.instants import instant, midnight

SUBTYPES = {
    AccountKind.CHECKING: ("BANK", "CHECKING_ACCOUNT"),
    AccountKind.SAVINGS: ("BANK", "SAVINGS_ACCOUNT"),
    AccountKind.CREDIT_CARD: ("CREDIT", "CREDIT_CARD"),
}
"""Kind of account to the wire's `type` and `subtype`."""

_CARD_STATUS = {"active": "ACTIVE", "blocked": "BLOCKED", "cancelled": "CANCELLED"}
_CARD_HOLDER = {"main": "MAIN", "additional": "ADDITIONAL"}
_CHARGES = {
    "late-remuneration": "LATE_PAYMENT_REMUNERATIVE_INTEREST",
    "late-fee": "LATE_PAYMENT_FEE",
    "late-interest": "LATE_PAYMENT_INTEREST",
    "iof": "IOF",
    "other": "OTHER",
}
_BILL_PAYMENTS = {"full": "FULL_PAYMENT", "installment": "INSTALLMENT_PAYMENT", "other": "OTHER_PAYMENT"}
_PAYMENT_MODES = {"debit": "DEBIT_ACCOUNT", "slip": "BANK_SLIP", "payroll": "PAYROLL_DEDUCTION", "pix": "PIX"}


def account(stored: Stored[Account]) -> dict[str, Any]:
    """Return the whole account; `bankData` is a bank account's and `creditData` a card's."""
    record = stored.record
    kind, subtype = SUBTYPES[record.kind]
    return {
        "id": stored.id,
        "type": kind,
        "subtype": subtype,
        "number": record.number,
        "name": record.name,
        "marketingName": record.marketing_name,
        "balance": record.balance,
        "itemId": stored.connection_id,
        "taxNumber": record.tax_number,
        "owner": record.owner,
        "currencyCode": record.currency,
        "bankData": None if record.bank is None else _bank(record.bank),
        "creditData": None if record.card is None else _card(record.card),
        "createdAt": instant(stored.created_at),
        "updatedAt": instant(stored.updated_at),
    }


def reduced_account(stored: Stored[Account]) -> dict[str, Any]:
    """Return what a connect token may see of an account."""
    record = stored.record
    kind, subtype = SUBTYPES[record.kind]
    return {
        "id": stored.id,
        "itemId": stored.connection_id,
        "type": kind,
        "subtype": subtype,
        "number": record.number,
        "balance": record.balance,
        "name": record.name,
        "currencyCode": record.currency,
    }


def _bank(bank: BankDetails) -> dict[str, Any]:
    pockets = [
        {
            "name": pocket.name,
            "identification": pocket.identification,
            "availableAmounts": [{"amount": pocket.amount, "currencyCode": pocket.currency}],
        }
        for pocket in bank.pockets
    ]
    return {
        "transferNumber": bank.transfer_number,
        "closingBalance": bank.closing_balance,
        "automaticallyInvestedBalance": bank.automatically_invested,
        "overdraftContractedLimit": bank.overdraft_limit,
        "overdraftUsedLimit": bank.overdraft_used,
        "unarrangedOverdraftAmount": bank.overdraft_unarranged,
        "hasReservedBalance": bool(pockets),
        "reservedBalances": pockets or None,
    }


def _card(card: CardDetails) -> dict[str, Any]:
    return {
        "level": card.level,
        "brand": card.brand,
        "brandAdditionalInfo": None,
        "balanceCloseDate": midnight(card.closes_on),
        "balanceDueDate": midnight(card.due_on),
        "availableCreditLimit": card.available,
        "balanceForeignCurrency": card.foreign_balance,
        "minimumPayment": card.minimum_payment,
        "creditLimit": card.limit,
        "isLimitFlexible": card.flexible_limit,
        "status": _CARD_STATUS.get(card.status),
        "holderType": _CARD_HOLDER.get(card.holder),
        "disaggregatedCreditLimits": None,
        "additionalCards": [{"number": number} for number in card.additional_cards],
    }


def balance(record: Balance, asked_at: Instant) -> dict[str, Any]:
    """Return a balance that the institution gave at `asked_at`."""
    return {
        "balance": record.available,
        "blockedBalance": record.blocked,
        "automaticallyInvestedBalance": record.automatically_invested,
        "closingBalance": record.closing,
        "currencyCode": record.currency,
        "updateDateTime": instant(asked_at),
    }


def bill(stored: Stored[Bill], *, with_account: bool = False) -> dict[str, Any]:
    """Return a bill; `with_account` adds the account's id, as the answer for a single bill has it."""
    record = stored.record
    wire: dict[str, Any] = {
        "id": stored.id,
        "dueDate": midnight(record.due_on),
        "billClosingDate": midnight(record.closes_on),
        "totalAmount": record.total,
        "totalAmountCurrencyCode": record.currency,
        "minimumPaymentAmount": record.minimum_payment,
        "allowsInstallments": record.allows_installments,
        "financeCharges": [_charge(stored.id, charge) for charge in record.charges],
        "payments": [_payment(stored.id, payment) for payment in record.payments],
        "createdAt": instant(stored.created_at),
        "updatedAt": instant(stored.updated_at),
    }
    if with_account:
        wire["accountId"] = stored.parent_id
    return wire


def _charge(bill_id: str, charge: FinanceCharge) -> dict[str, Any]:
    return {
        "id": derived_id(bill_id, "charge", charge.key),
        "type": _CHARGES.get(charge.kind, "OTHER"),
        "amount": charge.amount,
        "currencyCode": charge.currency,
        "additionalInfo": charge.info,
    }


def _payment(bill_id: str, payment: BillPayment) -> dict[str, Any]:
    return {
        "id": derived_id(bill_id, "payment", payment.key),
        "valueType": _BILL_PAYMENTS.get(payment.kind, "OTHER_PAYMENT"),
        "paymentDate": midnight(payment.paid_on),
        "paymentMode": None if payment.mode is None else _PAYMENT_MODES.get(payment.mode),
        "amount": payment.amount,
        "currencyCode": payment.currency,
    }


def statement(stored: Stored[Statement], url: str) -> dict[str, Any]:
    """Return a monthly statement, its month as `MM-YYYY`; `url` is where its document lies for a while."""
    year, _, month = stored.record.month.partition("-")
    return {"id": stored.id, "monthYear": f"{month}-{year}", "url": url}
