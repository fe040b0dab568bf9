"""Transactions: the one kind of record there are millions of, read by page behind a key."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Select, and_, bindparam, delete, func, or_, select, update

from afluente.core.accounts import CardPurchase, Merchant, Payment, Transaction
from afluente.core.clock import Instant
from afluente.core.connections import Stored
from afluente.core.identity import derived_id
from afluente.core.money import from_units, to_units
from afluente.store.database import Reader, Row, Writer
from afluente.store.schema import transactions
from afluente.store.statement import Statement, among


class Details(msgspec.Struct, gc=False, frozen=True, omit_defaults=True, array_like=True):
    """What nobody searches a transaction by."""

    raw_description: str | None = None
    balance_after: str | None = None
    account_amount: str | None = None
    order: int = 0
    code: str | None = None
    operation: str | None = None
    payment: Payment | None = None
    card: CardPurchase | None = None
    merchant: Merchant | None = None


class Filter(msgspec.Struct, frozen=True):
    """Which transactions of an account: half-open spans of instants, and a bill. None means no bound."""

    since: Instant | None = None
    until: Instant | None = None
    created_since: Instant | None = None
    bill_id: str | None = None
    ids: tuple[str, ...] = ()


class Held(msgspec.Struct, gc=False, frozen=True):
    """What a stored transaction is recognised by."""

    id: str
    key: str
    occurred_at: Instant
    units: int
    scale: int
    currency: str
    description: str
    balance_after: str | None
    order: int


class Entry(msgspec.Struct, gc=False, frozen=True):
    """A stored transaction with its bill and the category the application chose for it."""

    stored: Stored[Transaction]
    bill_id: str | None
    chosen_category: str | None


COLUMNS = (
    "id", "account_id", "occurred_at", "units", "scale", "currency", "description", "pending", "category",
    "bill_id", "key", "details", "created_at", "updated_at",
)  # fmt: skip
_table = transactions.c
_columns = (*(_table[name] for name in COLUMNS), _table.chosen_category)
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Details).decode
_NOTHING = Details()
_SAID = len(COLUMNS) - 2
"""How many columns say what the institution says: all but when we wrote it."""

_PIECE = 500
"""Rows that are read and compared before the loop goes on."""

_GET = Statement(select(*_columns).where(_table.id == bindparam("id")))
_CHOOSE = Statement(
    update(transactions)
    .where(_table.id == bindparam("key"))
    .values(chosen_category=bindparam("chosen"), updated_at=bindparam("at"))
)
_IDS_SINCE = Statement(
    select(_table.id).where(_table.account_id == bindparam("account_id"), _table.occurred_at >= bindparam("since"))
)
_said = select(*(_table[name] for name in COLUMNS[:_SAID]))
_HELD = Statement(_said.where(among(_table.id, "ids")))
_LATELY = Statement(
    _said.where(
        _table.account_id == bindparam("account_id"),
        _table.occurred_at >= bindparam("since"),
        or_(_table.occurred_at > bindparam("since"), _table.id > bindparam("behind")),
    )
    .order_by(_table.occurred_at, _table.id)
    .limit(bindparam("size"))
)
_NEWEST = Statement(
    _said.where(_table.account_id == bindparam("account_id"))
    .order_by(_table.occurred_at.desc(), _table.id.desc())
    .limit(bindparam("size"))
)
_KEYS = Statement(select(_table.key).where(_table.account_id == bindparam("account_id")))
# within the span of the few that are looked for: no index has their keys
_BY_KEY = Statement(
    select(_table.key, _table.id).where(
        _table.account_id == bindparam("account_id"),
        _table.occurred_at.between(bindparam("since"), bindparam("until")),
        among(_table.key, "keys"),
    )
)
_DELETE = Statement(delete(transactions).where(among(_table.id, "ids")))
_DELETE_OF = Statement(delete(transactions).where(_table.account_id == bindparam("owner")))
_some = select(_table.id).where(among(_table.account_id, "owners")).limit(bindparam("size"))
_DELETE_SOME = Statement(delete(transactions).where(_table.id.in_(_some)))
_first = (
    select(func.min(transactions.c.created_at))
    .where(transactions.c.account_id == bindparam("account_id"))
    .scalar_subquery()
)
_ADDED = Statement(
    select(_table.occurred_at, _table.created_at)
    .where(_table.account_id == bindparam("account_id"), _table.created_at > _first)
    .order_by(_table.created_at.desc(), _table.id)
    .limit(bindparam("size"))
)
_SUM = Statement(select(func.count(), func.sum(_table.units)).where(_table.account_id == bindparam("account_id")))


_BOUNDS = {
    "since": _table.occurred_at >= bindparam("since"),
    "until": _table.occurred_at < bindparam("until"),
    "created_since": _table.created_at >= bindparam("created_since"),
    "bill_id": _table.bill_id == bindparam("bill_id"),
}


def _conditions(filter: Filter) -> tuple[list[Any], dict[str, Any]]:
    conditions: list[Any] = [_table.account_id == bindparam("account_id")]
    values: dict[str, Any] = {}
    for name, condition in _BOUNDS.items():
        given = getattr(filter, name)
        if given is not None:
            conditions.append(condition)
            values[name] = given
    if filter.ids:
        conditions.append(among(_table.id, "ids"))
        values["ids"] = _encode(filter.ids).decode()
    return conditions, values


_compiled: dict[tuple[str, ...], Statement] = {}


def _statement(kind: str, filter: Filter, build: Any) -> tuple[Statement, dict[str, Any]]:
    """Return the statement for these filters, built once for each set of them."""
    conditions, values = _conditions(filter)
    key = (kind, *values)
    statement = _compiled.get(key)
    if statement is None:
        statement = _compiled[key] = Statement(build(conditions))
    return statement, values


def _newest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(_table.occurred_at.desc(), _table.id.desc())


_behind = or_(
    _table.occurred_at < bindparam("after_at"),
    and_(_table.occurred_at == bindparam("after_at"), _table.id < bindparam("after_id")),
)


def entry(row: Row) -> Entry:
    """Return the transaction of a row of `COLUMNS` and the chosen category."""
    details = _decode(row[11]) if row[11] else _NOTHING
    balance, converted = details.balance_after, details.account_amount
    # in the fields' order: by their names it takes eight times as long, and this is done for every row that is read
    record = Transaction(
        row[10],
        "",
        row[2],
        from_units(row[3], row[4]),
        row[5],
        row[6],
        details.raw_description,
        row[7] != 0,
        row[8],
        None if balance is None else Decimal(balance),
        None if converted is None else Decimal(converted),
        details.order,
        details.code,
        details.operation,
        details.payment,
        details.card,
        details.merchant,
    )
    return Entry(Stored(row[0], "", row[1], record, row[12], row[13]), row[9], row[14])


async def get(reader: Reader, id: str) -> Entry | None:
    """Return one transaction."""
    row = await reader.one(_GET, id=id)
    return None if row is None else entry(row)


async def behind(
    reader: Reader, account_id: str, filter: Filter, size: int, after: tuple[Instant, str] | None
) -> list[Entry]:
    """Return up to `size`, newest first, behind the (instant, id) of the last one seen; as fast anywhere."""
    if after is None:
        statement, values = _statement(
            "first",
            filter,
            lambda where: _newest_first(select(*_columns).where(*where)).limit(bindparam("size")),
        )
        rows = await reader.all(statement, account_id=account_id, size=size, **values)
    else:
        # the bound on the instant alone lets the index be entered in the right place
        statement, values = _statement(
            "behind",
            filter,
            lambda where: _newest_first(
                select(*_columns).where(*where, _table.occurred_at <= bindparam("after_at"), _behind)
            ).limit(bindparam("size")),
        )
        rows = await reader.all(
            statement, account_id=account_id, size=size, after_at=after[0], after_id=after[1], **values
        )
    return [entry(row) for row in rows]


async def numbered(reader: Reader, account_id: str, filter: Filter, size: int, skip: int) -> tuple[int, list[Entry]]:
    """Return how many there are, and up to `size` of them, newest first, behind the first `skip`."""
    counting, values = _statement(
        "count", filter, lambda where: select(func.count()).select_from(transactions).where(*where)
    )
    row = await reader.one(counting, account_id=account_id, **values)
    statement, values = _statement(
        "numbered",
        filter,
        lambda where: _newest_first(select(*_columns).where(*where)).limit(bindparam("size")).offset(bindparam("skip")),
    )
    rows = await reader.all(statement, account_id=account_id, size=size, skip=skip, **values)
    return int(row[0]) if row else 0, [entry(row) for row in rows]


async def choose_category(writer: Writer, id: str, category: str, at: Instant) -> None:
    """Keep the application's own category; syncs leave it alone."""
    await writer.run(_CHOOSE, key=id, chosen=category, at=at)


async def ids_since(reader: Reader, account_id: str, since: Instant) -> set[str]:
    """Return the ids of an account's transactions from an instant on."""
    return {str(row[0]) for row in await reader.all(_IDS_SINCE, account_id=account_id, since=since)}


async def keys(reader: Reader, account_id: str) -> set[str]:
    """Return the institution's keys of all transactions of an account."""
    return {str(row[0]) for row in await reader.all(_KEYS, account_id=account_id)}


async def ids_of(reader: Reader, account_id: str, movements: Collection[Transaction]) -> dict[str, str]:
    """Return the ids under which some of an account's movements are stored, by the institution's keys."""
    instants = [one.occurred_at for one in movements]
    told = {"since": min(instants, default=0), "until": max(instants, default=0)}
    keys = _encode([one.key.replace("\0", "") for one in movements]).decode()
    return {str(row[0]): str(row[1]) for row in await reader.all(_BY_KEY, account_id=account_id, keys=keys, **told)}


async def added(reader: Reader, account_id: str, size: int) -> list[tuple[Instant, Instant]]:
    """Return when movements happened and when they were stored, of up to `size` that were stored last; those that were
    there from the first are left out."""
    rows = await reader.all(_ADDED, account_id=account_id, size=size)
    return [(int(row[0]), int(row[1])) for row in rows]


async def total(reader: Reader, account_id: str) -> tuple[int, int]:
    """Return how many transactions an account has and the sum of their units."""
    row = await reader.one(_SUM, account_id=account_id)
    return (int(row[0]), int(row[1] or 0)) if row else (0, 0)


def row(record: Transaction, account_id: str, bill_id: str | None, at: Instant) -> Row:
    """Return the row of one transaction, its id derived from the account and the institution's key."""
    units, scale = to_units(record.amount)
    description, key = record.description, record.key
    # banks send null bytes now and then, which PostgreSQL cannot hold
    if "\0" in description:
        description = description.replace("\0", "")
    stored_key = key.replace("\0", "") if "\0" in key else key
    balance, converted = record.balance_after, record.account_amount
    details = (
        record.raw_description,
        None if balance is None else str(balance),
        None if converted is None else str(converted),
        record.order,
        record.code,
        record.operation,
        record.payment,
        record.card,
        record.merchant,
    )
    return (
        derived_id(account_id, "transaction", key), account_id, record.occurred_at, units, scale,
        record.currency, description, int(record.pending), record.category, bill_id, stored_key,
        None if details == _EMPTY else _encode(details).decode(), at, at,
    )  # fmt: skip


_EMPTY = (None, None, None, 0, None, None, None, None, None)


async def merge(writer: Writer, rows: Sequence[Row]) -> int:
    """Store rows and return how many were new or different; a chosen category and the first instant stay."""
    return await writer.merge("transactions", COLUMNS, rows, ("created_at",))


async def newest(reader: Reader, account_id: str, size: int) -> list[Row]:
    """Return what up to `size` of an account's transactions say, newest first: rows for `differs` and `looks`."""
    return await reader.all(_NEWEST, account_id=account_id, size=size)


async def lately(reader: Reader, account_id: str, since: Instant) -> dict[str, Row]:
    """Return by id what an account's transactions say from an instant on: rows for `differs` and `looks`."""
    found = dict[str, Row]()
    behind = ""
    while True:
        rows = await reader.all(_LATELY, account_id=account_id, since=since, behind=behind, size=_PIECE)
        found.update((row[0], row) for row in rows)
        if len(rows) < _PIECE:
            return found
        behind, since = rows[-1][0], rows[-1][2]
        await asyncio.sleep(0)


def differs(there: Row, row: Row) -> bool:
    """Tell whether the institution says something else now than what is there."""
    return there[:_SAID] != row[:_SAID]


class Compared(NamedTuple):
    """Of rows that are to be stored those that are not there yet, and those that differ from what is there, behind
    that."""

    fresh: list[Row]
    changed: list[tuple[Row, Row]]


def compare(rows: Iterable[Row], held: Mapping[str, Row]) -> Compared:
    """Tell what of rows is new or different, where all that could be theirs is `held`, by id."""
    fresh, changed = list[Row](), list[tuple[Row, Row]]()
    for row in rows:
        there = held.get(row[0])
        if there is None:
            fresh.append(row)
        elif differs(there, row):
            changed.append((there, row))
    return Compared(fresh, changed)


async def compared(reader: Reader, rows: Sequence[Row]) -> Compared:
    """Tell what of rows is new or different: the rest is there as it is, and need not be written. Each id is once."""
    fresh, changed = list[Row](), list[tuple[Row, Row]]()
    for first in range(0, len(rows), _PIECE):
        if first:
            await asyncio.sleep(0)
        piece = rows[first : first + _PIECE]
        ids = _encode([row[0] for row in piece]).decode()
        found = compare(piece, {row[0]: row for row in await reader.all(_HELD, ids=ids)})
        fresh += found.fresh
        changed += found.changed
    return Compared(fresh, changed)


def looks(rows: Iterable[Row]) -> list[Held]:
    """Return what stored transactions are recognised by."""
    found = []
    for id, _, occurred_at, units, scale, currency, description, _, _, _, key, written in sorted(rows):
        details = _decode(written) if written else _NOTHING
        look = (id, key, occurred_at, units, scale, currency, description, details.balance_after, details.order)
        found.append(Held(*look))
    return found


async def remove(writer: Writer, ids: Iterable[str]) -> int:
    """Delete transactions that vanished at the institution."""
    listed = sorted(ids)
    return await writer.run(_DELETE, ids=_encode(listed).decode()) if listed else 0


async def remove_of(writer: Writer, account_id: str) -> int:
    """Delete all transactions of an account."""
    return await writer.run(_DELETE_OF, owner=account_id)


async def remove_some(writer: Writer, accounts: Iterable[str], size: int) -> int:
    """Delete up to `size` transactions of accounts; return how many there were."""
    return await writer.run(_DELETE_SOME, owners=_encode(sorted(accounts)).decode(), size=size)
