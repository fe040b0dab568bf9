"""Invented people and companies of Canada and the United States, and the documented one: John Doe of `north.toml`."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from functools import cache

import msgspec

from afluente.connectors.scripted import identifiers, names
from afluente.connectors.scripted.identity import Resident
from afluente.connectors.scripted.register import HERE
from afluente.connectors.scripted.seeding import chance, digits
from afluente.core.holders import Address, Email, Holder, Phone

COUNTRIES = ("CA", "US")
DOCUMENT_KINDS = {("CA", False): "SIN", ("CA", True): "BN", ("US", False): "ITIN", ("US", True): "EIN"}
LEGAL_FORMS = {"CA": "Inc.", "US": "LLC"}
FRENCH_SPEAKING = ("QC",)


class KnownAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account that is documented with its figures, in cents: they are the same at every instant."""

    habit: str
    number: str
    transit: str | None = None
    balance: int | None = None
    available: int | None = None
    limit: int | None = None


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is documented. `at` are the institutions where the accounts are theirs."""

    given: str
    family: str
    street: str
    city: str
    province: str
    postal_code: str
    phone: str
    email: str
    at: tuple[str, ...]
    accounts: tuple[KnownAccount, ...]


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of `north.toml`."""

    numbers: dict[str, str]
    routing: dict[str, str]
    people: dict[str, Known]


@cache
def table() -> Table:
    """Return what is written down of Canada and the United States."""
    return msgspec.convert(tomllib.loads((HERE / "north.toml").read_text("utf-8")), Table)


def known(key: str) -> Known | None:
    """Return who is documented under a key, None for an ordinary person."""
    return table().people.get(key)


def bank_number(slug: str, country: str) -> str:
    """Return what comes before the account in a transfer number: three digits in Canada, a routing number of nine in
    the United States. An institution that is not in the table gets one of its own."""
    if country == "US":
        return table().routing.get(slug) or identifiers.routing_number("0" + digits(7, "routing", slug))
    return table().numbers.get(slug) or "9" + digits(2, "institution", slug)


def place_of(key: str, country: str) -> tuple[str, str, str, str, str]:
    """Return where somebody lives: city, province or state, beginning of the postal code, area code, street."""
    return chance("place", key, country).choice(names.NORTHERN_PLACES[country])


def resident(key: str, country: str, company: bool) -> Resident:
    """Return the person or company of a key."""
    draw = chance("resident", key, country, company)
    born = date(draw.randrange(1958, 2003), draw.randrange(1, 13), draw.randrange(1, 29))
    if company:
        given = f"{draw.choice(names.ENGLISH_COMPANY_HEADS)} {draw.choice(names.ENGLISH_COMPANY_TRADES)}"
        number = identifiers.business_number if country == "CA" else identifiers.employer_number
        name, founded = f"{given} {LEGAL_FORMS[country]}", born.replace(year=draw.randrange(1988, 2014))
        return Resident(name=name, given=given, family="", second="", woman=False, born=founded, tax_id=number(key))
    woman = draw.random() < 0.5
    if place_of(key, country)[1] in FRENCH_SPEAKING:
        given = draw.choice(names.FRENCH_WOMEN if woman else names.FRENCH_MEN)
        family = draw.choice(names.FRENCH_FAMILIES)
    else:
        given = draw.choice(names.ENGLISH_WOMEN if woman else names.ENGLISH_MEN)
        family = draw.choice(names.ENGLISH_FAMILIES)
    documented = known(key)
    if documented is not None:
        given, family, woman = documented.given, documented.family, False
    number = identifiers.social_insurance if country == "CA" else identifiers.taxpayer_number
    return Resident(
        name=f"{given} {family}",
        given=given,
        family=family,
        second="",
        woman=woman,
        born=born,
        tax_id=number(key),
    )


def address(key: str, country: str, kind: str) -> tuple[Address, str]:
    """Return where somebody lives or trades, and the telephone's area code."""
    documented = known(key) if country == "CA" else None
    if documented is not None:
        street, city, state, code = (
            documented.street, documented.city, documented.province, documented.postal_code,
        )  # fmt: skip
        area = documented.phone[1:4]
    else:
        city, state, beginning, area, street = place_of(key, country)
        number = chance("address", key, country).randrange(10, 4000)
        street = f"{number}{',' if street.startswith('rue') else ''} {street}"
        code = (
            identifiers.postal_code(beginning, key)
            if country == "CA"
            else beginning + digits(2, "postal", country, key)
        )
    place = Address(
        kind=kind,
        full=f"{street}, {city} {state} {code}",
        street=street,
        city=city,
        state=state,
        postal_code=code,
        country=country,
    )
    return place, area


def holder(who: Resident, key: str, country: str, company: bool, income: int) -> Holder:
    """Return a holder's registration. `income` is in cents a month."""
    draw = chance("holder", key, country)
    kind = "work" if company else "personal"
    place, area = address(key, country, kind)
    phone, mailbox = f"({area}) 555-01{digits(2, 'phone', key)}", _mailbox(who)
    documented = known(key) if country == "CA" else None
    if documented is not None:
        phone, mailbox = documented.phone, documented.email
    usual = Holder(
        key=f"holder-{key}",
        name=who.name,
        document=who.tax_id,
        document_kind=DOCUMENT_KINDS[country, company],
        monthly_income=Decimal(income).scaleb(-2),
        customer_since=date(draw.randrange(2008, 2015), draw.randrange(1, 13), draw.randrange(1, 29)),
        phones=(Phone(kind, phone),),
        emails=(Email(kind, mailbox),),
        addresses=(place,),
    )
    if company:
        return msgspec.structs.replace(usual, social_name=who.given, company_name=who.name, incorporated_on=who.born)
    job = draw.choice(names.ENGLISH_JOBS)
    return msgspec.structs.replace(
        usual,
        birth_date=who.born,
        job_title=job,
        occupation=job,
        sex="female" if who.woman else "male",
        marital_status=draw.choice(("single", "married")),
        nationality={"CA": "CAN", "US": "USA"}[country],
    )


def _mailbox(who: Resident) -> str:
    words = (identifiers.plain(who.given).lower(), identifiers.plain(who.family).lower())
    return f"{'.'.join(word for word in words if word)}@example.com"
