"""Working lives and what the analysis finds, rendered, by name, and the schemas to meet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from afluente.analysis import history, recurring, risk
from afluente.analysis import income as incomes
from afluente.analysis.history import History
from afluente.analysis.spans import Span
from afluente.core.accounts import Account, AccountKind, Transaction
from afluente.core.employment import EmploymentEvent, EmploymentRecord, Job, Occupation, Wage
from afluente.dialects.belvo import render
from tests.dialects.belvo.render.fiscal_samples import IMSS, INSS
from tests.dialects.belvo.render.records import (
    BANK,
    BRAZILIAN,
    ID,
    MORNING,
    OPEN,
    PARENT,
    Sample,
    amount,
    stored,
)

FIRST_JOB = Job(
    key="1",
    employer="ACME SA de CV",
    employer_id="Y1234567890",
    employer_tax_id="AAA111111AA1",
    starts_on=date(2015, 1, 5),
    ends_on=date(2018, 1, 4),
    weeks=156,
    base_salary=amount("330.00"),
    monthly_salary=amount("10032.00"),
    currency="MXN",
    state="PUEBLA",
    events=(
        EmploymentEvent(kind="hired", on=date(2015, 1, 5), base_salary=amount("300.00")),
        EmploymentEvent(kind="salary-modified", on=date(2016, 6, 1), base_salary=amount("330.00")),
        EmploymentEvent(kind="left", on=date(2018, 1, 4), base_salary=amount("330.00")),
    ),
)
SECOND_JOB = replace(
    FIRST_JOB,
    key="2",
    employer="Ruedas del Sur",
    employer_id="Z1234567890",
    starts_on=date(2018, 3, 1),
    ends_on=None,
    weeks=343,
    base_salary=amount("500.00"),
    monthly_salary=amount("15200.00"),
    events=(EmploymentEvent(kind="hired", on=date(2018, 3, 1), base_salary=amount("500.00")),),
)
CAREER = EmploymentRecord(
    key="e",
    reported_on=date(2024, 9, 27),
    name="JUAN PÉREZ GIL",
    given_name="JUAN",
    family_name="PÉREZ GIL",
    documents=(("NSS", "12345678901"), ("CURP", "PEGJ910501HPLRLN09"), ("RFC", "PEGJ910501AB1")),
    status="employed",
    weeks_contributed=499,
    birth_date=date(1991, 5, 1),
    email="juan@example.com",
    jobs=(FIRST_JOB, SECOND_JOB),
)
LEAST_CAREER = EmploymentRecord(
    key="e",
    reported_on=date(2024, 9, 27),
    name="X",
    given_name="X",
    family_name="X",
    documents=(),
    status="retired",
    weeks_contributed=0,
    birth_date=date(1950, 5, 1),
)
BRAZILIAN_CAREER = replace(
    CAREER,
    jobs=(
        replace(
            FIRST_JOB,
            employer_id="08.050.608/0001-32",
            currency="BRL",
            activity="Comércio varejista",
            occupations=(
                Occupation(
                    name="Engenheiro", description="Engenheiro civil", place="São Paulo", starts_on=date(2015, 1, 5)
                ),
            ),
            wages=(Wage(month="2017-12", base=amount("5000.00"), withheld=amount("700.00"), kind="thirteenth"),),
        ),
    ),
)

ON = date(2024, 9, 27)


def _history() -> History:
    """Nine months of somebody with a salary, a rent and a subscription."""
    account = Account(
        key="cc", kind=AccountKind.CHECKING, number="1", name="Conta", currency="BRL", balance=amount("5000")
    )
    rows = [
        row
        for month in range(1, 10)
        for row in (
            (date(2024, month, 5), "5000.00", "SALARIO ACME", "income.salary"),
            (date(2024, month, 10), "-1500.00", "ALUGUEL", "housing.rent"),
            (date(2024, month, 12), "-39.90", "CINE EM CASA", "digital-services.video-streaming"),
        )
    ]
    moved = [
        Transaction(
            key=f"{day}-{text}",
            account_key="cc",
            occurred_at=int((datetime(day.year, day.month, day.day, 12, tzinfo=UTC)).timestamp() * 1000),
            amount=Decimal(sum_),
            currency="BRL",
            description=text,
            category=category,
        )
        for day, sum_, text, category in rows
    ]
    return history.read([account], moved, zone=render.zone("BR"), on=ON, since=date(2024, 1, 1))


def _span(days: int) -> Span:
    return Span(ON - timedelta(days=days - 1), ON)


def _income(origin: Any) -> dict[str, Any]:
    return render.income(ID, MORNING, incomes.income(_history(), _span(270)), origin, {"cc": PARENT}, "BRL")


def _no_income() -> dict[str, Any]:
    nothing = history.read([], [], zone=render.zone("BR"), on=ON)
    return render.income(ID, MORNING, incomes.income(nothing, _span(90)), BANK, {}, "MXN")


def _insights(origin: Any, known: History) -> dict[str, Any]:
    threshold = render.THRESHOLDS["BRL"]
    found = risk.insights(known, currency="BRL", threshold=threshold)
    return render.risk_insights(ID, MORNING, found, origin, {"cc": PARENT}, threshold)


def _expenses() -> list[dict[str, Any]]:
    known = _history()
    account = Account(
        key="cc", kind=AccountKind.CHECKING, number="1", name="Conta", currency="BRL", balance=amount("5000")
    )
    rendered = {"cc": render.account(stored(account, PARENT), BRAZILIAN)}
    said = {one.key: one.description for one in known.movements}
    return render.recurring_expenses(recurring.expenses(known, _span(365)), BRAZILIAN, MORNING, rendered, said)


def _metrics(record: EmploymentRecord) -> dict[str, Any]:
    return render.employment_metrics(PARENT, MORNING, stored(record), IMSS, ON, reference=ON)


SAMPLES: dict[str, Sample] = {
    "employment-record": Sample(
        lambda: render.employment_record(stored(CAREER), IMSS, date(2024, 10, 1), pdf="JVBERi0="), "EmploymentRecord"
    ),
    "employment-record-least": Sample(
        lambda: render.employment_record(stored(LEAST_CAREER), IMSS, ON), "EmploymentRecord"
    ),
    "current-employment": Sample(lambda: render.current_employment(stored(CAREER), IMSS), "CurrentEmployment"),
    "current-employment-least": Sample(
        lambda: render.current_employment(stored(LEAST_CAREER), IMSS), "CurrentEmployment"
    ),
    "employment-brazil": Sample(
        lambda: render.brazilian_employments(stored(BRAZILIAN_CAREER), INSS)[0], "EmploymentBrazil"
    ),
    "employment-metrics": Sample(lambda: _metrics(CAREER), "EmploymentMetric"),
    "employment-metrics-least": Sample(lambda: _metrics(LEAST_CAREER), "EmploymentMetric"),
    "income": Sample(lambda: _income(OPEN), "Income"),
    "income-legacy": Sample(lambda: _income(BRAZILIAN), None, "Income"),
    "income-least": Sample(_no_income, "Income", "Income"),
    "recurring-expense": Sample(lambda: _expenses()[0], "RecurringExpenses", "RecurringExpenses"),
    "recurring-expense-subscription": Sample(lambda: _expenses()[1], "RecurringExpenses", "RecurringExpenses"),
    "risk-insights": Sample(lambda: _insights(OPEN, _history()), "RiskInsights", "RiskInsights"),
    "risk-insights-least": Sample(
        lambda: _insights(OPEN, history.read([], [], zone=render.zone("BR"), on=ON)), "RiskInsights", "RiskInsights"
    ),
}
"""By name; expected wires lie in `expected/`."""
