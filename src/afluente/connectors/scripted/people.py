"""Invented people and companies. Each is a pure function of a key, so that everybody who asks meets the same one."""

from __future__ import annotations

import unicodedata
from datetime import date
from decimal import Decimal
from functools import lru_cache

import msgspec

from afluente.connectors.scripted import names, residents
from afluente.connectors.scripted.identity import Resident
from afluente.connectors.scripted.lands import land
from afluente.connectors.scripted.residents import resident
from afluente.connectors.scripted.seeding import chance, digits
from afluente.connectors.scripted.taxpayers import cnpj, cpf
from afluente.core.accounts import Party
from afluente.core.holders import Address, Email, Holder, Phone, Relation


class Person(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """Somebody who holds accounts. `document` is a formatted CPF, or CNPJ where `company` is true; abroad the
    number that taxes are paid under. `personal_id` is a Mexican's CURP, `typed` the number that was given at the login.

    `income` is what comes in each month, in cents; it sets the measure of all the figures.
    """

    key: str
    name: str
    document: str
    company: bool
    income: int
    country: str = "BR"
    personal_id: str | None = None
    typed: str | None = None


def person(key: str, *, company: bool, document: str | None = None, country: str = "BR") -> Person:
    """Return the holder a key stands for; a `document` that was typed in replaces the invented one."""
    return _person(key, company, document, country)


@lru_cache(maxsize=4096)
def _person(key: str, company: bool, document: str | None, country: str) -> Person:
    draw = chance("person", key, company)
    if country != "BR":
        place = land(country)
        low, high = place.company if company else place.person
        who = resident(key, country, company, place.legal, document)
        return Person(
            key=key,
            name=who.name,
            document=who.tax_id,
            company=company,
            income=draw.randrange(low, high) // 1000_00 * 1000_00,
            country=country,
            personal_id=who.personal_id,
            typed=document,
        )
    if company:
        head, trade = draw.choice(names.COMPANY_HEADS), draw.choice(names.COMPANY_TRADES)
        name, income = f"{head} {trade} Ltda", draw.randrange(60_000_00, 240_000_00)
    else:
        name, income = _name(key), draw.randrange(4_200_00, 16_800_00)
    own = cnpj("holder", key) if company else cpf("holder", key)
    return Person(key=key, name=name, document=document or own, company=company, income=income - income % 100)


def _name(key: str) -> str:
    draw = chance("name", key)
    given = draw.choice(names.WOMEN if draw.random() < 0.5 else names.MEN)
    return f"{given} {draw.choice(names.FAMILIES)} {draw.choice(names.FAMILIES)}"


@lru_cache(maxsize=1)
def neighbours() -> tuple[Party, ...]:
    """People with whom everybody exchanges transfers."""
    return tuple(
        Party(
            name=_name(f"neighbour-{number}"),
            document=cpf("neighbour", number),
            branch=digits(4, "branch", number),
            account=f"{digits(6, 'account', number)}-{number % 10}",
            bank=names.BANKS[number % len(names.BANKS)][0],
            ispb=names.BANKS[number % len(names.BANKS)][1],
        )
        for number in range(24)
    )


@lru_cache(maxsize=1)
def businesses() -> tuple[Party, ...]:
    """Companies that pay, sell and charge."""
    parties = []
    for number, trade in enumerate(names.COMPANY_TRADES * 2):
        head = names.COMPANY_HEADS[(number * 5) % len(names.COMPANY_HEADS)]
        bank, ispb = names.BANKS[(number * 3) % len(names.BANKS)]
        parties.append(
            Party(
                name=f"{head} {trade} Ltda",
                document=cnpj("business", number),
                branch=digits(4, "business-branch", number),
                account=f"{digits(6, 'business-account', number)}-{number % 10}",
                bank=bank,
                ispb=ispb,
            )
        )
    return tuple(parties)


def holder(who: Person) -> Holder:
    """Return the holder's registration."""
    if who.country != "BR":
        return residents.holder(registered(who), who.key, who.country, who.company, who.income)
    return _company(who) if who.company else _natural(who)


def registered(who: Person) -> Resident:
    """Return the names and numbers of somebody who does not live in Brazil."""
    return resident(who.key, who.country, who.company, land(who.country).legal, who.typed)


def _address(who: Person, kind: str) -> tuple[Address, str]:
    draw = chance("address", who.key, who.company)
    district, city, state, postal, area = draw.choice(names.PLACES)
    street = f"{draw.choice(names.STREETS)}, {draw.randrange(10, 1900)}"
    code = f"{postal}{digits(2, 'postal', who.key)}-{digits(3, 'postal-end', who.key)}"
    return Address(
        kind=kind,
        full=f"{street} - {district}, {city} - {state}, {code}",
        street=street,
        district=district,
        city=city,
        state=state,
        postal_code=code,
        country="BR",
    ), area


def _mailbox(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = plain.split()
    return f"{words[0]}.{words[-1]}"


def _natural(who: Person) -> Holder:
    draw = chance("holder", who.key)
    address, area = _address(who, "personal")
    family = who.name.split()[-1]
    woman = who.name.split()[0] in names.WOMEN
    married = draw.random() < 0.5
    relations = [
        Relation("mother", f"{draw.choice(names.WOMEN)} {who.name.split()[1]} {family}", cpf("mother", who.key)),
        Relation("father", f"{draw.choice(names.MEN)} {family}", cpf("father", who.key)),
    ]
    if married:
        spouse = draw.choice(names.MEN if woman else names.WOMEN)
        relations.append(Relation("spouse", f"{spouse} {family}", cpf("spouse", who.key)))
    return Holder(
        key=f"holder-{who.key}",
        name=who.name,
        document=who.document,
        document_kind="CPF",
        birth_date=date(draw.randrange(1958, 2003), draw.randrange(1, 13), draw.randrange(1, 29)),
        job_title=(job := draw.choice(names.JOBS)),
        occupation=job,
        company_name=businesses()[0].name,
        sex="female" if woman else "male",
        marital_status="married" if married else "single",
        nationality="BRA",
        profile=draw.choice(("conservative", "moderate", "aggressive")),
        monthly_income=Decimal(who.income).scaleb(-2),
        patrimony=Decimal(who.income * draw.randrange(12, 90)).scaleb(-2),
        customer_since=date(draw.randrange(2008, 2015), draw.randrange(1, 13), draw.randrange(1, 29)),
        phones=(
            Phone("personal", f"+55 {area} 9{digits(4, 'mobile', who.key)}-{digits(4, 'mobile-end', who.key)}"),
            Phone("home", f"+55 {area} 3{digits(3, 'home', who.key)}-{digits(4, 'home-end', who.key)}"),
        ),
        emails=(Email("personal", f"{_mailbox(who.name)}@example.com"),),
        addresses=(address,),
        relations=tuple(relations),
    )


def _company(who: Person) -> Holder:
    draw = chance("holder", who.key, "company")
    address, area = _address(who, "work")
    founded = date(draw.randrange(1988, 2014), draw.randrange(1, 13), draw.randrange(1, 29))
    return Holder(
        key=f"holder-{who.key}",
        name=who.name,
        document=who.document,
        document_kind="CNPJ",
        social_name=who.name.rpartition(" ")[0],
        company_name=who.name,
        incorporated_on=founded,
        monthly_income=Decimal(who.income).scaleb(-2),
        patrimony=Decimal(who.income * draw.randrange(6, 40)).scaleb(-2),
        occupation=who.name.partition(" ")[2].removesuffix(" Ltda"),
        customer_since=date(2014, draw.randrange(1, 13), draw.randrange(1, 29)),
        phones=(Phone("work", f"+55 {area} 3{digits(3, 'desk', who.key)}-{digits(4, 'desk-end', who.key)}"),),
        emails=(Email("work", f"financeiro@{_mailbox(who.name).replace('.', '-')}.example.com"),),
        addresses=(address,),
    )
