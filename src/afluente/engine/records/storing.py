"""What an institution gave for one product, written as one piece.

Ids are derived from the connection and the institution's own keys, so the same thing keeps its id over every sync.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from afluente.core.accounts import Account, Bill, Transaction
from afluente.core.clock import Instant
from afluente.core.connections import Stored
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
from afluente.engine.records.movements import KEY_CHANGED, paired
from afluente.store import snapshots, transactions
from afluente.store.database import Reader, Row, Writer

_encode = msgspec.json.Encoder().encode

_APART = (Transaction, Balance)
"""What lies in tables of its own."""

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


def account_id(connection_id: str, key: str) -> str:
    """Return the id of the account that the institution knows as `key`."""
    return derived_id(connection_id, "account", key)


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


async def store(writer: Writer, connection_id: str, product: Product, fetched: Fetched, at: Instant) -> Written:
    """Write one product.

    Movements of an account that we do not hold (its own product failed) are left out, and named. Raises `Refused`
    (`product.depends-on-accounts`) where that leaves nothing.
    """
    digest, before = digest_of(fetched), await snapshots.digest(writer, connection_id, product) or ""
    if digest == before:
        return Written(before=before, digest=digest)
    movements = [record for record in fetched.records if isinstance(record, Transaction)]
    changed, created = await _store_records(writer, connection_id, product, fetched.records, at)
    written = Written(changed, created=created)
    if movements or fetched.accounts:
        moved = await store_transactions(writer, connection_id, movements, fetched.since, at, fetched.accounts)
        written = replace(moved, changed=changed + moved.changed, created=moved.created or created)
    # what was left out must find its place next time, though the institution says the same again
    kept = "" if written.left_out else digest
    await snapshots.set_digest(writer, connection_id, product, kept or None)
    return replace(written, before=before, digest=kept)


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
    by_account: defaultdict[str, list[Transaction]] = defaultdict(list)
    for movement in movements:
        by_account[movement.account_key].append(movement)
    for key in accounts:
        if account_id(connection_id, key) in held:
            by_account.setdefault(key, [])
    placed = 0
    left_out, moved, findings = list[str](), list[Moved](), list[Finding]()
    for key, group in by_account.items():
        owner = account_id(connection_id, key)
        if owner not in held:
            left_out.append(key)
            continue
        rows = []
        for movement in group:
            bill = movement.card and movement.card.bill_key
            rows.append(transactions.row(movement, owner, bill_id(connection_id, bill) if bill else None, at))
        unique = {row[0]: row for row in rows}
        lately = await transactions.ids_since(writer, owner, since) if since is not None else set[str]()
        known = lately | await transactions.held(writer, owner, [id for id in unique if id not in lately])
        gone = lately - unique.keys()
        if gone and not known.issuperset(unique):
            unique, told = await _recognised(writer, group, unique, gone, known)
            findings += told
            gone = lately - unique.keys()
        await transactions.remove(writer, gone)
        fresh = [row for id, row in unique.items() if id not in known] if known else list(unique.values())
        await transactions.merge(writer, fresh)
        updated = await transactions.merge_listed(writer, [unique[id] for id in unique if id in known] if known else ())
        if fresh or updated or gone:
            # how old one was that is not as old any more, only `lately` tells
            touched = (since or 0) if lately.issuperset(updated) else 0
            instants = [row[2] for row in fresh] + [unique[id][2] for id in updated]
            touched = min(instants + [touched] * bool(updated or gone), default=0)
            moved.append(_moved(owner, fresh, updated, gone, touched))
        placed += len(rows)
    if left_out and not placed:
        raise Refused("product.depends-on-accounts")
    created = sum(one.created for one in moved)
    changed = created + sum(len(one.updated) + len(one.deleted) for one in moved)
    return Written(changed, tuple(left_out), created, tuple(moved), findings=tuple(findings))


async def _recognised(
    reader: Reader, group: Iterable[Transaction], rows: dict[str, Row], gone: set[str], known: set[str]
) -> tuple[dict[str, Row], list[Finding]]:
    """Return an account's rows under the ids of those that are called otherwise now, and what is to be known of it."""
    key = transactions.COLUMNS.index("key")
    unknown = {row[key] for id, row in rows.items() if id not in known}
    found = paired([one for one in group if one.key in unknown], await transactions.looks(reader, gone))
    own = {id: id if id in known else found.ids.get(row[key], id) for id, row in rows.items()}
    rows = {own[id]: (own[id], *row[1:]) for id, row in rows.items()}
    if not found.anew and not found.unclear:
        return rows, []
    told = {"recognised": str(found.anew), "unclear": str(len(found.unclear))}
    owner = next(iter(rows.values()))[1]
    return rows, [Finding(KEY_CHANGED, data=told, accounts=(owner,), transactions=found.unclear[:_NAMED])]


def _moved(owner: str, fresh: Collection[Row], updated: Iterable[str], gone: Iterable[str], touched: Instant) -> Moved:
    when = [row[2] for row in fresh]
    return Moved(
        owner,
        len(fresh),
        sum(row[3] > 0 for row in fresh),
        min(when, default=None),
        max(when, default=None),
        tuple(sorted(updated)),
        tuple(sorted(gone)),
        touched,
    )


async def _store_records(
    writer: Writer, connection_id: str, product: Product, records: Iterable[Record], at: Instant
) -> tuple[int, int]:
    entries = [_entry(connection_id, record) for record in records if not isinstance(record, _APART)]
    first = 10_000 * list(Product).index(product)
    about = Account if product in (Product.ACCOUNTS, Product.CARDS) else next(iter(_OWNED.get(product, ())), None)
    new = {id for id, _, record in entries if type(record) is about}
    # read once what is there of each kind, before anything is written
    owned = _OWNED.get(product, ())
    asked = dict.fromkeys((*owned, *((about,) if about is not None and new else ())))
    there = {type_: await snapshots.ids(writer, type_, connection_id) for type_ in asked}
    if about is not None and new:
        new -= there[about]
    changed = await snapshots.merge(writer, connection_id, entries, at, first) if entries else 0
    # An account that is not listed once may be back tomorrow: its movements stay. All else that vanished goes.
    for type_ in owned:
        kept = {id for id, _, record in entries if isinstance(record, type_)}
        gone = there[type_] - kept
        if gone:
            await snapshots.remove(writer, gone)
        changed += len(gone)
    return changed, len(new)


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
