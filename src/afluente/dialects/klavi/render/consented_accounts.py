"""Reports over consents: accounts with their movements, filed under categories where the report is asked for so."""

from __future__ import annotations

from typing import Any

from afluente.core.accounts import Account, AccountKind, Party, Payment, Transaction
from afluente.core.connections import Stored
from afluente.dialects.klavi.render import heads
from afluente.dialects.klavi.render.categories import FILING
from afluente.dialects.klavi.render.held import Held, Moved, Seen
from afluente.dialects.klavi.render.spelling import day_text, fixed, money
from afluente.web.instants import instant

OPERATIONS = frozenset(
    {
        "TED", "DOC", "PIX", "TRANSFERENCIA_MESMA_INSTITUICAO", "BOLETO", "CONVENIO_ARRECADACAO",
        "PACOTE_TARIFA_SERVICOS", "TARIFA_SERVICOS_AVULSOS", "FOLHA_PAGAMENTO", "DEPOSITO", "SAQUE", "CARTAO",
        "ENCARGOS_JUROS_CHEQUE_ESPECIAL", "RENDIMENTO_APLIC_FINANCEIRA", "PORTABILIDADE_SALARIO",
        "RESGATE_APLIC_FINANCEIRA", "OPERACAO_CREDITO", "OUTROS",
    }
)  # fmt: skip
"""What Open Finance Brasil calls movements of accounts."""

_METHODS = {
    "pix": "PIX",
    "ted": "TED",
    "doc": "DOC",
    "tev": "TRANSFERENCIA_MESMA_INSTITUICAO",
    "boleto": "BOLETO",
}
_OTHER = "OUTROS"
_PERSON_DIGITS, _COMPANY_DIGITS, _CLEARING_DIGITS = 11, 14, 3

_COARSE = 2
"""Levels of categories without the finest one."""

_SUBTYPES = {None: "INDIVIDUAL", "together": "CONJUNTA_SIMPLES", "alone": "CONJUNTA_SOLIDARIA"}
"""How many hold an account, and how they act on it: the words of Open Finance Brasil."""

SETTLED, PROCESSING = "TRANSACAO_EFETIVADA", "TRANSACAO_PROCESSANDO"


def accounts(seen: Seen, kind: AccountKind, levels: int | None) -> list[dict[str, Any]]:
    """Return the accounts of a kind, their movements filed on so many levels of categories (None: not at all)."""
    return [_account(seen, held, account, levels) for held in seen.held for account in held.of_kind(kind)]


def bank(held: Held) -> dict[str, Any]:
    """Return what accounts begin with: the brand, and the bank behind it."""
    return {"brandName": held.bank.name, "bacenName": held.bank.bacen_name}


def _account(seen: Seen, held: Held, account: Stored[Account], levels: int | None) -> dict[str, Any]:
    record, own = account.record, account.record.bank
    branch, number, check = heads.parted(record.number)
    available = own.available if own is not None and own.available is not None else record.balance
    invested = own.automatically_invested if own is not None else None
    nothing = record.balance * 0
    return {
        **bank(held),
        "compeCode": held.bank.code,
        "companyCnpj": held.bank.cnpj,
        "branchCode": branch,
        "number": number,
        "checkDigit": check,
        "subtype": _SUBTYPES[record.joint],
        "civilName": heads.owner(held, account),
        "balances": {
            "availableAmount": money(available, record.currency),
            # what is blocked is no bank's to tell us yet, and nothing is what they say who tell it
            "blockedAmount": money(nothing, record.currency),
            "automaticallyInvestedAmount": money(nothing if invested is None else invested, record.currency),
        },
        "transactionDetails": _movements(seen, held, account, levels),
    }


def _movements(seen: Seen, held: Held, account: Stored[Account], levels: int | None) -> list[dict[str, Any]]:
    moved = held.moved.get(account.id, ())
    written = seen.written.get(account.id)
    if written is None:
        written = seen.written[account.id] = [_movement(one, account.record.currency) for one in moved]
    if levels is None:
        return written
    return [wire | enriched(seen, account.id, one, levels) for wire, one in zip(written, moved, strict=True)]


def _movement(one: Moved, held_in: str) -> dict[str, Any]:
    record = one.record
    inflow = record.amount >= 0
    converted = record.account_amount
    amount, currency = (record.amount, record.currency) if converted is None else (converted, held_in)
    wire: dict[str, Any] = {
        "transactionDate": day_text(record.occurred_at),
        "transactionDateTime": instant(record.occurred_at),
        "transactionId": one.id,
        "completedAuthorisedPaymentType": PROCESSING if record.pending else SETTLED,
        "creditDebitType": "CREDITO" if inflow else "DEBITO",
        "transactionAmount": {"amount": fixed(abs(amount)), "currency": currency},
        "transactionName": record.description,
    }
    wire.update(_party(record.payment, inflow))
    after = record.balance_after
    wire["postTransactionBalance"] = None if after is None else fixed(after)
    wire["type"] = _operation(record)
    return wire


def _operation(record: Transaction) -> str:
    if record.operation in OPERATIONS:
        return record.operation or _OTHER
    method = record.payment.method if record.payment is not None else None
    return _METHODS.get(method or "", _OTHER)


_NOBODY = dict.fromkeys(
    (
        "partieCnpjCpf",
        "partiePersonType",
        "partieCompeCode",
        "partieBranchCode",
        "partieNumber",
        "partieCheckDigit",
    )
)


def _party(payment: Payment | None, inflow: bool) -> dict[str, str | None]:
    """Who stood at the other end."""
    other: Party | None = None
    if payment is not None:
        other = payment.payer if inflow else payment.receiver
    if other is None:
        return _NOBODY
    document = heads.digits(other.document)
    branch, number, check = heads.parted(other.account or "")
    clearing = "".join(sign for sign in other.bank or "" if sign.isdigit())
    kinds = {_PERSON_DIGITS: "PESSOA_NATURAL", _COMPANY_DIGITS: "PESSOA_JURIDICA"}
    return {
        "partieCnpjCpf": document or None,
        "partiePersonType": kinds.get(len(document)),
        "partieCompeCode": clearing if len(clearing) == _CLEARING_DIGITS else None,
        "partieBranchCode": other.branch or branch,
        "partieNumber": number or None,
        "partieCheckDigit": check,
    }


def enriched(seen: Seen, account_id: str, one: Moved, levels: int) -> dict[str, Any]:
    """Return what is added to a movement: what it is filed under, and how often it comes.

    `fAll` counts the movements of its kind, `fAllMonth` the months in which there are any, `fAllCmonth` those of them
    that follow one another up to the latest: Klavi's own reckoning is unpublished.
    """
    record = one.record
    filed = FILING.named(one.category, inflow=record.amount > 0)
    found = seen.frequencies[account_id, record.key]
    parts = record.card.installments if record.card is not None else None
    return {
        "category": filed.category,
        "subcategory": filed.subcategory,
        **({"thirdCategory": filed.third} if levels > _COARSE else {}),
        "fAll": found.count,
        "fAllMonth": found.months,
        "fAllCmonth": found.running,
        "settlementType": "A_PRAZO" if parts is not None and parts > 1 else "A_VISTA",
    }
