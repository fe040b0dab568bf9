"""Movements. Records are signed from the holder's side; the wire turns the sign on cards: purchases are positive."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

from afluente.core.accounts import AccountKind, CardPurchase, Merchant, Party, Payment, Slip, Transaction
from afluente.core.connections import Stored
from afluente.dialects.pluggy.categories import Category, named
from afluente.web.instants import instant, midnight, moment

_METHODS = {"pix": "PIX", "ted": "TED", "doc": "DOC", "tev": "TEV", "boleto": "BOLETO"}

_FEES = {
    "annual": "ANNUAL_FEE",
    "atm-domestic": "ATM_WITHDRAWAL_DOMESTIC",
    "atm-international": "ATM_WITHDRAWAL_INTERNATIONAL",
    "emergency-credit-evaluation": "EMERGENCY_CREDIT_EVALUATION",
    "card-reissue": "CARD_REISSUE",
    "bill-payment": "BILL_PAYMENT_FEE",
    "sms": "SMS",
    "other": "OTHER",
}


def transaction(
    stored: Stored[Transaction],
    account_kind: AccountKind,
    *,
    bill_id: str | None = None,
    category: Category | None = None,
    open_finance: bool = False,
) -> dict[str, Any]:
    """Return a movement of an account of `account_kind`.

    `bill_id` is our id of the bill it is on; `category` what it is filed under. `open_finance` says that the
    institution is reached so, and shows its own names of movement and operation, which others do not have.
    """
    record = stored.record
    amount = record.amount
    account_amount = record.account_amount
    spent = amount < 0
    if account_kind is AccountKind.CREDIT_CARD:
        amount = _turned(amount)
        account_amount = None if account_amount is None else _turned(account_amount)
    card = record.card
    return {
        "id": stored.id,
        "description": record.description,
        "descriptionRaw": record.raw_description,
        "currencyCode": record.currency,
        "amount": amount,
        "amountInAccountCurrency": account_amount,
        "date": moment(record.occurred_at),
        "category": None if category is None else category.description,
        "categoryId": None if category is None else category.id,
        "balance": record.balance_after,
        "accountId": stored.parent_id,
        "providerCode": record.code,
        "providerId": record.key if open_finance else None,
        "status": "PENDING" if record.pending else "POSTED",
        "paymentData": None if record.payment is None else _payment(record.payment),
        "type": "DEBIT" if spent else "CREDIT",
        "operationType": record.operation if open_finance else None,
        "operationTypeAdditionalInfo": None,
        "creditCardMetadata": None if card is None and bill_id is None else _card(card or _NO_CARD, bill_id),
        "merchant": None if record.merchant is None else _merchant(record.merchant),
        "order": record.order,
        "createdAt": instant(stored.created_at),
        "updatedAt": instant(stored.updated_at),
    }


_NO_CARD = CardPurchase()


def _turned(amount: Decimal) -> Decimal:
    """The other sign, exactly; nothing stays plain nothing."""
    return amount.copy_negate() if amount else amount


def _payment(payment: Payment) -> dict[str, Any]:
    return {
        "payer": None if payment.payer is None else _party(payment.payer),
        "receiver": None if payment.receiver is None else _party(payment.receiver),
        "reason": payment.reason,
        "referenceNumber": payment.reference,
        "receiverReferenceId": payment.receiver_reference,
        "authenticationCode": payment.authentication,
        "paymentMethod": None if payment.method is None else _METHODS.get(payment.method),
        "boletoMetadata": None if payment.slip is None else _slip(payment.slip),
    }


def _party(party: Party) -> dict[str, Any]:
    return {
        "documentNumber": None if party.document is None else _document(party.document),
        "name": party.name,
        "accountNumber": party.account,
        "branchNumber": party.branch,
        "routingNumber": party.bank,
        "routingNumberISPB": party.ispb,
    }


def _document(number: str) -> dict[str, Any]:
    length = len(_bare(number))
    return {"type": "CPF" if length == 11 else "CNPJ" if length == 14 else None, "value": number}


@lru_cache(maxsize=4096)
def _bare(number: str) -> str:
    """A CPF or CNPJ without its punctuation; new CNPJs have letters too. The same few fill a page."""
    return "".join(sign for sign in number if sign.isalnum())


def _slip(slip: Slip) -> dict[str, Any]:
    return {
        "digitableLine": slip.digitable_line,
        "barcode": slip.barcode,
        "baseAmount": slip.base,
        "interestAmount": slip.interest,
        "penaltyAmount": slip.penalty,
        "discountAmount": slip.discount,
    }


def _card(card: CardPurchase, bill_id: str | None) -> dict[str, Any]:
    count = card.installments
    fee = card.fee
    return {
        "installmentNumber": card.installment,
        "totalInstallments": count,
        "totalAmount": card.total,
        "purchaseDate": midnight(card.purchased_on),
        "payeeMCC": card.mcc,
        "cardNumber": card.card_number,
        "billId": bill_id,
        "billForecastDate": card.forecast_month,
        "feeType": None if fee is None else _FEES.get(fee, "OTHER"),
        "feeTypeAdditionalInfo": card.fee_info if fee is None or fee in _FEES else card.fee_info or fee,
        "otherCreditsType": None,
        "otherCreditsAdditionalInfo": None,
        "paymentType": None if count is None else "INSTALLMENT" if count > 1 else "SINGLE",
        "billPostDate": None,
        "transactionDateTime": None,
    }


def _merchant(merchant: Merchant) -> dict[str, Any]:
    """A merchant, its CNPJ without punctuation; a trade that is none of the categories keeps its own name."""
    cnpj = merchant.cnpj
    known = named(merchant.category)
    return {
        "name": merchant.name,
        "businessName": merchant.legal_name,
        "cnpj": None if cnpj is None else _bare(cnpj),
        "cnae": merchant.cnae,
        "category": merchant.category if known is None else known.description,
    }
