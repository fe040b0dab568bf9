"""Mexico's electronic invoices and retention certificates as XML, version 4.0 and 2.0 of the authority's schemas."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from html import escape

from afluente.core.clock import SECOND, Instant
from afluente.core.fiscal import Invoice, InvoiceTax, TaxRetention

_MEXICO = timezone(timedelta(hours=-6))
_KINDS = {"income": "I", "credit": "E", "payroll": "N", "payment": "P", "transfer": "T"}
_TAXES = {"ISR": "001", "IVA": "002", "IEPS": "003"}


def xml_of(invoice: Invoice) -> str:
    """Return the document of an invoice."""
    issuer, receiver = invoice.issuer, invoice.receiver
    items = "".join(
        _tag(
            "cfdi:Concepto",
            {
                "ClaveProdServ": item.product_code,
                "Cantidad": item.quantity,
                "ClaveUnidad": item.unit_code,
                "Unidad": item.unit_name,
                "Descripcion": item.description,
                "ValorUnitario": item.unit_price,
                "Importe": item.subtotal,
                "ObjetoImp": item.tax_subject,
            },
            _taxes(item.taxes),
        )
        for item in invoice.items
    )
    seal = _tag(
        "tfd:TimbreFiscalDigital",
        {
            "xmlns:tfd": "http://www.sat.gob.mx/TimbreFiscalDigital",
            "Version": "1.1",
            "UUID": invoice.identification,
            "FechaTimbrado": _local(invoice.certified_at or invoice.issued_at),
            "RfcProvCertif": invoice.certifier,
        },
    )
    inner = (
        _tag("cfdi:Emisor", {"Rfc": issuer.tax_id, "Nombre": issuer.name, "RegimenFiscal": issuer.regime})
        + _tag(
            "cfdi:Receptor",
            {
                "Rfc": receiver.tax_id,
                "Nombre": receiver.name,
                "DomicilioFiscalReceptor": receiver.postal_code,
                "RegimenFiscalReceptor": receiver.regime,
                "UsoCFDI": invoice.usage,
            },
        )
        + _tag("cfdi:Conceptos", {}, items)
        + _totals(invoice)
        + _tag("cfdi:Complemento", {}, seal)
    )
    return '<?xml version="1.0" encoding="UTF-8"?>' + _tag(
        "cfdi:Comprobante",
        {
            "xmlns:cfdi": "http://www.sat.gob.mx/cfd/4",
            "Version": invoice.version,
            "Serie": invoice.series,
            "Folio": invoice.folio,
            "Fecha": _local(invoice.issued_at),
            "FormaPago": invoice.payment_form,
            "SubTotal": invoice.subtotal,
            "Descuento": invoice.discount or None,
            "Moneda": invoice.currency,
            "Total": invoice.total,
            "TipoDeComprobante": _KINDS[invoice.kind],
            "Exportacion": invoice.export,
            "MetodoPago": invoice.payment_method,
            "LugarExpedicion": invoice.place,
        },
        inner,
    )


def retention_xml_of(retention: TaxRetention) -> str:
    """Return the document of a certificate of retentions."""
    lines = "".join(
        _tag("retenciones:ImpRetenidos", {"BaseRet": line.base, "ImpuestoRet": line.tax, "MontoRet": line.amount})
        for line in retention.lines
    )
    inner = (
        _tag("retenciones:Emisor", {"RfcE": retention.issuer_tax_id, "NomDenRazSocE": retention.issuer_name})
        + _tag(
            "retenciones:Receptor",
            {"NacionalidadR": "Extranjero" if retention.receiver_foreign else "Nacional"},
            _tag("retenciones:Nacional", {"RfcR": retention.receiver_tax_id, "NomDenRazSocR": retention.receiver_name}),
        )
        + _tag(
            "retenciones:Totales",
            {
                "MontoTotOperacion": retention.total,
                "MontoTotGrav": retention.taxable,
                "MontoTotExent": retention.exempt,
                "MontoTotRet": retention.retained,
            },
            lines,
        )
    )
    return '<?xml version="1.0" encoding="UTF-8"?>' + _tag(
        "retenciones:Retenciones",
        {
            "xmlns:retenciones": "http://www.sat.gob.mx/esquemas/retencionpago/2",
            "Version": retention.version,
            "FolioInt": retention.identification,
            "FechaExp": _local(retention.issued_at),
            "CveRetenc": f"{retention.code:02d}",
        },
        inner,
    )


def _totals(invoice: Invoice) -> str:
    if not invoice.taxes:
        return ""
    sums = {"TotalImpuestosRetenidos": invoice.withheld or None, "TotalImpuestosTrasladados": invoice.tax or None}
    return _taxes(invoice.taxes, sums)


def _taxes(taxes: tuple[InvoiceTax, ...], sums: dict[str, Decimal | None] | None = None) -> str:
    if not taxes:
        return ""
    groups = (("Retenciones", "Retencion", True), ("Traslados", "Traslado", False))
    inner = "".join(
        _tag(f"cfdi:{many}", {}, "".join(_tax(f"cfdi:{one}", tax) for tax in taxes if tax.withheld is kept))
        for many, one, kept in groups
        if any(tax.withheld is kept for tax in taxes)
    )
    return _tag("cfdi:Impuestos", sums or {}, inner)


def _tax(name: str, tax: InvoiceTax) -> str:
    rate = None if tax.rate is None else f"{tax.rate / 100:.6f}"
    code = _TAXES.get(tax.name, tax.name)
    return _tag(
        name, {"Base": tax.base, "Impuesto": code, "TipoFactor": "Tasa", "TasaOCuota": rate, "Importe": tax.amount}
    )


def _tag(name: str, attributes: Mapping[str, object], inner: str = "") -> str:
    told = "".join(f' {key}="{escape(str(value))}"' for key, value in attributes.items() if value is not None)
    return f"<{name}{told}>{inner}</{name}>" if inner else f"<{name}{told}/>"


def _local(instant: Instant) -> str:
    return f"{datetime.fromtimestamp(instant // SECOND, UTC).astimezone(_MEXICO):%Y-%m-%dT%H:%M:%S}"
