"""What Mexico's and Colombia's tax authorities certify of a taxpayer: registration, and whether duties are met."""

from __future__ import annotations

from typing import Any

from afluente.core.connections import Stored
from afluente.core.fiscal import Activity, FiscalAddress, Regime, TaxComplianceStatus, TaxStatus
from afluente.dialects.belvo.render.days import iso
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant

_OUTCOMES = {"positive": "POSITIVE", "negative": "NEGATIVE", "no-obligations": "NO_OBLIGATIONS"}
_MONTHS = (
    "ENERO", "FEBRERO", "MARZO", "ABRIL", "MAYO", "JUNIO",
    "JULIO", "AGOSTO", "SEPTIEMBRE", "OCTUBRE", "NOVIEMBRE", "DICIEMBRE",
)  # fmt: skip


def tax_status(stored: Stored[TaxStatus], origin: Origin, *, pdf: str | None = None) -> dict[str, Any]:
    """Return a registration; `pdf` is the certificate in base64. The regimes are there under all their names."""
    record = stored.record
    colombian = origin.country == "CO"
    regimes = [_regime(regime) for regime in record.regimes]
    return {
        "id": stored.id,
        "link": origin.link,
        "collected_at": instant(stored.updated_at),
        "created_at": instant(stored.created_at),
        "place_and_date_of_issuance": _issued(record, colombian),
        "official_name": None if colombian and not record.company else record.name,
        "id_cif": record.personal_id if colombian else record.registration,
        "tax_payer_information": _taxpayer(record),
        "address": _address(record.addresses[0]) if record.addresses else None,
        "economic_activity": [_activity(activity, colombian) for activity in record.activities],
        "regimes": regimes,
        "regimens": regimes,
        # The older schema asks for this name and describes the one above.
        "regimen": regimes,
        "obligations": [
            {
                "obligation": obligation.name,
                "expiration": obligation.due,
                "initial_date": iso(obligation.starts_on),
                "end_date": iso(obligation.ends_on),
            }
            for obligation in record.obligations
        ],
        "digital_stamp": record.stamp,
        "digital_stamp_chain": record.stamp_chain,
        "pdf": pdf,
    }


def _issued(record: TaxStatus, colombian: bool) -> str:
    """Where and when, as the authority prints it."""
    day = record.issued_on
    if colombian:
        return day.isoformat()
    date = f"{day.day} DE {_MONTHS[day.month - 1]} DE {day.year}"
    return f"{record.place.upper()} A {date}" if record.place else date


def _taxpayer(record: TaxStatus) -> dict[str, Any]:
    return {
        "rfc": record.tax_id,
        "curp": record.personal_id,
        "name": record.given_name,
        "first_last_name": record.family_name,
        "second_last_name": record.second_family_name,
        "start_operations_date": iso(record.started_on),
        "status_padron": record.status,
        "last_status_change_date": iso(record.status_changed_on),
        "commercial_name": record.trade_name,
        "social_name": record.name if record.company else None,
        "email": record.email,
        "phone": record.phone,
    }


def _address(address: FiscalAddress) -> dict[str, Any]:
    between = address.between
    return {
        "postal_code": address.postal_code,
        "street_type": address.street_type,
        "street": address.street,
        "exterior_number": address.exterior_number,
        "interior_number": address.interior_number,
        "suburb": address.district,
        "locality": address.city,
        "municipality": address.municipality,
        "state": address.state,
        "between_street": None if between is None else [{"street_one": between[0], "street_two": between[1]}],
    }


def _activity(activity: Activity, colombian: bool) -> dict[str, Any]:
    return {
        "economic_activity": activity.code if colombian and activity.code else activity.name,
        "initial_date": iso(activity.starts_on),
        "end_date": iso(activity.ends_on),
        "order": str(activity.order),
        "percentage": None if colombian else str(activity.share),
    }


def _regime(regime: Regime) -> dict[str, Any]:
    return {"regimen": regime.name, "initial_date": iso(regime.starts_on), "end_date": iso(regime.ends_on)}


def tax_compliance_status(
    stored: Stored[TaxComplianceStatus], origin: Origin, *, pdf: str | None = None
) -> dict[str, Any]:
    """Return the authority's opinion; `pdf` is the document in base64."""
    record = stored.record
    return {
        "id": stored.id,
        "link": origin.link,
        "collected_at": instant(stored.updated_at),
        "created_at": instant(stored.created_at),
        "internal_identification": record.folio,
        "rfc": record.tax_id,
        "outcome": _OUTCOMES.get(record.outcome),
        "pdf": pdf,
    }
