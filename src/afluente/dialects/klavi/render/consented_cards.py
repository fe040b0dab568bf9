"""Reports over consents: credit cards with the open bill and the closed ones."""

from __future__ import annotations

from typing import Any

from afluente.core.accounts import Account, CardDetails, CardPurchase
from afluente.core.connections import Stored
from afluente.dialects.klavi.render import heads
from afluente.dialects.klavi.render.cards import AT_ONCE, IN_PARTS
from afluente.dialects.klavi.render.consented_accounts import PROCESSING, SETTLED, bank, enriched
from afluente.dialects.klavi.render.held import Held, Moved, Seen
from afluente.dialects.klavi.render.spelling import day_text, fixed, iso, money
from afluente.dialects.klavi.render.statements import Closed, Open, statements
from afluente.web.instants import instant

_NETWORKS = {
    "VISA": "VISA",
    "MASTERCARD": "MASTERCARD",
    "AMERICAN EXPRESS": "AMERICAN_EXPRESS",
    "AMEX": "AMERICAN_EXPRESS",
    "DINERS": "DINERS_CLUB",
    "DINERS CLUB": "DINERS_CLUB",
    "HIPERCARD": "HIPERCARD",
    "ELO": "ELO",
}
_OTHER_NETWORK = "OUTRAS"

_LEVELS = {
    "BLACK": "BLACK",
    "GOLD": "GOLD",
    "INFINITE": "INFINITE",
    "PLATINUM": "PLATINUM",
    "SIGNATURE": "SIGNATURE",
    "STANDARD": "STANDARD_NACIONAL",
    "CLASSIC": "CLASSIC_INTERNACIONAL",
    "MAIS": "ELO_MAIS",
    "NANQUIM": "ELO_NANQUIM",
    "GRAFITE": "ELO_GRAFITE",
}
_OTHER = "OUTROS"

_FEES = {
    "annual": "ANUIDADE",
    "atm-domestic": "SAQUE_CARTAO_BRASIL",
    "atm-international": "SAQUE_CARTAO_EXTERIOR",
    "emergency-credit-evaluation": "AVALIACAO_EMERGENCIAL_CREDITO",
    "card-reissue": "EMISSAO_SEGUNDA_VIA",
    "bill-payment": "TARIFA_PAGAMENTO_CONTAS",
    "sms": "SMS",
}
_OTHER_FEE = "OUTRA"

_KINDS = frozenset({"PAGAMENTO", "TARIFA", "OPERACOES_CREDITO_CONTRATADAS_CARTAO", "ESTORNO", "CASHBACK"})
_NO_PURCHASE = CardPurchase()
_NO_DETAILS = CardDetails()


def cards(seen: Seen, levels: int | None) -> list[dict[str, Any]]:
    """Return the cards, their movements filed on so many levels of categories (None: not at all)."""
    return [_card(seen, held, account, levels) for held in seen.held for account in held.cards]


def _card(seen: Seen, held: Held, account: Stored[Account], levels: int | None) -> dict[str, Any]:
    record, card = account.record, account.record.card or _NO_DETAILS
    found = statements(held, account)
    return {
        **bank(held),
        "name": record.name,
        "companyCnpj": held.bank.cnpj,
        "creditCardNetwork": _NETWORKS.get((card.brand or "").upper().replace("_", " "), _OTHER_NETWORK),
        "productType": _LEVELS.get((card.level or "").upper(), _OTHER),
        "limits": {
            "limitAmount": money(card.limit, record.currency),
            "availableAmount": money(card.available, record.currency),
        },
        "paymentMethods": [
            {"identificationNumber": heads.ending(number)} for number in (record.number, *card.additional_cards)
        ],
        "openStatement": _open(seen, account, found.opened, levels),
        "closedStatements": [_closed(seen, account, one, levels) for one in found.closed],
    }


def _open(seen: Seen, account: Stored[Account], opened: Open, levels: int | None) -> dict[str, Any]:
    currency = opened.bill.currency if opened.bill is not None else account.record.currency
    return {
        "billingDate": iso(opened.closes_on),
        "dueDate": iso(opened.due_on),
        "billTotalAmount": money(opened.total, currency),
        "minimumPaymentAmount": money(opened.minimum, currency),
        "transactionDetails": [_movement(seen, account, one, None, levels) for one in opened.moved],
    }


def _closed(seen: Seen, account: Stored[Account], closed: Closed, levels: int | None) -> dict[str, Any]:
    bill = closed.bill
    return {
        "billId": bill.id,
        "billingDate": iso(closed.closes_on),
        "dueDate": iso(bill.record.due_on),
        "billTotalAmount": money(bill.record.total, bill.record.currency),
        "transactionDetails": [_movement(seen, account, one, bill.id, levels) for one in closed.moved],
    }


def _movement(
    seen: Seen, account: Stored[Account], one: Moved, bill_id: str | None, levels: int | None
) -> dict[str, Any]:
    record, card = one.record, one.record.card or _NO_PURCHASE
    several = card.installments is not None and card.installments > 1
    converted, held_in = record.account_amount, account.record.currency
    amount, currency = (record.amount, record.currency) if converted is None else (converted, held_in)
    wire = {
        "transactionDate": day_text(record.occurred_at),
        "transactionDateTime": instant(record.occurred_at),
        "transactionId": one.id,
        "identificationNumber": heads.ending(card.card_number or account.record.number),
        "transactionName": record.description,
        "billId": bill_id,
        "completedAuthorisedPaymentType": PROCESSING if record.pending else SETTLED,
        "creditDebitType": "CREDITO" if record.amount >= 0 else "DEBITO",
        "transactionType": _kind(one),
        "paymentType": IN_PARTS if several else AT_ONCE,
        "feeType": None if card.fee is None else _FEES.get(card.fee, _OTHER_FEE),
        "chargeIdentificator": str(card.installment or 1) if several else None,
        "chargeNumber": card.installments if several else None,
        "brazilianAmount": {"amount": fixed(abs(amount)), "currency": currency},
        "transactionAmount": {"amount": fixed(abs(record.amount)), "currency": record.currency},
        "payeeMCC": card.mcc,
    }
    return wire if levels is None else wire | enriched(seen, account.id, one, levels)


def _kind(one: Moved) -> str:
    """What a movement on a card is: there is no name for a purchase."""
    record = one.record
    if record.operation in _KINDS:
        return record.operation or _OTHER
    return "TARIFA" if record.card is not None and record.card.fee is not None else _OTHER
