"""Lists whose objects are records, or are made of them: banking, fiscal, employment. Each yields objects in pieces."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from afluente.core.accounts import AccountKind, Bill
from afluente.core.clock import HOUR
from afluente.core.connections import Stored
from afluente.core.documents import Balance, Statement
from afluente.core.employment import EmploymentRecord
from afluente.core.fiscal import (
    DebtReport,
    FinancialStatement,
    Invoice,
    TaxComplianceStatus,
    TaxDeclaration,
    TaxRetention,
    TaxReturn,
    TaxStatus,
)
from afluente.core.holders import Holder
from afluente.core.investments import Investment, InvestmentMovement
from afluente.dialects.belvo import render
from afluente.dialects.belvo.papers import pdf
from afluente.dialects.belvo.readings import Asked, Reading
from afluente.dialects.belvo.render.days import OFFSETS
from afluente.documents import statement_pdf
from afluente.engine.records.holdings import Search

Wires = list[dict[str, Any]]
Show = Callable[[Reading, Asked], AsyncIterator[Wires]]


def whole(make: Callable[[Reading, Asked], Awaitable[Wires]]) -> Show:
    """Return a list that comes in one piece."""

    async def show(reading: Reading, asked: Asked) -> AsyncIterator[Wires]:
        yield await make(reading, asked)

    return show


# -- banking -----------------------------------------------------------------------------------------------------------


async def accounts(reading: Reading, asked: Asked) -> Wires:
    """Accounts, cards and contracts."""
    held = [reading.rendered(one.id) for one in await reading.accounts()]
    return held + [render.loan_account(one, reading.origin) for one in await reading.loans()]


async def owners(reading: Reading, asked: Asked) -> Wires:
    """Who holds them, with the network's names of what they hold."""
    held = await accounts(reading, asked)
    products = sorted({str(one["type"]) for one in held if one["type"]}) if reading.origin.open_finance else []
    return [render.owner(one, reading.origin, products) for one in await reading.records(Holder)]


async def current_balances(reading: Reading, asked: Asked) -> Wires:
    """What bank accounts held when they were last read."""
    found = []
    for one in await reading.accounts():
        record = one.record
        if record.kind is AccountKind.CREDIT_CARD or asked.account not in (None, one.id):
            continue
        invested = record.bank.automatically_invested if record.bank is not None else None
        balance = Balance(
            account_key=record.key,
            currency=record.currency,
            available=record.balance,
            automatically_invested=invested,
        )
        found.append(render.current_balance(one, balance, reading.origin, one.updated_at))
    return found


async def daily_balances(reading: Reading, asked: Asked) -> Wires:
    """What each bank account held at the end of each day, newest first: reckoned back from what it holds now.

    They reach back to the first day from which movements are known.
    """
    country = reading.institution.country
    offset = OFFSETS.get(country, 0) * HOUR
    found = []
    for one in await reading.accounts():
        record = one.record
        if record.kind is AccountKind.CREDIT_CARD or asked.account not in (None, one.id):
            continue
        sums: dict[date, Decimal] = {}
        for told in await reading.holdings.by_day(one, offset, 0):
            if told.currency == record.currency:
                sums[_EPOCH + timedelta(days=told.day)] = told.total
        day, balance = render.local_day(one.updated_at, country), record.balance
        first = max(min(sums, default=day), asked.first or date.min)
        rendered = reading.rendered(one.id)
        while day >= first:
            if asked.last is None or day <= asked.last:
                found.append(render.balance_of_a_day(one, rendered, balance, day.isoformat()))
            balance -= sums.get(day, _NOTHING)
            day -= timedelta(days=1)
    return found


_EPOCH = date(1970, 1, 1)
_NOTHING = Decimal(0)


async def bills(reading: Reading, asked: Asked) -> Wires:
    """The bills of cards."""
    held = {one.id for one in await reading.accounts()}
    stored = await reading.records(Bill)
    return [render.bill(one, reading.rendered(one.parent_id or "")) for one in stored if one.parent_id in held]


async def statements(reading: Reading, asked: Asked) -> Wires:
    """Monthly statements, each with its movements."""
    by_id = {one.id: one for one in await reading.accounts()}
    holder = next((one.record for one in await reading.records(Holder)), None)
    found = []
    for one in await reading.records(Statement):
        owner = by_id.get(one.parent_id or "")
        if owner is None or asked.account not in (None, owner.id) or asked.month not in (None, one.record.month):
            continue
        found.append(await _statement(reading, one, owner, holder, asked))
    return found


async def _statement(
    reading: Reading, one: Stored[Statement], owner: Stored[Any], holder: Holder | None, asked: Asked
) -> dict[str, Any]:
    year, month = (int(part) for part in one.record.month.split("-"))
    begins = reading.start_of(date(year, month, 1))
    ends = reading.start_of(date(year + month // 12, month % 12 + 1, 1))
    search = Search(accounts=(owner.id,), since=begins, until=ends)
    entries = [entry.stored async for piece in reading.holdings.walk(search) for entry in piece][::-1]
    offset = OFFSETS.get(reading.institution.country, 0) * HOUR
    later = await reading.holdings.by_day(owner, offset, ends or 0)
    final = owner.record.balance - sum(
        (told.total for told in later if told.currency == owner.record.currency), _NOTHING
    )
    bank = owner.record.kind is not AccountKind.CREDIT_CARD
    wire = render.statement(one, owner, entries, final if bank else None, reading.origin, holder=holder)
    if asked.files:
        content = await asyncio.to_thread(
            statement_pdf,
            holder,
            reading.institution,
            owner.record,
            [entry.record for entry in entries],
            one.record.month,
            closing=final if bank else None,
            zone=render.zone(reading.institution.country),
        )
        wire["pdf"] = base64.b64encode(content).decode()
    return wire


async def positions(reading: Reading, asked: Asked) -> Wires:
    """Investments, as Open Finance has them."""
    return [_of_link(reading, render.investment(one)) for one in await reading.records(Investment)]


def _of_link(reading: Reading, wire: dict[str, Any]) -> dict[str, Any]:
    """Name the link on an object that has no other way to be filtered by it."""
    return wire if "link" in wire else {**wire, "link": reading.origin.link}


async def portfolios(reading: Reading, asked: Asked) -> Wires:
    """Investments, as the older generation has them."""
    return render.portfolios(await reading.records(Investment), reading.origin)


async def position_movements(reading: Reading, asked: Asked) -> Wires:
    """What moved in investments."""
    held = {one.id: one for one in await reading.records(Investment)}
    shown = {id: render.investment(one) for id, one in held.items()}
    country = reading.institution.country
    return [
        _of_link(
            reading,
            render.investment_transaction(one, held[one.parent_id or ""], shown[one.parent_id or ""], reading.origin),
        )
        for one in await reading.records(InvestmentMovement)
        if one.parent_id in held and asked.spans(render.local_day(one.record.occurred_at, country))
    ]


async def none(reading: Reading, asked: Asked) -> Wires:
    """Nothing: no institution has any."""
    return []


# -- fiscal ------------------------------------------------------------------------------------------------------------


async def invoices(reading: Reading, asked: Asked) -> Wires:
    """Invoices of Mexico and Colombia; their documents too, unless they were not wished for."""
    files = asked.files is not False
    return [render.invoice(one, reading.origin, xml=files) for one in await _issued(reading, Invoice, asked)]


async def chilean_invoices(reading: Reading, asked: Asked) -> Wires:
    """Invoices of Chile."""
    return [render.chilean_invoice(one, reading.origin) for one in await _issued(reading, Invoice, asked)]


async def retentions(reading: Reading, asked: Asked) -> Wires:
    """Certificates of taxes kept back."""
    files = asked.files is not False
    return [render.tax_retention(one, reading.origin, xml=files) for one in await _issued(reading, TaxRetention, asked)]


async def _issued(reading: Reading, type_: type[Any], asked: Asked) -> list[Stored[Any]]:
    """Those of the days and of the direction that are asked for."""
    country = reading.institution.country
    return [
        one
        for one in await reading.records(type_)
        if asked.direction in (None, one.record.direction)
        and asked.spans(render.local_day(one.record.issued_at, country))
    ]


async def tax_status(reading: Reading, asked: Asked) -> Wires:
    """The registration, of Mexico and Colombia."""
    return [
        render.tax_status(one, reading.origin, pdf=_paper(asked, "TAX STATUS", one))
        for one in await reading.records(TaxStatus)
    ]


async def chilean_tax_status(reading: Reading, asked: Asked) -> Wires:
    """The registration, of Chile."""
    return [render.chilean_tax_status(one, reading.origin) for one in await reading.records(TaxStatus)]


async def compliance(reading: Reading, asked: Asked) -> Wires:
    """The authority's opinion."""
    return [
        render.tax_compliance_status(one, reading.origin, pdf=_paper(asked, "TAX COMPLIANCE", one))
        for one in await reading.records(TaxComplianceStatus)
    ]


async def returns(reading: Reading, asked: Asked) -> Wires:
    """Returns of years and of months."""
    return [
        render.tax_return(
            one,
            reading.origin,
            pdf=_paper(asked, "TAX RETURN", one),
            receipt_pdf=_paper(asked, "ACKNOWLEDGEMENT", one),
        )
        for one in await reading.records(TaxReturn)
        if asked.monthly in (None, one.record.month is not None)
        and _of_years(asked, one.record.year)
        and (one.record.month is None or _of_months(asked, date(one.record.year, one.record.month, 1)))
    ]


def _of_years(asked: Asked, year: int) -> bool:
    return (asked.first_year or 0) <= year <= (asked.last_year or 9999)


def _of_months(asked: Asked, month: date) -> bool:
    begins = asked.first.replace(day=1) if asked.first else date.min
    return begins <= month <= (asked.last or date.max)


async def declarations(reading: Reading, asked: Asked) -> Wires:
    """Colombia's yearly declarations."""
    return [
        render.tax_declaration(one, reading.origin, pdf=_paper(asked, "TAX DECLARATION", one))
        for one in await reading.records(TaxDeclaration)
        if _of_years(asked, one.record.year)
    ]


async def financial_statements(reading: Reading, asked: Asked) -> Wires:
    """A company's years."""
    return [render.financial_statement(one, reading.origin) for one in await reading.records(FinancialStatement)]


async def debt_reports(reading: Reading, asked: Asked) -> Wires:
    """What is owed to all lenders, in Chile."""
    return [render.debt_report(one, reading.origin) for one in await reading.records(DebtReport)]


def _paper(asked: Asked, title: str, one: Stored[Any]) -> str | None:
    """The document in short, where it is wished for: the institutions we act out have none of their own."""
    if not asked.files:
        return None
    record = one.record
    told = [f"{name}: {value}" for name in record.__struct_fields__ if (value := getattr(record, name)) is not None]
    return pdf(title, [line for line in told if len(line) < 2_000])


# -- employment --------------------------------------------------------------------------------------------------------


async def employment_records(reading: Reading, asked: Asked) -> Wires:
    """Working lives in Mexico."""
    return [
        render.employment_record(one, reading.origin, reading.today, pdf=_paper(asked, "EMPLOYMENT RECORD", one))
        for one in await reading.records(EmploymentRecord)
    ]


async def current_employments(reading: Reading, asked: Asked) -> Wires:
    """The jobs somebody has now, in Mexico."""
    return [render.current_employment(one, reading.origin) for one in await reading.records(EmploymentRecord)]


async def employments(reading: Reading, asked: Asked) -> Wires:
    """Jobs in Brazil that touch the days asked for."""
    every = [
        wire
        for one in await reading.records(EmploymentRecord)
        for wire in render.brazilian_employments(one, reading.origin)
    ]
    first, last = (asked.first or date.min).isoformat(), (asked.last or date.max).isoformat()
    return [one for one in every if one["start_date"] <= last and (one["end_date"] or last) >= first]
