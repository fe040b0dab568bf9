"""Where somebody in Mexico worked, as the social security tells it: jobs behind each other, wages that grow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from afluente.connectors.scripted.customers import Customer
from afluente.connectors.scripted.days import day_of, on
from afluente.connectors.scripted.identifiers import nss
from afluente.connectors.scripted.moves import money
from afluente.connectors.scripted.people import registered
from afluente.connectors.scripted.residents import businesses
from afluente.connectors.scripted.seeding import chance, digits
from afluente.core.clock import Instant
from afluente.core.employment import EmploymentEvent, EmploymentRecord, Job

_STATES = ("CIUDAD DE MÉXICO", "JALISCO", "NUEVO LEÓN", "PUEBLA")
_WITHOUT_A_JOB = frozenset({"BLPM951331IONVGR54"})
_KEEPS_ENTITLEMENT = timedelta(weeks=8)
"""How long somebody who lost a job is still cared for."""


def records(customer: Customer, now: Instant) -> Iterator[EmploymentRecord]:
    """Yield the one record, as reported today."""
    if customer.holds == "none":
        return
    today, holder = on(day_of(now)), customer.holder
    who = registered(holder)
    jobs = _jobs(customer, today)
    employed = any(job.ends_on is None for job in jobs)
    last = max((job.ends_on for job in jobs if job.ends_on), default=None)
    until = last + _KEEPS_ENTITLEMENT if last and not employed else None
    cared_for = employed or (until is not None and today <= until)
    yield EmploymentRecord(
        key=f"employment-{holder.key}",
        reported_on=today,
        name=f"{who.given} {who.family} {who.second}".upper(),
        given_name=who.given.upper(),
        family_name=f"{who.family} {who.second}".upper(),
        birth_date=who.born,
        documents=(("NSS", nss(holder.key)), ("CURP", holder.personal_id or ""), ("RFC", holder.document)),
        status="employed" if employed else "unemployed",
        weeks_contributed=sum(job.weeks for job in jobs),
        entitled_to_care=cared_for,
        entitled_to_benefits=employed,
        entitled_until=until,
        jobs=jobs,
    )


def _jobs(customer: Customer, today: date) -> tuple[Job, ...]:
    """Return the jobs, latest first. Those that begin after today are not there yet."""
    draw = chance("working-life", customer.holder.key)
    firms = businesses("MX", customer.land.legal)
    out_of_work = customer.holder.personal_id in _WITHOUT_A_JOB or draw.random() < 0.15
    starts = date(draw.randrange(2013, 2017), draw.randrange(1, 13), draw.randrange(1, 29))
    daily = customer.holder.income // 30 * 6 // 10
    count = 1 if customer.holds == "low" else draw.randrange(3, 6)
    jobs = []
    for number in range(count):
        last = number == count - 1
        lasts = timedelta(weeks=draw.randrange(70, 190))
        ends = starts + lasts if not last or out_of_work else None
        firm = firms[(draw.randrange(len(firms)) + number) % len(firms)]
        if starts > today:
            break
        jobs.append(_job(customer, number, firm.name or "", firm.document or "", starts, ends, daily, today))
        daily = daily * draw.randrange(103, 125) // 100
        starts = (ends or today) + timedelta(days=draw.randrange(6, 90))
    return tuple(reversed(jobs))


def _job(
    customer: Customer, number: int, employer: str, rfc: str, starts: date, ends: date | None, daily: int, today: date
) -> Job:
    key = f"{customer.key}-job-{number}"
    left = ends if ends is not None and ends <= today else None
    events = [EmploymentEvent(kind="hired", on=starts, base_salary=money(daily))]
    wage, year = daily, starts.year + 1
    while (rise := date(year, 2, 1)) < (left or today):
        if rise > starts + timedelta(weeks=26):
            wage = wage * (104 + year % 4) // 100
            events.append(EmploymentEvent(kind="salary-modified", on=rise, base_salary=money(wage)))
        year += 1
    if left is not None:
        events.append(EmploymentEvent(kind="left", on=left, base_salary=money(wage)))
    return Job(
        key=key,
        employer=employer.upper(),
        employer_id=f"Y{digits(9, 'employer', employer)}",
        employer_tax_id=rfc,
        starts_on=starts,
        ends_on=left,
        weeks=((left or today) - starts).days // 7,
        base_salary=money(wage),
        monthly_salary=(money(wage) * Decimal("30.4")).quantize(Decimal("0.01")),
        currency="MXN",
        state=_STATES[chance("state", employer).randrange(len(_STATES))],
        events=tuple(reversed(events)),
    )
