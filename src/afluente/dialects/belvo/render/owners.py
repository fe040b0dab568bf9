"""Who holds the accounts. Open Finance tells persons and companies apart; elsewhere an owner is one simple object.

The two Open Finance forms are used where the institution told what they cannot do without: a day of birth, or of
incorporation, and on whose register it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from afluente.core.connections import Stored
from afluente.core.holders import Address, Holder, Phone, Relation
from afluente.dialects.belvo.render.days import iso, local_day
from afluente.dialects.belvo.render.identification import bare, clipped, digits
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant

_SEXES = {"female": "FEMALE", "male": "MALE", "other": "OTHER"}
_MARITAL = {
    "single": "SINGLE",
    "married": "MARRIED",
    "widowed": "WIDOWED",
    "separated": "SEPARATED",
    "divorced": "DIVORCED",
    "stable-union": "CIVIL_UNION",
    "other": "OTHER",
}
_FILIATIONS = {"mother": "MOTHER", "father": "FATHER"}
_PARTIES = {"partner": "MEMBER", "administrator": "ADMINISTRATOR"}
_COUNTRIES = {"BR": ("Brasil", "BRA"), "MX": ("México", "MEX"), "CO": ("Colombia", "COL"), "CL": ("Chile", "CHL")}
_NATIVE = frozenset({"br", "bra", "brazil", "brasil", "brazilian", "brasileiro", "brasileira"})
_CHECKED = frozenset({"CPF", "CNPJ"})
_OF_A_PERSON: dict[str, Any] = {
    "product_services_additional_info": None,
    "salary_portability_requests": [],
    "payroll_accounts": [],
}
_MOBILE = re.compile(r"9\d{8}")


def owner(stored: Stored[Holder], origin: Origin, products: Iterable[str] = ()) -> dict[str, Any]:
    """Return a holder in the form of the link's generation; `products` are the network's names of what is held."""
    record = stored.record
    company = record.document_kind.upper() == "CNPJ"
    if origin.open_finance and origin.face.cnpj is not None:
        if company and record.incorporated_on is not None:
            return _business(stored, origin, list(products))
        if not company and record.birth_date is not None:
            return _individual(stored, origin, list(products))
    return _plain(stored, origin)


def _plain(stored: Stored[Holder], origin: Origin) -> dict[str, Any]:
    """The form of credentials and employment links. Its name's parts are no longer told."""
    record = stored.record
    return _frame(stored, origin) | {
        "display_name": clipped(record.name, 128),
        **_contact(record),
        "document_id": {"document_type": record.document_kind.upper(), "document_number": record.document},
        "business_name": record.company_name,
        "first_name": None,
        "last_name": None,
        "second_last_name": None,
    }


def _frame(stored: Stored[Holder], origin: Origin) -> dict[str, Any]:
    return {
        "id": stored.id,
        "link": origin.link,
        "internal_identification": stored.record.key,
        "collected_at": instant(stored.updated_at),
        "created_at": instant(stored.created_at),
    }


def _contact(record: Holder) -> dict[str, Any]:
    return {
        "email": record.emails[0].value if record.emails else None,
        "phone_number": record.phones[0].value if record.phones else None,
        "address": record.addresses[0].full if record.addresses else None,
    }


def _register(record: Holder, origin: Origin) -> dict[str, Any]:
    """What both Open Finance forms tell: document, addresses, telephones, on whose register."""
    return {
        "companies_id": [origin.face.cnpj],
        "document_id": {"document_type": record.document_kind.upper(), "document_number": bare(record.document)},
        "additional_documents": [_document(record)],
        **_contact(record),
        "emails": [{"is_main": place == 0, "email": email.value[:320]} for place, email in enumerate(record.emails)],
        "addresses": [_address(address, place == 0) for place, address in enumerate(record.addresses)],
        "phone_numbers": [_phone(phone, place == 0) for place, phone in enumerate(record.phones)],
    }


def _individual(stored: Stored[Holder], origin: Origin, products: list[str]) -> dict[str, Any]:
    record = stored.record
    status = _MARITAL.get(record.marital_status or "")
    relation = _relation(record, products)
    local = record.nationality is None or record.nationality.casefold() in _NATIVE
    return (
        _frame(stored, origin)
        | {
            "display_name": record.name[:128],
            "social_name": clipped(record.social_name, 128),
            "birth_date": iso(record.birth_date),
            "marital_status": None if record.marital_status is None else status or "OTHER",
            "marital_status_additional_info": None if status else clipped(record.marital_status, 50),
            "gender": None if record.sex is None else _SEXES.get(record.sex, "OTHER"),
            "is_local_resident": local,
            "nationalities": None if local else [{"info": clipped(record.nationality, 40), "documents": []}],
            "filiations": [_filiation(parent) for parent in record.relations if parent.kind in _FILIATIONS],
            "financial_profile": _profile(stored, origin),
            "financial_relation": None if relation is None else relation | _OF_A_PERSON,
        }
        | _register(record, origin)
    )


def _business(stored: Stored[Holder], origin: Origin, products: list[str]) -> dict[str, Any]:
    record = stored.record
    return (
        _frame(stored, origin)
        | {
            "company_name": (record.company_name or record.name)[:128],
            "trade_name": clipped(record.social_name, 128),
            "incorporation_date": iso(record.incorporated_on),
            "parties": [_party(relation) for relation in record.relations],
            "financial_profile": _revenue(stored, origin),
            "financial_relation": _relation(record, products),
        }
        | _register(record, origin)
    )


def _document(record: Holder) -> dict[str, Any]:
    """The tax number as the one paper that is always there; its last two digits are the check digits."""
    number = bare(record.document)
    return {
        "type": "FISCAL_ID",
        "type_additional_info": None,
        "number": number[:40],
        "check_digit": number[-2:] if record.document_kind.upper() in _CHECKED else "",
        "issue_date": None,
        "expiration_date": None,
        "country_of_issuance": "BRA",
        "additional_info": None,
    }


def _address(address: Address, main: bool) -> dict[str, Any]:
    country = (address.country or "BR").upper()
    name, code = _COUNTRIES.get(country[:2], (address.country or "Brasil", None))
    return {
        "is_main": main,
        "address": (address.street or address.full)[:150],
        "additional_info": None,
        "district_name": clipped(address.district, 50),
        "town": (address.city or "")[:50],
        "town_code": None,
        "state": clipped(address.state, 2) if address.state and len(address.state) == 2 else None,
        "postcode": digits(address.postal_code or "")[:8].zfill(8),
        "country_name": name[:80],
        "country_code": code,
        "latitude": None,
        "longitude": None,
    }


def _phone(phone: Phone, main: bool) -> dict[str, Any]:
    """A telephone in its parts, where it is written `+country area number`; else its last eleven digits."""
    parts = phone.value.split(maxsplit=2)
    country = area = None
    number = digits(phone.value)[-11:].zfill(8)
    if len(parts) == 3 and parts[0].startswith("+") and len(digits(parts[1])) == 2 and len(digits(parts[2])) >= 8:
        country, area, number = digits(parts[0])[:4], digits(parts[1]), digits(parts[2])[:11]
    return {
        "is_main": main,
        "type": "MOBILE" if _MOBILE.fullmatch(number) else "LANDLINE",
        "additional_info": None,
        "number": number,
        "country_code": country,
        "area_code": area,
        "extension": None,
    }


def _filiation(relation: Relation) -> dict[str, Any]:
    return {"type": _FILIATIONS[relation.kind], "civil_name": relation.name[:70], "social_name": None}


def _party(relation: Relation) -> dict[str, Any]:
    """Somebody who owns or speaks for a company."""
    number = bare(relation.document or "")
    company = len(number) == 14
    return {
        "person_type": "COMPANY" if company else "INDIVIDUAL",
        "type": _PARTIES.get(relation.kind, "MEMBER"),
        "display_name": None if company else relation.name[:128],
        "social_name": None,
        "company_name": relation.name[:128] if company else None,
        "trade_name": None,
        "start_date": None,
        "percentage_type": None,
        "document_type": "CNPJ" if company else "CPF",
        "document_number": number[:40],
        "document_issue_date": None,
        "document_expiration_date": None,
        "document_country": "BRA",
        "document_additional_info": None,
    }


def _profile(stored: Stored[Holder], origin: Origin) -> dict[str, Any] | None:
    """What a person told of work and means; incomes are by month, as of when they were read."""
    record = stored.record
    if record.monthly_income is None:
        return None
    read = local_day(stored.updated_at, origin.country)
    patrimony = record.patrimony
    return {
        "company_id": None,
        "occupation_code": None if record.occupation is None else "OTHER",
        "occupation_description": clipped(record.occupation, 100),
        "informed_income": {
            "frequency": "MONTHLY",
            "amount": record.monthly_income,
            "currency": "BRL",
            "date": iso(read),
        },
        "patrimony": None if patrimony is None else {"amount": patrimony, "currency": "BRL", "year": read.year},
    }


def _revenue(stored: Stored[Holder], origin: Origin) -> dict[str, Any] | None:
    record = stored.record
    if record.monthly_income is None and record.patrimony is None:
        return None
    read = local_day(stored.updated_at, origin.country)
    revenue = patrimony = None
    if record.monthly_income is not None:
        revenue = {
            "frequency": "MONTHLY",
            "frequency_additional_info": None,
            "amount": record.monthly_income,
            "currency": "BRL",
            "year": read.year,
        }
    if record.patrimony is not None:
        patrimony = {"amount": record.patrimony, "currency": "BRL", "date": iso(read)}
    return {"economic_activities": [], "informed_revenue": revenue, "patrimony": patrimony}


def _relation(record: Holder, products: list[str]) -> dict[str, Any] | None:
    """Since when the holder is a customer, and of what; the wire has no form for a customer of nothing."""
    if record.customer_since is None or not products:
        return None
    return {
        "start_date": f"{record.customer_since.isoformat()}T00:00:00Z",
        "product_services": products,
        "procurators": [],
        "products": [],
    }
