"""What Chile's tax authority and bank supervisor tell: invoices, registrations, debts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from afluente.core.connections import Stored
from afluente.core.fiscal import (
    CreditLine,
    Debt,
    DebtReport,
    Invoice,
    InvoiceMonth,
    Property,
    PropertyInstallment,
    Stake,
    TaxStatus,
)
from afluente.dialects.belvo.render.days import iso, local_date
from afluente.dialects.belvo.render.forms import PURCHASE_DETAILS, SALES_DETAILS
from afluente.dialects.belvo.render.invoices import DIRECTIONS
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant

_ADDRESSES = {
    "primary": "PRIMARY",
    "secondary": "SECONDARY",
    "mailing": "MAILING_ADDRESS",
    "notification": "NOTIFICATION_ADDRESS",
}
_NOTES = frozenset({56, 61, 111, 112})
"""Codes of debit and credit notes."""


def _frame(stored: Stored[Any], origin: Origin) -> dict[str, Any]:
    return {
        "id": stored.id,
        "link": origin.link,
        "collected_at": instant(stored.updated_at),
        "created_at": instant(stored.created_at),
    }


def chilean_invoice(stored: Stored[Invoice], origin: Origin) -> dict[str, Any]:
    """Return an invoice, with the details of a purchase or of a sale."""
    record = stored.record
    received = record.issued_at if record.received_at is None else record.received_at
    acknowledged = received if record.acknowledged_at is None else record.acknowledged_at
    # A credit note gives money back, so its seller is who pays.
    bought = record.direction == ("in" if record.kind == "credit" else "out")
    return _frame(stored, origin) | {
        "total_amount": record.total,
        "net_amount": record.subtotal - record.discount,
        "vat_amount": record.tax,
        "currency": record.currency,
        "issue_date": local_date(record.issued_at, origin.country),
        "received_at": instant(received),
        "acknowledged_at": instant(acknowledged),
        "claim_date": iso(record.claimed_on),
        "status": record.status.upper(),
        "document_code": record.document_code or 33,
        "category": record.category or "Del Giro",
        "folio": record.folio or record.identification,
        "sender_id": record.issuer.tax_id,
        "sender_name": record.issuer.name,
        "receiver_id": record.receiver.tax_id,
        "receiver_name": record.receiver.name,
        "type": DIRECTIONS[record.direction],
        "purchase_invoice_details": _details(record, PURCHASE_DETAILS) if bought else None,
        "sales_invoice_details": None if bought else _details(record, SALES_DETAILS),
        "summary_invoice_details": _summary(record.month, stored, origin),
    }


def _details(record: Invoice, lines: tuple[str, ...]) -> dict[str, Any]:
    """The further amounts that were told, by the wire's lines; the others are null."""
    told: dict[str, Any] = {name.replace("-", "_"): value for name, value in record.figures.items()}
    wire = {name: told.get(name) for name in lines}
    wire["credit_or_debit_note_on_purchase"] = record.document_code in _NOTES
    return wire


def _summary(month: InvoiceMonth | None, stored: Stored[Invoice], origin: Origin) -> dict[str, Any]:
    """What the month's list says; of a month without one, this invoice alone."""
    if month is None:
        return {
            "month": local_date(stored.record.issued_at, origin.country)[:7],
            "updated_at": instant(stored.updated_at),
            "total_documents": 1,
            "tax_exempt_amount": 0,
        }
    return {
        "month": month.month,
        "updated_at": instant(month.updated_at),
        "total_documents": month.documents,
        "tax_exempt_amount": month.exempt,
    }


def chilean_tax_status(stored: Stored[TaxStatus], origin: Origin) -> dict[str, Any]:
    """Return a registration with the Servicio de Impuestos Internos."""
    record = stored.record
    since = iso(record.incorporated_on or record.started_on)
    return _frame(stored, origin) | {
        "entity_details": {
            "incorporation_date": since,
            "start_date": iso(record.started_on),
            "end_date": iso(record.ended_on),
            "document_id_type": "RUT",
            "document_id_number": record.tax_id,
            "name": record.name,
        },
        "addresses": [
            {
                "type": _ADDRESSES.get(address.kind, "SECONDARY"),
                "date": iso(address.since) or since,
                "address": address.full,
            }
            for address in record.addresses
        ],
        "emails": [] if record.email is None else [{"type": "CONTACT", "email": record.email}],
        "phone_numbers": [] if record.phone is None else [{"type": "MOBILE", "number": record.phone}],
        "economic_activities": [
            {
                "type": activity.kind or activity.name,
                "activity": activity.name,
                "code": activity.code or "",
                "tax_category": activity.category or 1,
                "vat_affected": activity.vat,
                "start_date": iso(activity.starts_on),
            }
            for activity in record.activities
        ],
        "legal_representative": [_somebody(stake) | {"is_current": stake.current} for stake in record.representatives],
        "equity_holders": [_holder(stake) | {"is_current": stake.current} for stake in record.owners],
        "company_partnership_stakes": [_holder(stake) for stake in record.stakes],
        "regimes": [{"type": regime.name, "start_date": iso(regime.starts_on)} for regime in record.regimes],
        "authorized_tax_documents": [
            {
                "type": document.kind,
                "document_limit": document.limit,
                "authorization_date": iso(document.authorized_on),
            }
            for document in record.documents
        ],
        "property_tax_liabilities": [_property(owned) for owned in record.properties],
        "fiscal_office": {
            "name": "" if record.office is None else record.office[0],
            "address": "" if record.office is None else record.office[1],
        },
    }


def _somebody(stake: Stake) -> dict[str, Any]:
    return {
        "name": stake.name,
        "document_id_type": "RUT",
        "document_id_number": stake.tax_id,
        "start_date": iso(stake.starts_on),
        "end_date": iso(stake.ends_on),
    }


def _holder(stake: Stake) -> dict[str, Any]:
    return _somebody(stake) | {
        "inactive": not stake.current,
        "capital_contributed": stake.contributed or 0,
        "capital_contribution_outstanding": stake.outstanding or 0,
        "ownership_share": stake.ownership or 0,
        "profit_share": stake.profit or 0,
    }


def _property(owned: Property) -> dict[str, Any]:
    return {
        "property_id": owned.number,
        "district": owned.district,
        "address": owned.address,
        "type": owned.kind,
        "overdue_tax_payments": _installments(owned.overdue),
        "scheduled_tax_payments": _installments(owned.scheduled),
    }


def _installments(parts: Iterable[PropertyInstallment]) -> list[dict[str, Any]]:
    return [
        {"year": part.year, "installment": part.number, "due_date": iso(part.due_on), "amount_due": part.amount}
        for part in parts
    ]


def debt_report(stored: Stored[DebtReport], origin: Origin) -> dict[str, Any]:
    """Return what somebody owes to all lenders."""
    record = stored.record
    return _frame(stored, origin) | {
        "personal_data": {
            "full_name": record.name,
            "document_id_type": "RUT",
            "document_id_number": record.tax_id,
        },
        "debt_data_last_update": iso(record.as_of),
        "currency": record.currency,
        "total": record.total,
        "current": record.current,
        "delinquent": record.late,
        "severely_delinquent": record.very_late,
        "defaulted": record.defaulted,
        "direct_debts": [_debt(debt) for debt in record.direct],
        "indirect_debts": [_debt(debt) for debt in record.indirect],
        "credit_lines": [_line(line) for line in record.lines],
        "other_credits": [_line(line) for line in record.others],
    }


def _debt(debt: Debt) -> dict[str, Any]:
    return {
        "financial_institution": debt.institution,
        "credit_type": debt.kind,
        "amount": debt.amount,
        "current": debt.current,
        "delinquent": debt.late,
        "severely_delinquent": debt.very_late,
        "defaulted": debt.defaulted,
    }


def _line(line: CreditLine) -> dict[str, Any]:
    return {
        "financial_institution": line.institution,
        "direct_amount": line.direct,
        "indirect_amount": line.indirect,
    }
