"""Accounts, cards with their bills, and what moved on them. Every record carries the institution's own `key`.

Amounts are signed from the holder's side: positive is money the holder gained, negative is money spent, on
cards as on bank accounts. A card's `balance` is what is owed, positive when the holder owes.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec

from .clock import Instant


class AccountKind(StrEnum):
    """What an account is for."""

    CHECKING = "checking"
    SAVINGS = "savings"
    CREDIT_CARD = "credit-card"


class Pocket(msgspec.Struct, frozen=True, omit_defaults=True):
    """Money set aside inside an account."""

    name: str | None
    identification: str
    amount: Decimal
    currency: str


class BankDetails(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a bank account has beside its balance.

    `transfer_number` is bank/branch/account as used for transfers: in Canada institution/transit/account, in the
    United States routing number/account. `available` is what may be taken out now, where the institution tells it
    apart from the balance.
    """

    transfer_number: str | None = None
    available: Decimal | None = None
    closing_balance: Decimal | None = None
    automatically_invested: Decimal | None = None
    overdraft_limit: Decimal | None = None
    overdraft_used: Decimal | None = None
    overdraft_unarranged: Decimal | None = None
    pockets: tuple[Pocket, ...] = ()


class CardDetails(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a card has beside its balance. `status` is active, blocked or cancelled; `holder` main or additional."""

    brand: str | None = None
    level: str | None = None
    closes_on: date | None = None
    due_on: date | None = None
    limit: Decimal | None = None
    available: Decimal | None = None
    minimum_payment: Decimal | None = None
    foreign_balance: Decimal | None = None
    flexible_limit: bool | None = None
    status: str = "active"
    holder: str = "main"
    additional_cards: tuple[str, ...] = ()


class Account(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An account or a card. `tax_number` is the owner's CPF or CNPJ, formatted.

    `joint` says that several people hold it, who act on it only `together` or each of them `alone`. `detail_url` is the
    institution's own page of the account. `product_details` is what its page of the product says
    (interest rate, fees, when it was opened), by neutral names.
    """

    key: str
    kind: AccountKind
    number: str
    name: str
    currency: str
    balance: Decimal
    marketing_name: str | None = None
    owner: str | None = None
    tax_number: str | None = None
    joint: Literal["together", "alone"] | None = None
    bank: BankDetails | None = None
    card: CardDetails | None = None
    detail_url: str | None = None
    product_details: dict[str, str] = {}


class FinanceCharge(msgspec.Struct, frozen=True, omit_defaults=True):
    """A charge on a bill. `kind`: late-interest, late-fee, late-remuneration, iof, other."""

    key: str
    kind: str
    amount: Decimal
    currency: str
    info: str | None = None


class BillPayment(msgspec.Struct, frozen=True, omit_defaults=True):
    """A payment of a bill. `kind`: full, installment, other. `mode`: debit, slip, payroll, pix."""

    key: str
    kind: str
    paid_on: date
    mode: str | None
    amount: Decimal
    currency: str


class Bill(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One closed or open bill of a card."""

    key: str
    account_key: str
    due_on: date
    total: Decimal
    currency: str
    closes_on: date | None = None
    minimum_payment: Decimal | None = None
    allows_installments: bool | None = None
    charges: tuple[FinanceCharge, ...] = ()
    payments: tuple[BillPayment, ...] = ()


# Of what a movement consists of there are many at once, and none of it leads back to itself: it is no matter for the
# collector of garbage.


class Party(msgspec.Struct, gc=False, frozen=True, omit_defaults=True, kw_only=True):
    """Who paid or was paid. `document` is a formatted CPF or CNPJ; `ispb` the bank's number in the payment system."""

    name: str | None = None
    document: str | None = None
    branch: str | None = None
    account: str | None = None
    bank: str | None = None
    ispb: str | None = None


class Slip(msgspec.Struct, gc=False, frozen=True, omit_defaults=True, kw_only=True):
    """A boleto's figures."""

    digitable_line: str | None = None
    barcode: str | None = None
    base: Decimal | None = None
    interest: Decimal | None = None
    penalty: Decimal | None = None
    discount: Decimal | None = None


class Payment(msgspec.Struct, gc=False, frozen=True, omit_defaults=True, kw_only=True):
    """How a bank movement was paid. `method`: pix, ted, doc, tev, boleto."""

    method: str | None = None
    payer: Party | None = None
    receiver: Party | None = None
    reason: str | None = None
    reference: str | None = None
    receiver_reference: str | None = None
    authentication: str | None = None
    slip: Slip | None = None


class CardPurchase(msgspec.Struct, gc=False, frozen=True, omit_defaults=True, kw_only=True):
    """The card side of a movement. `installment` counts from 1; `bill_key` names the bill it is on."""

    installment: int | None = None
    installments: int | None = None
    total: Decimal | None = None
    purchased_on: date | None = None
    mcc: int | None = None
    card_number: str | None = None
    bill_key: str | None = None
    forecast_month: str | None = None
    fee: str | None = None
    fee_info: str | None = None


class Merchant(msgspec.Struct, gc=False, frozen=True, omit_defaults=True, kw_only=True):
    """Who sold. `cnpj` is formatted."""

    name: str
    legal_name: str | None = None
    cnpj: str | None = None
    cnae: str | None = None
    category: str | None = None


class Transaction(msgspec.Struct, gc=False, frozen=True, omit_defaults=True):
    """One movement on one account.

    `amount` is signed (see the module), in `currency`; `account_amount` the same in the account's currency when
    that differs. `category` is a neutral dotted name. `balance_after` is the account's balance behind it.
    `operation` is the institution's own kind of movement, in Open Finance's words.
    """

    key: str
    account_key: str
    occurred_at: Instant
    amount: Decimal
    currency: str
    description: str
    raw_description: str | None = None
    pending: bool = False
    category: str | None = None
    balance_after: Decimal | None = None
    account_amount: Decimal | None = None
    order: int = 0
    code: str | None = None
    operation: str | None = None
    payment: Payment | None = None
    card: CardPurchase | None = None
    merchant: Merchant | None = None
