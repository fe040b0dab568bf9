"""Where somebody worked: Mexico's records and current jobs, Brazil's jobs one by one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from afluente.core.connections import Stored
from afluente.core.employment import EmploymentEvent, EmploymentRecord, Job, Occupation, Wage
from afluente.core.identity import derived_id
from afluente.dialects.belvo.render.days import iso, local_day
from afluente.dialects.belvo.render.identification import bare
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant

STATUSES = {"employed": "EMPLOYED", "unemployed": "UNEMPLOYED", "retired": "RETIRED"}
_EVENTS = {
    "hired": "HIRED",
    "left": "DISMISSED_RESIGNED",
    "salary-modified": "SALARY_MODIFICATION",
    "absent": "ABSENCE",
    "sick-leave": "SICK_LEAVE",
    "voluntary-contribution": "VOLUNTARY_CONTRIBUTION",
}
_DOCUMENTS = ("NSS", "CURP", "RFC")
_WAGES = {
    "regular": "REGULAR",
    "thirteenth": "THIRTEENTH",
    "voluntary": "VOLUNTARY",
    "retirement": "RETIREMENT",
}


def frame(stored: Stored[Any], origin: Origin) -> dict[str, Any]:
    """Return what all of them begin with."""
    return {
        "id": stored.id,
        "link": origin.link,
        "created_at": instant(stored.created_at),
        "collected_at": instant(stored.updated_at),
    }


def employment_record(
    stored: Stored[EmploymentRecord], origin: Origin, today: date, *, pdf: str | None = None
) -> dict[str, Any]:
    """Return a working life as it is known on `today`; `pdf` is the report in base64."""
    record = stored.record
    collected = instant(stored.updated_at)
    return frame(stored, origin) | {
        "report_date": iso(record.reported_on),
        "days_since_extraction": max(0, (today - local_day(stored.updated_at, origin.country)).days),
        "internal_identification": _identification(record),
        "personal_data": _person(record)
        | {
            "entitlements": {
                "entitled_to_health_insurance": record.entitled_to_care,
                "entitled_to_company_benefits": record.entitled_to_benefits,
                "valid_until": iso(record.entitled_until),
                "status": STATUSES.get(record.status),
            },
            "email": record.email,
        },
        "social_security_summary": {
            "weeks_redeemed": record.weeks_redeemed,
            "weeks_reinstated": record.weeks_reinstated,
            "weeks_contributed": record.weeks_contributed,
        },
        "employment_records": [_job(job, collected) for job in _latest_first(record.jobs)],
        "employment_scores": None,
        "salary_estimation": _estimation(record),
        "files": [] if pdf is None else [{"type": "REPORT", "value": pdf}],
    }


def _identification(record: EmploymentRecord) -> str:
    """The person's number in the population register, or the first there is."""
    numbers = dict(record.documents)
    return numbers.get("CURP") or next(iter(numbers.values()), record.key)


def _person(record: EmploymentRecord) -> dict[str, Any]:
    known = [(kind, number) for kind, number in record.documents if kind in _DOCUMENTS]
    return {
        "official_name": record.name,
        "first_name": record.given_name,
        "last_name": record.family_name,
        "birth_date": iso(record.birth_date),
        "document_ids": [{"document_type": kind, "document_number": number} for kind, number in known],
    }


def _latest_first(jobs: Iterable[Job]) -> list[Job]:
    return sorted(jobs, key=lambda job: (job.ends_on is not None, -job.starts_on.toordinal(), job.key))


def _job(job: Job, collected: str) -> dict[str, Any]:
    return {
        "collected_at": collected,
        "employer": job.employer,
        "employer_id": job.employer_id,
        "start_date": iso(job.starts_on),
        "end_date": iso(job.ends_on),
        "weeks_employed": job.weeks,
        "state": job.state,
        "most_recent_base_salary": job.base_salary,
        "monthly_salary": job.monthly_salary,
        "currency": job.currency,
        "employment_status_updates": [_event(event) for event in job.events],
    }


def _event(event: EmploymentEvent) -> dict[str, Any]:
    return {
        "event": _EVENTS.get(event.kind),
        "base_salary": event.base_salary,
        "update_date": iso(event.on),
    }


def _estimation(record: EmploymentRecord) -> dict[str, Any] | None:
    """What the person earns now, all jobs together; of somebody without a job nothing is guessed."""
    current = [job for job in record.jobs if job.ends_on is None]
    if not current:
        return None
    return {
        "employment_status_estimate": STATUSES.get(record.status),
        "base_salary_estimate": sum((job.base_salary for job in current), Decimal(0)),
        "currency": current[0].currency,
    }


def current_employment(stored: Stored[EmploymentRecord], origin: Origin) -> dict[str, Any]:
    """Return the jobs somebody has now. Its id is made of the record's, which is another object."""
    record = stored.record
    read = local_day(stored.updated_at, origin.country)
    current = [job for job in _latest_first(record.jobs) if job.ends_on is None]
    return frame(stored, origin) | {
        "id": derived_id(stored.id, "current-employment", "now"),
        "month": read.strftime("%Y-%m"),
        "internal_identification": _identification(record),
        "personal_data": _person(record),
        "status": "EMPLOYED" if current else "UNEMPLOYED",
        "current_employment_records": [_current(job, read) for job in current] or None,
    }


def _current(job: Job, today: date) -> dict[str, Any]:
    return {
        "employer": job.employer,
        "employer_id": job.employer_id,
        "employer_rfc": job.employer_tax_id or "",
        "state": job.state or "",
        "days_employed": (today - job.starts_on).days,
        "base_salary": job.base_salary,
        "monthly_salary": job.monthly_salary,
    }


def brazilian_employments(stored: Stored[EmploymentRecord], origin: Origin) -> list[dict[str, Any]]:
    """Return a Brazilian's jobs, the current ones first; the id of each is made of the record's and the job's key."""
    return [_brazilian(stored, origin, job) for job in _latest_first(stored.record.jobs)]


def _brazilian(stored: Stored[EmploymentRecord], origin: Origin, job: Job) -> dict[str, Any]:
    return frame(stored, origin) | {
        "id": derived_id(stored.id, "job", job.key),
        "start_date": iso(job.starts_on),
        "end_date": iso(job.ends_on),
        "employer_data": {
            "name": job.employer,
            "code": bare(job.employer_id),
            "economic_activity": job.activity or "Outras atividades",
        },
        "occupations": [_occupation(occupation) for occupation in job.occupations],
        "salaries": [_wage(wage, job.currency) for wage in job.wages],
    }


def _occupation(occupation: Occupation) -> dict[str, Any]:
    return {
        "start_date": iso(occupation.starts_on),
        "end_date": iso(occupation.ends_on),
        "description": occupation.description,
        "name": occupation.name,
        "locale": occupation.place,
    }


def _wage(wage: Wage, currency: str) -> dict[str, Any]:
    return {
        "base_amount": wage.base,
        "retained_amount": wage.withheld,
        "type": _WAGES.get(wage.kind),
        "month": wage.month,
        "currency": currency,
    }
