"""Where somebody worked, as the social security of their country knows it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec


class EmploymentEvent(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A change in a job. `kind`: hired, salary-modified, left, absent, sick-leave, voluntary-contribution.
    `base_salary` is that of one day, behind the change."""

    kind: str
    on: date
    base_salary: Decimal


class Occupation(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What somebody did in a job, and where."""

    name: str
    description: str
    place: str
    starts_on: date
    ends_on: date | None = None


class Wage(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What was paid for one month (`YYYY-MM`), and kept back. `kind`: regular, thirteenth."""

    month: str
    base: Decimal
    withheld: Decimal
    kind: str = "regular"


class Job(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One job, current where it has no end. `employer_id` is the employer's number in social security (registro
    patronal in Mexico, CNPJ in Brazil), `employer_tax_id` its RFC or CNPJ. `base_salary` is that of one day,
    `monthly_salary` that of a month."""

    key: str
    employer: str
    employer_id: str
    starts_on: date
    weeks: int
    base_salary: Decimal
    monthly_salary: Decimal
    currency: str
    employer_tax_id: str | None = None
    ends_on: date | None = None
    state: str | None = None
    activity: str | None = None
    events: tuple[EmploymentEvent, ...] = ()
    occupations: tuple[Occupation, ...] = ()
    wages: tuple[Wage, ...] = ()


class EmploymentRecord(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Somebody's whole working life. `documents` are kind and number (NSS, CURP, RFC, CPF, NIT).

    `status`: employed, unemployed, retired. `weeks_contributed` counts all jobs, `weeks_redeemed` those paid out,
    `weeks_reinstated` those paid back. `entitled_until` is when the entitlement to care ends for somebody who has
    no job now.
    """

    key: str
    reported_on: date
    name: str
    given_name: str
    family_name: str
    documents: tuple[tuple[str, str], ...]
    status: str
    weeks_contributed: int
    birth_date: date | None = None
    weeks_redeemed: int = 0
    weeks_reinstated: int = 0
    entitled_to_care: bool = True
    entitled_to_benefits: bool = True
    entitled_until: date | None = None
    email: str | None = None
    jobs: tuple[Job, ...] = ()
