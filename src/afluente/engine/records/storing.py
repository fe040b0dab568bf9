"""What an institution gave for one product, written as one piece.

Ids are derived from the connection and the institution's own keys, so the same thing keeps its id over every sync.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
from afluente.engine.records.held import Held
from afluente.engine.records.movements import KEY_CHANGED, apart, displaced, is_another, paired
from afluente.store import snapshots, transactions
from afluente.store.database import Reader, Row, Writer

_encode = msgspec.json.Encoder().encode

_APART = (Transaction, Balance)
"""What lies in tables of its own."""

_REMEMBERED = 1_024
"""Ids that are not derived again: all of one account's bills and movements ask for the same few."""

_NEAR = 32
"""Movements of an account that are read whatever span is asked for: mostly it lies among them, and few have no more."""

_MOST_NEAR = 500
"""Movements of an account that are kept for the checks of the same execution."""

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


class Near(msgspec.Struct, frozen=True):
    """All of an account's transactions from an instant on, as they are stored now: rows of `transactions.COLUMNS`. None
    means that it has no others."""

    since: Instant | None
    rows: list[Row]


class Written(msgspec.Struct, frozen=True):
    """What storing did: rows new, different or gone, and the keys of accounts whose movements had no place.

    `created` counts the new records of the kind that the product is about, `moved` has an entry for each account whose
    transactions are not what they were, `findings` what is to be known of them. `before` and `digest` are the digests
    of what was there and of what is; empty where there is none. `near` is what need not be read again, by account.
    """

    changed: int = 0
    left_out: tuple[str, ...] = ()
    created: int = 0
    moved: tuple[Moved, ...] = ()
    before: str = ""
    digest: str = ""
    findings: tuple[Finding, ...] = ()
    near: dict[str, Near] = {}


async def store(
    writer: Writer, connection: Connection, held: Held, product: Product, fetched: Fetched, at: Instant
) -> tuple[Written, Held]:
    """Write one product of a connection that is locked; return what that did, and what is `held` from then on. The
    caller stores the connection with its digests.

    Movements of an account that we do not hold (its own product failed) are left out, and named. Raises `Refused`
    (`product.depends-on-accounts`) where that leaves nothing.
    """
    digest, before, connection_id = digest_of(fetched), connection.digests.get(product, ""), connection.id
    if digest == before:
        return Written(before=before, digest=digest), held
    movements = [record for record in fetched.records if isinstance(record, Transaction)]
    held, changed, created = await _store_records(writer, connection_id, held, product, fetched.records, at)
    written = Written(changed, created=created)
    if movements or fetched.accounts:
        owners = held.ids(Account)
        moved = await store_transactions(writer, connection_id, owners, movements, fetched.since, at, fetched.accounts)
        written = replace(moved, changed=changed + moved.changed, created=moved.created or created)
    # what was left out must find its place next time, though the institution says the same again
    kept = "" if written.left_out else digest
    digests = {**connection.digests, product: kept}
    if not kept:
        del digests[product]
    return replace(written, before=before, digest=kept), replace(held, digests=digests)


async def store_transactions(
    writer: Writer,
    connection_id: str,
    held: Collection[str],
    movements: Iterable[Transaction],
    since: Instant | None,
    at: Instant,
    accounts: Iterable[str] = (),
) -> Written:
    """Merge movements into their accounts; from `since` on, what is not among them any more is deleted.

    `held` are the ids of the accounts that are there; `accounts` are the keys of those that lose what they have where
    no movement is theirs.
    """
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
    findings = await _compare(writer, lists)
    await transactions.remove(writer, [id for one in lists for id in one.gone])
    await transactions.merge(writer, [row for one in lists for row in (*one.fresh, *one.changed)])
    moved = tuple(_moved(one, since) for one in lists if one.fresh or one.changed or one.gone)
    created = sum(one.created for one in moved)
    changed = created + sum(len(one.updated) + len(one.deleted) for one in moved)
    near = {one.account_id: rows for one in lists if (rows := _near(one)) is not None}
    return Written(changed, left_out, created, moved, findings=tuple(findings), near=near)


class _Listed(msgspec.Struct):
    """What an institution lists of one account, beside what we hold of it, by id: all from the instant `reaches` on
    (None: from the first on) is `near`, and `lately` what lies in the span that was asked for.

    `gone` are those of the span that are listed no more. `unknown` are rows that do not lie in it; what is there as it
    is stands neither in `fresh` nor in `changed`.
    """

    account_id: str
    movements: list[Transaction]
    near: dict[str, Row]
    reaches: Instant | None
    lately: dict[str, Row]
    gone: set[str]
    unknown: list[Row]
    changed: list[Row]
    fresh: list[Row] = msgspec.field(default_factory=list)


async def _listed(
    reader: Reader, connection_id: str, owner: str, movements: list[Transaction], since: Instant | None, at: Instant
) -> _Listed:
    rows = dict[str, Row]()
    for movement in movements:
        bill = movement.card and movement.card.bill_key
        row = transactions.row(movement, owner, bill_id(connection_id, bill) if bill else None, at)
        rows[row[0]] = row
    near = await transactions.newest(reader, owner, _NEAR)
    reaches = near[-1][2] + 1 if len(near) == _NEAR else None
    if since is None:
        lately = {}
    elif reaches is None or reaches <= since:
        lately = {row[0]: row for row in near if row[2] >= since}
    else:
        lately = await transactions.lately(reader, owner, since)
    unknown = [row for id, row in rows.items() if id not in lately]
    changed = [row for id, row in rows.items() if id in lately and transactions.differs(lately[id], row)]
    by_id = {row[0]: row for row in near}
    return _Listed(owner, movements, by_id, reaches, lately, lately.keys() - rows.keys(), unknown, changed)


async def _compare(reader: Reader, lists: Sequence[_Listed]) -> list[Finding]:
    """Tell, of each list, what is new and what is different, and return what is to be known of it."""
    by_account = {one.account_id: one for one in lists}
    asked = list[Row]()
    for one in lists:
        # of an account that was connected just now, or has few movements, none need be looked for
        if one.reaches is None:
            asked += _sort(by_account, transactions.compare(one.unknown, one.near))
        else:
            asked += one.unknown
    while asked:
        asked = _sort(by_account, await transactions.compared(reader, asked))
    findings = list[Finding]()
    for one in lists:
        turned = displaced(one.changed, one.lately)
        if turned or (one.gone and one.fresh):
            findings += _recognise(one, turned)
    return findings


def _sort(by_account: Mapping[str, _Listed], found: transactions.Compared) -> list[Row]:
    """Put rows where they belong that are new or different; return those to be looked for under an id of their own."""
    for row in found.fresh:
        by_account[row[1]].fresh.append(row)
    again = list[Row]()
    for there, row in found.changed:
        own = apart(row, ())
        if own[0] != row[0] and is_another(there, row):
            again += _place(by_account[row[1]], own)
        else:
            by_account[row[1]].changed.append(row)
    return again


def _near(listed: _Listed) -> Near | None:
    """Return what is known of an account once its list is stored; None where that is too much to be kept."""
    rows = {id: row for id, row in listed.near.items() if id not in listed.gone}
    rows.update((row[0], row) for row in (*listed.fresh, *listed.changed))
    if len(rows) > _MOST_NEAR:
        return None
    since = listed.reaches
    return Near(since, [row for row in rows.values() if since is None or row[2] >= since])


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
    writer: Writer, connection_id: str, held: Held, product: Product, records: Iterable[Record], at: Instant
) -> tuple[Held, int, int]:
    """Write all but movements; return what is held then, how much has changed, and how many are new of the kind that
    the product is about."""
    entries = [_entry(connection_id, record) for record in records if not isinstance(record, _APART)]
    listed = defaultdict[type[snapshots.Kept], set[str]](set)
    for id, _, record in entries:
        listed[type(record)].add(id)
    owned = _OWNED.get(product, ())
    about = Account if product in (Product.ACCOUNTS, Product.CARDS) else next(iter(owned), None)
    # read once what is there of each kind, before anything is written
    asked = {*owned, *((about,) if about in listed else ())}
    there = {
        type_: held.ids(type_) if type_ in snapshots.FEW else await snapshots.ids(writer, type_, connection_id)
        for type_ in asked
    }
    rows = held.differing(snapshots.rows_of(connection_id, entries, at, _FIRST[product]))
    changed = await snapshots.merge_rows(writer, rows) if rows else 0
    # An account that is not listed once may be back tomorrow: its movements stay. All else that vanished goes.
    gone = {id for type_ in owned for id in there[type_] - listed[type_]}
    await snapshots.remove(writer, gone)
    new = listed[about] - there[about] if about is not None and about in there else ()
    return held.after(rows, gone), changed + len(gone), len(new)


def as_stored(connection_id: str, records: Iterable[snapshots.Kept], at: Instant) -> list[Stored[snapshots.Kept]]:
    """Return records that are not kept as if they were: with the ids they would have."""
    entries = (_entry(connection_id, record) for record in records)
    return [Stored(id, connection_id, parent, record, at, at) for id, parent, record in entries]


def _entry(connection_id: str, record: snapshots.Kept) -> snapshots.Entry:
    kind = snapshots.KINDS[type(record)]
    parent = None
    if isinstance(record, Bill | Statement):
        parent = account_id(connection_id, record.account_key)
    elif isinstance(record, InvestmentMovement):
        parent = derived_id(connection_id, "investment", record.investment_key)
    return derived_id(connection_id, kind, record.key), parent, record
