"""Employment metrics: figures of a working life as of a day.

Weeks are days by seven, with four decimals. A week with several jobs counts once. A change of the daily base salary
counts as a rise or a fall only from five percent on, so that yearly adjustments to prices do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import msgspec

from afluente.core.clock import Instant
from afluente.core.connections import Stored
from afluente.core.employment import EmploymentRecord, Job
from afluente.dialects.belvo.render.days import iso
from afluente.dialects.belvo.render.employments import STATUSES
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant

MATTERS = Decimal("0.05")
"""The share of a salary from which a change of it counts."""

_FOUR = Decimal("0.0001")
_CENT = Decimal("0.01")
_YEAR = Decimal("365.25")


class _Pay(msgspec.Struct, frozen=True):
    """The base salary of a day from a day on, and what a month of it came to."""

    on: date
    base: Decimal
    monthly: Decimal


def employment_metrics(
    id: str,
    at: Instant,
    stored: Stored[EmploymentRecord],
    origin: Origin,
    today: date,
    *,
    reference: date | None = None,
) -> dict[str, Any]:
    """Return the metrics as of `reference`, or else of `today`. Jobs that began later are not looked at."""
    record = stored.record
    as_of = reference or today
    jobs = sorted((job for job in record.jobs if job.starts_on <= as_of), key=lambda job: (job.starts_on, job.key))
    current = [job for job in jobs if _end(job, as_of) is None]
    last = (current or sorted(jobs, key=lambda job: job.ends_on or as_of))[-1] if jobs else None
    worked = _merged(jobs, as_of)
    return (
        {
            "id": id,
            "link": origin.link,
            "collected_at": instant(stored.updated_at),
            "created_at": instant(at),
            "updated_at": instant(at),
            "reference_date": iso(reference),
            "age": 0 if record.birth_date is None else _years(record.birth_date, as_of),
            "current_status": _status(record, current),
            "current_employer_count": len({job.employer_id for job in current}),
        }
        | _tenure(jobs, last, worked, as_of)
        | _changes(jobs, last, as_of)
        | _salaries(jobs, as_of)
    )


def _status(record: EmploymentRecord, current: Sequence[Job]) -> str:
    if record.status == "retired":
        return STATUSES["retired"]
    return STATUSES["employed" if current else "unemployed"]


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _end(job: Job, as_of: date) -> date | None:
    """When a job ended, seen from a day."""
    return job.ends_on if job.ends_on is not None and job.ends_on < as_of else None


def _merged(jobs: Iterable[Job], as_of: date) -> list[tuple[date, date]]:
    """The spans of days with a job, oldest first, none touching another."""
    spans: list[tuple[date, date]] = []
    for job in jobs:
        first, last = job.starts_on, _end(job, as_of) or as_of
        if spans and first <= spans[-1][1] + timedelta(days=1):
            spans[-1] = (spans[-1][0], max(spans[-1][1], last))
        else:
            spans.append((first, last))
    return spans


def _weeks(days: int) -> Decimal:
    return (Decimal(days) / 7).quantize(_FOUR)


def _tenure(jobs: Sequence[Job], last: Job | None, worked: list[tuple[date, date]], as_of: date) -> dict[str, Any]:
    """How long somebody worked, and was without work."""
    days = sum((end - start).days + 1 for start, end in worked)
    every = sum(((_end(job, as_of) or as_of) - job.starts_on).days + 1 for job in jobs)
    gaps = [(after[0] - before[1]).days - 1 for before, after in pairwise(worked)]
    ended = None if last is None else _end(last, as_of)
    since = 0 if ended is None else (as_of - ended).days
    career = Decimal((as_of - worked[0][0]).days + 1) / _YEAR if worked else None
    return {
        "base_salary_last": None if last is None else _pay(last, as_of)[-1].base,
        "weeks_employed_last_job": None if last is None else _weeks(((ended or as_of) - last.starts_on).days + 1),
        "weeks_since_last_job": None if last is None else _weeks(since),
        "weeks_employed_total": _weeks(days),
        "weeks_with_multiple_employers": _weeks(every - days),
        "employer_count": len(jobs),
        "unique_employer_count": len({job.employer_id for job in jobs}),
        "employers_per_year": None if career is None else (len({j.employer_id for j in jobs}) / career).quantize(_FOUR),
        "weeks_between_jobs": _weeks(sum(gaps)),
        "max_weeks_between_jobs": _weeks(max(gaps, default=0)),
    }


def _pay(job: Job, as_of: date) -> list[_Pay]:
    """What a job paid, from when on: never empty."""
    told = sorted({(event.on, event.base_salary) for event in job.events if event.kind != "left" and event.on <= as_of})
    paid = [pay for pay in told if pay[1] > 0] or [(job.starts_on, job.base_salary)]
    share = job.monthly_salary / job.base_salary if job.base_salary else Decimal(30)
    return [_Pay(on, base, (base * share).quantize(_CENT)) for on, base in paid]


def _turns(pays: Sequence[_Pay], since: date | None = None) -> tuple[int, int]:
    """How often pay rose and fell by as much as matters, from a day on."""
    rises = falls = 0
    for before, after in pairwise(pays):
        if (since is not None and after.on < since) or not before.base:
            continue
        change = (after.base - before.base) / before.base
        rises += change >= MATTERS
        falls += change <= -MATTERS
    return rises, falls


def _back(as_of: date, years: int) -> date:
    day = as_of.day if (as_of.month, as_of.day) != (2, 29) else 28
    return as_of.replace(year=as_of.year - years, day=day)


def _changes(jobs: Sequence[Job], last: Job | None, as_of: date) -> dict[str, Any]:
    """Rises and falls of pay within the last job, into it, ever, and in the last years; a shorter career has none."""
    whole = sorted((pay for job in jobs for pay in _pay(job, as_of)), key=lambda pay: pay.on)
    inside = _turns(_pay(last, as_of)) if last is not None else (0, 0)
    before = [job for job in jobs if job is not last]
    into = (0, 0)
    if last is not None and before:
        into = _turns([_pay(before[-1], as_of)[-1], _pay(last, as_of)[0]])
    wire: dict[str, Any] = {}
    named = (("last_job", inside), ("after_change", into), ("overall", _turns(whole)))
    for name, (rises, falls) in named:
        wire |= {f"increases_{name}": rises, f"decreases_{name}": falls}
    for years in (1, 3, 5):
        since = _back(as_of, years)
        long_enough = bool(jobs) and (years == 1 or jobs[0].starts_on <= since)
        turns = _turns(whole, since) if long_enough else (None, None)
        wire |= {f"increases_{years}y": turns[0], f"decreases_{years}y": turns[1]}
        wire[f"yearly_change_{years}y"] = _change(whole, since) if long_enough else None
    return wire


def _change(pays: Sequence[_Pay], since: date) -> Decimal | None:
    """By what share the base salary changed since a day; nothing where nobody was paid by then."""
    earlier = [pay.base for pay in pays if pay.on <= since] or [pay.base for pay in pays[:1]]
    if not earlier or not earlier[-1]:
        return None
    return ((pays[-1].base - earlier[-1]) / earlier[-1]).quantize(_FOUR)


def _salaries(jobs: Sequence[Job], as_of: date) -> dict[str, Any]:
    """The least, mean and most monthly salary among those that were paid in the last years."""
    wire: dict[str, Any] = {}
    for years in (1, 3, 5):
        since = _back(as_of, years)
        paid = [pay.monthly for job in jobs for pay in _paid_since(job, since, as_of)]
        wire[f"min_monthly_salary_{years}y"] = min(paid, default=None)
        mean = (sum(paid, Decimal(0)) / len(paid)).quantize(_CENT) if paid else None
        wire[f"average_monthly_salary_{years}y"] = mean
        wire[f"max_monthly_salary_{years}y"] = max(paid, default=None)
    return wire


def _paid_since(job: Job, since: date, as_of: date) -> list[_Pay]:
    """The pays of a job that were still paid at some time since a day."""
    pays = _pay(job, as_of)
    ends = [pay.on for pay in pays[1:]] + [(_end(job, as_of) or as_of) + timedelta(days=1)]
    return [pay for pay, end in zip(pays, ends, strict=True) if end > since]
