"""Transactions of several accounts: the same ones, counts and sums as plain Python finds, on both databases."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afluente.core.accounts import Payment, Transaction
from afluente.core.clock import DAY
from afluente.store import searches, transactions
from afluente.store.database import Database
from afluente.store.searches import Search
from afluente.store.transactions import Entry
from tests.store.samples import movement

pytestmark = pytest.mark.anyio

ACCOUNTS = ("acc-0", "acc-1", "acc-2")
AMOUNTS = ("-12.50", "12.5", "0", "1000.00", "-0.00012", "999999999.99", "-7")


def _record(number: int) -> Transaction:
    """One of a fixed set of movements that differ in all that is searched by."""
    reference = ("plain", 'quo"te', "100%", "a_b\\c", None)[number % 5]
    return movement(
        f"k{number}",
        at=number // 3 * DAY // 2,
        amount=AMOUNTS[number % len(AMOUNTS)],
        currency=("BRL", "USD")[number % 4 == 3],
        pending=number % 6 == 0,
        payment=None if reference is None else Payment(reference=reference),
    )


RECORDS = [_record(number) for number in range(60)]


async def _stored(database: Database) -> None:
    """Store the records, one after the other on three accounts; each third one anew."""
    async with database.transaction() as writer:
        for number, record in enumerate(RECORDS):
            bill = f"bill-{number % 2}" if number % 3 == 0 else None
            rows = [transactions.row(record, ACCOUNTS[number % 3], bill, 100 + number)]
            await transactions.merge(writer, rows)


def _found(search: Search) -> list[int]:
    """The numbers of the records that a search finds, in no order."""

    def fits(number: int) -> bool:
        record, size = RECORDS[number], abs(RECORDS[number].amount)
        told = record.payment.reference if record.payment else None
        bill = f"bill-{number % 2}" if number % 3 == 0 else None
        return (
            ACCOUNTS[number % 3] in search.accounts
            and (search.since is None or record.occurred_at >= search.since)
            and (search.until is None or record.occurred_at < search.until)
            and (search.created_since is None or 100 + number >= search.created_since)
            and (search.created_until is None or 100 + number < search.created_until)
            and (search.changed_since is None or 100 + number >= search.changed_since)
            and (search.changed_until is None or 100 + number < search.changed_until)
            and (search.least is None or size >= search.least)
            and (search.most is None or size <= search.most)
            and (search.pending is None or record.pending == search.pending)
            and (search.gained is None or (record.amount >= 0) == search.gained)
            and (search.currencies is None or record.currency in search.currencies)
            and (search.bills is None or bill in search.bills)
            and (search.mentioning is None or told in search.mentioning)
        )

    return [number for number in range(len(RECORDS)) if fits(number)]


def _numbers(entries: list[Entry]) -> list[int]:
    return [int(entry.stored.record.key[1:]) for entry in entries]


INSTANT = st.none() | st.integers(0, 11 * DAY)
MOMENT = st.none() | st.integers(95, 165)
AMOUNT = st.none() | st.sampled_from([Decimal(text).copy_abs() for text in AMOUNTS]) | st.decimals(0, 10**9, places=5)
SEARCH = st.builds(
    Search,
    accounts=st.lists(st.sampled_from(ACCOUNTS), unique=True).map(tuple),
    since=INSTANT,
    until=INSTANT,
    created_since=MOMENT,
    created_until=MOMENT,
    changed_since=MOMENT,
    changed_until=MOMENT,
    least=AMOUNT,
    most=AMOUNT,
    pending=st.none() | st.booleans(),
    gained=st.none() | st.booleans(),
    currencies=st.none() | st.just(("USD",)) | st.just(("BRL", "USD")),
    bills=st.none() | st.just(("bill-0", "bill-1")) | st.just(()),
    mentioning=st.none() | st.just(('quo"te', "100%")) | st.just(("a_b\\c",)) | st.just(()),
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(search=SEARCH, size=st.integers(1, 9), skip=st.integers(0, 20))
async def test_a_search_finds_what_plain_python_finds(database: Database, search: Search, size: int, skip: int) -> None:
    """Counted, walked through, and by page, newest first over all accounts."""
    await _stored(database)
    wanted = _found(search)
    assert await searches.count(database, search) == len(wanted)
    walked = [number async for piece in searches.walk(database, search) for number in _numbers(piece)]
    assert sorted(walked) == wanted
    page = await searches.numbered(database, search, size, skip)
    everything = await searches.numbered(database, search, 1_000, 0)
    assert page == everything[skip : skip + size]
    keys = [(entry.stored.record.occurred_at, entry.stored.id) for entry in everything]
    assert keys == sorted(keys, reverse=True)
    assert sorted(_numbers(everything)) == wanted


async def test_a_walk_goes_on_where_a_piece_ended(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of three: every movement once, also of several at the same instant, and each piece newest first."""
    monkeypatch.setattr(searches, "_WALK", 3)
    monkeypatch.setattr(searches, "_compiled", {})
    async with database.transaction() as writer:
        rows = [transactions.row(movement(f"k{n}", at=n // 4), "acc-0", None, 1) for n in range(13)]
        await transactions.merge(writer, rows)
    pieces = [_numbers(piece) async for piece in searches.walk(database, Search(accounts=("acc-0", "nobody")))]
    assert sorted(number for piece in pieces for number in piece) == list(range(13))
    assert max(map(len, pieces)) == 3


async def test_days_are_added_up_in_the_time_zone_asked_for(database: Database) -> None:
    """A movement an hour before midnight UTC is of the next day one hour east, and of the same day in UTC."""
    hour = DAY // 24
    async with database.transaction() as writer:
        rows = [
            transactions.row(movement("late", at=10 * DAY - hour, amount="-1.50"), "acc-0", None, 1),
            transactions.row(movement("early", at=10 * DAY + hour, amount="4.25"), "acc-0", None, 1),
            transactions.row(movement("other", at=10 * DAY, amount="9.00", currency="USD"), "acc-0", None, 1),
            transactions.row(movement("elsewhere", at=10 * DAY), "acc-1", None, 1),
        ]
        await transactions.merge(writer, rows)
    utc = await searches.by_day(database, "acc-0", 0)
    east = await searches.by_day(database, "acc-0", hour)
    assert [(one.day, one.currency, one.count, one.total) for one in utc] == [
        (9, "BRL", 1, Decimal("-1.50")),
        (10, "BRL", 1, Decimal("4.25")),
        (10, "USD", 1, Decimal("9.00")),
    ]
    assert sum(one.count for one in east if one.day == 10) == 3
    assert [one.total for one in await searches.by_day(database, "acc-0", 0, 10 * DAY) if one.currency == "BRL"] == [
        Decimal("4.25")
    ]
