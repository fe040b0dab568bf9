from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from afluente.core.accounts import AccountKind, CardPurchase, Party, Payment
from afluente.dialects.pluggy.render import ENCODER, bill, investment, investment_transaction, transaction
from afluente.dialects.pluggy.render.consents import granted
from tests.dialects.pluggy.render.samples import (
    BILL,
    ID,
    LEAST_INVESTMENT,
    LEAST_MOVEMENT,
    LEAST_TRANSACTION,
    PIX,
    PURCHASE,
    stored,
)


@pytest.mark.parametrize(
    ("kind", "signed", "amount", "type_"),
    [
        (AccountKind.CHECKING, "-10.00", "-10.00", "DEBIT"),
        (AccountKind.CHECKING, "10.00", "10.00", "CREDIT"),
        (AccountKind.CREDIT_CARD, "-10.00", "10.00", "DEBIT"),
        (AccountKind.CREDIT_CARD, "10.00", "-10.00", "CREDIT"),
        (AccountKind.CREDIT_CARD, "0.00", "0.00", "CREDIT"),
    ],
)
def test_the_sign_is_the_holders_on_a_bank_account_and_turned_on_a_card(
    kind: AccountKind, signed: str, amount: str, type_: str
) -> None:
    """A purchase on a card is a positive DEBIT, a payment of the card a negative CREDIT."""
    record = msgspec.structs.replace(LEAST_TRANSACTION, amount=Decimal(signed))
    wire = transaction(stored(record), kind)
    assert (str(wire["amount"]), wire["type"]) == (amount, type_)


def test_an_amount_is_a_number_with_all_its_digits() -> None:
    """No float comes between: what the record holds is what the wire says."""
    record = msgspec.structs.replace(LEAST_TRANSACTION, amount=Decimal("12345678901234567.89"))
    assert b'"amount":12345678901234567.89,' in ENCODER.encode(transaction(stored(record), AccountKind.CHECKING))


def test_only_open_finance_shows_the_institutions_own_names() -> None:
    """providerId and operationType are null on direct connectors."""
    wire = transaction(stored(PIX), AccountKind.CHECKING)
    assert wire["providerId"] is wire["operationType"] is None


def test_a_movement_that_is_on_a_bill_names_it_even_without_card_data() -> None:
    """The bill's id has its place in the card metadata."""
    wire = transaction(stored(LEAST_TRANSACTION), AccountKind.CREDIT_CARD, bill_id=ID)
    assert wire["creditCardMetadata"]["billId"] == ID
    assert {value for key, value in wire["creditCardMetadata"].items() if key != "billId"} == {None}


@pytest.mark.parametrize(("count", "said"), [(None, None), (1, "SINGLE"), (2, "INSTALLMENT")])
def test_a_purchase_is_single_or_in_installments_by_their_count(count: int | None, said: str | None) -> None:
    """And neither where the count is not known."""
    record = msgspec.structs.replace(PURCHASE, card=CardPurchase(installments=count))
    assert transaction(stored(record), AccountKind.CREDIT_CARD)["creditCardMetadata"]["paymentType"] == said


def test_a_fee_without_a_word_on_the_wire_is_other_and_named() -> None:
    """Clients know eight kinds of fee; the rest is told in words."""
    record = msgspec.structs.replace(PURCHASE, card=CardPurchase(fee="courier"))
    metadata = transaction(stored(record), AccountKind.CREDIT_CARD)["creditCardMetadata"]
    assert (metadata["feeType"], metadata["feeTypeAdditionalInfo"]) == ("OTHER", "courier")


@pytest.mark.parametrize(
    ("document", "type_"),
    [("416.799.495-00", "CPF"), ("08.050.608/0001-32", "CNPJ"), ("12.ABC.345/01DE-35", "CNPJ"), ("123", None)],
)
def test_a_document_is_told_apart_by_its_length(document: str, type_: str | None) -> None:
    """Eleven signs are a person's number, fourteen a company's, letters included; others are left unsaid."""
    record = msgspec.structs.replace(PIX, payment=Payment(payer=Party(document=document)))
    paid = transaction(stored(record), AccountKind.CHECKING)["paymentData"]
    assert paid["payer"]["documentNumber"] == {"type": type_, "value": document}


def test_a_bill_in_a_list_has_no_account_id() -> None:
    """Only the answer for a single bill names its account."""
    assert "accountId" not in bill(stored(BILL))


def test_charges_and_payments_of_a_bill_keep_their_ids() -> None:
    """They are derived from the bill's own id."""
    first, second = bill(stored(BILL)), bill(stored(BILL))
    assert first == second
    assert first["financeCharges"][0]["id"] != first["payments"][0]["id"]


@pytest.mark.parametrize(
    ("kind", "subkind", "type_", "subtype"),
    [
        ("fund", "multimarket", "MUTUAL_FUND", "MULTIMARKET_FUND"),
        ("fund", None, "MUTUAL_FUND", "INVESTMENT_FUND"),
        ("equity", "real-estate", "EQUITY", "REAL_ESTATE_FUND"),
        ("equity", None, "EQUITY", None),
        ("etf", None, "ETF", "ETF"),
        ("fixed-income", "treasury", "FIXED_INCOME", "TREASURY"),
        ("fixed-income", "lig", "FIXED_INCOME", "OTHER"),
        ("coe", None, "COE", "STRUCTURED_NOTE"),
        ("security", "retirement", "SECURITY", "RETIREMENT"),
        ("coin", "bitcoin", "OTHER", "OTHER"),
    ],
)
def test_an_investments_kinds_have_their_words(kind: str, subkind: str | None, type_: str, subtype: str | None) -> None:
    """What the wire has no word for is OTHER, never a value that clients refuse."""
    wire = investment(stored(msgspec.structs.replace(LEAST_INVESTMENT, kind=kind, subkind=subkind)))
    assert (wire["type"], wire["subtype"]) == (type_, subtype)


def test_an_investment_without_a_date_is_of_when_it_was_read() -> None:
    """Clients require the date."""
    wire = investment(stored(LEAST_INVESTMENT))
    assert wire["date"] == wire["updatedAt"]


def test_only_a_transfer_may_lack_its_amount() -> None:
    """Of a purchase it is price times quantity, or else what was settled."""
    bought = msgspec.structs.replace(LEAST_MOVEMENT, kind="buy")
    priced = msgspec.structs.replace(bought, value=Decimal("2.5"), quantity=Decimal("4"))
    settled = msgspec.structs.replace(bought, net_amount=Decimal("7"))
    assert investment_transaction(stored(LEAST_MOVEMENT))["amount"] is None
    assert investment_transaction(stored(priced))["amount"] == Decimal("10.0")
    assert investment_transaction(stored(settled))["amount"] == Decimal("7")


def test_permissions_are_said_once_each_and_never_unless_granted() -> None:
    """Two of the standard's permissions that are one of Pluggy's give one name; a strange one gives none."""
    assert granted(["LOANS_READ", "FINANCINGS_READ", "RESOURCES_READ", "STRANGE_READ"]) == ["CREDIT_OPERATIONS_ALL"]
    assert granted(["ACCOUNTS_READ"]) == ["ACCOUNTS_LIST"]
    assert granted([]) == []


def test_a_group_that_is_granted_whole_has_one_name() -> None:
    """All of its parts, for a person or a company, or the group's own name."""
    cards = ["", "_LIMITS", "_TRANSACTIONS", "_BILLS", "_BILLS_TRANSACTIONS"]
    assert granted(f"CREDIT_CARDS_ACCOUNTS{part}_READ" for part in cards) == ["CREDIT_CARDS_ALL"]
    person = ["CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ", "CUSTOMERS_PERSONAL_ADITTIONALINFO_READ"]
    assert granted(person) == ["REGISTRATION_ALL"]
    assert granted(["INVESTMENTS_ALL", "REGISTRATION_ALL"]) == ["REGISTRATION_ALL", "INVESTMENTS_ALL"]
