"""Which bill a movement of a card is on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from afluente.core.accounts import Bill
from afluente.core.ports import Record
from afluente.dialects.klavi.render.statements import Statements, statements
from tests.dialects.klavi.render.made import ON, bill, bought, card, held

SEPTEMBER = bill("sep", date(2026, 8, 25), date(2026, 9, 2), "10.00")
OCTOBER = bill("oct", date(2026, 9, 25), date(2026, 10, 2), "20.00")


def found(*records: Record) -> Statements:
    """Return the bills of the one card."""
    everything = held([card(), *records])
    (account,) = everything.cards
    return statements(everything, account)


def test_a_movement_that_names_no_bill_is_on_the_first_that_closed_behind_it() -> None:
    """The day of closing is still on the bill; what came after the last of them is open."""
    on = [date(2026, 8, 1), date(2026, 8, 25), date(2026, 8, 26), date(2026, 9, 25), date(2026, 9, 26)]
    told = found(SEPTEMBER, OCTOBER, *(bought(day, "-1.00") for day in on))
    assert [len(one.moved) for one in told.closed] == [2, 2]
    assert len(told.opened.moved) == 1


def test_a_movement_that_names_its_bill_is_on_it_whatever_its_day() -> None:
    """An instalment bought in spring is on the bill that has it; one that names an unknown bill goes by its day."""
    told = found(SEPTEMBER, OCTOBER, bought(date(2026, 3, 1), "-1.00", "oct"), bought(date(2026, 8, 2), "-2.00", "?"))
    assert [[one.record.amount for one in bill_.moved] for bill_ in told.closed] == [
        [Decimal("-1.00")],
        [Decimal("-2.00")],
    ]


def test_without_an_open_bill_the_card_says_when_the_next_is_due() -> None:
    """And its total is what was bought since."""
    told = found(OCTOBER, bought(date(2026, 11, 1), "-12.50"), bought(date(2026, 11, 2), "2.50"))
    assert (told.opened.due_on, told.opened.closes_on) == (date(2026, 12, 2), date(2026, 11, 25))
    assert (told.opened.total, told.opened.minimum) == (Decimal("10.00"), Decimal("30.00"))


def test_a_bill_without_a_day_of_closing_closes_when_it_is_due() -> None:
    """So it is closed on the day behind."""
    told = found(bill("x", ON, ON, "1.00", closes_on=None), SEPTEMBER)
    assert [one.bill.record.key for one in told.closed] == ["sep"]
    assert told.opened.bill is not None


days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
bills = st.lists(st.tuples(days, days), max_size=5)
purchases = st.lists(
    st.tuples(days, st.integers(-(10**7), 10**7), st.sampled_from([None, "0", "1", "2", "none"])), max_size=25
)


@given(bills=bills, purchases=purchases)
def test_every_movement_is_on_one_bill(
    bills: list[tuple[date, date]], purchases: list[tuple[date, int, str | None]]
) -> None:
    """However bills overlap and whatever movements say: nothing is lost, nothing is told twice."""
    known: list[Bill] = [bill(str(place), closes, due, "1.00") for place, (closes, due) in enumerate(bills)]
    made = [bought(day, str(Decimal(cents).scaleb(-2)), on) for day, cents, on in purchases]
    told = found(*known, *made)
    every = [*told.opened.moved, *(one for closed in told.closed for one in closed.moved)]
    assert sorted(one.record.key for one in every) == sorted(one.key for one in made)
    assert [one.closes_on for one in told.closed] == sorted((one.closes_on for one in told.closed), reverse=True)
