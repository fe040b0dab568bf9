"""The Central Bank's credit report (SCR) as Pluggy hands it on, made of the loans that are known; and merchants."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from afluente.core.accounts import Merchant
from afluente.core.holders import Holder
from afluente.core.loans import Loan

_MODALITIES = {"loan": "0203", "financing": "0401", "invoice-financing": "0301", "overdraft": "0213"}
"""The Central Bank's modality for each kind of loan (document 3040, annex 3)."""

_FIRST_DUE, _LATER_DUE = "v110", "v150"
"""Maturity buckets: due within 30 days, due from 91 to 180 days (document 3040, annex 34)."""


def report(holder: Holder, loans: Sequence[Loan], months: Iterable[str]) -> dict[str, Any]:
    """Return the report over base dates `YYYYMM`; a month before a loan's contract does not show it."""
    listed = list(months)
    digits = re.sub(r"\D", "", holder.document)
    company = holder.document_kind.upper() == "CNPJ"
    return {
        "dtbConsult": f"{listed[0]} a {listed[-1]}",
        "cdCli": digits[:8] if company else digits,
        "tpCli": "2" if company else "1",
        "lsDtb": [_base_date(month, loans) for month in listed],
        "listaDeMensagensDeValidacao": [],
    }


def _base_date(month: str, loans: Sequence[Loan]) -> dict[str, Any]:
    running = [loan for loan in loans if _month(loan) <= month]
    first = min((_month(loan) for loan in running), default=None)
    return {
        "dtb": int(month),
        "msg": None,
        "docProc": "100.00",
        "volProc": "100.00",
        "qtdIfs": 1 if running else 0,
        "qtdCongFinc": 1 if running else 0,
        "dtbIniRel": None if first is None else f"{first[:4]}-{first[4:]}-01",
        "coobAss": 0,
        "coobRec": 0,
        "lsOp": [_operation(loan) for loan in running],
    }


def _month(loan: Loan) -> str:
    return f"{loan.contracted_on.year:04}{loan.contracted_on.month:02}"


def _operation(loan: Loan) -> dict[str, Any]:
    owed = loan.outstanding if loan.outstanding is not None else loan.contract_amount
    parts = max(loan.installments_due or 1, 1)
    soon = (owed / parts).quantize(Decimal("0.01"))
    balances = {_FIRST_DUE: soon}
    if owed > soon:
        balances[_LATER_DUE] = owed - soon
    return {
        "mod": _MODALITIES.get(loan.kind, "0299"),
        "oriRec": "0101",
        "indx": "11",
        "varCamb": "790",
        "subJDisc": None,
        "resVenc": balances,
        "lsGar": [{"tp": "0900", "qtd": len(loan.warranties)}] if loan.warranties else [],
        "lsInfAd": [],
    }


def merchant(known: Merchant) -> dict[str, Any]:
    """Return a merchant as the look-up by CNPJ shows it: digits only."""
    return {
        "name": known.name,
        "businessName": known.legal_name,
        "cnpj": re.sub(r"\D", "", known.cnpj or ""),
        "cnae": None if known.cnae is None else re.sub(r"\D", "", known.cnae),
        "category": known.category,
    }
