"""Each rule with the fault it looks for, and without."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from msgspec.structs import replace

from afluente.catalogue import load
from afluente.core.accounts import AccountKind, BankDetails
from afluente.core.clock import DAY, MINUTE
from afluente.core.holders import Address, Email
from afluente.core.outcome import Finding
from afluente.core.products import Product, ProductState
from afluente.quality import RULES, Request
from tests.quality.made import FIRST, NOW, SECOND, House, changed, house

ROW = f"{FIRST}-0030"
"""A movement in the middle of the first account."""

Spoil = Callable[[House], House]
Wanted = tuple[tuple[str, ...], tuple[str, ...], str | None, str | None]


def _of_kind(kind: AccountKind) -> Spoil:
    return lambda home: home.with_accounts(lambda one: replace(one, kind=kind))


def _with_transfer(number: str | None, everywhere: bool = False) -> Spoil:
    def change(home: House) -> House:
        spoilt = home.with_account(FIRST, lambda one: replace(one, bank=BankDetails(transfer_number=number)))
        if everywhere:
            spoilt = spoilt.with_account(SECOND, lambda one: replace(one, bank=BankDetails(transfer_number=number)))
        return spoilt

    return change


def _nameless(home: House) -> House:
    return home.with_holder(lambda one: replace(one, name=" ")).with_account(FIRST, lambda one: replace(one, owner=""))


def _unknown(home: House) -> House:
    return home.with_facts(holders=()).with_accounts(lambda one: replace(one, owner=None))


def _bare(home: House) -> House:
    return replace(home, accounts=(), movements=())


def _row(**changes: object) -> Spoil:
    return lambda home: home.with_rows(lambda rows: [changed(r, **changes) if r.id == ROW else r for r in rows])


def _older_by(days: int, *accounts: str) -> Spoil:
    def change(home: House) -> House:
        moved = (
            changed(one, occurred_at=one.record.occurred_at - days * DAY) if one.parent_id in accounts else one
            for one in home.movements
        )
        return replace(home, movements=tuple(moved))

    return change


def _repeated(home: House) -> House:
    return home.with_rows(lambda rows: [*rows, changed(rows[30], id="again", key="again")])


def _swapped(home: House) -> House:
    def swap(rows: list) -> list:
        one, other = rows[30].record, rows[31].record
        rows[30] = changed(rows[30], occurred_at=other.occurred_at)
        rows[31] = changed(rows[31], occurred_at=one.occurred_at)
        return rows

    return home.with_rows(swap)


def _scheduled(home: House) -> House:
    def schedule(rows: list) -> list:
        row = rows[30]
        at = row.record.occurred_at - 2 * DAY
        return [*rows, changed(row, id="scheduled", occurred_at=at, pending=True, balance_after=None)]

    return home.with_rows(schedule)


def _left_out(home: House) -> House:
    return home.with_rows(lambda rows: [one for one in rows if one.id != ROW])


def _with_a_gap(home: House) -> House:
    def leave(rows: list) -> list:
        early = [changed(r, occurred_at=r.record.occurred_at - 40 * DAY, balance_after=None) for r in rows[:30]]
        return [*early, *(changed(r, balance_after=None) for r in rows[30:])]

    return home.with_rows(leave)


def _twin(first_seen: int) -> Spoil:
    def change(home: House) -> House:
        first, second = home.accounts
        twin = replace(first.record, key="other", balance=second.record.balance)
        return replace(home, accounts=(first, replace(second, record=twin, created_at=first.created_at + first_seen)))

    return change


def _called_otherwise(home: House) -> House:
    state = replace(home.facts.products[0], recognised=(home.accounts[0].record.key,))
    return home.with_facts(products=(state, *home.facts.products[1:]))


def _told(meaning: str) -> Spoil:
    state = ProductState(Product.ACCOUNTS, True, NOW, None, (Finding(meaning),))
    return lambda home: home.with_facts(products=(state, *home.facts.products[1:]))


def _asked(**facts: bool) -> Spoil:
    return lambda home: home.with_facts(request=Request(**facts))


def _undescribed(*accounts: str) -> Spoil:
    def change(home: House) -> House:
        for id in accounts:
            home = home.with_account(id, lambda one: replace(one, product_details={}))
        return _asked(details=True)(home)

    return change


BOTH = (FIRST, SECOND)
HOUSE = house()
LAST = HOUSE.accounts[0].record.balance
BEFORE, BEHIND = HOUSE.movements[29].record.balance_after, HOUSE.movements[31].record.balance_after
MOVED = HOUSE.movements[31].record.amount

FAULTS: dict[str, tuple[Spoil, Wanted]] = {
    "product.accounts.missing": (_bare, ((), (), "1", "0")),
    "product.holder.name-missing": (_nameless, ((FIRST,), (), None, None)),
    "product.holder.incomplete": (
        lambda home: home.with_holder(lambda one: replace(one, phones=())),
        ((), (), "name, address, email, phone", "name, address, email"),
    ),
    "product.holder.address-missing": (
        lambda home: home.with_holder(lambda one: replace(one, addresses=(Address(full=" "),))),
        ((), (), None, None),
    ),
    "product.holder.address-incomplete": (
        lambda home: home.with_holder(lambda one: replace(one, addresses=(Address(full="Rua A", street="Rua A"),))),
        ((), (), "street, city, state, postal_code", "street"),
    ),
    "product.accounts.verification-incomplete": (_with_transfer("999//000001-1"), ((FIRST,), (), "3", "2")),
    "product.transactions.incomplete": (_row(description=" — "), ((FIRST,), (ROW,), None, None)),
    "product.transactions.not-given": (
        lambda home: replace(home, given=(SECOND,)),
        ((FIRST,), (), None, None),
    ),
    "product.accounts.number-incomplete": (
        lambda home: home.with_account(FIRST, lambda one: replace(one, number="****001")),
        ((FIRST,), (), None, "****001"),
    ),
    "product.transactions.order": (
        _swapped,
        ((FIRST,), (f"{FIRST}-0031", ROW, f"{FIRST}-0032"), None, None),
    ),
    "product.accounts.no-address-on-site": (
        lambda home: home.with_account(FIRST, lambda one: replace(one, detail_url=None)),
        ((FIRST,), (), None, None),
    ),
    "product.accounts.duplicate": (
        lambda home: _twin(0)(home),
        (BOTH, (), None, "999/0001/000001-1"),
    ),
    "product.accounts.duplicate.id-changed": (lambda home: _twin(DAY)(home), (BOTH, (), FIRST, SECOND)),
    "product.accounts.key-changed": (_called_otherwise, ((FIRST,), (), None, None)),
    "product.transactions.duplicate": (_repeated, ((FIRST,), (ROW, "again"), ROW, "again")),
    "product.transactions.duplicate.settled": (_scheduled, ((FIRST,), ("scheduled", ROW), None, ROW)),
    "product.accounts.amount-invalid": (
        lambda home: home.with_account(
            FIRST, lambda one: replace(one, bank=replace(one.bank, available=Decimal("1.005")))
        ),
        ((FIRST,), (), "BRL, 2 decimals", "1.005 BRL"),
    ),
    "product.accounts.no-checking": (_of_kind(AccountKind.CREDIT_CARD), (BOTH, (), "1", "0")),
    "product.transactions.none": (
        lambda home: home.with_rows(lambda rows: []),
        ((FIRST,), (), None, "0"),
    ),
    "product.accounts.verification-unavailable": (_with_transfer(None, everywhere=True), (BOTH, (), "3", "0")),
    "product.holder.verification-unavailable": (_unknown, (BOTH, (), None, None)),
    "product.statements.missing": (
        lambda home: home.with_facts(statements=(SECOND,)),
        ((FIRST,), (), None, "0"),
    ),
    "product.holder.email-invalid": (
        lambda home: home.with_holder(lambda one: replace(one, emails=(Email("personal", "ana@"),))),
        ((), (), None, "ana@"),
    ),
    "product.transactions.none-last-month": (
        _older_by(31, FIRST),
        ((FIRST,), (), str(NOW - 30 * DAY), str(NOW - 31 * DAY - DAY // 2)),
    ),
    "product.accounts.card-number-exposed": (
        lambda home: home.with_account(FIRST, lambda one: replace(one, name="Visa 4111 1111 1111 1111")),
        ((FIRST,), (), "4 digits", "…1111"),
    ),
    "product.consent-missing.extra-step": (_told("product.consent-missing.extra-step"), ((), (), None, None)),
    "product.transactions.unasked": (
        lambda home: replace(
            home.with_facts(products=tuple(p for p in home.facts.products if p.product is not Product.TRANSACTIONS)),
            given=(FIRST,),
        ),
        ((FIRST,), (), "0", "60"),
    ),
    "session.window-in-use": (_asked(window_in_use=True), ((), (), None, None)),
    "product.transactions.none-last-15-days": (
        _older_by(16, *BOTH),
        (BOTH, (), str(NOW - 15 * DAY), str(NOW - 16 * DAY - DAY // 2)),
    ),
    "product.mfa-needed": (_asked(asked_after_login=True), ((), (), None, None)),
    "product.details.missing": (_undescribed(*BOTH), (BOTH, (), None, None)),
    "product.details.incomplete": (_undescribed(FIRST), ((FIRST,), (), None, None)),
    "product.transactions.balance-mismatch": (
        lambda home: home.with_account(FIRST, lambda one: replace(one, balance=one.balance + 5)),
        ((FIRST,), (), str(LAST), str(LAST + 5)),
    ),
    "product.transactions.balance-mismatch.unlisted": (
        _left_out,
        ((FIRST,), (f"{FIRST}-0031",), str(BEFORE + MOVED), str(BEHIND)),
    ),
    "product.transactions.gap": (_with_a_gap, ((FIRST,), (f"{FIRST}-0029", ROW), "1 days", "40 days")),
}
"""What each rule looks for: how to spoil a good connection, and the accounts, movements, expected and found named."""


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    """Warnings that come with good data are read by nobody."""
    assert house().found() == ()


def test_every_rule_has_a_fault_here_and_a_meaning_in_the_catalogue() -> None:
    """A rule that no test provokes may never fire; one without a meaning has no words."""
    assert set(FAULTS) == set(RULES)
    assert set(RULES) <= set(load().meanings)
    assert all((rule.__doc__ or "").strip() for rule in RULES.values())


@pytest.mark.parametrize("meaning", FAULTS)
def test_a_fault_is_found_once_and_named(meaning: str) -> None:
    """A finding says which account or movement, what should stand there and what does: a count helps nobody."""
    spoil, wanted = FAULTS[meaning]
    found = [one for one in spoil(house()).found() if one.meaning == meaning]
    assert [(one.accounts, one.transactions, one.expected, one.found) for one in found] == [wanted]


@pytest.mark.parametrize(
    "meaning", sorted(set(FAULTS) - {"product.accounts.missing", "product.holder.name-missing"}), ids=str
)
def test_a_fault_is_taken_for_no_other(meaning: str) -> None:
    """One thing that is wrong is told as one thing, save where one fault is another as well."""
    also = {
        "product.holder.address-missing": {"product.holder.incomplete"},
        "product.holder.verification-unavailable": {"product.holder.name-missing"},
        "product.accounts.number-incomplete": set(),
        "product.transactions.none-last-month": set(),
        "product.transactions.none": set(),
    }
    spoil, _ = FAULTS[meaning]
    assert {one.meaning for one in spoil(house()).found()} == {meaning, *also.get(meaning, set())}


def test_a_missing_movement_is_told_with_its_gap() -> None:
    """Whoever looks for the movement that is not listed needs its amount."""
    [found] = _left_out(house()).found()
    assert found.data["gap"] == str(HOUSE.movements[30].record.amount)


def test_a_swap_of_the_last_two_movements_is_no_mismatch() -> None:
    """The account's own balance ends the chain: it tells a wrong order at the end from a missing movement."""

    def swap(rows: list) -> list:
        one, other = rows[-2].record, rows[-1].record
        rows[-2] = changed(rows[-2], occurred_at=other.occurred_at)
        rows[-1] = changed(rows[-1], occurred_at=one.occurred_at)
        return rows

    assert {one.meaning for one in house().with_rows(swap).found()} == {"product.transactions.order"}


def test_movements_older_than_the_balance_beside_them_are_stale_and_not_wrong() -> None:
    """Where the movements could not be fetched again, the new balance must not make them look at fault."""
    richer = house().with_account(FIRST, lambda one: replace(one, balance=one.balance + 10))
    behind = tuple(
        replace(state, updated=False, updated_at=NOW - DAY) if state.product is Product.TRANSACTIONS else state
        for state in richer.facts.products
    )
    assert {one.meaning for one in richer.found()} == {"product.transactions.balance-mismatch"}
    assert richer.with_facts(products=behind).found() == ()


def test_two_equal_purchases_of_a_day_without_balances_are_no_duplicate() -> None:
    """A bank that gives neither times nor balances cannot tell two coffees from one, and neither can we."""

    def coffee(rows: list) -> list:
        at = rows[30].record.occurred_at // DAY * DAY
        plain = [changed(r, balance_after=None) for r in rows]
        row = changed(plain[30], occurred_at=at)
        return [*plain[:30], row, changed(row, id="again"), *plain[31:]]

    assert house().with_rows(coffee).found() == ()


def test_two_equal_purchases_of_the_same_second_are_a_duplicate() -> None:
    """Nobody buys the same thing twice in one second."""

    def coffee(rows: list) -> list:
        at = rows[30].record.occurred_at // MINUTE * MINUTE + 17_000
        plain = [changed(r, balance_after=None) for r in rows]
        row = changed(plain[30], occurred_at=at)
        return [*plain[:30], row, changed(row, id="again"), *plain[31:]]

    assert [one.meaning for one in house().with_rows(coffee).found()] == ["product.transactions.duplicate"]


@pytest.mark.parametrize(
    ("description", "days", "confidence"),
    [
        ("Compra na loja a", 5, "0.95"),
        ("COMPRA NA LOJA A 4711", 5, "0.95"),
        ("Compra", 5, "0.8"),
        ("Débito", 2, "0.6"),
        ("Débito", 5, None),
        ("Compra na loja a", 11, None),
    ],
)
def test_a_pair_is_joined_with_a_stated_confidence(description: str, days: int, confidence: str | None) -> None:
    """Descriptions change on the way from scheduled to posted; whoever joins them must know how sure it is."""

    def schedule(rows: list) -> list:
        at = rows[30].record.occurred_at - days * DAY
        pending = changed(
            rows[30], id="scheduled", occurred_at=at, pending=True, balance_after=None, description=description
        )
        return [*rows, pending]

    found = [one.data["confidence"] for one in house().with_rows(schedule).found()]
    assert found == ([] if confidence is None else [confidence])


def test_what_is_pending_may_be_in_the_balance_or_not() -> None:
    """Banks differ in it, and neither is a mismatch."""

    def pend(rows: list) -> list:
        return [*rows, changed(rows[-1], id="new", amount=Decimal("-7.77"), pending=True, balance_after=None)]

    without = house().with_rows(pend)
    assert without.found() == ()
    assert without.with_account(FIRST, lambda one: replace(one, balance=one.balance - Decimal("7.77"))).found() == ()


def test_balances_prove_that_nothing_moved_in_a_gap() -> None:
    """An account may lie still for months: where the chain holds, nothing is missing."""

    def rest(rows: list) -> list:
        return [*(changed(r, occurred_at=r.record.occurred_at - 40 * DAY) for r in rows[:30]), *rows[30:]]

    assert house().with_rows(rest).found() == ()


def test_a_finding_names_no_more_than_fifty_and_counts_the_rest() -> None:
    """A list of a hundred thousand ids is no help, and its row in the database no small one."""

    def blank(rows: list) -> list:
        return [changed(r, description="") for r in rows]

    [found] = house().with_rows(blank).found()
    assert (len(found.transactions), found.data["left_out"]) == (50, "10")


def test_no_finding_holds_a_whole_card_number() -> None:
    """A warning that a number is exposed must not expose it again."""
    spoilt = FAULTS["product.accounts.card-number-exposed"][0](house())
    assert "4111111111111111" not in repr(spoilt.found()).replace(" ", "")


@pytest.mark.parametrize("name", ["4111111111111112", "1234567812345670", "Conta 12345", "0049 1520 1234567"])
def test_numbers_that_are_no_cards_are_left_alone(name: str) -> None:
    """A wrong check digit, a beginning that no issuer has, or too few digits: no card."""
    assert house().with_account(FIRST, lambda one: replace(one, name=name)).found() == ()


@pytest.mark.parametrize("address", ["a@b.co", "ana.lima+banco@exemplo.com.br", "x_y@sub.example.museum"])
def test_unusual_addresses_are_valid(address: str) -> None:
    """Plus signs and long endings are common."""
    assert house().with_holder(lambda one: replace(one, emails=(Email("work", address),))).found() == ()


def test_amounts_of_a_currency_without_cents_have_none() -> None:
    """A Chilean peso is not divided; zeros behind the point are no decimals."""
    home = house().with_rows(lambda rows: []).with_facts(products=(ProductState(Product.ACCOUNTS, True, NOW),))
    home = replace(home, movements=())
    pesos = home.with_accounts(lambda one: replace(one, currency="CLP", balance=Decimal("1000.00")))
    assert pesos.found() == ()
    broken = pesos.with_account(FIRST, lambda one: replace(one, balance=Decimal("1000.50")))
    assert [one.expected for one in broken.found()] == ["CLP, 0 decimals"]
