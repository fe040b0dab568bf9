"""What an institution gave for one product, written as one piece.

Ids are derived from the connection and the institution's own keys, so the same thing keeps its id over every sync.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from afluente.core.accounts import Account, Bill, Transaction
from afluente.core.clock import Instant
from afluente.core.connections import Connection, Stored
from afluente.core.documents import Balance, Resource, Statement
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
from afluente.core.identity import derived_id
from afluente.core.investments import Investment, InvestmentMovement
from afluente.core.loans import Loan
from afluente.core.outcome import Finding, Refused
from afluente.core.ports import Fetched, Record
from afluente.core.products import Product
from afluente.engine.records.movements import KEY_CHANGED, apart, displaced, is_another, paired
from afluente.store import snapshots, transactions
from afluente.store.database import Reader, Row, Writer

_encode = msgspec.json.Encoder().encode

_APART = (Transaction, Balance)
"""What lies in tables of its own."""

_REMEMBERED = 1_024
"""Ids that are not derived again: all of one account's bills and movements ask for the same few."""

_NAMED = 20
"""Movements that a finding names."""

_OWNED: dict[Product, tuple[type[snapshots.Kept], ...]] = {
    Product.ACCOUNTS: (Resource,),
    Product.CARDS: (Bill,),
    Product.INVESTMENTS: (Investment,),
    Product.INVESTMENT_MOVEMENTS: (InvestmentMovement,),
    Product.HOLDER: (Holder,),
    Product.LOANS: (Loan,),
    Product.STATEMENTS: (Statement,),
    Product.INVOICES: (Invoice,),
    Product.TAX_STATUS: (TaxStatus,),
    Product.TAX_COMPLIANCE: (TaxComplianceStatus,),
    Product.TAX_RETURNS: (TaxReturn,),
    Product.TAX_RETENTIONS: (TaxRetention,),
    Product.TAX_DECLARATIONS: (TaxDeclaration,),
    Product.FINANCIAL_STATEMENTS: (FinancialStatement,),
    Product.DEBT_REPORTS: (DebtReport,),
    Product.EMPLOYMENT_RECORDS: (EmploymentRecord,),
}
"""What each product is the only source of."""


_FIRST = {product: 10_000 * number for number, product in enumerate(Product)}
"""The place of the first record of each product."""


@lru_cache(_REMEMBERED)
def account_id(connection_id: str, key: str) -> str:
    """Return the id of the account that the institution knows as `key`."""
    return derived_id(connection_id, "account", key)


@lru_cache(_REMEMBERED)
def bill_id(connection_id: str, key: str) -> str:
    """Return the id of the bill that the institution knows as `key`."""
    return derived_id(connection_id, "bill", key)


def digest_of(fetched: Fetched) -> str:
    """Return a digest that is the same as long as the institution says the same."""
    return blake2b(_encode((fetched.records, fetched.accounts)), digest_size=20).hexdigest()


class Moved(msgspec.Struct, frozen=True):
    """What storing did to one account's transactions.

    `created` counts the new ones, `inflows` those of them that the holder gained by; `since` and `until` are the
    instants of the first and the last new one. `updated` and `deleted` are ids. Nothing before `touched` is other than
    it was.
    """

    account_id: str
    created: int = 0
    inflows: int = 0
    since: Instant | None = None
    until: Instant | None = None
    updated: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    touched: Instant = 0


class Written(msgspec.Struct, frozen=True):
    """What storing did: rows new, different or gone, and the keys of accounts whose movements had no place.

    `created` counts the new records of the kind that the product is about, `moved` has an entry for each account whose
    transactions are not what they were, `findings` what is to be known of them. `before` and `digest` are the digests
    of what was there and of what is; empty where there is none.
    """

    changed: int = 0
    left_out: tuple[str, ...] = ()
    created: int = 0
    moved: tuple[Moved, ...] = ()
    before: str = ""
    digest: str = ""
    findings: tuple[Finding, ...] = ()


async def store(writer: Writer, connection: Connection, product: Product, fetched: Fetched, at: Instant) -> Written:
    """Write one product; the caller, who has locked the connection, stores what is `noted` with it.

    Movements of an account that we do not hold (its own product failed) are left out, and named. Raises `Refused`
    (`product.depends-on-accounts`) where that leaves nothing.
    """
    digest, before, connection_id = digest_of(fetched), connection.digests.get(product, ""), connection.id
    if digest == before:
        return Written(before=before, digest=digest)
    movements = [record for record in fetched.records if isinstance(record, Transaction)]
    changed, created = await _store_records(writer, connection_id, product, fetched.records, at)
    written = Written(changed, created=created)
    if movements or fetched.accounts:
        moved = await store_transactions(writer, connection_id, movements, fetched.since, at, fetched.accounts)
        written = replace(moved, changed=changed + moved.changed, created=moved.created or created)
    # what was left out must find its place next time, though the institution says the same again
    return replace(written, before=before, digest="" if written.left_out else digest)


def noted(connection: Connection, product: Product, written: Written) -> Connection:
    """Return a connection that says what was stored of a product: the same need not be written again."""
    if written.digest == written.before:
        return connection
    others = {of: digest for of, digest in connection.digests.items() if of is not product}
    return replace(connection, digests={**others, product: written.digest} if written.digest else others)


async def store_transactions(
    writer: Writer,
    connection_id: str,
    movements: Iterable[Transaction],
    since: Instant | None,
    at: Instant,
    accounts: Iterable[str] = (),
) -> Written:
    """Merge movements into their accounts; from `since` on, what is not among them any more is deleted.

    `accounts` are those that lose what they have where no movement is theirs.
    """
    held = await snapshots.ids(writer, Account, connection_id)
    given: defaultdict[str, list[Transaction]] = defaultdict(list)
    for movement in movements:
        given[movement.account_key].append(movement)
    owners = {key: account_id(connection_id, key) for key in dict.fromkeys((*given, *accounts))}
    left_out = tuple(key for key in given if owners[key] not in held)
    if left_out and len(left_out) == len(given):
        raise Refused("product.depends-on-accounts")
    lists = [
        await _listed(writer, connection_id, owner, given[key], since, at)
        for key, owner in owners.items()
        if owner in held
    ]
    findings = await _compare(writer, lists, whole=since is None)
    await transactions.remove(writer, [id for one in lists for id in one.gone])
    await transactions.merge(writer, [row for one in lists for row in (*one.fresh, *one.changed)])
    moved = tuple(_moved(one, since) for one in lists if one.fresh or one.changed or one.gone)
    created = sum(one.created for one in moved)
    changed = created + sum(len(one.updated) + len(one.deleted) for one in moved)
    return Written(changed, left_out, created, moved, findings=tuple(findings))


class _Listed(msgspec.Struct):
    """What an institution lists of one account, beside what we hold of the span that was asked for (`lately`), by id.

    `gone` are those of the span that are listed no more. `unknown` are rows that do not lie in it; what is there as it
    is stands neither in `fresh` nor in `changed`.
    """

    account_id: str
    movements: list[Transaction]
    lately: dict[str, Row]
    gone: set[str]
    unknown: list[Row]
    changed: list[Row]
    fresh: list[Row] = []


async def _listed(
    reader: Reader, connection_id: str, owner: str, movements: list[Transaction], since: Instant | None, at: Instant
) -> _Listed:
    rows = dict[str, Row]()
    for movement in movements:
        bill = movement.card and movement.card.bill_key
        row = transactions.row(movement, owner, bill_id(connection_id, bill) if bill else None, at)
        rows[row[0]] = row
    lately = await transactions.lately(reader, owner, since) if since is not None else {}
    unknown = [row for id, row in rows.items() if id not in lately]
    changed = [row for id, row in rows.items() if id in lately and transactions.differs(lately[id], row)]
    return _Listed(owner, movements, lately, lately.keys() - rows.keys(), unknown, changed)


async def _compare(reader: Reader, lists: Sequence[_Listed], *, whole: bool) -> list[Finding]:
    """Tell, of each list, what is new and what is different, and return what is to be known of it. `whole`: it is all
    that there is."""
    asked = list[Row]()
    for one in lists:
        # of an account that was connected just now no movement need be looked for
        if whole and not await transactions.any_of(reader, one.account_id):
            one.fresh = one.unknown
        else:
            asked += one.unknown
    by_account = {one.account_id: one for one in lists}
    while asked:
        found = await transactions.compared(reader, asked)
        for row in found.fresh:
            by_account[row[1]].fresh.append(row)
        held = await transactions.there(reader, [row[0] for row in found.changed]) if found.changed else {}
        asked = []
        for row in found.changed:
            own = apart(row, ())
            if own[0] != row[0] and is_another(held[row[0]], row):
                asked += _place(by_account[row[1]], own)
            else:
                by_account[row[1]].changed.append(row)
    findings = list[Finding]()
    for one in lists:
        turned = displaced(one.changed, one.lately)
        if turned or (one.gone and one.fresh):
            findings += _recognise(one, turned)
    return findings


def _place(listed: _Listed, row: Row) -> Iterator[Row]:
    """Compare a row that has an id of its own, for its key was another's; yield it if it does not lie in the span."""
    if row[0] not in listed.lately:
        yield row
        return
    listed.gone.discard(row[0])
    if transactions.differs(listed.lately[row[0]], row):
        listed.changed.append(row)


def _recognise(listed: _Listed, turned: Sequence[Row]) -> list[Finding]:
    """Give rows that are new, or whose key was another's (`turned`), the ids of those that are called otherwise now,
    and return what is to be known of it."""
    key, lately = transactions.COLUMNS.index("key"), listed.lately
    asked = {row[key]: row for row in (*listed.fresh, *turned)}
    mine = {row[0] for row in turned}
    held = transactions.looks(lately[id] for id in listed.gone | mine)
    called = (one if "\0" not in one.key else replace(one, key=one.key.replace("\0", "")) for one in listed.movements)
    found = paired([one for one in called if one.key in asked], held)
    known = {id: (id, *row[1:]) for name, row in asked.items() if (id := found.ids.get(name)) is not None}
    new = [row for name, row in asked.items() if name not in found.ids]
    listed.fresh = [apart(row, lately) if row[0] in lately else row for row in new]
    listed.changed = [row for row in listed.changed if row[0] not in mine]
    listed.changed += [row for id, row in known.items() if transactions.differs(lately[id], row)]
    listed.gone = (listed.gone | mine) - known.keys()
    if not found.anew and not found.unclear:
        return []
    told = {"recognised": str(found.anew), "unclear": str(len(found.unclear))}
    return [Finding(KEY_CHANGED, data=told, accounts=(listed.account_id,), transactions=found.unclear[:_NAMED])]


def _moved(listed: _Listed, since: Instant | None) -> Moved:
    fresh, updated = listed.fresh, sorted(row[0] for row in listed.changed)
    when = [row[2] for row in fresh]
    # how old one was that is not as old any more, only those tell that lie in the span
    before = [(since or 0) if listed.lately.keys() >= set(updated) else 0] if updated or listed.gone else []
    return Moved(
        listed.account_id,
        len(fresh),
        sum(row[3] > 0 for row in fresh),
        min(when, default=None),
        max(when, default=None),
        tuple(updated),
        tuple(sorted(listed.gone)),
        min(before + when + [row[2] for row in listed.changed]),
    )


async def _store_records(
    writer: Writer, connection_id: str, product: Product, records: Iterable[Record], at: Instant
) -> tuple[int, int]:
    entries = [_entry(connection_id, record) for record in records if not isinstance(record, _APART)]
    listed = defaultdict[type[snapshots.Kept], set[str]](set)
    for id, _, record in entries:
        listed[type(record)].add(id)
    owned = _OWNED.get(product, ())
    about = Account if product in (Product.ACCOUNTS, Product.CARDS) else next(iter(owned), None)
    # read once what is there of each kind, before anything is written
    asked = {*owned, *((about,) if about in listed else ())}
    there = {type_: await snapshots.ids(writer, type_, connection_id) for type_ in asked}
    changed = await snapshots.merge(writer, connection_id, entries, at, _FIRST[product]) if entries else 0
    # An account that is not listed once may be back tomorrow: its movements stay. All else that vanished goes.
    gone = {id for type_ in owned for id in there[type_] - listed[type_]}
    await snapshots.remove(writer, gone)
    new = listed[about] - there[about] if about is not None and about in there else ()
    return changed + len(gone), len(new)


def as_stored(connection_id: str, records: Iterable[snapshots.Kept], at: Instant) -> list[Stored[snapshots.Kept]]:
    """Return records that are not kept as if they were: with the ids they would have."""
    entries = (_entry(connection_id, record) for record in records)
    return [Stored(id, connection_id, parent, record, at, at) for id, parent, record in entries]


def _entry(connection_id: str, record: snapshots.Kept) -> tuple[str, str | None, snapshots.Kept]:
    kind = snapshots.KINDS[type(record)]
    parent = None
    if isinstance(record, Bill | Statement):
        parent = account_id(connection_id, record.account_key)
    elif isinstance(record, InvestmentMovement):
        parent = derived_id(connection_id, "investment", record.investment_key)
    return derived_id(connection_id, kind, record.key), parent, record
