"""Open Data: loans, investments, and the severance fund that employers pay into (FGTS).

Klavi publishes none of their JSON but the frame of the loans; what stands in it is ours, spelled as the rest is.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from afluente.core.connections import Stored
from afluente.core.investments import Investment, InvestmentMovement
from afluente.core.loans import Loan
from afluente.dialects.klavi.render import heads
from afluente.dialects.klavi.render.held import Held, Seen
from afluente.dialects.klavi.render.spelling import count, day_text, iso, number, yes

SEVERANCE_FUND = "severance-fund"
"""The subkind of a position in the fund; `issuer` is the employer."""

_KINDS = {
    "fixed-income": "Renda fixa",
    "fund": "Fundo de investimento",
    "equity": "Renda variável",
    "etf": "Renda variável",
    "coe": "COE",
    "security": "Previdência",
}
_OTHER = "Outros"


def bank_loan(seen: Seen) -> dict[str, Any]:
    """Return the contracts, and the account that stands for the connection; `loanInfo` is null without a contract."""
    held = seen.held[0]
    return {
        "accountInfo": heads.account_info(held),
        "loanInfo": [_loan(one) for one in held.loans] or None,
    }


def _loan(stored: Stored[Loan]) -> dict[str, Any]:
    record = stored.record
    return {
        "contract_id": stored.id,
        "contract_number": record.contract_number,
        "loan_name": record.product_name,
        "loan_type": record.kind,
        "contract_date": iso(record.contracted_on),
        "due_date": iso(record.due_on),
        "first_installment_date": iso(record.first_due_on),
        "loan_amount": record.contract_amount,
        "outstanding_balance": number(record.outstanding),
        "total_installments": count(record.installments_total),
        "paid_installments": count(record.installments_paid),
        "due_installments": count(record.installments_due),
        "past_due_installments": count(record.installments_past_due),
        "interest_rate": number(next((one.pre_fixed for one in record.rates if one.pre_fixed is not None), None)),
        "total_effective_cost": number(record.cet),
        "is_payroll_deducted": yes(record.consignee_cnpj is not None),
        "paymentDetail": [{"payment_date": iso(one.paid_on), "payment_amount": one.amount} for one in record.releases],
    }


def investment(seen: Seen) -> list[dict[str, Any]]:
    """Return every position but those in the severance fund."""
    return [
        _position(held, one) for held in seen.held for one in held.investments if one.record.subkind != SEVERANCE_FUND
    ]


def _position(held: Held, stored: Stored[Investment]) -> dict[str, Any]:
    record = stored.record
    return {
        **heads.bank(held),
        "cpf_verified": heads.verified(held),
        "account_holder": record.owner or heads.owner(held, held.main),
        "investment_id": stored.id,
        "investment_type": _KINDS.get(record.kind, _OTHER),
        "investment_name": record.name,
        "investment_code": record.code or record.isin,
        "quantity": number(record.quantity),
        "unit_price": number(record.value),
        "gross_amount": number(record.amount),
        "net_amount": record.balance,
        "invested_amount": number(record.original),
        "purchase_date": iso(record.purchased_on),
        "due_date": iso(record.due_on),
        "rate": number(record.fixed_rate if record.rate is None else record.rate),
        "rate_index": record.rate_index,
        "TransactionDetail": [_movement(one) for one in held.dealt.get(stored.id, ())],
    }


def _movement(stored: Stored[InvestmentMovement]) -> dict[str, Any]:
    """A movement; what comes into the position is above zero."""
    record = stored.record
    amount = record.amount if record.amount is not None else record.net_amount
    return {
        "trans_date": day_text(record.occurred_at),
        "trans_amount": _signed(amount, record.credit),
        "trans_description": record.description,
        "quantity": number(record.quantity),
    }


def _signed(amount: Decimal | None, credit: bool) -> Decimal | int:
    if amount is None:
        return number(None)
    return abs(amount) if credit else -abs(amount)


def fgts(seen: Seen) -> list[dict[str, Any]]:
    """Return the accounts in the severance fund, one for each employer."""
    return [_fund(held, one) for held in seen.held for one in held.investments if one.record.subkind == SEVERANCE_FUND]


def _fund(held: Held, stored: Stored[Investment]) -> dict[str, Any]:
    record = stored.record
    return {
        **heads.bank(held),
        "cpf_verified": heads.verified(held),
        "account_holder": record.owner or heads.owner(held, held.main),
        "account_number": record.number,
        "employer_name": record.issuer,
        "employer_cnpj": heads.digits(record.issuer_cnpj) or None,
        "admission_date": iso(record.purchased_on),
        "is_active": int(record.status == "active"),
        "balance": record.balance,
        "available_balance": number(record.withdrawable),
        "TransactionDetail": [_movement(one) for one in held.dealt.get(stored.id, ())],
    }
