"""Faults that the data itself has, each by the meaning that whoever looks at the data finds in it.

A quirk is what really goes wrong at institutions: an account listed twice, a movement with no text, a balance that no
movement leads to. `act+<meaning>` gives a customer one (or several); everything else about the data stays right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from afluente.connectors.scripted.customers import (
    NO_ACCOUNTS,
    PARTLY_DESCRIBED,
    QUIET,
    SOME_UNVERIFIED,
    Customer,
    Plan,
)
from afluente.connectors.scripted.days import day_of, on
from afluente.connectors.scripted.identifiers import with_luhn
from afluente.connectors.scripted.seeding import digits
from afluente.core.accounts import Account, Bill, Transaction
from afluente.core.clock import DAY, Instant
from afluente.core.documents import Resource, Statement
from afluente.core.holders import Holder
from afluente.core.investments import Investment, InvestmentMovement
from afluente.core.loans import Loan
from afluente.core.outcome import Finding
from afluente.core.ports import Record
from afluente.core.products import Product

_DORMANT: Instant = 31 * DAY
_QUIET: Instant = 16 * DAY
UNASKED_SPAN: Instant = 5 * DAY
_GAP_MONTHS = (4, 5)
_SETTLES_AFTER: Instant = 2 * DAY

DORMANT = "product.transactions.none-last-month"
NOT_GIVEN = "product.transactions.not-given"
UNASKED = "product.transactions.unasked"
ASKS_LATER = "product.mfa-needed"
ID_CHANGED = "product.accounts.duplicate.id-changed"
KEY_CHANGED = "product.accounts.key-changed"


def as_of(customer: Customer, plan: Plan, now: Instant) -> Instant:
    """Return the instant as which an account is told: earlier than now where nothing has moved since."""
    if QUIET in customer.quirks:
        return now - _QUIET
    if DORMANT in customer.quirks and customer.plans and plan == customer.plans[0]:
        return now - _DORMANT
    return now


def listed(customer: Customer, plans: tuple[Plan, ...]) -> tuple[Plan, ...]:
    """Return the accounts whose movements the institution gives a list of: one is left out where that is the fault."""
    return tuple(plan for plan in plans if plan != customer.plans[0]) if NOT_GIVEN in customer.quirks else plans


def key_today(customer: Customer, key: str, now: Instant) -> str:
    """Return the key that the institution calls an account by: another one on each day where that is the fault."""
    changes = KEY_CHANGED in customer.quirks or (ID_CHANGED in customer.quirks and key == _first_key(customer))
    return f"{key}-{on(day_of(now)).isoformat()}" if changes else key


def arrived(records: Iterable[Record], late: int, now: Instant) -> tuple[Record, ...]:
    """Return the records without what was spent in the last days, which is listed only so many days `late`."""
    if not late:
        return tuple(records)
    return tuple(
        row
        for row in records
        if not (isinstance(row, Transaction) and row.amount < 0 and now < row.occurred_at + late * DAY)
    )


def spoil(customer: Customer, records: Sequence[Record], now: Instant) -> tuple[Record, ...]:
    """Return the records of a product with the customer's faults in them."""
    # the others know accounts by the key they always had
    for meaning in sorted(customer.quirks, key=(ID_CHANGED, KEY_CHANGED).__contains__):
        if meaning in _RECORDS:
            records = _RECORDS[meaning](customer, list(records), now)
    return tuple(records)


def beside(customer: Customer, product: Product, first: bool, now: Instant) -> tuple[Finding, ...]:
    """Return what the institution tells beside a product; `first` marks the one that is fetched before all others."""
    told = [Finding(meaning) for meaning in customer.quirks if first and meaning in _TOLD]
    if product is Product.TRANSACTIONS and NOT_GIVEN in customer.quirks:
        told += [Finding(NOT_GIVEN, account_key=key_today(customer, plan.key, now)) for plan in customer.plans[:1]]
    return tuple(told)


_TOLD = frozenset({"product.consent-missing.extra-step", "session.window-in-use"})
"""Faults that are none of the data: the institution tells of them."""

Change = Callable[[Customer, list[Record], Instant], Sequence[Record]]


def _each_account(change: Callable[[Account], Account]) -> Change:
    return lambda customer, records, now: [change(row) if isinstance(row, Account) else row for row in records]


def _first_key(customer: Customer) -> str:
    return customer.plans[0].key if customer.plans else ""


def _first_account(change: Callable[[Account], Account]) -> Change:
    def changed(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
        first = _first_key(customer)
        return [change(row) if isinstance(row, Account) and row.key == first else row for row in records]

    return changed


def _each_holder(change: Callable[[Holder], Holder]) -> Change:
    return lambda customer, records, now: [change(row) if isinstance(row, Holder) else row for row in records]


def _nameless(everywhere: bool) -> Change:
    """Return what leaves the holder's name out: there, and on the first account or on every one."""

    def changed(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
        first = _first_key(customer)
        return [
            replace(row, name="", social_name=None, company_name=None)
            if isinstance(row, Holder)
            else replace(row, owner=None)
            if isinstance(row, Account) and (everywhere or row.key == first)
            else row
            for row in records
        ]

    return changed


def _without_transfer_number(row: Account) -> Account:
    return row if row.bank is None else replace(row, bank=replace(row.bank, transfer_number=None))


def _half_verified(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
    """Leave the transfer number out of all accounts but the first."""
    first = _first_key(customer)
    return [_without_transfer_number(row) if isinstance(row, Account) and row.key != first else row for row in records]


def _doubled(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
    """List the first account twice, the second time under another key, with all that is its."""
    first = _first_key(customer)
    again = f"{first}-again"
    doubles: list[Record] = []
    for row in records:
        if isinstance(row, Account) and row.key == first:
            doubles.append(replace(row, key=again))
        elif isinstance(row, Transaction | Statement) and row.account_key == first:
            doubles.append(replace(row, key=f"{row.key}-again", account_key=again))
    return [*records, *doubles]


def _without_address_part(row: Holder) -> Holder:
    return replace(
        row,
        addresses=tuple(
            replace(place, postal_code=None, full=place.full.replace(place.postal_code or "\0", "").strip(" ,"))
            for place in row.addresses
        ),
    )


def _of_first(customer: Customer, records: Sequence[Record]) -> list[Transaction]:
    """Return the movements of the customer's first account, as they were listed."""
    first = _first_key(customer)
    return [row for row in records if isinstance(row, Transaction) and row.account_key == first]


def _among(records: list[Record], changes: Mapping[str, Sequence[Transaction]]) -> list[Record]:
    """Return the records with some movements, by key, replaced by none, one or several."""
    placed: list[Record] = []
    for row in records:
        placed.extend(changes.get(row.key, (row,)) if isinstance(row, Transaction) else (row,))
    return placed


def _wordless(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
    rows = _of_first(customer, records)
    return _among(records, {row.key: (replace(row, description="", raw_description=None),) for row in rows[-1:]})


def _none_listed(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
    return _among(records, {row.key: () for row in _of_first(customer, records)})


def _swapped(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
    """Let two movements that follow each other have each other's instants."""
    rows = _settled(customer, records)
    for place in range(len(rows) - 4, 0, -1):
        one, other = rows[place], rows[place + 1]
        if one.occurred_at != other.occurred_at and one.amount != other.amount:
            early = replace(one, occurred_at=other.occurred_at, order=other.order)
            late = replace(other, occurred_at=one.occurred_at, order=one.order)
            return _among(records, {one.key: (early,), other.key: (late,)})
    return records


def _settled(customer: Customer, records: Sequence[Record]) -> list[Transaction]:
    return [row for row in _of_first(customer, records) if not row.pending]


def _repeated(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
    rows = _settled(customer, records)[-1:]
    return _among(records, {row.key: (row, replace(row, key=f"{row.key}-again")) for row in rows})


def _exposed(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
    """Tell the whole number of a card: of the card, and where there is none, as the first account's."""
    card, first = customer.card, _first_key(customer)
    key = card.key if card is not None else first
    return [
        replace(row, number=with_luhn("453957" + digits(9, "pan", row.key)))
        if isinstance(row, Account) and row.key == key
        else row
        for row in records
    ]


def _of_half_a_cent(row: Account) -> Account:
    """Return the account with more decimals than its currency has: in what is available, or in what a card owes."""
    if row.bank is None:
        return replace(row, balance=row.balance + _HALF_A_CENT)
    available = row.balance if row.bank.available is None else row.bank.available
    return replace(row, bank=replace(row.bank, available=available + _HALF_A_CENT))


def _partly_described(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
    """Leave out what the products of all accounts but the first say."""
    first = _first_key(customer)
    return [
        replace(row, product_details={}) if isinstance(row, Account) and row.key != first else row for row in records
    ]


def _without_statements(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
    first = _first_key(customer)
    return [row for row in records if not (isinstance(row, Statement) and row.account_key == first)]


def _scheduled_too(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
    """List a movement as scheduled, too, two days before the day on which it was posted."""
    rows = [row for row in _settled(customer, records) if row.amount < 0][-1:]
    changes = {}
    for row in rows:
        scheduled = replace(
            row,
            key=f"{row.key}-scheduled",
            occurred_at=row.occurred_at - _SETTLES_AFTER,
            pending=True,
            balance_after=None,
        )
        changes[row.key] = (scheduled, row)
    return _among(records, changes)


def _one_unlisted(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
    """Leave out a movement that the balances behind it count."""
    rows = _settled(customer, records)
    return _among(records, {row.key: () for row in rows[-3:-2]})


def _renamed(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
    """Let what is called otherwise today be called so; of one whose id has changed another holder is told, too, so
    that nobody can be certain that it is the same."""
    renamed: list[Record] = []
    for row in records:
        if isinstance(row, Account) or (isinstance(row, Resource) and row.kind in ("account", "card")):
            key = key_today(customer, row.key, now)
            if isinstance(row, Account) and ID_CHANGED in customer.quirks and key != row.key:
                row = replace(row, tax_number=digits(11, "another-holder", key))
            renamed.append(replace(row, key=key))
        elif isinstance(row, Transaction | Bill | Statement):
            renamed.append(replace(row, account_key=key_today(customer, row.account_key, now)))
        else:
            renamed.append(row)
    return renamed


def _with_a_gap(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
    """Leave out all that moved on the first account in two calendar months of the spring, and all balances, which
    would tell that something did."""
    changes = {
        row.key: () if on(day_of(row.occurred_at)).month in _GAP_MONTHS else (replace(row, balance_after=None),)
        for row in _of_first(customer, records)
    }
    return _among(records, changes)


def _nothing_held(customer: Customer, records: list[Record], now: Instant) -> list[Record]:
    return [row for row in records if not isinstance(row, Loan | Investment | InvestmentMovement)]


_HALF_A_CENT = Decimal("0.005")

_RECORDS: dict[str, Change] = {
    "product.accounts.amount-invalid": _first_account(_of_half_a_cent),
    "product.accounts.card-number-exposed": _exposed,
    "product.accounts.duplicate": _doubled,
    ID_CHANGED: _renamed,
    KEY_CHANGED: _renamed,
    NO_ACCOUNTS: _nothing_held,
    "product.accounts.no-address-on-site": _first_account(lambda row: replace(row, detail_url=None)),
    "product.accounts.number-incomplete": _first_account(lambda row: replace(row, number=f"****{row.number[-3:]}")),
    SOME_UNVERIFIED: _half_verified,
    "product.accounts.verification-unavailable": _each_account(_without_transfer_number),
    PARTLY_DESCRIBED: _partly_described,
    "product.details.missing": _each_account(lambda row: replace(row, product_details={})),
    "product.holder.address-incomplete": _each_holder(_without_address_part),
    "product.holder.address-missing": _each_holder(lambda row: replace(row, addresses=())),
    "product.holder.email-invalid": _each_holder(
        lambda row: replace(row, emails=tuple(replace(email, value="not-an-address@") for email in row.emails))
    ),
    "product.holder.incomplete": _each_holder(lambda row: replace(row, phones=())),
    "product.holder.name-missing": _nameless(everywhere=False),
    "product.holder.verification-unavailable": _nameless(everywhere=True),
    "product.statements.missing": _without_statements,
    "product.transactions.balance-mismatch": _first_account(lambda row: replace(row, balance=row.balance + 10)),
    "product.transactions.balance-mismatch.unlisted": _one_unlisted,
    "product.transactions.duplicate": _repeated,
    "product.transactions.duplicate.settled": _scheduled_too,
    "product.transactions.gap": _with_a_gap,
    "product.transactions.incomplete": _wordless,
    "product.transactions.none": _none_listed,
    "product.transactions.order": _swapped,
}
"""What each meaning does to the records of any product."""
