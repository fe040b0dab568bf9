"""Transactions of several accounts at once: counted, read by page, walked through, added up by day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import msgspec
from sqlalchemy import Select, and_, bindparam, case, false, func, or_, select

from afluente.core.clock import DAY, Instant
from afluente.store.database import Reader, Row
from afluente.store.schema import transactions
from afluente.store.statement import Statement, among
from afluente.store.transactions import COLUMNS, Entry, entry

_WALK = 1_000
"""Rows that are in memory at once while a search is walked through."""

_SCALES = range(2, 19)
"""Scales an amount may have; one that is larger is compared by its first eighteen decimals."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Which transactions of which accounts (their ids).

    Spans of instants are half-open, those of amounts (whatever their sign) include both ends; `gained` tells money
    that came in, or nothing, from money that went out. `mentioning` are texts of which one at least is among the
    details nobody searches by; case may make no difference. None means no bound.
    """

    accounts: tuple[str, ...]
    since: Instant | None = None
    until: Instant | None = None
    created_since: Instant | None = None
    created_until: Instant | None = None
    changed_since: Instant | None = None
    changed_until: Instant | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    pending: bool | None = None
    gained: bool | None = None
    currencies: tuple[str, ...] | None = None
    bills: tuple[str, ...] | None = None
    mentioning: tuple[str, ...] | None = None


class DaySum(msgspec.Struct, frozen=True):
    """What moved on one account on one day (counted from 1970-01-01, in the time zone asked for), in one currency."""

    day: int
    currency: str
    count: int
    total: Decimal


_table = transactions.c
_columns = (*(_table[name] for name in COLUMNS), _table.chosen_category)
_encode = msgspec.json.Encoder().encode


def _by_scale(name: str) -> Any:
    """Return the bound `name` in units of the row's own scale."""
    bounds: list[Any] = [(_table.scale == scale, bindparam(f"{name}_{scale}")) for scale in _SCALES]
    return case(*bounds, else_=bindparam(f"{name}_{_SCALES[-1]}"))


_BOUNDS = {
    "since": _table.occurred_at >= bindparam("since"),
    "until": _table.occurred_at < bindparam("until"),
    "created_since": _table.created_at >= bindparam("created_since"),
    "created_until": _table.created_at < bindparam("created_until"),
    "changed_since": _table.updated_at >= bindparam("changed_since"),
    "changed_until": _table.updated_at < bindparam("changed_until"),
    "pending": _table.pending == bindparam("pending"),
}
_LISTS = {"currencies": _table.currency, "bills": _table.bill_id}
_LARGEST = 2**63 - 1
_LITERALLY = str.maketrans({"%": "\\%", "_": "\\_", "\\": "\\\\"})
"""What LIKE takes for itself, and how it is told not to."""


def _conditions(search: Search) -> tuple[tuple[str, ...], list[Any], dict[str, Any]]:
    """Return which bounds are set, as conditions and as values."""
    names, conditions, values = _of_accounts(search.accounts)
    for name, condition in _BOUNDS.items():
        given = getattr(search, name)
        if given is not None:
            names.append(name)
            conditions.append(condition)
            values[name] = int(given)
    for name, column in _LISTS.items():
        listed = getattr(search, name)
        if listed is not None:
            names.append(name)
            conditions.append(among(column, name))
            values[name] = _encode(listed).decode()
    if search.mentioning is not None:
        told = [f"mentions_{number}" for number in range(len(search.mentioning))]
        names += told
        conditions.append(or_(false(), *(_table.details.like(bindparam(name), escape="\\") for name in told)))
        for name, text in zip(told, search.mentioning, strict=True):
            written = _encode(text).decode()[1:-1]
            values[name] = f"%{written.translate(_LITERALLY)}%"
    if search.gained is not None:
        names.append("gained" if search.gained else "spent")
        conditions.append(_table.units >= 0 if search.gained else _table.units < 0)
    for name, bound, rounding in (("least", search.least, ROUND_CEILING), ("most", search.most, ROUND_FLOOR)):
        if bound is not None:
            names.append(name)
            size = func.abs(_table.units)
            conditions.append(size >= _by_scale(name) if name == "least" else size <= _by_scale(name))
            for scale in _SCALES:
                units = int(bound.scaleb(scale).to_integral_value(rounding))
                values[f"{name}_{scale}"] = max(-1, min(units, _LARGEST))
    return tuple(names), conditions, values


def _of_accounts(accounts: tuple[str, ...]) -> tuple[list[str], list[Any], dict[str, Any]]:
    """Return the condition on accounts; with one alone the index gives its rows in order, and nothing is sorted."""
    if len(accounts) == 1:
        return ["account"], [_table.account_id == bindparam("account")], {"account": accounts[0]}
    return ["accounts"], [among(_table.account_id, "accounts")], {"accounts": _encode(accounts).decode()}


_compiled: dict[tuple[str, ...], Statement] = {}


def _statement(kind: str, search: Search, build: Any) -> tuple[Statement, dict[str, Any]]:
    names, conditions, values = _conditions(search)
    key = (kind, *names)
    statement = _compiled.get(key)
    if statement is None:
        statement = _compiled[key] = Statement(build(conditions), walks=True)
    return statement, values


def _newest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(_table.occurred_at.desc(), _table.id.desc())


async def count(reader: Reader, search: Search) -> int:
    """Return how many there are."""
    statement, values = _statement(
        "count", search, lambda where: select(func.count()).select_from(transactions).where(*where)
    )
    row = await reader.one(statement, **values)
    return int(row[0]) if row else 0


async def numbered(reader: Reader, search: Search, size: int, skip: int) -> list[Entry]:
    """Return up to `size`, newest first over all accounts, behind the first `skip`."""

    def build(where: list[Any]) -> Select[Any]:
        # sorted by their ids alone: what is skipped is never read whole
        wanted = _newest_first(select(_table.id).where(*where)).limit(bindparam("size")).offset(bindparam("skip"))
        return _newest_first(select(*_columns).where(_table.id.in_(wanted)))

    statement, values = _statement("numbered", search, build)
    return [entry(row) for row in await reader.all(statement, size=size, skip=skip, **values)]


_behind = or_(
    _table.occurred_at < bindparam("after_at"),
    and_(_table.occurred_at == bindparam("after_at"), _table.id < bindparam("after_id")),
)


def _entries(rows: Sequence[Row]) -> list[Entry]:
    return [entry(row) for row in rows]


async def walk(reader: Reader, search: Search) -> AsyncIterator[list[Entry]]:
    """Yield all, account by account, each newest first, in pieces that are never many."""
    for account in search.accounts:
        alone = msgspec.structs.replace(search, accounts=(account,))
        first, values = _statement(
            "first", alone, lambda where: _newest_first(select(*_columns).where(*where)).limit(_WALK)
        )
        behind, _ = _statement(
            "behind",
            alone,
            lambda where: _newest_first(
                select(*_columns).where(*where, _table.occurred_at <= bindparam("after_at"), _behind)
            ).limit(_WALK),
        )
        rows = await reader.all(first, **values)
        while rows:
            # making records takes longer than reading rows: in a thread, so that requests are answered meanwhile
            found = await asyncio.to_thread(_entries, rows)
            yield found
            if len(rows) < _WALK:
                break
            last = found[-1].stored
            rows = await reader.all(behind, after_at=last.record.occurred_at, after_id=last.id, **values)


_day = (_table.occurred_at + bindparam("offset")) // DAY
_DAYS = Statement(
    select(_day.label("day"), _table.currency, _table.scale, func.count(), func.sum(_table.units))
    .where(_table.account_id == bindparam("account_id"), _table.occurred_at >= bindparam("since"))
    .group_by("day", _table.currency, _table.scale)
    .order_by("day"),
    walks=True,
)


async def by_day(reader: Reader, account_id: str, offset: Instant, since: Instant = 0) -> list[DaySum]:
    """Return what moved on an account on each day from `since` on, oldest first; days begin `offset` before UTC's."""
    rows = await reader.all(_DAYS, account_id=account_id, offset=offset, since=since)
    return [DaySum(int(row[0]), str(row[1]), int(row[3]), Decimal(int(row[4])).scaleb(-row[2])) for row in rows]
