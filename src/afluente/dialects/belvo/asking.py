"""What the body of a request for a resource may say beside its link: one function for each way to ask."""

from __future__ import annotations

from datetime import date, timedelta

from afluente.core.outcome import Refused
from afluente.dialects.belvo.forms import Form
from afluente.dialects.belvo.house import House
from afluente.dialects.belvo.readings import EVERYTHING, Asked

_INCOME_TYPES = (
    "SALARY",
    "GOVERNMENT",
    "INTEREST",
    "RENT",
    "RETIREMENT",
    "PENSION",
    "FREELANCE",
    "ALTERNATIVE_INCOME",
    "TRANSFER",
    "DEPOSIT",
    "UNKNOWN",
)
_DIRECTIONS = {"INFLOW": "in", "OUTFLOW": "out"}


def nothing(house: House, form: Form, today: date) -> Asked:
    """Ask for everything."""
    return EVERYTHING


def _span(house: House, form: Form, today: date, *, first: bool, last: bool) -> tuple[date | None, date | None]:
    """Read two days. A span that is longer than a request may be is refused as a whole."""
    start, end = form.day("date_from", required=first), form.day("date_to", required=last)
    form.done()
    # the client may be a day ahead of the institution
    latest = today + timedelta(days=1)
    if start is not None and start > (end or latest):
        form.wrong("date_from", "request.invalid.value", detail="date_from cannot be greater than date_to.")
    elif end is not None and end > latest:
        form.wrong("date_to", "request.invalid.value", detail="date_to cannot be in the future.")
    elif start is not None and ((end or today) - start).days > house.numbers.periods.movements_days + 1:
        raise Refused("request.invalid")
    form.done()
    return start, end


def movements(house: House, form: Form, today: date) -> Asked:
    """Movements and daily balances: from a day to a day, today where it is not told, of one account or of all."""
    account = form.uuid("account")
    first, last = _span(house, form, today, first=True, last=False)
    return Asked(first=first, last=last or max(today, first or today), account=account)


def account(house: House, form: Form, today: date) -> Asked:
    """One account, or all."""
    return Asked(account=form.uuid("account_id"))


def days(house: House, form: Form, today: date) -> Asked:
    """Between two days, where they are told."""
    first, last = _span(house, form, today, first=False, last=False)
    return Asked(first=first, last=last)


def statement(house: House, form: Form, today: date) -> Asked:
    """The statement of one account and month."""
    owner, year = form.uuid("account", required=True), form.year("year", required=True)
    month = form.text("month", required=True)
    if month and not (month.isascii() and month.isdigit() and 1 <= int(month) <= 12 and len(month) <= 2):
        form.wrong("month", "request.invalid.value", detail="Enter a valid month.")
    files = form.boolean("attach_pdf", False)
    form.done()
    return Asked(account=owner, month=f"{year:04d}-{int(month or 0):02d}", files=files)


def document(house: House, form: Form, today: date) -> Asked:
    """A document, with its PDF if it is wished for."""
    return Asked(files=form.boolean("attach_pdf", False))


def invoices(house: House, form: Form, today: date) -> Asked:
    """Invoices or retentions between two days, those issued or those received; both where `type` is null."""
    direction = form.choice("type", tuple(_DIRECTIONS), required="type" not in form.values)
    files = form.boolean("attach_xml", False)
    first, last = _span(house, form, today, first=True, last=True)
    return Asked(first=first, last=last, direction=_DIRECTIONS.get(direction or ""), files=files)


def chilean_invoices(house: House, form: Form, today: date) -> Asked:
    """The same, with a direction only where it is told."""
    direction = form.choice("type", tuple(_DIRECTIONS))
    first, last = _span(house, form, today, first=True, last=True)
    return Asked(first=first, last=last, direction=_DIRECTIONS.get(direction or ""))


def retentions(house: House, form: Form, today: date) -> Asked:
    """Retentions between two days, in one direction."""
    direction = form.choice("type", tuple(_DIRECTIONS), required=True)
    files = form.boolean("attach_xml", False)
    first, last = _span(house, form, today, first=True, last=True)
    return Asked(first=first, last=last, direction=_DIRECTIONS.get(direction or ""), files=files)


def returns(house: House, form: Form, today: date) -> Asked:
    """Returns of whole years or of months; without a `type` it is what the other fields are of."""
    kind = form.choice("type", ("yearly", "monthly"))
    monthly = kind == "monthly" or (kind is None and "date_from" in form.values)
    files = form.boolean("attach_pdf", False)
    if monthly:
        first, last = form.day("date_from", required=True), form.day("date_to", required=True)
        form.done()
        if first and last and first > last:
            form.wrong("date_from", "request.invalid.value", detail="date_from cannot be greater than date_to.")
        form.done()
        return Asked(first=first, last=last, monthly=True, files=files)
    begin, end = _years(form)
    return Asked(first_year=begin, last_year=end, monthly=False, files=files)


def declarations(house: House, form: Form, today: date) -> Asked:
    """Declarations of some years."""
    files = form.boolean("attach_pdf", False)
    begin, end = _years(form)
    return Asked(first_year=begin, last_year=end, files=files)


def _years(form: Form) -> tuple[int | None, int | None]:
    begin, end = form.year("year_from", required=True), form.year("year_to", required=True)
    form.done()
    if begin and end and begin > end:
        form.wrong("year_from", "request.invalid.value", detail="year_from cannot be greater than year_to.")
    form.done()
    return begin, end


def incomes(house: House, form: Form, today: date) -> Asked:
    """Incomes of a span of at least 90 days, of some types, of some confidence.

    Raises `request.invalid.period` for a shorter span. A span that begins more than a year ago is looked at from then.
    """
    kinds = form.words("allowed_income_types")
    strange = next((word for word in kinds or () if word.upper() not in _INCOME_TYPES), None)
    if strange is not None:
        form.wrong("allowed_income_types", "request.invalid.choice", value=strange[:100])
    least = form.choice("minimum_confidence_level", ("HIGH", "MEDIUM", "LOW"))
    first, last = form.day("date_from"), form.day("date_to")
    if first is not None and first > (last or today):
        form.wrong("date_from", "request.invalid.value", detail="date_from cannot be greater than date_to.")
    form.done()
    periods = house.numbers.periods
    last = min(last or today, today)
    first = max(first or date.min, _before(last, periods.movements_days))
    if (last - first).days < periods.income_days:
        raise Refused("request.invalid.period")
    named = tuple(sorted({word.upper() for word in kinds})) if kinds else None
    return Asked(first=first, last=last, kinds=named, least=least)


def _before(day: date, days: int) -> date:
    """Return the day so many days before; the first there is where there are not so many."""
    return date.fromordinal(max(1, day.toordinal() - days))


def expenses(house: House, form: Form, today: date) -> Asked:
    """Recurring expenses of a span; a year of it where it is not told."""
    first, last = form.day("date_from"), form.day("date_to")
    if first is not None and first > (last or today):
        form.wrong("date_from", "request.invalid.value", detail="date_from cannot be greater than date_to.")
    form.done()
    last = min(last or today, today)
    return Asked(first=max(first or date.min, _before(last, house.numbers.periods.movements_days)), last=last)


def reference(house: House, form: Form, today: date) -> Asked:
    """The day that metrics are of."""
    return Asked(reference=form.modern_day("reference_date"))
