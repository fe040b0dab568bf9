from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest

from afluente.core.institutions import Kind
from afluente.dialects.flinks.render import View, detail, summary
from afluente.dialects.flinks.render.accounts import numbers
from afluente.web.answers import json
from tests.dialects.flinks.render import records
from tests.dialects.flinks.render.records import TODAY, card, chequing, id_of, investment, loan, moved, owner, stored

KEYS = [
    "Transactions", "TransitNumber", "InstitutionNumber", "OverdraftLimit", "EftEligibleRatio",
    "ETransferEligibleRatio", "Title", "AccountNumber", "LastFourDigits", "Balance", "Category", "Type", "Currency",
    "Holder", "AccountType", "Id",
]  # fmt: skip


def test_an_account_is_shown_with_the_keys_of_the_published_sample_in_their_order() -> None:
    """Some clients compare or sign the text of an answer."""
    shown = detail(stored(chequing()), owner(), [moved(1, TODAY, "1250.00")], View(), TODAY)
    assert list(shown) == KEYS
    assert shown["TransitNumber"] == "77777"
    assert shown["InstitutionNumber"] == "777"
    assert shown["AccountNumber"] == "1111000"
    assert shown["Balance"] == {"Available": Decimal("6.04"), "Current": Decimal("49993.96"), "Limit": Decimal(5000)}
    assert (shown["Category"], shown["Type"], shown["Currency"]) == ("Operations", "Chequing", "CAD")
    assert (shown["EftEligibleRatio"], shown["ETransferEligibleRatio"]) == (1, 1)
    assert shown["AccountType"] == "Personal"
    assert shown["Id"] == id_of(1)


def test_amounts_are_written_as_numbers_with_all_their_digits() -> None:
    """A float would turn 49993.96 into something near it."""
    body = json(summary(stored(chequing()), owner())).body
    assert b'"Current":49993.96' in body
    assert b'"EftEligibleRatio":1.0' in body


def test_the_holder_is_shown_as_the_sample_has_it() -> None:
    """A telephone of North America has brackets, and what is not known is null."""
    assert summary(stored(chequing()), owner())["Holder"] == {
        "Name": "John Doe",
        "Address": {
            "CivicAddress": "1 Example St", "City": "Montréal", "Province": "QC", "PostalCode": "H3B 5E8",
            "POBox": None, "Country": "CA",
        },
        "Email": "johndoe@flinks.io",
        "PhoneNumber": "(514) 333-7777",
    }  # fmt: skip


def test_a_client_may_leave_out_identity_holder_balance_and_transactions() -> None:
    """The keys stay, so that a typed client reads them."""
    view = View(identity=False, kyc=False, balance=False, transactions=False)
    shown = detail(stored(chequing()), owner(), [moved(1, TODAY, "1.00")], view, TODAY)
    assert list(shown) == KEYS
    assert [shown[name] for name in ("TransitNumber", "InstitutionNumber", "AccountNumber")] == [None, None, None]
    assert shown["Holder"] is None
    assert shown["Transactions"] == []
    assert shown["Balance"] == {"Available": None, "Current": None, "Limit": None}
    assert shown["EftEligibleRatio"] == 1, "what the account can do does not depend on what is shown of it"


def test_a_card_is_known_by_its_last_four_digits_and_owes_a_positive_balance() -> None:
    """A whole card number must never be handed out."""
    shown = summary(stored(card()), owner())
    assert (shown["Category"], shown["Type"]) == ("Credits", "CreditCard")
    assert (shown["AccountNumber"], shown["LastFourDigits"]) == (None, "1234")
    assert shown["Balance"] == {
        "Available": Decimal("4749.90"), "Current": Decimal("250.10"), "Limit": Decimal(5000),
    }  # fmt: skip
    assert (shown["EftEligibleRatio"], shown["ETransferEligibleRatio"]) == (0, 0)
    assert b"4500000000001234" not in json(shown).body


def test_loans_and_investments_are_accounts_too() -> None:
    """One list has everything a person holds and owes."""
    owed = summary(stored(loan("Car Loan")), owner())
    assert (owed["Category"], owed["Type"], owed["AccountNumber"]) == ("Credits", "LoanCar", "L-77")
    assert owed["Balance"] == {"Available": None, "Current": Decimal("15000.50"), "Limit": Decimal(20000)}
    held = summary(stored(investment("TFSA Growth")), owner())
    assert (held["Category"], held["Type"]) == ("Products", "TFSA")
    assert held["Balance"]["Current"] == Decimal("7000.25")


@pytest.mark.parametrize(
    ("title", "country", "type_"),
    [
        ("Everyday Chequing", "CA", "Chequing"),
        ("Compte chèques", "CA", "Chequing"),
        ("Épargne à intérêt élevé", "CA", "Savings"),
        ("Something Plus", "CA", "Unknown"),
        ("Conta Corrente", "BR", "Chequing"),
    ],
)
def test_the_type_of_a_bank_account_is_read_from_its_title(title: str, country: str, type_: str) -> None:
    """In English and in French; elsewhere the institution's own word for it counts."""
    assert summary(stored(chequing(title)), owner(country))["Type"] == type_


@pytest.mark.parametrize(
    ("title", "type_"),
    [
        ("Prêt hypothécaire", "Mortgage"),
        ("Home Equity Line of Credit", "LineOfCreditHomeEquity"),
        ("Marge de crédit", "LineOfCredit"),
        ("Student Loan", "LoanStudent"),
        ("Anything", "Loan"),
    ],
)
def test_the_type_of_a_loan_is_read_from_its_name(title: str, type_: str) -> None:
    """In either language."""
    assert summary(stored(loan(title)), owner())["Type"] == type_


@pytest.mark.parametrize(
    ("title", "type_"),
    [("REER collectif", "RRSP"), ("CELI", "TFSA"), ("CPG 5 ans", "GIC"), ("Roth IRA", "IRARoth"), ("X", "OtherAsset")],
)
def test_the_type_of_a_product_is_read_from_its_name(title: str, type_: str) -> None:
    """In either language."""
    assert summary(stored(investment(title)), owner())["Type"] == type_


def test_an_account_of_the_united_states_has_its_routing_number() -> None:
    """It is reached by two numbers."""
    shown = summary(stored(chequing(transfer="021000021/99", currency="USD")), owner("US"))
    assert (shown["TransitNumber"], shown["InstitutionNumber"], shown["AccountNumber"]) == ("021000021", None, "99")
    assert (shown["EftEligibleRatio"], shown["ETransferEligibleRatio"]) == (1, 0)


@pytest.mark.parametrize("transfer", [None, "", "002180012345678901", "a/b/c"])
def test_numbers_that_are_none_are_null(transfer: str | None) -> None:
    """Typed clients read transit and institution as digits; a Mexican account has one number for all."""
    found = numbers(chequing(transfer=transfer))
    assert (found.transit, found.institution) == (None, None)
    assert found.account is not None


def test_a_brazilian_account_is_shown_in_its_own_currency() -> None:
    """The same connection may be read in four languages."""
    shown = summary(stored(chequing("Conta", "001/0001/123-4", "BRL")), owner("BR"))
    assert shown["Currency"] == "BRL"
    assert (shown["EftEligibleRatio"], shown["ETransferEligibleRatio"]) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "title", "told"),
    [
        (Kind.PERSONAL_BANK, "Chequing", "Personal"),
        (Kind.BUSINESS_BANK, "Chequing", "Business"),
        (Kind.PERSONAL_BANK, "Business Chequing", "Business"),
        (Kind.STATEMENTS, "Chequing", None),
    ],
)
def test_whose_account_it_is_follows_from_the_institution_and_the_title(
    kind: Kind, title: str, told: str | None
) -> None:
    """Where neither tells, it is null."""
    assert summary(stored(chequing(title)), owner(kind=kind))["AccountType"] == told


def test_transactions_come_newest_first_with_positive_debits_and_credits() -> None:
    """What is pending is not there yet."""
    day = TODAY - timedelta(days=1)
    found = [
        moved(1, day, "-12.50", order=1, balance_after=Decimal("87.50")),
        moved(2, day, "100.00", order=0, balance_after=Decimal("100.00")),
        moved(3, TODAY, "-1.00", pending=True),
    ]
    shown = detail(stored(chequing()), owner(), found, View(), TODAY)["Transactions"]
    assert shown == [
        {"Date": "2026-11-19", "Code": None, "Description": "MOVED 1", "Debit": Decimal("12.50"), "Credit": None,
         "Balance": Decimal("87.50"), "Id": id_of(101)},
        {"Date": "2026-11-19", "Code": None, "Description": "MOVED 2", "Debit": None, "Credit": Decimal("100.00"),
         "Balance": Decimal("100.00"), "Id": id_of(102)},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("view", "kept"),
    [
        (View(), [1, 2, 3]),
        (View(days=365), [1, 2, 3, 4]),
        (View(first=TODAY - timedelta(days=10), last=TODAY - timedelta(days=5)), [2]),
        (View(first=TODAY - timedelta(days=400)), [1, 2, 3, 4]),
        (View(after={id_of(1): id_of(103)}), [1, 2]),
        (View(after={id_of(1): id_of(500)}), [1, 2, 3]),
        (View(after={id_of(2): id_of(103)}), [1, 2, 3]),
    ],
)
def test_a_client_sets_the_window_of_transactions(view: View, kept: list[int]) -> None:
    """By days, by dates, or by the last transaction it has of the account; an id nobody knows leaves no gap."""
    found = [moved(1, TODAY, "-1.00"), moved(2, TODAY - timedelta(days=10), "-1.00"),
             moved(3, TODAY - timedelta(days=90), "-1.00"), moved(4, TODAY - timedelta(days=200), "-1.00")]  # fmt: skip
    shown = detail(stored(chequing()), owner(), found, view, TODAY)["Transactions"]
    assert [one["Id"] for one in shown] == [id_of(100 + number) for number in kept]


def test_a_movement_abroad_is_shown_in_the_accounts_currency() -> None:
    """The balance behind it is in that currency too."""
    [shown] = detail(
        stored(chequing()), owner(), [moved(1, TODAY, "-10.00", account_amount=Decimal("-13.71"))], View(), TODAY
    )["Transactions"]
    assert shown["Debit"] == Decimal("13.71")


def test_a_filter_names_the_accounts_that_are_shown() -> None:
    """No filter shows all, an empty one none."""
    assert View().shows(id_of(1))
    assert View(only=frozenset({id_of(1)})).shows(id_of(1))
    assert not View(only=frozenset()).shows(id_of(1))


def test_a_view_can_be_kept_and_read_again() -> None:
    """A poll has no body and shows what the first call asked for."""
    view = View(first=date(2026, 1, 1), only=frozenset({"a"}), after={"a": "b"})
    assert msgspec.json.decode(msgspec.json.encode(view), type=View) == view


def test_a_holder_whose_address_is_one_line_has_it_as_civic_address() -> None:
    """Some institutions tell no parts."""
    alone = msgspec.structs.replace(
        records.HOLDER, addresses=(records.Address(full="1 Rue X, Laval"),), phones=(), emails=()
    )
    shown = summary(stored(chequing()), msgspec.structs.replace(owner(), holders=(alone,)))["Holder"]
    assert shown["Address"]["CivicAddress"] == "1 Rue X, Laval"
    assert (shown["Email"], shown["PhoneNumber"]) == (None, None)


def test_an_account_that_names_its_owner_has_that_one_as_its_holder() -> None:
    """Files of two people may lie in one card; an account that names nobody has the first."""
    both = msgspec.structs.replace(
        owner(), holders=(records.HOLDER, msgspec.structs.replace(records.HOLDER, key="2", name="Ana Souza"))
    )
    accounts = [
        stored(msgspec.structs.replace(chequing(), owner=name)) for name in ("ANA SOUZA", "Somebody Else", None)
    ]
    names = [summary(one, both)["Holder"]["Name"] for one in accounts]
    assert names == ["Ana Souza", records.HOLDER.name, records.HOLDER.name]
