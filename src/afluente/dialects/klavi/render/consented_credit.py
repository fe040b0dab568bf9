"""Reports over consents: loans, financings and the like, as contracts."""

from __future__ import annotations

from typing import Any

from afluente.core.connections import Stored
from afluente.core.loans import Loan, LoanFee, LoanRate
from afluente.dialects.klavi.render import heads
from afluente.dialects.klavi.render.consented_accounts import bank
from afluente.dialects.klavi.render.held import Held, Seen
from afluente.dialects.klavi.render.spelling import iso, money, rate

KINDS = {
    "loans": "loan",
    "financing": "financing",
    "unarranged_account_overdraft": "overdraft",
    "invoice_financing": "invoice-financing",
}
"""The kind of contract that each report is about."""

_TYPES = {
    "loan": "EMPRESTIMOS",
    "financing": "FINANCIAMENTOS",
    "overdraft": "ADIANTAMENTO_A_DEPOSITANTES",
    "invoice-financing": "DIREITOS_CREDITORIOS_DESCONTADOS",
}
_CONSIGNED, _PERSONAL = "CREDITO_PESSOAL_COM_CONSIGNACAO", "CREDITO_PESSOAL_SEM_CONSIGNACAO"
_SUBTYPES = {
    "financing": "AQUISICAO_BENS_OUTROS_BENS",
    "overdraft": "ADIANTAMENTO_A_DEPOSITANTES",
    "invoice-financing": "DESCONTO_DUPLICATAS",
}
_PERIODICITIES = {
    "irregular": "SEM_PERIODICIDADE_REGULAR",
    "weekly": "SEMANAL",
    "fortnightly": "QUINZENAL",
    "monthly": "MENSAL",
    "bimonthly": "BIMESTRAL",
    "quarterly": "TRIMESTRAL",
    "half-yearly": "SEMESTRAL",
    "semesterly": "SEMESTRAL",
    "yearly": "ANUAL",
}
_AMORTIZATIONS = {"sac": "SAC", "price": "PRICE", "sam": "SAM", "none": "SEM_SISTEMA_AMORTIZACAO"}
_OTHERS = "OUTROS"


def contracts(seen: Seen, product: str) -> list[dict[str, Any]]:
    """Return the contracts that a report is about; a kind that nobody knows is a loan."""
    wanted = KINDS[product]
    return [
        _contract(held, one)
        for held in seen.held
        for one in held.loans
        if (one.record.kind if one.record.kind in _TYPES else "loan") == wanted
    ]


def _contract(held: Held, stored: Stored[Loan]) -> dict[str, Any]:
    record = stored.record
    periodicity, amortization = _PERIODICITIES.get(record.periodicity), _AMORTIZATIONS.get(record.amortization)
    personal = _PERSONAL if record.consignee_cnpj is None else _CONSIGNED
    return {
        **bank(held),
        "companyCnpj": held.bank.cnpj,
        "contractId": stored.id,
        "contractNumber": record.contract_number,
        "ipocCode": record.ipoc,
        "productName": record.product_name,
        "productType": _TYPES.get(record.kind, _TYPES["loan"]),
        "productSubType": _SUBTYPES.get(record.kind, personal),
        "contractDate": iso(record.contracted_on),
        "disbursementDates": [iso(day) for day in record.disbursed_on],
        "settlementDate": iso(record.settled_on),
        "contractAmount": money(record.contract_amount, record.currency),
        "currency": record.currency,
        "dueDate": iso(record.due_on),
        "instalmentPeriodicity": periodicity or _OTHERS,
        "instalmentPeriodicityAdditionalInfo": record.periodicity if periodicity is None else None,
        "firstInstalmentDueDate": iso(record.first_due_on),
        "CET": rate(record.cet),
        "amortizationScheduled": amortization or _OTHERS,
        "amortizationScheduledAdditionalInfo": record.amortization if amortization is None else None,
        "cnpjConsignee": heads.digits(record.consignee_cnpj) or None,
        "outstandingBalance": money(record.outstanding, record.currency),
        "interestRates": [_rate(one) for one in record.rates],
        "contractedFees": [_fee(one, record.currency) for one in record.fees],
        "contractedFinanceCharges": [
            {"chargeType": one.code or _OTHERS, "chargeAdditionalInfo": one.name, "chargeRate": rate(one.rate)}
            for one in record.charges
        ],
        "warranties": [
            {
                "currency": one.currency,
                "warrantyType": _constant(one.kind),
                "warrantySubType": _constant(one.subkind),
                "warrantyAmount": money(one.amount, one.currency),
            }
            for one in record.warranties
        ],
        "scheduledInstalments": _schedule(record),
        "payments": [
            {
                "paymentId": one.key,
                "isOverParcelPayment": one.over_parcel,
                "instalmentId": one.installment_key,
                "paidDate": iso(one.paid_on),
                "paidAmount": money(one.amount, one.currency),
            }
            for one in record.releases
        ],
    }


def _constant(name: str) -> str:
    """Open Finance's spelling of a neutral name."""
    return name.upper().replace("-", "_")


def _rate(one: LoanRate) -> dict[str, Any]:
    return {
        "taxType": "NOMINAL" if one.tax_type == "nominal" else "EFETIVA",
        "interestRateType": "COMPOSTO" if one.kind == "compound" else "SIMPLES",
        "taxPeriodicity": "AA" if one.periodicity == "yearly" else "AM",
        "calculation": one.calculation,
        "referentialRateIndexerType": one.index or "SEM_TIPO_INDEXADOR",
        "preFixedRate": rate(one.pre_fixed),
        "postFixedRate": rate(one.post_fixed),
        "additionalInfo": one.info,
    }


def _fee(one: LoanFee, currency: str) -> dict[str, Any]:
    share = one.amount is None and one.rate is not None
    return {
        "feeName": one.name,
        "feeCode": one.code,
        "feeChargeType": "UNICA",
        "feeCharge": "PERCENTUAL" if share else "FIXO",
        "feeAmount": money(one.amount, currency),
        "feeRate": rate(one.rate),
    }


def _schedule(record: Loan) -> dict[str, Any]:
    return {
        "typeNumberOfInstalments": "SEM_PRAZO_TOTAL" if record.installments_total is None else "MES",
        "totalNumberOfInstalments": record.installments_total,
        "typeContractRemaining": "SEM_PRAZO_REMANESCENTE" if record.installments_due is None else "MES",
        "contractRemainingNumber": record.installments_due,
        "paidInstalments": record.installments_paid,
        "dueInstalments": record.installments_due,
        "pastDueInstalments": record.installments_past_due,
        "balloonPayments": [
            {"dueDate": iso(one.due_on), "amount": money(one.amount, one.currency)} for one in record.balloons
        ],
    }
