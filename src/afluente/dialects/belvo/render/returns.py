"""Returns, declarations and retentions: forms of the tax authorities, part by part.

A part goes by the authority's name, and its lines by theirs: `a-line` is `a_line` on the wire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from afluente.core.connections import Stored
from afluente.core.fiscal import FinancialStatement, Section, TaxDeclaration, TaxRetention, TaxReturn
from afluente.dialects.belvo.render.days import iso
from afluente.dialects.belvo.render.forms import (
    BALANCE_SHEET,
    COMPANY_DECLARATION,
    INCOME_STATEMENT,
    PERSON_DECLARATION,
    RETURNS,
)
from afluente.dialects.belvo.render.identification import clipped
from afluente.dialects.belvo.render.invoices import DIRECTIONS
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant

_PAYMENTS = {"paid": "PAID", "provisioned": "PROVISIONED"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _frame(stored: Stored[Any], origin: Origin) -> dict[str, Any]:
    return {
        "id": stored.id,
        "link": origin.link,
        "collected_at": instant(stored.updated_at),
        "created_at": instant(stored.created_at),
    }


def _part(section: Section | None) -> dict[str, Any] | None:
    if section is None:
        return None
    return {_line(name): value for name, value in (*section.texts.items(), *section.amounts.items())}


def _line(name: str) -> str:
    return name.replace("-", "_")


def tax_return(
    stored: Stored[TaxReturn], origin: Origin, *, pdf: str | None = None, receipt_pdf: str | None = None
) -> dict[str, Any]:
    """Return a return in the one of four forms that it was filed on; the documents are in base64."""
    record = stored.record
    monthly = record.month is not None
    told = {name: _part(record.sections.get(part)) for name, part in RETURNS[record.company, monthly].items()}
    general = told["informacion_general"] or {}
    told["informacion_general"] = {
        "rfc": record.tax_id,
        "ejercicio": str(record.year),
        "periodo": None if record.month is None else f"{record.month:02d}",
        "fecha_hora_presentacion": iso(record.filed_on),
        "tipo_declaracion": "Normal",
    } | general
    wire = _frame(stored, origin) | told | {"pdf": pdf, "receipt_pdf": receipt_pdf}
    return wire | {"type": "monthly"} if monthly else wire | {"type": "yearly"}


def tax_retention(stored: Stored[TaxRetention], origin: Origin, *, xml: bool = False) -> dict[str, Any]:
    """Return a certificate of taxes kept back; `xml` adds the document itself."""
    record = stored.record
    number = record.identification
    return _frame(stored, origin) | {
        "invoice_identification": number if _UUID.fullmatch(number) else None,
        "version": record.version,
        "code": record.code,
        "type": DIRECTIONS[record.direction],
        "issued_at": instant(record.issued_at),
        "certified_at": instant(record.certified_at),
        "cancelled_at": None if record.cancelled_at is None else instant(record.cancelled_at),
        "sender_id": record.issuer_tax_id,
        "sender_name": record.issuer_name,
        "receiver_nationality": "FOREIGN" if record.receiver_foreign else "NATIONAL",
        "receiver_id": record.receiver_tax_id,
        "receiver_name": record.receiver_name,
        "total_invoice_amount": record.total,
        "total_exempt_amount": record.exempt,
        "total_retained_amount": record.retained,
        "total_taxable_amount": record.taxable,
        "retention_breakdown": [
            {
                "base_amount": line.base,
                "tax_type": line.tax,
                "retained_amount": line.amount,
                "payment_status": _PAYMENTS.get(line.payment),
            }
            for line in record.lines
        ],
        "xml": record.xml if xml else None,
    }


def tax_declaration(stored: Stored[TaxDeclaration], origin: Origin, *, pdf: str | None = None) -> dict[str, Any]:
    """Return a Colombian declaration, of a person or a company. A line that was left empty is nothing."""
    record = stored.record
    taxpayer: dict[str, Any] = {
        "first_last_name": record.family_name,
        "second_last_name": record.second_family_name,
        "first_name": record.given_name,
        "other_names": record.other_names,
        "main_economic_activity": record.activity,
        "document_id": {"document_type": record.tax_id_kind, "document_number": record.tax_id},
        "reporting_id": {"reporting_type": record.reporting[0], "reporting_value": record.reporting[1]},
    }
    if record.company:
        taxpayer["company_name"] = record.name
    else:
        taxpayer |= {name: taxpayer[name] or "" for name in _NAMES}
    return (
        _frame(stored, origin)
        | {
            "document_information": {
                "name": record.title,
                "type": "DECLARATION",
                "form_number": record.form,
                "year": record.year,
            },
            "tax_payer_information": taxpayer,
        }
        | (_company(record.sections) if record.company else _person(record.sections))
        | {"date_issued": iso(record.issued_on), "pdf": pdf}
    )


_NAMES = ("first_last_name", "second_last_name", "first_name", "other_names")


def _filled(section: Section | None, lines: tuple[str, ...]) -> dict[str, Any]:
    """The lines of a part of a form that has them all, nothing where none was written."""
    amounts = {} if section is None else {_line(name): value for name, value in section.amounts.items()}
    return {name: amounts.get(name, Decimal(0)) for name in lines}


def _company(sections: Mapping[str, Section]) -> dict[str, Any]:
    told = {name: _filled(sections.get(part), lines) for name, (part, lines) in COMPANY_DECLARATION.items()}
    tax = told["tax_assessment"]
    # The published schema asks for the person's name of this line and describes the company's.
    tax["total_withheld_tax"] = tax["total_withholdings_for_the_taxable_year_to_be_declared"]
    return told


def _person(sections: Mapping[str, Section]) -> dict[str, Any]:
    return {
        name: {inner: _filled(sections.get(part), lines) for inner, (part, lines) in parts.items()}
        if isinstance(parts, dict)
        else _filled(sections.get(parts[0]), parts[1])
        for name, parts in PERSON_DECLARATION.items()
    }


def financial_statement(stored: Stored[FinancialStatement], origin: Origin) -> dict[str, Any]:
    """Return a company's year; a line that it does not have is null."""
    record = stored.record
    return _frame(stored, origin) | {
        "error": None,
        "year": str(record.year),
        "currency": clipped(record.currency, 3),
        "balance_sheet": {
            name: _told(record.sections.get(part), lines) for name, (part, lines) in BALANCE_SHEET.items()
        },
        "income_statement": _told(record.sections.get("income-statement"), INCOME_STATEMENT),
    }


def _told(section: Section | None, lines: tuple[str, ...]) -> dict[str, Any]:
    amounts = {} if section is None else {_line(name): value for name, value in section.amounts.items()}
    return {name: amounts.get(name) for name in lines}
