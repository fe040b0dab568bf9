"""Movements: there may be hundreds of thousands, so their lists are filtered, counted and paged by storage."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from afluente.core.accounts import Bill
from afluente.core.clock import DAY
from afluente.core.outcome import Refused
from afluente.dialects.belvo import lists, render
from afluente.dialects.belvo.bounds import bounds
from afluente.dialects.belvo.filters import Condition, Filters, instant_of
from afluente.dialects.belvo.forms import path_id
from afluente.dialects.belvo.house import House
from afluente.dialects.belvo.projections import projection
from afluente.dialects.belvo.readings import Reading
from afluente.dialects.belvo.render.bills import bill_name
from afluente.dialects.belvo.render.origins import Origin
from afluente.dialects.belvo.routes.resources import readings
from afluente.dialects.belvo.spacing import spend_delete
from afluente.engine.due import erasing
from afluente.engine.records import reads
from afluente.engine.records.holdings import Entry, Search, Written
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

PATH = "/api/transactions/"

_EXACT = frozenset({"value_date", "amount", "created_at", "collected_at", "status", "type", "currency"})
"""Filters that storage applies as they are; any other is applied to the objects."""

_BOOKED, _BILL = "accounting_date", "credit_card_data__bill_name"

_HAIR = Decimal("1E-20")
"""Less than any amount has decimals: what lies strictly behind a bound is at least this far from it."""

Show = Callable[[Entry], dict[str, Any]]


async def list_movements(house: House, call: Call) -> Answer:
    """`GET /api/transactions/`: of the links named, newest first."""
    wanted, conditions = lists.asked(house, call), lists.filters(call, PATH)
    on_account, others = conditions.below("account"), conditions.without(key="account")
    shows: dict[str, Show] = {}
    origins: list[Origin] = []
    bills: dict[str, str] = {}
    holder: Written | None = None
    async for reading in readings(house, call, Filters(tuple(c for c in on_account.conditions if c.name == "link"))):
        show = await reading.shower()
        origins.append(reading.origin)
        if others.of(_BILL) is not None:
            bills.update({bill.id: bill_name(bill.record) for bill in await reading.records(Bill)})
        holder = reading.holdings if isinstance(reading.holdings, Written) else holder
        for account in await reading.accounts():
            if on_account.matches(reading.rendered(account.id)):
                shows[account.id] = show
    if holder is None:
        return lists.envelope(call, PATH, wanted, 0, [])
    search, country = Search(accounts=tuple(shows)), origins[0].country
    # when something was booked is said in two ways
    alike = len({one.open_finance for one in origins}) == 1
    exact_names = _EXACT | {_BOOKED} if alike else _EXACT
    if all(condition.name in exact_names for condition in others.conditions):
        exact = _exactly(search, others, origins[0])
        count = 0 if exact is None else await holder.count(exact)
        entries = [] if exact is None else await holder.numbered(exact, wanted.size, wanted.skip)
        wish = projection(PATH, call.query)
        results = [lists.encoded(wish, _shown(shows, entry)) for entry in entries]
        return lists.envelope(call, PATH, wanted, count, results)
    narrowed = _roughly(search, others, country)
    if (names := others.of(_BILL)) is not None:
        narrowed = replace(narrowed, bills=tuple(id for id, name in bills.items() if name in names))
    if (references := others.of("reference")) is not None:
        narrowed = replace(narrowed, mentioning=tuple(sorted(references)))
    return await lists.gathered(house, call, PATH, _walked(holder, narrowed, shows), others)


def _shown(shows: Mapping[str, Show], entry: Entry) -> dict[str, Any]:
    return shows[entry.stored.parent_id or ""](entry)


async def _walked(holder: Written, search: Search, shows: Mapping[str, Show]) -> AsyncIterator[list[dict[str, Any]]]:
    async for entries in holder.walk(search):
        yield [_shown(shows, entry) for entry in entries]


def _exactly(search: Search, conditions: Filters, origin: Origin) -> Search | None:
    """Return the search with all conditions in it, None for one that nothing can meet."""
    booked = False
    for condition in conditions.conditions:
        match condition.name:
            case "value_date":
                search = _between_days(search, condition, origin.country)
            case "accounting_date":
                # a day today, an instant in the older generation; what is pending is not booked
                search, booked = _between_days(search, condition, origin.country if origin.open_finance else ""), True
            case "amount":
                search = _between_amounts(search, condition)
            case "created_at":
                since, until = _instants(condition)
                search = replace(search, **_narrower(search, "created_since", "created_until", since, until))
            case "collected_at":
                since, until = _instants(condition)
                search = replace(search, **_narrower(search, "changed_since", "changed_until", since, until))
            case _:
                continue
    status, direction = conditions.of("status"), conditions.of("type")
    currencies = conditions.of("currency")
    if status is not None:
        told = {word == "PENDING" for word in status if word != "UNCATEGORIZED"}
        if not told:
            return None
        if booked and told == {True}:
            return None
        search = replace(search, pending=told.pop() if len(told) == 1 else None)
    if booked:
        search = replace(search, pending=False)
    if direction is not None:
        if not direction:
            return None
        search = replace(search, gained="INFLOW" in direction if len(direction) == 1 else None)
    if currencies is not None:
        search = replace(search, currencies=tuple(sorted(currencies)))
    return search


def _between_days(search: Search, condition: Condition, country: str) -> Search:
    first, last = (date.fromisoformat(condition.values[at]) for at in (0, -1))
    since = until = None
    if condition.test in ("is", "range", "gte", "gt"):
        since = render.day_start(first, country) + DAY * (condition.test == "gt")
    if condition.test in ("is", "range", "lte", "lt"):
        until = render.day_start(last, country) + DAY * (condition.test != "lt")
    return replace(search, **_narrower(search, "since", "until", since, until))


def _between_amounts(search: Search, condition: Condition) -> Search:
    first, last = condition.values[0], condition.values[-1]
    least = most = None
    if condition.test in ("is", "range", "gte", "gt"):
        least = first + _HAIR if condition.test == "gt" else first
    if condition.test in ("is", "range", "lte", "lt"):
        most = last - _HAIR if condition.test == "lt" else last
    return replace(search, **_narrower(search, "least", "most", least, most))


def _instants(condition: Condition) -> tuple[int | None, int | None]:
    """Return the span, half-open."""
    first, last = instant_of(condition.values[0]), instant_of(condition.values[-1])
    since = until = None
    if condition.test in ("is", "range", "gte", "gt"):
        since = first + (condition.test == "gt")
    if condition.test in ("is", "range", "lte", "lt"):
        until = last + (condition.test != "lt")
    return since, until


def _narrower(search: Search, low: str, high: str, least: Any, most: Any) -> dict[str, Any]:
    """Return the bounds that both hold: those of the search and the new ones."""
    lows = [bound for bound in (getattr(search, low), least) if bound is not None]
    highs = [bound for bound in (getattr(search, high), most) if bound is not None]
    return {low: max(lows, default=None), high: min(highs, default=None)}


def _roughly(search: Search, conditions: Filters, country: str) -> Search:
    """Return the search with those bounds in it that storage can use; the conditions have the last word."""
    known = bounds(conditions)
    return replace(
        search,
        since=None if known.first_day is None else render.day_start(known.first_day, country),
        until=None if known.last_day is None else render.day_start(known.last_day, country) + DAY,
        created_since=known.created_from,
        created_until=known.created_before,
        changed_since=known.collected_from,
        changed_until=known.collected_before,
        least=known.least,
        most=known.most,
        pending=known.pending,
        gained=known.inflow,
        currencies=None if known.currencies is None else tuple(sorted(known.currencies)),
    )


async def get_movement(house: House, call: Call) -> Answer:
    """`GET /api/transactions/{id}/`."""
    id = path_id(call)
    try:
        found = await reads.transaction(house.world, call.application_id, id)
    except Refused:
        raise Refused("request.not-found") from None
    async for reading in readings(house, call, lists.of_link(found.account.connection_id)):
        show = await _shower_of(reading, found.account.id)
        if show is not None:
            return json(lists.projected(call, PATH, show(found.entries[0])))
    raise Refused("request.not-found")


async def _shower_of(reading: Reading, account_id: str) -> Show | None:
    show = await reading.shower()
    return show if any(one.id == account_id for one in await reading.accounts()) else None


async def delete_movement(house: House, call: Call) -> Answer:
    """`DELETE /api/transactions/{id}/`: it is gone until it is retrieved again."""
    id = path_id(call)
    try:
        await reads.transaction(house.world, call.application_id, id)
        await spend_delete(house, call, PATH)
        await erasing.erase_transaction(house.world, call.application_id, id)
    except Refused as refused:
        if refused.meaning == "request.too-many":
            raise
        raise Refused("request.not-found") from None
    return Answer(204, b"", ())
