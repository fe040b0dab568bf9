"""Invented people and companies outside Brazil: their names, numbers and registration.

Those of Canada and the United States are made in `northerners.py`.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from afluente.connectors.scripted import identifiers, names, northerners
from afluente.connectors.scripted.identity import Resident
from afluente.connectors.scripted.seeding import chance, digits
from afluente.core.accounts import Party
from afluente.core.holders import Address, Email, Holder, Phone

_BORN = re.compile(r"[A-ZÑ&]{4}(\d\d)(\d\d)(\d\d)")
DOCUMENT_KINDS = {("MX", False): "RFC", ("MX", True): "RFC", ("CO", False): "CC", ("CO", True): "NIT"}


@lru_cache(maxsize=4096)
def resident(key: str, country: str, company: bool, legal: str, document: str | None = None) -> Resident:
    """Return the person or company of a key; a `document` that was typed in replaces the invented number."""
    if country in northerners.COUNTRIES:
        return northerners.resident(key, country, company)
    draw = chance("resident", key, country, company)
    if company:
        given = f"{draw.choice(names.SPANISH_COMPANY_HEADS)} {draw.choice(names.SPANISH_COMPANY_TRADES)}"
        founded = _day(draw.randrange(1988, 2014), draw.randrange(1, 13), draw.randrange(1, 29))
        tax_id = document or _company_number(country, key, given, founded)
        return Resident(
            name=f"{given} {legal}", given=given, family="", second="", woman=False, born=founded, tax_id=tax_id
        )
    woman = draw.random() < 0.5
    given = draw.choice(names.SPANISH_WOMEN if woman else names.SPANISH_MEN)
    family, second = draw.choice(names.SPANISH_FAMILIES), draw.choice(names.SPANISH_FAMILIES)
    born = _day(draw.randrange(1958, 2003), draw.randrange(1, 13), draw.randrange(1, 29))
    born = _told(document) or born
    whole = f"{given} {family} {second}"
    personal: str | None = None
    if country == "MX":
        tax_id = identifiers.rfc(given, family, second, born)
        personal = identifiers.curp(given, family, second, born, woman)
        if document is not None:
            tax_id, personal = (tax_id, document) if len(document) == 18 else (document, personal)
    else:
        tax_id = document or (identifiers.cedula(key) if country == "CO" else identifiers.rut(key))
    return Resident(
        name=whole,
        given=given,
        family=family,
        second=second,
        woman=woman,
        born=born,
        tax_id=tax_id,
        personal_id=personal,
    )


def _day(year: int, month: int, day: int) -> date:
    return date(year, month, day)


def _told(document: str | None) -> date | None:
    """Return the birthday that an RFC or CURP tells, None where it tells none."""
    found = _BORN.match(document or "")
    if found is None:
        return None
    year, month, day = map(int, found.groups())
    try:
        return date((1900 if year > 7 else 2000) + year, month, day)
    except ValueError:
        return None


def _company_number(country: str, key: str, name: str, founded: date) -> str:
    if country == "MX":
        return identifiers.company_rfc(name, founded)
    return identifiers.nit(key) if country == "CO" else identifiers.rut(key, company=True)


@lru_cache(maxsize=8)
def neighbours(country: str) -> tuple[Party, ...]:
    """People with whom everybody in a country exchanges transfers."""
    return tuple(_party(country, f"neighbour-{number}", False, "", number) for number in range(24))


@lru_cache(maxsize=8)
def businesses(country: str, legal: str) -> tuple[Party, ...]:
    """Companies of a country that pay, sell and charge."""
    return tuple(_party(country, f"business-{number}", True, legal, number) for number in range(20))


def _party(country: str, key: str, company: bool, legal: str, number: int) -> Party:
    who = resident(key, country, company, legal)
    if country in northerners.COUNTRIES:
        bank = northerners.bank_number(f"other-{number % 7}", country)
        transit = digits(5, "transit", key) if country == "CA" else None
        return Party(name=who.name, account=digits(7, "account", country, key), branch=transit, bank=bank)
    banks = names.SPANISH_BANKS[country]
    bank = banks[number % len(banks)]
    account = identifiers.clabe(bank, key) if country == "MX" else digits(11, "account", country, key)
    return Party(name=who.name, document=who.tax_id, account=account, bank=bank)


def address(key: str, country: str, kind: str) -> tuple[Address, str]:
    """Return where somebody lives or trades, and the telephone's area code."""
    if country in northerners.COUNTRIES:
        return northerners.address(key, country, kind)
    draw = chance("address", key, country)
    district, city, state, postal, area, street = draw.choice(names.SPANISH_PLACES[country])
    street = f"{street} {draw.randrange(10, 1900)}"
    code = postal + digits({"MX": 2, "CO": 3, "CL": 4}[country], "postal", key)
    full = f"{street}, {district}, {code} {city}, {state}"
    return Address(
        kind=kind,
        full=full,
        street=street,
        district=district,
        city=city,
        state=state,
        postal_code=code,
        country=country,
    ), area


def holder(who: Resident, key: str, country: str, company: bool, income: int) -> Holder:
    """Return a holder's registration. `income` is in cents a month."""
    if country in northerners.COUNTRIES:
        return northerners.holder(who, key, country, company, income)
    draw = chance("holder", key, country)
    place, area = address(key, country, "work" if company else "personal")
    phone = f"+{names.CALLING_CODES[country]} {area} {digits(4, 'phone', key)} {digits(4, 'phone-end', key)}"
    mailbox = "".join(
        letter for letter in identifiers.plain(who.given).lower() + "." + identifiers.plain(who.family).lower()
    )
    job = draw.choice(names.SPANISH_JOBS)
    kind = DOCUMENT_KINDS.get((country, company), "RUT")
    usual = {
        "key": f"holder-{key}",
        "name": who.name,
        "document": who.tax_id,
        "document_kind": kind,
        "monthly_income": Decimal(income).scaleb(-2),
        "customer_since": date(draw.randrange(2008, 2015), draw.randrange(1, 13), draw.randrange(1, 29)),
        "phones": (Phone("work" if company else "personal", phone),),
        "emails": (Email("work" if company else "personal", f"{mailbox.strip('.')}@example.com"),),
        "addresses": (place,),
    }
    if company:
        return Holder(**usual, social_name=who.given, company_name=who.name, incorporated_on=who.born)  # type: ignore[arg-type]
    return Holder(
        **usual,  # type: ignore[arg-type]
        birth_date=who.born,
        job_title=job,
        occupation=job,
        sex="female" if who.woman else "male",
        marital_status=draw.choice(("single", "married")),
        nationality={"MX": "MEX", "CO": "COL", "CL": "CHL"}[country],
    )
