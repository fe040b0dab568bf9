"""Reports over consents: who a bank says its customer is, in the words of Open Finance Brasil's registers."""

from __future__ import annotations

from typing import Any

from afluente.core.connections import Stored
from afluente.core.holders import Address, Holder, Phone
from afluente.dialects.klavi.render import heads
from afluente.dialects.klavi.render.accounts import street
from afluente.dialects.klavi.render.consented_accounts import bank
from afluente.dialects.klavi.render.held import Held, Seen
from afluente.dialects.klavi.render.spelling import iso, money

_CURRENCY = "BRL"
_COMPANY = "CNPJ"
_BRAZILIAN = frozenset({"BR", "BRA", "BRASIL", "BRASILEIRA", "BRASILEIRO", "BRAZIL", "BRAZILIAN"})
_COUNTRY_CODE = "55"
_AREA_DIGITS = 2

_MARITAL = {
    "single": "SOLTEIRO",
    "married": "CASADO",
    "widowed": "VIUVO",
    "separated": "SEPARADO_JUDICIALMENTE",
    "divorced": "DIVORCIADO",
    "common-law": "UNIAO_ESTAVEL",
}
_SEXES = {"female": "FEMININO", "male": "MASCULINO"}
_PARENTS = {"mother": "MAE", "father": "PAI"}
_LINES = {"home": "FIXO", "personal": "MOVEL"}
_OTHER = "OUTRO"


def identifications(seen: Seen) -> list[dict[str, Any]]:
    """Return every holder that every bank names; a bank that was not asked, or names nobody, adds none."""
    return [_holder(held, one) for held in seen.held for one in held.holders]


def _holder(held: Held, stored: Stored[Holder]) -> dict[str, Any]:
    record = stored.record
    company = record.document_kind.upper() == _COMPANY
    return {
        **bank(held),
        "compeCode": held.bank.code,
        "companyCnpj": held.bank.cnpj,
        **(_of_company(stored) if company else _of_person(stored)),
        "relationshipStartDate": iso(record.customer_since),
        "contacts": {
            "postalAddresses": [_address(one, place == 0) for place, one in enumerate(record.addresses)],
            "phones": [_phone(one, place == 0) for place, one in enumerate(record.phones)],
            "emails": [{"isMain": place == 0, "email": one.value} for place, one in enumerate(record.emails)],
        },
    }


def _of_person(stored: Stored[Holder]) -> dict[str, Any]:
    record = stored.record
    nationality = record.nationality
    local = None if nationality is None else nationality.strip().upper() in _BRAZILIAN
    return {
        "personalId": stored.id,
        "cpfNumber": heads.digits(record.document) or None,
        "civilName": record.name,
        "socialName": record.social_name,
        "birthDate": iso(record.birth_date),
        "maritalStatusCode": None if record.marital_status is None else _MARITAL.get(record.marital_status, _OTHER),
        "sex": None if record.sex is None else _SEXES.get(record.sex, _OTHER),
        "hasBrazilianNationality": local,
        "nationality": [] if local or nationality is None else [nationality],
        "filiation": [
            {"type": _PARENTS[one.kind], "civilName": one.name} for one in record.relations if one.kind in _PARENTS
        ],
        "occupationDescription": record.occupation or record.job_title,
        "informedIncome": money(record.monthly_income, _CURRENCY),
        "informedPatrimony": money(record.patrimony, _CURRENCY),
    }


def _of_company(stored: Stored[Holder]) -> dict[str, Any]:
    record = stored.record
    return {
        "businessId": stored.id,
        "cnpjNumber": heads.digits(record.document) or None,
        "companyName": record.company_name or record.name,
        "tradeName": record.social_name,
        "incorporationDate": iso(record.incorporated_on),
        "parties": [
            {"civilName": one.name, "documentNumber": heads.digits(one.document) or None} for one in record.relations
        ],
        "informedRevenue": money(record.monthly_income, _CURRENCY),
        "informedPatrimony": money(record.patrimony, _CURRENCY),
    }


def _address(found: Address, main: bool) -> dict[str, Any]:
    name, house, rest = street(found)
    return {
        "isMain": main,
        "address": name if house is None else f"{name}, {house}",
        "additionalInfo": rest,
        "districtName": found.district,
        "townName": found.city,
        "countrySubDivision": found.state,
        "postCode": heads.digits(found.postal_code) or None,
        "country": found.country,
    }


def _phone(found: Phone, main: bool) -> dict[str, Any]:
    """A number that is written with the country's code is taken apart; any other stays whole."""
    digits = "".join(sign for sign in found.value if sign.isdigit())
    brazilian = found.value.strip().startswith("+") and digits.startswith(_COUNTRY_CODE)
    national = digits.removeprefix(_COUNTRY_CODE) if brazilian else digits
    return {
        "isMain": main,
        "type": _LINES.get(found.kind, _OTHER),
        "countryCallingCode": _COUNTRY_CODE if brazilian else None,
        "areaCode": national[:_AREA_DIGITS] if brazilian else None,
        "number": national[_AREA_DIGITS:] if brazilian else national,
    }
