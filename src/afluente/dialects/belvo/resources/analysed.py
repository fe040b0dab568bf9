"""Lists whose objects are computed: incomes, recurring expenses, risk insights, employment metrics.

What was computed is kept as the analysis' own record, and put into words when it is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from afluente.analysis import history as histories
from afluente.analysis import recurring
from afluente.analysis.history import History
from afluente.analysis.income import IncomeReport, income
from afluente.analysis.recurring import RecurringExpense
from afluente.analysis.risk import Insights, insights
from afluente.analysis.spans import Span, standard
from afluente.analysis.streams import Confidence
from afluente.core.accounts import Account, Bill
from afluente.core.analyses import Analysis
from afluente.core.connections import Stored
from afluente.core.employment import EmploymentRecord
from afluente.core.holders import Holder
from afluente.core.outcome import Refused
from afluente.dialects.belvo import render
from afluente.dialects.belvo.readings import Asked, Reading
from afluente.dialects.belvo.resources.records import Wires
from afluente.engine.records.holdings import Entry, Search

INCOME, EXPENSES, RISK, METRICS = "income", "recurring-expenses", "risk", "employment-metrics"
_R = TypeVar("_R")
_encode = msgspec.json.Encoder().encode
_income = msgspec.json.Decoder(IncomeReport).decode
_expenses = msgspec.json.Decoder(tuple[RecurringExpense, ...]).decode
_insights = msgspec.json.Decoder(Insights).decode
_CURRENCIES = {"BR": "BRL", "MX": "MXN", "CO": "COP", "CL": "CLP"}
_LOOKS_BACK = 365
"""Days of movements that are looked at."""


async def _history(reading: Reading) -> History:
    """A year of movements, prepared; the work is done in a thread."""
    accounts = await reading.accounts()
    keys = {one.id: one.record for one in accounts}
    choose = reading.holdings.choose
    first = reading.today - timedelta(days=_LOOKS_BACK)
    search = Search(accounts=tuple(keys), since=reading.start_of(first))
    records, today = [one.record for one in accounts], reading.today
    documents = [one.record.document for one in await reading.records(Holder)]
    reader = histories.Reader(records, zone=render.zone(reading.institution.country), on=today, documents=documents)

    def take(entries: list[Entry]) -> None:
        owners = (keys[entry.stored.parent_id or ""] for entry in entries)
        reader.take(
            (entry.stored.record, owner.key, choose(entry, owner.kind))
            for entry, owner in zip(entries, owners, strict=True)
        )

    async for entries in reading.holdings.walk(search):
        await asyncio.to_thread(take, entries)
    return await asyncio.to_thread(reader.history)


async def _worked(work: Callable[[], _R]) -> _R:
    return await asyncio.to_thread(work)


def _analysis(
    kind: str, reading: Reading, asked: Asked, result: Any, described: dict[str, str] | None = None
) -> Analysis:
    """Return the record; the same question about the same link has the same key."""
    question = _encode(replace(asked, first=None, last=None) if kind == RISK else asked).decode()
    return Analysis(
        key=f"{kind}|{question}",
        kind=kind,
        computed_at=reading.now,
        result=_encode(result).decode(),
        options={"asked": question},
        described=described or {},
    )


async def find_incomes(reading: Reading, asked: Asked) -> Analysis:
    """Look for income."""
    known = await _history(reading)
    span = Span(asked.first or reading.today, asked.last or reading.today)
    kinds = render.kinds_of(asked.kinds) if asked.kinds is not None else None
    least = Confidence(asked.least.lower()) if asked.least else Confidence.LOW
    found = await _worked(lambda: income(known, span, least=least, kinds=kinds))
    return _analysis(INCOME, reading, asked, _without_movements(found))


def _without_movements(report: IncomeReport) -> IncomeReport:
    """Leave out each single movement: the wire tells none, and whoever reads the report would hold them all."""
    return replace(report, streams=tuple(replace(one, keys=(), days=(), amounts=()) for one in report.streams))


async def find_expenses(reading: Reading, asked: Asked) -> Analysis:
    """Look for what is paid again and again."""
    known = await _history(reading)
    span = Span(asked.first or reading.today, asked.last or reading.today)
    found = await _worked(lambda: recurring.expenses(known, span))
    named = {key for one in found for key in one.keys}
    described = {one.key: one.description for one in known.movements if one.key in named}
    return _analysis(EXPENSES, reading, asked, found, described)


async def find_risk(reading: Reading, asked: Asked) -> Analysis:
    """Look at everything an applicant has."""
    known = await _history(reading)
    bills = [one.record for one in await reading.records(Bill)]
    loans = [one.record for one in await reading.loans()]
    threshold, windows = _threshold(reading), standard(known.on)
    found = await _worked(lambda: insights(known, bills=bills, loans=loans, windows=windows, threshold=threshold))
    return _analysis(RISK, reading, asked, found)


async def find_metrics(reading: Reading, asked: Asked) -> Analysis:
    """Remember what day metrics were asked for: they follow from the working life itself."""
    if not await reading.records(EmploymentRecord):
        raise Refused("product.no-data")
    return _analysis(METRICS, reading, asked, None)


def _currency(reading: Reading) -> str:
    return _CURRENCIES.get(reading.institution.country, "BRL")


def _threshold(reading: Reading) -> Decimal:
    return render.THRESHOLDS.get(_currency(reading), Decimal(0))


async def _kept(reading: Reading, kind: str, asked: Asked) -> list[Stored[Analysis]]:
    every: list[Stored[Analysis]] = await reading.records(Analysis)
    return [one for one in every if one.record.kind == kind and asked.only in (None, one.id)]


async def _ids(reading: Reading) -> dict[str, str]:
    accounts: list[Stored[Account]] = await reading.accounts()
    return {one.record.key: one.id for one in accounts}


async def incomes(reading: Reading, asked: Asked) -> Wires:
    """Income reports."""
    ids, origin, currency = await _ids(reading), reading.origin, _currency(reading)
    return [
        render.income(one.id, one.record.computed_at, _income(one.record.result), origin, ids, currency)
        for one in await _kept(reading, INCOME, asked)
    ]


async def expenses(reading: Reading, asked: Asked) -> Wires:
    """Recurring expenses; one that was found twice is shown as it was found last."""
    accounts: list[Stored[Account]] = await reading.accounts()
    rendered = {one.record.key: reading.rendered(one.id) for one in accounts}
    found: dict[str, dict[str, Any]] = {}
    for one in sorted(await _kept(reading, EXPENSES, asked), key=lambda one: one.record.computed_at):
        kept = [expense for expense in _expenses(one.record.result) if expense.account_key in rendered]
        at, described = one.record.computed_at, one.record.described
        for wire in render.recurring_expenses(kept, reading.origin, at, rendered, described):
            found[wire["id"]] = wire
    return list(found.values())


async def risk(reading: Reading, asked: Asked) -> Wires:
    """Risk insights."""
    ids = await _ids(reading)
    threshold = _threshold(reading)
    return [
        render.risk_insights(
            one.id, one.record.computed_at, _insights(one.record.result), reading.origin, ids, threshold
        )
        for one in await _kept(reading, RISK, asked)
    ]


async def metrics(reading: Reading, asked: Asked) -> Wires:
    """Employment metrics, each as of the day it was asked for."""
    lives = await reading.records(EmploymentRecord)
    found = []
    for one in await _kept(reading, METRICS, asked):
        told = msgspec.json.decode(one.record.options["asked"], type=Asked)
        on: date = render.local_day(one.record.computed_at, reading.institution.country)
        found += [
            render.employment_metrics(
                one.id, one.record.computed_at, life, reading.origin, on, reference=told.reference
            )
            for life in lives[:1]
        ]
    return found
