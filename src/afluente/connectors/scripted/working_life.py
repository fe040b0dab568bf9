"""Where somebody worked, as Mexico's or Brazil's social security tells it: job behind job, with wages that grow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from afluente.connectors.scripted import names, people, residents
from afluente.connectors.scripted.customers import Customer
from afluente.connectors.scripted.days import day_of, first_day, month_of, month_text, on
from afluente.connectors.scripted.identifiers import nss
from afluente.connectors.scripted.moves import money
from afluente.connectors.scripted.seeding import chance, digits
from afluente.core.accounts import Party
from afluente.core.clock import Instant
from afluente.core.employment import EmploymentEvent, EmploymentRecord, Job, Occupation, Wage

_STATES = ("CIUDAD DE MÉXICO", "JALISCO", "NUEVO LEÓN", "PUEBLA")
_ACTIVITIES = ("Comércio atacadista", "Serviços de tecnologia", "Transporte de cargas", "Consultoria em gestão")
_IN_WORK = {"LOLJ970312MBSPPN08": True, "BLPM951331IONVGR54": False}
"""Those of whom it is documented whether they have a job."""

_KEEPS_ENTITLEMENT = timedelta(weeks=8)
"""How long somebody who lost a job is still cared for."""

_MONTHS_OF_WAGES = 12


class Spell(msgspec.Struct, frozen=True, kw_only=True):
    """One job before it is told in a country's words: `pay` are the days on which the wage changed, and to how many
    cents a day; `left` is None where the job goes on."""

    number: int
    employer: Party
    starts: date
    left: date | None
    pay: tuple[tuple[date, int], ...]


def _spells(customer: Customer, firms: tuple[Party, ...], today: date) -> list[Spell]:
    """Return the jobs, oldest first. Those that begin after today are not there yet."""
    draw = chance("working-life", customer.holder.key)
    chosen = _IN_WORK.get(customer.holder.personal_id or "")
    out_of_work = draw.random() < 0.15 if chosen is None else not chosen
    starts = date(draw.randrange(2013, 2017), draw.randrange(1, 13), draw.randrange(1, 29))
    daily = customer.holder.income // 30 * 35 // 100
    count = 1 if customer.holds == "low" else draw.randrange(3, 6)
    spells = []
    for number in range(count):
        lasts = timedelta(weeks=draw.randrange(70, 190))
        firm = firms[(draw.randrange(len(firms)) + number) % len(firms)]
        ends = starts + lasts if number < count - 1 or out_of_work else None
        if starts > today:
            break
        left = ends if ends is not None and ends <= today else None
        pay = tuple(_pay(starts, left or today, daily))
        spells.append(Spell(number=number, employer=firm, starts=starts, left=left, pay=pay))
        daily = pay[-1][1] * draw.randrange(103, 125) // 100
        starts = (ends or today) + timedelta(days=draw.randrange(6, 90))
    return spells


def _pay(starts: date, until: date, daily: int) -> Iterator[tuple[date, int]]:
    """Yield when the wage changed: each February, but not in the first half year."""
    yield starts, daily
    for year in range(starts.year + 1, until.year + 1):
        rise = date(year, 2, 1)
        if starts + timedelta(weeks=26) < rise < until:
            daily = daily * (104 + year % 4) // 100
            yield rise, daily


def _weeks(spell: Spell, today: date) -> int:
    return ((spell.left or today) - spell.starts).days // 7


def _record(
    customer: Customer,
    today: date,
    spells: list[Spell],
    tell: Callable[[Customer, Spell, date], Job],
    documents: tuple[tuple[str, str], ...],
) -> EmploymentRecord:
    *given, family = customer.holder.name.split()
    born: date | None = None
    if customer.country == "MX":
        who = people.registered(customer.holder)
        given, family, born = [who.given], f"{who.family} {who.second}", who.born
    employed = any(spell.left is None for spell in spells)
    last = max((spell.left for spell in spells if spell.left), default=None)
    until = last + _KEEPS_ENTITLEMENT if last and not employed else None
    return EmploymentRecord(
        key=f"employment-{customer.holder.key}",
        reported_on=today,
        name=customer.holder.name.upper(),
        given_name=" ".join(given).upper(),
        family_name=family.upper(),
        birth_date=born or people.holder(customer.holder).birth_date,
        documents=documents,
        status="employed" if employed else "unemployed",
        weeks_contributed=sum(_weeks(spell, today) for spell in spells),
        entitled_to_care=employed or (until is not None and today <= until),
        entitled_to_benefits=employed,
        entitled_until=until,
        jobs=tuple(tell(customer, spell, today) for spell in reversed(spells)),
    )


def mexican(customer: Customer, now: Instant) -> Iterator[EmploymentRecord]:
    """Yield the one record of a Mexican, as reported today; jobs latest first."""
    if customer.holds == "none":
        return
    today, holder = on(day_of(now)), customer.holder
    spells = _spells(customer, residents.businesses("MX", customer.land.legal), today)
    documents = (("NSS", nss(holder.key)), ("CURP", holder.personal_id or ""), ("RFC", holder.document))
    yield _record(customer, today, spells, _mexican_job, documents)


def _mexican_job(customer: Customer, spell: Spell, today: date) -> Job:
    employer, wage = spell.employer.name or "", spell.pay[-1][1]
    events = [
        EmploymentEvent(kind="salary-modified" if place else "hired", on=since, base_salary=money(cents))
        for place, (since, cents) in enumerate(spell.pay)
    ]
    if spell.left is not None:
        events.append(EmploymentEvent(kind="left", on=spell.left, base_salary=money(wage)))
    return Job(
        key=f"{customer.key}-job-{spell.number}",
        employer=employer.upper(),
        employer_id=f"Y{digits(9, 'employer', employer)}",
        employer_tax_id=spell.employer.document,
        starts_on=spell.starts,
        ends_on=spell.left,
        weeks=_weeks(spell, today),
        base_salary=money(wage),
        monthly_salary=(money(wage) * Decimal("30.4")).quantize(Decimal("0.01")),
        currency="MXN",
        state=_STATES[chance("state", employer).randrange(len(_STATES))],
        events=tuple(reversed(events)),
    )


def brazilian(customer: Customer, now: Instant) -> Iterator[EmploymentRecord]:
    """Yield the one record of a Brazilian, as reported today; jobs latest first, with a year's wages of each."""
    if customer.holds == "none":
        return
    today, holder = on(day_of(now)), customer.holder
    documents = (("CPF", holder.document), ("NIT", digits(11, "nit", holder.key)))
    yield _record(customer, today, _spells(customer, people.businesses(), today), _brazilian_job, documents)


def _brazilian_job(customer: Customer, spell: Spell, today: date) -> Job:
    employer, wage = spell.employer.name or "", spell.pay[-1][1]
    draw = chance("occupation", customer.key, spell.number)
    job = draw.choice(names.JOBS)
    return Job(
        key=f"{customer.key}-job-{spell.number}",
        employer=employer,
        employer_id=spell.employer.document or "",
        employer_tax_id=spell.employer.document,
        starts_on=spell.starts,
        ends_on=spell.left,
        weeks=_weeks(spell, today),
        base_salary=money(wage),
        monthly_salary=money(wage * 30),
        currency="BRL",
        activity=draw.choice(_ACTIVITIES),
        occupations=(
            Occupation(
                name=job,
                description=f"{job} - contrato por prazo indeterminado",
                place=draw.choice(names.PLACES)[1],
                starts_on=spell.starts,
                ends_on=spell.left,
            ),
        ),
        wages=tuple(_wages(spell, today)),
    )


def _wages(spell: Spell, today: date) -> Iterator[Wage]:
    """Yield the last twelve whole months of a job, latest first, and December's thirteenth wage."""
    end = month_of((spell.left or today).toordinal()) - 1
    for month in range(end, max(end - _MONTHS_OF_WAGES, month_of(spell.starts.toordinal())), -1):
        paid = [cents for since, cents in spell.pay if since.toordinal() <= first_day(month)] or [spell.pay[0][1]]
        base = paid[-1] * 30
        yield Wage(month=month_text(month), base=money(base), withheld=money(base * 9 // 100))
        if month % 12 == 11:
            yield Wage(month=month_text(month), base=money(base), withheld=money(base * 9 // 100), kind="thirteenth")
