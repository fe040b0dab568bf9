"""Loans and financing, which are accounts to Belvo: a liability with its contract in `loan_data`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from afluente.core.connections import Stored
from afluente.core.loans import Installment, Loan, LoanFee, LoanRate, LoanWarranty
from afluente.dialects.belvo.render.accounts import frame
from afluente.dialects.belvo.render.days import iso
from afluente.dialects.belvo.render.identification import clipped, digits, identification
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant

CATEGORIES = {
    "loan": "LOAN_ACCOUNT",
    "financing": "FINANCING_ACCOUNT",
    "invoice-financing": "INVOICE_FINANCING_ACCOUNT",
    "overdraft": "ADVANCE_DEPOSIT_ACCOUNT",
}
"""Kind of contract to today's category; the older generation has LOAN_ACCOUNT alone."""

_TYPES = {
    "loan": "EMPRESTIMOS",
    "financing": "FINANCIAMENTOS",
    "invoice-financing": "DIREITOS_CREDITORIOS_DESCONTADOS",
    "overdraft": "ADIANTAMENTO_A_DEPOSITANTES",
}
_FREQUENCIES = {
    "irregular": "IRREGULAR",
    "weekly": "WEEKLY",
    "fortnightly": "FORTNIGHTLY",
    "monthly": "MONTHLY",
    "bimonthly": "BIMONTHLY",
    "quarterly": "QUARTERLY",
    "half-yearly": "BIANNUALLY",
    "semesterly": "BIANNUALLY",
    "yearly": "ANNUALLY",
}
_AMORTIZATIONS = {"sac": "SAC", "price": "PRICE", "sam": "SAM", "none": "SEM_SISTEMA_AMORTIZACAO"}
_CHARGES = {
    "JUROS_REMUNERATORIOS_POR_ATRASO": "LATE_PAYMENT_INTEREST_FEE",
    "MULTA_ATRASO_PAGAMENTO": "LATE_PAYMENT_PENALTY_FEE",
    "JUROS_MORA_ATRASO": "DEFAULT_INTEREST_FEE",
    "IOF_CONTRATACAO": "LOAN_CONTRACT_TAX",
    "IOF_POR_ATRASO": "LATE_PAYMENT_TAX",
    "SEM_ENCARGO": "NO_CHARGE",
}
_INDEXES = {
    "PRE_FIXADO": "PRE_FIXED",
    "POS_FIXADO": "POST_FIXED",
    "FLUTUANTES": "FLOATING",
    "INDICES_PRECOS": "INDEXED_PRICE",
    "CREDITO_RURAL": "RURAL_CREDIT",
    "SEM_TIPO_INDEXADOR": "WITHOUT_INDEX_TYPE",
    "CDI": "FLOATING",
    "SELIC": "FLOATING",
    "IPCA": "INDEXED_PRICE",
    "IGPM": "INDEXED_PRICE",
    "IGP_M": "INDEXED_PRICE",
}
_IPOC = re.compile(r"\d{22,67}")
_CALCULATION = re.compile(r"\d{2}/\d{3}")


def loan_account(stored: Stored[Loan], origin: Origin) -> dict[str, Any]:
    """Return a contract as an account: what is still owed is its balance."""
    record = stored.record
    category = CATEGORIES.get(record.kind, "LOAN_ACCOUNT")
    return frame(stored, origin) | {
        "category": category if origin.open_finance else "LOAN_ACCOUNT",
        "balance_type": "LIABILITY",
        "overdraft": None,
        "type": _TYPES.get(record.kind, "EMPRESTIMOS") if origin.open_finance else record.product_name,
        "subtype": record.product_name,
        "name": record.product_name,
        "number": record.contract_number,
        "agency": None,
        "check_digit": None,
        "balance": {"current": record.outstanding, "available": None},
        "currency": record.currency,
        "public_identification_name": None,
        "public_identification_value": None,
        "internal_identification": identification(record.key),
        "credit_data": None,
        "loan_data": _contract(stored, origin),
        "funds_data": None,
        "receivables_data": None,
        "bank_product_id": None,
    }


def _contract(stored: Stored[Loan], origin: Origin) -> dict[str, Any]:
    record = stored.record
    frequency = _FREQUENCIES.get(record.periodicity)
    amortization = _AMORTIZATIONS.get(record.amortization)
    wire: dict[str, Any] = {
        "collected_at": instant(stored.updated_at),
        "loan_code": _code(record),
        "contract_amount": record.contract_amount,
        "total_effective_cost": record.cet,
        # The published schema asks for the misspelt name and describes the right one.
        "total_effectove_cost": record.cet,
        "loan_type": record.product_name,
        "outstanding_balance": record.outstanding,
        "interest_rates": [_rate(rate) for rate in record.rates],
        "fees": [_fee(fee) for fee in record.fees if origin.open_finance or fee.amount is not None],
        "contracted_charges": [_charge(charge) for charge in record.charges],
        "collaterals": [_collateral(warranty) for warranty in record.warranties],
        "balloon_payments": [_balloon(balloon) for balloon in record.balloons],
        "installments_contract_term_frequency": _term(record.installments_total),
        "installment_frequency": frequency or "OTHER",
        "installment_frequency_info": clipped(record.periodicity, 99) if frequency is None else None,
        "first_installment_due_date": iso(record.first_due_on),
        "number_of_installments_total": record.installments_total,
        "number_of_installments_outstanding": record.installments_due,
        "number_of_installments_paid": record.installments_paid,
        "number_of_installments_past_due": record.installments_past_due,
        "disbursement_dates": [iso(day) for day in record.disbursed_on] or None,
        "settlement_date": iso(record.settled_on),
        "contract_start_date": iso(record.contracted_on),
        "contract_end_date": iso(record.due_on),
        "contract_remaining_frequency": _term(record.installments_due),
        "contract_remaining_total": record.installments_due,
        "amortization_schedule": amortization or "OUTROS",
        "amortization_schedule_info": clipped(record.amortization, 200) if amortization is None else None,
        "consignee_id": digits(record.consignee_cnpj) if record.consignee_cnpj else None,
        "contract_number": digits(record.contract_number)[:100] or None,
        "credit_limit": None,
        "last_period_balance": None,
        "interest_rate": None,
        "limit_day": None,
        "cutting_day": None,
        "cutting_date": None,
        "last_payment_date": None,
        "no_interest_payment": None,
    }
    return wire | _older(record, origin)


def _older(record: Loan, origin: Origin) -> dict[str, Any]:
    """What only the older generation tells; Open Finance leaves it null."""
    if origin.open_finance:
        return dict.fromkeys(("monthly_payment", "principal", "payment_day", "outstanding_principal"))
    last = record.releases[-1].amount if record.releases and record.periodicity == "monthly" else None
    return {
        "monthly_payment": last,
        "principal": record.contract_amount,
        "payment_day": None if record.first_due_on is None else str(record.first_due_on.day),
        "outstanding_principal": None,
    }


def _code(record: Loan) -> str:
    """The contract's number in the Central Bank's register; of one that is not in it, its own, filled up."""
    if record.ipoc is not None and _IPOC.fullmatch(record.ipoc):
        return record.ipoc
    return digits(record.contract_number)[:67].zfill(22)


def _term(count: int | None) -> str:
    return "NO_DEADLINE_REMAINING" if count is None else "MONTH"


def _rate(rate: LoanRate) -> dict[str, Any]:
    """A rate: `value` is a percentage, the exact fractions are below `interest_rate_data`."""
    value = rate.pre_fixed or rate.post_fixed
    kind = "YEARLY" if rate.periodicity == "yearly" else "MONTHLY"
    index = None if rate.index is None else _INDEXES.get(rate.index.upper(), "OTHER_INDEX")
    nothing = Decimal(0)
    return {
        "name": "NOMINAL" if rate.tax_type == "nominal" else "EFFECTIVE",
        "type": kind,
        "value": None if value is None else value * 100,
        "interest_rate_data": {
            "tax_type": "NOMINAL" if rate.tax_type == "nominal" else "EFFECTIVE",
            "rate_type": "COMPOUND" if rate.kind == "compound" else "SIMPLE",
            "type": kind,
            "calculation_base": rate.calculation if _CALCULATION.fullmatch(rate.calculation) else "30/360",
            "reference_index_type": index or "WITHOUT_INDEX_TYPE",
            "reference_index_subtype": None,
            "reference_index_info": clipped(rate.index, 140),
            "pre_fixed_rate": rate.pre_fixed or nothing,
            "post_fixed_rate": rate.post_fixed or nothing,
            "additional_info": clipped(rate.info, 1200),
        },
    }


def _fee(fee: LoanFee) -> dict[str, Any]:
    """A fee; it is filed under one of three kinds, and insurance is one of them."""
    name = f"{fee.name} {fee.code or ''}".casefold()
    return {
        "type": "INSURANCE_FEE" if "segur" in name else "OPERATION_FEE",
        "value": fee.amount,
        "name": fee.name[:140],
        "code": (fee.code or "OUTROS")[:140],
        "fee_charge_type": "SINGLE",
        "fee_charge": "PERCENTAGE" if fee.amount is None and fee.rate is not None else "FIXED",
        "rate": fee.rate,
    }


def _charge(charge: LoanFee) -> dict[str, Any]:
    return {"type": _CHARGES.get(charge.code or "", "OTHER"), "info": clipped(charge.name, 140), "rate": charge.rate}


def _collateral(warranty: LoanWarranty) -> dict[str, Any]:
    return {
        "type": _constant(warranty.kind),
        "subtype": _constant(warranty.subkind),
        "currency": warranty.currency,
        "amount": warranty.amount,
    }


def _constant(name: str) -> str:
    """Open Finance's spelling of a neutral name: `cessao-direitos` is `CESSAO_DIREITOS`."""
    return name.upper().replace("-", "_")


def _balloon(balloon: Installment) -> dict[str, Any]:
    return {"due_date": iso(balloon.due_on), "currency": balloon.currency, "amount": balloon.amount}
