"""Who holds the accounts, as Pluggy's identity."""

from __future__ import annotations

from datetime import date
from typing import Any

from afluente.core.connections import Stored
from afluente.core.holders import Address, Holder
from afluente.web.instants import instant, midnight

_PHONES = {"personal": "Personal", "work": "Work", "home": "Residencial"}
_PLACES = {"personal": "Personal", "work": "Work"}
_RELATIONS = {"mother": "Mother", "father": "Father", "spouse": "Spouse"}
_PROFILES = {"conservative": "Conservative", "moderate": "Moderate", "aggressive": "Aggressive"}
_SEXES = {"female": "FEMALE", "male": "MALE", "other": "OTHER"}
_MARITAL = {
    "single": "SINGLE",
    "married": "MARRIED",
    "widowed": "WIDOWED",
    "separated": "JUDICIALLY_SEPARATED",
    "divorced": "DIVORCED",
    "stable-union": "STABLE_UNION",
    "other": "OTHER",
}
_BRAZILIAN = frozenset({"br", "bra", "brazil", "brasil", "brazilian", "brasileiro", "brasileira"})


def identity(stored: Stored[Holder], institution_cnpj: str | None = None) -> dict[str, Any]:
    """Return a holder. A company's number is its `taxNumber` too; a person's is a `document` only.

    `institution_cnpj` (any form) says on whose register the qualifications stand: clients require it there,
    so without it they are null.
    """
    record = stored.record
    company = record.document_kind.lower() == "cnpj"
    cnpj = None if institution_cnpj is None else "".join(sign for sign in institution_cnpj if sign.isalnum())
    return {
        "id": stored.id,
        "itemId": stored.connection_id,
        "birthDate": midnight(record.birth_date),
        "taxNumber": record.document if company else None,
        "document": record.document,
        "documentType": record.document_kind.upper(),
        "jobTitle": record.job_title,
        "fullName": record.name,
        "establishmentCode": None,
        "establishmentName": None,
        "companyName": record.company_name or (record.name if company else None),
        "phoneNumbers": [_phone(_PHONES.get(phone.kind), phone.value) for phone in record.phones],
        "emails": [{"type": _PLACES.get(email.kind), "value": email.value} for email in record.emails],
        "addresses": [_address(address) for address in record.addresses],
        "relations": [
            {"type": _RELATIONS.get(relation.kind), "name": relation.name, "document": relation.document}
            for relation in record.relations
        ],
        "investorProfile": None if record.profile is None else _PROFILES.get(record.profile),
        "qualifications": None if cnpj is None else _qualifications(record, cnpj, stored.updated_at),
        "financialRelationships": _relationship(record.customer_since),
        "socialName": record.social_name,
        "sex": None if record.sex is None else _SEXES.get(record.sex),
        "maritalStatus": None if record.marital_status is None else _marital(record.marital_status),
        "nationality": None if record.nationality is None else _nationality(record.nationality),
        "otherDocuments": None,
        "passport": None,
        "incorporationDate": midnight(record.incorporated_on),
        "parties": None,
        "businessOtherDocuments": None,
        "companiesCnpj": None if cnpj is None else [cnpj],
        "createdAt": instant(stored.created_at),
        "updatedAt": instant(stored.updated_at),
    }


def _phone(kind: str | None, value: str) -> dict[str, Any]:
    return {
        "type": kind,
        "value": value,
        "countryCallingCode": None,
        "areaCode": None,
        "extension": None,
        "additionalInfo": None,
    }


def _address(address: Address) -> dict[str, Any]:
    return {
        "fullAddress": address.full,
        "primaryAddress": address.street,
        "city": address.city,
        "postalCode": address.postal_code,
        "state": address.state,
        "country": address.country,
        "type": _PLACES.get(address.kind),
        "additionalInfo": None,
        "district": address.district,
        "ibgeTownCode": None,
        "countryCode": None,
        "geographicCoordinates": None,
    }


def _qualifications(record: Holder, cnpj: str, read_at: int) -> dict[str, Any] | None:
    """What the holder told of work and means; income is by month, both as of when we read them."""
    if record.occupation is None and record.monthly_income is None and record.patrimony is None:
        return None
    read = instant(read_at)
    income = patrimony = None
    if record.monthly_income is not None:
        income = {"frequency": "MENSAL", "amount": record.monthly_income, "date": read}
    if record.patrimony is not None:
        patrimony = {"amount": record.patrimony, "year": int(read[:4])}
    return {
        "companyCnpj": cnpj,
        "occupationCode": None if record.occupation is None else "OUTRO",
        "occupationDescription": record.occupation,
        "informedIncome": income,
        "informedPatrimony": patrimony,
    }


def _relationship(since: date | None) -> dict[str, Any] | None:
    if since is None:
        return None
    return {"startDate": midnight(since), "productsServicesType": [], "procurators": []}


def _marital(status: str) -> dict[str, Any]:
    code = _MARITAL.get(status)
    return {"code": code or "OTHER", "additionalInfo": status if code is None else None}


def _nationality(nationality: str) -> dict[str, Any]:
    return {"hasBrazilianNationality": nationality.casefold() in _BRAZILIAN, "otherNationalities": None}
