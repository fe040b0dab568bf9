"""What institutions gave: every kind of record but transactions, each with the ids and times that we gave it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import bindparam, delete, func, select, text

from afluente.core.accounts import Account, Bill
from afluente.core.analyses import Analysis, Withheld
from afluente.core.clock import Instant
from afluente.core.connections import Stored
from afluente.core.documents import Consent, Resource
from afluente.core.documents import Statement as Document
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
from afluente.core.loans import Loan
from afluente.store.database import Reader, Row, Writer
from afluente.store.schema import records
from afluente.store.statement import Statement, among

Kept = (
    Account
    | Bill
    | Investment
    | InvestmentMovement
    | Holder
    | Loan
    | Document
    | Consent
    | Resource
    | Invoice
    | TaxStatus
    | TaxComplianceStatus
    | TaxReturn
    | TaxRetention
    | TaxDeclaration
    | FinancialStatement
    | DebtReport
    | EmploymentRecord
    | Analysis
    | Withheld
)

KINDS: dict[type, str] = {
    Account: "account",
    Bill: "bill",
    Investment: "investment",
    InvestmentMovement: "investment-movement",
    Holder: "holder",
    Loan: "loan",
    Document: "statement",
    Consent: "consent",
    Resource: "resource",
    Invoice: "invoice",
    TaxStatus: "tax-status",
    TaxComplianceStatus: "tax-compliance",
    TaxReturn: "tax-return",
    TaxRetention: "tax-retention",
    TaxDeclaration: "tax-declaration",
    FinancialStatement: "financial-statement",
    DebtReport: "debt-report",
    EmploymentRecord: "employment-record",
    Analysis: "analysis",
    Withheld: "withheld",
}
"""The kind each record is kept under."""

FEW = (Account, Consent, Holder, Investment, Loan, Resource)
"""What a connection has few of, and is asked for again and again."""

Entry = tuple[str, str | None, Kept]
"""A record with its id and its parent's."""

_T = TypeVar("_T", bound=Kept)
_decoders: dict[type, msgspec.json.Decoder[Kept]] = {type_: msgspec.json.Decoder(type_) for type_ in KINDS}
_encode = msgspec.json.Encoder().encode
_columns = (
    records.c.id,
    records.c.connection_id,
    records.c.parent_id,
    records.c.body,
    records.c.created_at,
    records.c.updated_at,
)
_ordered = select(*_columns).order_by(records.c.position, records.c.id)
_GET = Statement(select(*_columns).where(records.c.id == bindparam("id"), records.c.kind == bindparam("kind")))
_OF_CONNECTION = Statement(
    _ordered.where(records.c.connection_id == bindparam("connection_id"), records.c.kind == bindparam("kind"))
)
_OF_PARENT = Statement(
    _ordered.where(records.c.parent_id == bindparam("parent_id"), records.c.kind == bindparam("kind"))
    .limit(bindparam("size"))
    .offset(bindparam("skip"))
)
_COUNT_OF_PARENT = Statement(
    select(func.count())
    .select_from(records)
    .where(records.c.parent_id == bindparam("parent_id"), records.c.kind == bindparam("kind"))
)
_IDS = Statement(
    select(records.c.id).where(
        records.c.connection_id == bindparam("connection_id"), records.c.kind == bindparam("kind")
    )
)
_DELETE = Statement(delete(records).where(among(records.c.id, "ids")))
_DELETE_OF_PARENT = Statement(delete(records).where(records.c.parent_id == bindparam("key")))
COLUMNS = ("id", "connection_id", "kind", "parent_id", "position", "body", "created_at", "updated_at")
_SAID = len(COLUMNS) - 2
"""How many columns say what the institution says: all but when we wrote it."""

# one look into the index for each kind: a list of kinds would be made a table of its own first
_FEW = Statement(
    text(
        " UNION ALL ".join(
            f"SELECT {', '.join(COLUMNS)} FROM records"  # noqa: S608 - names above
            f" WHERE connection_id = :connection_id AND kind = '{KINDS[type_]}'"
            for type_ in FEW
        )
    )
)


def _stored(row: Row, type_: type[_T]) -> Stored[_T]:
    return Stored(row[0], row[1], row[2], _decoders[type_].decode(row[3]), row[4], row[5])  # type: ignore[arg-type]


async def get(reader: Reader, type_: type[_T], id: str) -> Stored[_T] | None:
    """Return one record."""
    row = await reader.one(_GET, id=id, kind=KINDS[type_])
    return None if row is None else _stored(row, type_)


async def of_connection(reader: Reader, type_: type[_T], connection_id: str) -> list[Stored[_T]]:
    """Return a connection's records of one kind, in the institution's order."""
    rows = await reader.all(_OF_CONNECTION, connection_id=connection_id, kind=KINDS[type_])
    return [_stored(row, type_) for row in rows]


async def few(reader: Reader, connection_id: str) -> list[Row]:
    """Return the rows of `COLUMNS` of a connection's records of the kinds that it has `FEW` of, in any order."""
    return await reader.all(_FEW, connection_id=connection_id)


def of_kind(rows: Iterable[Row], type_: type[_T]) -> list[Stored[_T]]:
    """Return the records of one kind among rows of `COLUMNS`, in the institution's order."""
    kind = KINDS[type_]
    found = sorted((row[4], row[0], row) for row in rows if row[2] == kind)
    return [_stored((*row[:2], row[3], *row[5:]), type_) for _, _, row in found]


async def of_parent(
    reader: Reader, type_: type[_T], parent_id: str, size: int = 1_000_000, skip: int = 0
) -> list[Stored[_T]]:
    """Return the records of one kind that belong to an account or an investment, in the institution's order."""
    rows = await reader.all(_OF_PARENT, parent_id=parent_id, kind=KINDS[type_], size=size, skip=skip)
    return [_stored(row, type_) for row in rows]


async def count_of_parent(reader: Reader, type_: type[_T], parent_id: str) -> int:
    """Return how many there are."""
    row = await reader.one(_COUNT_OF_PARENT, parent_id=parent_id, kind=KINDS[type_])
    return int(row[0]) if row else 0


async def ids(reader: Reader, type_: type[Kept], connection_id: str) -> set[str]:
    """Return the ids of a connection's records of one kind."""
    return {str(row[0]) for row in await reader.all(_IDS, connection_id=connection_id, kind=KINDS[type_])}


async def merge(writer: Writer, connection_id: str, entries: Iterable[Entry], at: Instant, first: int = 0) -> int:
    """Store records in order, from the place `first`; return how many were new or different."""
    return await merge_rows(writer, rows_of(connection_id, entries, at, first))


def rows_of(connection_id: str, entries: Iterable[Entry], at: Instant, first: int = 0) -> list[Row]:
    """Return records as rows of `COLUMNS`, in order, from the place `first`."""
    return [
        (id, connection_id, KINDS[type(record)], parent_id, position, _encode(record).decode(), at, at)
        for position, (id, parent_id, record) in enumerate(entries, first)
    ]


def differs(there: Row, row: Row) -> bool:
    """Tell whether the institution says something else now than what is there."""
    return there[:_SAID] != row[:_SAID]


async def merge_rows(writer: Writer, rows: Sequence[Row]) -> int:
    """Store rows and return how many were new or different; the first instant stays."""
    return await writer.merge("records", COLUMNS, rows, ("created_at",))


async def remove(writer: Writer, ids: set[str]) -> None:
    """Delete records by id."""
    if ids:
        await writer.run(_DELETE, ids=_encode(sorted(ids)).decode())


async def remove_of_parent(writer: Writer, parent_id: str) -> None:
    """Delete what belongs to an account or an investment."""
    await writer.run(_DELETE_OF_PARENT, key=parent_id)
