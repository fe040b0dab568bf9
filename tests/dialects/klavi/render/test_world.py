"""What the invented banks of every country hold, in every report: nothing fails, and movements add up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from afluente.analysis.spans import months_back
from afluente.core.accounts import Account, AccountKind, CardDetails, CardPurchase, Transaction
from afluente.core.ports import Record
from afluente.dialects.klavi import render
from afluente.dialects.klavi.render import Bank, Seen, local_day
from tests.connectors.scripted.teller import INSTITUTIONS, ListBank, consented, enter, fetch, session
from tests.dialects.klavi.render.made import HOLDER, ON, at, bill, card, checking, held

TODAY = date(2026, 11, 23)
FOREIGN = Bank("Erebor", "EREBOR", "000", None)
GUESTS = [
    ("erebor-mx-retail", "bnk100", "full"),
    ("erebor-co-retail", "bnk100", "full"),
    ("erebor-cl-retail", "bnk103", "negative"),
    ("erebor-br-retail", "bnk100", "full"),
    ("gotham-br-business", "bnk100", "full"),
    ("gotham-mx-business", "bnk100", "full"),
    ("flinks-capital", "greatday_nomfa", "Everyday"),
    ("chase", "greatday_nomfa", "Everyday"),
    ("tatooine-mx-fiscal", "PFIS010101000", "individual"),
]
VERSIONS = ("V1", "V1.1", "V2")

_encode = msgspec.json.Encoder(decimal_format="number").encode


@cache
def told(slug: str, user: str, password: str) -> tuple[Record, ...]:
    """Return all that an institution tells of a customer."""
    if slug in ("sandbox-bank", "caixa-pf"):
        visit = session(slug, user)
    elif slug == "sandbox-open-finance":
        visit = consented(slug, user)
    else:
        visit = enter(slug, {"username": user, "password": password}, ListBank())
    products = INSTITUTIONS[slug].products
    return tuple(record for product in products for record in fetch(slug, visit, product).records)


def every_report(seen: Seen) -> Iterable[tuple[str, Any]]:
    """Yield every report there is."""
    for name in render.OPEN_DATA_REPORTS:
        for version in VERSIONS:
            yield name, render.open_data(name, version, seen)
    for name in render.OVER_CONSENTS_REPORTS:
        yield name, render.open_finance(f"pf_{name}", seen)


def amounts_of(records: Iterable[Record], kinds: Iterable[AccountKind]) -> Decimal:
    """Return what the movements on accounts of some kinds come to, each in its account's currency."""
    every = list(records)
    keys = {one.key for one in every if isinstance(one, Account) and one.kind in kinds}
    return sum(
        (
            one.amount if one.account_amount is None else one.account_amount
            for one in every
            if isinstance(one, Transaction) and one.account_key in keys
        ),
        Decimal(0),
    )


BANKS = (AccountKind.CHECKING, AccountKind.SAVINGS)
CARDS = (AccountKind.CREDIT_CARD,)


def open_data_sums(seen: Seen) -> tuple[Decimal, Decimal]:
    """Return what the movements in the reports of Open Data come to: of accounts, and of cards."""
    accounts = render.open_data("category_checking", "V1", seen)["Category_checking"]
    cards = render.open_data("category_creditcard", "V1", seen)["Category_creditcard"]
    statements = [one for found in cards for one in (found["OpenStatement"], *found["ClosedStatement"])]
    return _sum(accounts), _sum(statements)


def _sum(found: Iterable[dict[str, Any]]) -> Decimal:
    return sum((moved["trans_amount"] for one in found for moved in one["TransactionDetail"]), Decimal(0))


def shared_sums(seen: Seen, name: str = "") -> tuple[Decimal, Decimal]:
    """Return the same of the reports over consents."""
    checking_, saved, cards = (
        ("categorized_checking_l3", "categorized_savings_l3", "categorized_creditcard_l3")
        if name
        else ("checking_account", "savings_account", "credit_card")
    )
    accounts = [
        one
        for report, container in ((checking_, "checkingAccounts"), (saved, "savingsAccounts"))
        for one in render.open_finance(f"pf_{report}", seen)[container]
    ]
    found = render.open_finance(f"pf_{cards}", seen)["creditCards"]
    statements = [one for card_ in found for one in (card_["openStatement"], *card_["closedStatements"])]
    return _signed(accounts, "transactionAmount"), _signed(statements, "brazilianAmount")


def _signed(found: Iterable[dict[str, Any]], amount: str) -> Decimal:
    return sum(
        (
            Decimal(moved[amount]["amount"]) * (1 if moved["creditDebitType"] == "CREDITO" else -1)
            for one in found
            for moved in one["transactionDetails"]
        ),
        Decimal(0),
    )


def check(records: tuple[Record, ...], seen: Seen) -> None:
    """Hold the sums of every report against what the bank gave; reports without a status leave out what an account is
    only to be charged with, and what is of another half-year."""
    given_ = amounts_of(records, BANKS), amounts_of(records, CARDS)
    lately = months_back(seen.held[0].on, 6).first
    counted = [
        one
        for one in records
        if not isinstance(one, Transaction) or (local_day(one.occurred_at) >= lately and not is_scheduled(one))
    ]
    assert shared_sums(seen) == shared_sums(seen, "categorized") == given_
    assert open_data_sums(seen) == (amounts_of(counted, BANKS), given_[1])


def is_scheduled(one: Transaction) -> bool:
    """Tell whether a movement is in no balance yet."""
    return one.pending and one.balance_after is None


@pytest.mark.parametrize(
    ("slug", "user", "password"),
    [("sandbox-bank", "user-ok", ""), ("caixa-pf", "user-ok", ""), ("sandbox-open-finance", "approved", ""), *GUESTS],
    ids=lambda value: str(value) or "-",
)
def test_every_report_can_be_made_of_every_country(slug: str, user: str, password: str) -> None:
    """One connection is read through all systems, so a Mexican or a Canadian one through this one too; sums hold."""
    records = told(slug, user, password)
    brazilian = INSTITUTIONS[slug].country == "BR"
    seen = Seen((held(records, TODAY) if brazilian else held(records, TODAY, FOREIGN),))
    for name, body in every_report(seen):
        assert body, name
        assert _encode(body)
    check(records, seen)


def test_the_severance_fund_is_told_with_every_deposit() -> None:
    """Of the state's bank; its balance is more than what was paid in, for it bears interest."""
    seen = Seen((held(told("caixa-pf", "user-ok", ""), TODAY),))
    (fund,) = render.open_data("fgts", "V1", seen)["FGTS"]
    paid = sum((one["trans_amount"] for one in fund["TransactionDetail"]), Decimal(0))
    assert Decimal(0) < paid < fund["balance"]
    assert len(fund["employer_cnpj"]) == len("60701190000104")
    names = {one["investment_name"] for one in render.open_data("investment", "V1", seen)["Investment"]}
    assert names
    assert "FGTS" not in names


def test_income_and_liabilities_are_those_of_the_analysis() -> None:
    """Accounts together have what the streams of all of them come to."""
    seen = Seen((held(told("sandbox-bank", "user-ok", ""), TODAY),))
    income = render.open_data("income", "V1.1", seen)["Income"]
    everything = seen.sight.earned.main("BRL").trailing
    for days in (30, 60, 90, 180):
        assert sum(one[f"total_income_last_{days}_days"] for one in income) == everything[days]
    assert sum(one["number_of_income_streams"] for one in income) == len(seen.sight.earned.streams)


def test_the_order_in_which_reports_are_made_makes_no_difference() -> None:
    """What one report reckons is there for the next, and is the same as if it had been reckoned anew."""
    records = told("sandbox-bank", "user-ok", "")
    together = Seen((held(records, TODAY),))
    forwards = {name: render.open_data(name, "V1", together) for name in render.OPEN_DATA_REPORTS}
    for name in reversed(list(render.OPEN_DATA_REPORTS)):
        assert render.open_data(name, "V1", Seen((held(records, TODAY),))) == forwards[name]


cents = st.integers(-(10**9), 10**9).map(lambda units: Decimal(units).scaleb(-2))
words = st.sampled_from(["PIX RECEBIDO", "SALARIO", "TARIFA", "ALUGUEL", "IOF", "SAQUE 24H", "ESTORNO", "日本", ""])
filed = st.sampled_from([None, "income.salary", "transfers", "housing.rent", "nobody.knows", "transfers.transfer-cash"])
currencies = st.sampled_from(["BRL", "USD", "MXN", "CLP"])


@st.composite
def connections(draw: st.DrawFn) -> tuple[Record, ...]:
    """An account of each kind, or fewer, in any currency, and movements of all sorts on them."""
    kinds = draw(st.lists(st.sampled_from(list(AccountKind)), max_size=4))
    accounts = [
        Account(
            key=f"a{place}",
            kind=kind,
            number=draw(st.sampled_from(["0001/1-9", "12", "", "**** 8670", "a/b/c-d"])),
            name="",
            currency=draw(currencies),
            balance=draw(cents),
            card=draw(st.sampled_from([None, CardDetails(), CardDetails(level="gold", limit=Decimal(5))])),
        )
        for place, kind in enumerate(kinds)
    ]
    bills = [
        replace(bill(f"b{place}", day, day, "1.00", currency="USD"), account_key="a0")
        for place, day in enumerate(draw(st.lists(st.dates(date(2026, 6, 1), date(2027, 2, 1)), max_size=3)))
    ]
    movements = [
        Transaction(
            key=f"m{place}",
            account_key=account.key,
            occurred_at=at(draw(st.dates(date(2026, 1, 1), ON))),
            amount=draw(cents),
            currency=draw(currencies),
            account_amount=draw(st.none() | cents),
            description=draw(words),
            pending=draw(st.booleans()),
            category=draw(filed),
            card=draw(st.sampled_from([None, CardPurchase(), CardPurchase(bill_key="b0", installments=3)])),
        )
        for place, account in enumerate(draw(st.lists(st.sampled_from(accounts), max_size=12)) if accounts else [])
    ]
    holder = [HOLDER] if draw(st.booleans()) else []
    return (*holder, *accounts, *bills, *movements)


@settings(max_examples=40)
@given(records=connections())
def test_no_connection_makes_a_report_fail(records: tuple[Record, ...]) -> None:
    """Whatever banks give: every report is made, and can be encoded."""
    seen = Seen((held(records),))
    for _, body in every_report(seen):
        assert _encode(body)


@settings(max_examples=60)
@given(records=connections())
def test_movements_add_up_in_every_report(records: tuple[Record, ...]) -> None:
    """Each movement is told once where it is told with its status, with the sign and the amount that the bank gave it;
    text has all its decimals."""
    signed = [
        replace(one, account_amount=abs(one.account_amount) * (1 if one.amount >= 0 else -1))
        if isinstance(one, Transaction) and one.account_amount is not None
        else one
        for one in records
    ]
    check(tuple(signed), Seen((held(signed),)))


def test_a_card_alone_stands_for_its_connection() -> None:
    """There is no account to name, and reports are made of the card."""
    seen = Seen((held([HOLDER, card()]),))
    assert render.open_data("score_k1", "V1", seen)["score_info"]["account_info"]["account_number"] == "**** 8670"
    assert render.open_data("category_checking", "V1", seen) == {"Category_checking": []}


def test_a_foreign_bank_has_no_cnpj() -> None:
    """And no code for clearing but the one that says so."""
    seen = Seen((held([checking()], bank=FOREIGN),))
    (account,) = render.open_finance("pf_checking_account", seen)["checkingAccounts"]
    assert (account["compeCode"], account["companyCnpj"]) == ("000", None)
