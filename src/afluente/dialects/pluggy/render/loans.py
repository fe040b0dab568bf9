"""Loans and financing. Rates are fractions on the wire as in the records: 1 is 100 %."""

from __future__ import annotations

from typing import Any

from afluente.core.connections import Stored
from afluente.core.loans import Installment, Loan, LoanFee, LoanRate, LoanRelease, LoanWarranty
from afluente.web.instants import instant, midnight

_KINDS = {
    "loan": "LOAN",
    "financing": "FINANCING",
    "invoice-financing": "INVOICE_FINANCING",
    "overdraft": "UNARRANGED_ACCOUNT_OVERDRAFT",
}
_PERIODICITIES = {
    "irregular": "WITHOUT_REGULAR_PERIODICITY",
    "weekly": "WEEKLY",
    "fortnightly": "FORTNIGHTLY",
    "monthly": "MONTHLY",
    "bimonthly": "BIMONTHLY",
    "quarterly": "QUARTERLY",
    "half-yearly": "SEMESTERLY",
    "semesterly": "SEMESTERLY",
    "yearly": "YEARLY",
}
_AMORTIZATIONS = {"sac": "SAC", "price": "PRICE", "sam": "SAM", "none": "WITHOUT_AMORTIZATION_SYSTEM"}
_TAX_TYPES = {"nominal": "NOMINAL", "effective": "EFFECTIVE"}
_RATE_TYPES = {"simple": "SIMPLE", "compound": "COMPOUND"}
_TAX_PERIODS = {"monthly": "MONTHLY", "yearly": "YEARLY"}


def loan(stored: Stored[Loan]) -> dict[str, Any]:
    """Return one contract; `date` is when it was last read."""
    record = stored.record
    periodicity = _PERIODICITIES.get(record.periodicity)
    amortization = _AMORTIZATIONS.get(record.amortization)
    return {
        "id": stored.id,
        "itemId": stored.connection_id,
        "contractNumber": record.contract_number,
        "ipocCode": record.ipoc,
        "productName": record.product_name,
        "type": None,
        "kind": _KINDS.get(record.kind, "LOAN"),
        "date": instant(stored.updated_at),
        "contractDate": midnight(record.contracted_on),
        "disbursementDates": [midnight(day) for day in record.disbursed_on] or None,
        "settlementDate": midnight(record.settled_on),
        "contractAmount": record.contract_amount,
        "currencyCode": record.currency,
        "dueDate": midnight(record.due_on),
        "installmentPeriodicity": periodicity or "OTHERS",
        "installmentPeriodicityAdditionalInfo": record.periodicity if periodicity is None else None,
        "firstInstallmentDueDate": midnight(record.first_due_on),
        "CET": record.cet,
        "amortizationScheduled": amortization or "OTHERS",
        "amortizationScheduledAdditionalInfo": record.amortization if amortization is None else None,
        "cnpjConsignee": record.consignee_cnpj,
        "interestRates": [_rate(rate) for rate in record.rates],
        "contractedFees": [_fee(fee) for fee in record.fees],
        "contractedFinanceCharges": [_charge(charge) for charge in record.charges],
        "warranties": [_warranty(warranty) for warranty in record.warranties],
        "installments": _installments(record),
        "payments": _payments(record),
    }


def _rate(rate: LoanRate) -> dict[str, Any]:
    return {
        "taxType": _TAX_TYPES.get(rate.tax_type),
        "interestRateType": _RATE_TYPES.get(rate.kind),
        "taxPeriodicity": _TAX_PERIODS.get(rate.periodicity),
        "calculation": rate.calculation,
        "referentialRateIndexerType": rate.index,
        "referentialRateIndexerSubType": None,
        "referentialRateIndexerAdditionalInfo": None,
        "preFixedRate": rate.pre_fixed,
        "postFixedRate": rate.post_fixed,
        "additionalInfo": rate.info,
    }


def _fee(fee: LoanFee) -> dict[str, Any]:
    """A fee; it is a sum or a share, and the record does not tell how it is charged beyond that."""
    charge = "PERCENTAGE" if fee.amount is None and fee.rate is not None else "FIXED"
    return {
        "name": fee.name,
        "code": fee.code,
        "chargeType": None,
        "charge": None if fee.amount is None and fee.rate is None else charge,
        "amount": fee.amount,
        "rate": fee.rate,
    }


def _charge(charge: LoanFee) -> dict[str, Any]:
    return {"type": charge.code or charge.name, "additionalInfo": charge.name, "rate": charge.rate}


def _warranty(warranty: LoanWarranty) -> dict[str, Any]:
    return {
        "currencyCode": warranty.currency,
        "type": _constant(warranty.kind),
        "subtype": _constant(warranty.subkind),
        "amount": warranty.amount,
    }


def _constant(name: str) -> str:
    """Open Finance's spelling of a neutral name: `cessao-direitos` is `CESSAO_DIREITOS`."""
    return name.upper().replace("-", "_")


def _installments(record: Loan) -> dict[str, Any] | None:
    """The plan, in months; null where the institution told nothing of it."""
    total, due = record.installments_total, record.installments_due
    told = (total, due, record.installments_paid, record.installments_past_due)
    if not record.balloons and all(count is None for count in told):
        return None
    return {
        "typeNumberOfInstallments": "WITHOUT_TOTAL_PERIOD" if total is None else "MONTH",
        "totalNumberOfInstallments": total,
        "typeContractRemaining": "WITHOUT_REMAINING_PERIOD" if due is None else "MONTH",
        "contractRemainingNumber": due,
        "paidInstallments": record.installments_paid,
        "dueInstallments": due,
        "pastDueInstallments": record.installments_past_due,
        "balloonPayments": [_balloon(balloon) for balloon in record.balloons],
    }


def _balloon(balloon: Installment) -> dict[str, Any]:
    return {
        "dueDate": midnight(balloon.due_on),
        "amount": {"value": balloon.amount, "currencyCode": balloon.currency},
    }


def _payments(record: Loan) -> dict[str, Any] | None:
    if record.outstanding is None and not record.releases:
        return None
    return {
        "contractOutstandingBalance": record.outstanding,
        "releases": [_release(release) for release in record.releases],
    }


def _release(release: LoanRelease) -> dict[str, Any]:
    return {
        "isOverParcelPayment": release.over_parcel,
        "installmentId": release.installment_key,
        "paidDate": midnight(release.paid_on),
        "currencyCode": release.currency,
        "paidAmount": release.amount,
        "overParcel": None,
    }
