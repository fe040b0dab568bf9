"""Invoices of Mexico's and Colombia's tax authorities; Chile's are in `chile`."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from afluente.core.connections import Stored
from afluente.core.fiscal import (
    Deduction,
    Invoice,
    InvoiceItem,
    InvoiceParty,
    InvoicePayment,
    InvoiceTax,
    PaidInvoice,
    Payroll,
)
from afluente.dialects.belvo.render.days import iso, local_date
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant

DIRECTIONS = {"in": "INFLOW", "out": "OUTFLOW"}
_KINDS = {"income": "Ingreso", "credit": "Egreso", "payroll": "Nómina", "payment": "Pago", "transfer": "Traslado"}
_STATUSES = {"valid": "Vigente", "cancelled": "Cancelado"}
_STATUSES_CO = {"valid": "Aprobado", "cancelled": "Cancelado"}
_METHODS = frozenset({"PUE", "PPD", "PIP"})
_METHODS_CO = {"cash": "Contado", "credit": "Crédito", "Contado": "Contado", "Crédito": "Crédito"}
_FACTORS = {"rate": "Tasa", "fixed": "Cuota", "exempt": "Exento"}
_PERIODICITIES = {
    "daily": "DAILY",
    "weekly": "WEEKLY",
    "ten-days": "TENTH_DAY",
    "biweekly": "FOURTEENTH_DAY",
    "fortnightly": "FIFTEENTH_DAY",
    "monthly": "MONTHLY",
    "bimonthly": "BIMONTHLY",
}
_PAYROLLS = {"ordinary": "O", "extraordinary": "E"}
_CANCELLATIONS = {
    "without-acceptance": "Cancelado sin aceptación",
    "with-acceptance": "Cancelado con aceptación",
    "expired": "Plazo vencido",
}
_FORMS_CO = {"cash": "10", "credit": "1"}
"""Colombia's codes of how it was paid: in cash, and not told."""

_CLEAN = "NO_TAX_FRAUD_STATUS"


def invoice(stored: Stored[Invoice], origin: Origin, *, xml: bool = False) -> dict[str, Any]:
    """Return an invoice in the form of its country; `xml` adds the document itself."""
    if origin.country == "CO":
        return _colombian(stored, origin)
    return _mexican(stored, origin, xml)


def _common(stored: Stored[Invoice], origin: Origin) -> dict[str, Any]:
    """What both countries tell."""
    record = stored.record
    return {
        "id": stored.id,
        "link": origin.link,
        "collected_at": instant(stored.updated_at),
        "created_at": instant(stored.created_at),
        "invoice_identification": record.identification,
        "invoice_date": local_date(record.issued_at, origin.country),
        "type": DIRECTIONS[record.direction],
        "sender_id": record.issuer.tax_id,
        "sender_name": record.issuer.name,
        "receiver_id": record.receiver.tax_id,
        "receiver_name": record.receiver.name,
        "payment_type": record.payment_form,
        "payment_type_description": None,
        "payment_method_description": None,
        "currency": record.currency,
        "subtotal_amount": record.subtotal,
        "exchange_rate": record.exchange_rate,
        "tax_amount": record.tax,
        "discount_amount": record.discount,
        "total_amount": record.total,
        "sender_blacklist_status": None,
        "receiver_blacklist_status": None,
        "warnings": None,
    }


def _mexican(stored: Stored[Invoice], origin: Origin, xml: bool) -> dict[str, Any]:
    record = stored.record
    collected = instant(stored.updated_at)
    certified = record.certified_at
    wire = _common(stored, origin) | {
        "status": _STATUSES.get(record.status, record.status),
        "invoice_type": _KINDS.get(record.kind),
        "tax_details": _taxes(record.taxes),
        "sender_fiscal_regime": record.issuer.regime,
        "sender_tax_fraud_status": record.issuer.fraud_status or _CLEAN,
        "receiver_postal_code": record.receiver.postal_code or "",
        "receiver_fiscal_regime": record.receiver.regime,
        "receiver_tax_fraud_status": record.receiver.fraud_status or _CLEAN,
        "cancelation_status": _CANCELLATIONS.get(record.cancellation or "", record.cancellation),
        "cancelation_update_date": iso(record.cancelled_on),
        "certification_date": None if certified is None else local_date(certified, origin.country),
        "certification_authority": record.certifier,
        "payment_method": record.payment_method if record.payment_method in _METHODS else None,
        "usage": record.usage,
        "version": record.version,
        "place_of_issue": record.place,
        "invoice_details": [_item(item, collected) for item in record.items],
        "related_invoices": [
            {"relationship_type": other.relation, "related_invoice_identification": other.identification}
            for other in record.related
        ],
        "payments": [_payment(payment) for payment in record.payments],
        "payroll": None if record.payroll is None else _payroll(record.payroll, collected),
        "folio": record.folio,
        "series": record.series,
        "export_type": record.export,
        "xml": record.xml if xml else None,
    }
    return wire


def _taxes(taxes: Iterable[InvoiceTax]) -> dict[str, Any]:
    listed = list(taxes)
    return {
        "total_tax_retained": sum((tax.amount for tax in listed if tax.withheld), Decimal(0)),
        "total_tax_transferred": sum((tax.amount for tax in listed if not tax.withheld), Decimal(0)),
        "retained_taxes": [_tax(tax) for tax in listed if tax.withheld],
        "transferred_taxes": [_tax(tax) for tax in listed if not tax.withheld],
    }


def _tax(tax: InvoiceTax) -> dict[str, Any]:
    return {
        "tax_type": _FACTORS.get(tax.factor),
        "tax": tax.name,
        "tax_percentage": tax.rate or Decimal(0),
        "pre_tax_amount": tax.base,
        "tax_amount": tax.amount,
    }


def _item(item: InvoiceItem, collected: str) -> dict[str, Any]:
    transferred = [tax for tax in item.taxes if not tax.withheld]
    return {
        "collected_at": collected,
        "description": item.description,
        "product_identification": item.product_code,
        "quantity": whole(item.quantity),
        "unit_code": item.unit_code,
        "unit_description": item.unit_name,
        "unit_amount": item.unit_price,
        "discount": item.discount,
        "tax_type": transferred[0].name if transferred else None,
        "tax_subject_code": item.tax_subject,
        "identifier_number": item.identifier,
        "pre_tax_amount": item.subtotal,
        "tax_percentage": transferred[0].rate if transferred else None,
        "tax_amount": item.tax,
        "total_amount": item.total,
        "retained_taxes": [
            _item_tax(tax, collected) | {"retained_tax_amount": tax.amount} for tax in item.taxes if tax.withheld
        ],
        "transferred_taxes": [
            _item_tax(tax, collected) | {"transferred_tax_amount": tax.amount} for tax in transferred
        ],
    }


def whole(quantity: Decimal) -> Decimal | int:
    """Return a quantity, as a whole number where it is one: the older generation has no other."""
    return int(quantity) if quantity == quantity.to_integral_value() else quantity


def _item_tax(tax: InvoiceTax, collected: str) -> dict[str, Any]:
    return {
        "collected_at": collected,
        "tax_type": _FACTORS.get(tax.factor),
        "tax": tax.name,
        "tax_percentage": tax.rate,
    }


def _payment(payment: InvoicePayment) -> dict[str, Any]:
    return {
        "date": instant(payment.paid_at),
        "payment_type": payment.form,
        "currency": payment.currency,
        "exchange_rate": None if payment.rate is None else str(payment.rate),
        "amount": payment.amount,
        "operation_number": payment.operation,
        "beneficiary_rfc": payment.beneficiary_tax_id,
        "beneficiary_account_number": payment.beneficiary_account,
        "payer_rfc": payment.payer_tax_id,
        "payer_account_number": payment.payer_account,
        "payer_bank_name": payment.payer_bank,
        "related_documents": [_paid(document) for document in payment.documents],
    }


def _paid(document: PaidInvoice) -> dict[str, Any]:
    return {
        "invoice_identification": document.identification,
        "currency": document.currency,
        "payment_method": document.method,
        "partiality_number": document.number,
        "previous_balance": document.before,
        "amount_paid": document.paid,
        "outstanding_balance": document.after,
    }


def _payroll(payroll: Payroll, collected: str) -> dict[str, Any]:
    return {
        "days": payroll.days,
        "type": _PAYROLLS.get(payroll.kind, payroll.kind),
        "amount": payroll.amount,
        "version": payroll.version,
        "date_from": iso(payroll.starts_on),
        "date_to": iso(payroll.ends_on),
        "collected_at": collected,
        "payment_date": iso(payroll.paid_on),
        "periodicity": _PERIODICITIES.get(payroll.periodicity, "OTHER_PERIODICITY"),
        "earnings_breakdown": [
            {"type": earning.kind, "taxable_amount": earning.taxable, "vat_free_amount": earning.exempt}
            for earning in payroll.earnings
        ],
        "tax_deductions": [_deduction(deduction) for deduction in payroll.deductions],
        "other_payments": [_deduction(other) for other in payroll.others],
    }


def _deduction(deduction: Deduction) -> dict[str, Any]:
    return {"type": deduction.kind, "amount": deduction.amount}


def _colombian(stored: Stored[Invoice], origin: Origin) -> dict[str, Any]:
    """Colombia's: the older generation's form, with much of Mexico's null."""
    record = stored.record
    collected = instant(stored.updated_at)
    return _common(stored, origin) | {
        "status": _STATUSES_CO.get(record.status, record.status),
        "expiration_date": iso(record.due_on),
        "payment_type": _FORMS_CO.get(record.payment_form or "", record.payment_form),
        "invoice_type": "Factura Electrónica de Venta",
        "sender_details": _details(record.issuer, collected),
        "sender_tax_fraud_status": record.issuer.fraud_status,
        "receiver_details": _details(record.receiver, collected),
        "receiver_tax_fraud_status": None,
        "cancelation_status": None,
        "cancelation_update_date": None,
        "certification_date": None,
        "certification_authority": None,
        "payment_method": _METHODS_CO.get(record.payment_method or ""),
        "usage": None,
        "version": None,
        "place_of_issue": None,
        "invoice_details": [_item(item, collected) for item in record.items],
        "payments": [],
        "payroll": None,
        "folio": None,
        "xml": None,
    }


def _details(party: InvoiceParty, collected: str) -> dict[str, Any]:
    return {
        "collected_at": collected,
        "tax_payer_type": party.taxpayer_kind,
        "regimen": party.regime,
        "tax_scheme": party.scheme,
        "country": party.country,
        "address": party.address,
        "phone_number": party.phone,
        "email": party.email,
    }
