from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal
from itertools import pairwise

import pytest
from stdnum import luhn
from stdnum.cl import rut
from stdnum.co import nit
from stdnum.mx import curp, rfc

from afluente.connectors.scripted import identifiers
from afluente.connectors.scripted.residents import businesses, neighbours, resident
from afluente.core.products import Product
from tests.connectors.scripted.teller import INSTITUTIONS, NOW, ListBank, balance, enter, fetch, later

CURRENCIES = {"MX": "MXN", "CO": "COP", "CL": "CLP"}
ABROAD = [
    "erebor-mx-retail",
    "erebor-co-retail",
    "erebor-cl-retail",
    "gotham-mx-business",
    "gotham-co-business",
]
KEYS = ("ana", "rui", "bnk100", "maria", "x")


def visit_of(slug: str, user: str = "ana") -> dict[str, str]:
    """Return the session of an ordinary guest."""
    return dict(enter(slug, {"username": user, "password": "x"}, ListBank("111111")))


@pytest.mark.parametrize("slug", ABROAD)
def test_everything_is_in_the_countrys_money(slug: str) -> None:
    """Accounts, cards, bills and movements; what was paid abroad is in dollars, with its worth in that money."""
    visit, currency = visit_of(slug), CURRENCIES[INSTITUTIONS[slug].country]
    for product in (Product.ACCOUNTS, Product.CARDS):
        assert {row.currency for row in fetch(slug, visit, product).records} == {currency}
    for row in fetch(slug, visit, Product.TRANSACTIONS).records:
        assert row.currency == currency or (row.currency == "USD" and row.account_amount is not None)


@pytest.mark.parametrize("slug", ABROAD)
def test_each_movement_leads_from_one_balance_to_the_next(slug: str) -> None:
    """And the last one to the balance of the account, as it does in Brazil."""
    visit = visit_of(slug)
    moved = defaultdict(list)
    for row in fetch(slug, visit, Product.TRANSACTIONS).records:
        moved[row.account_key].append(row)
    for account in fetch(slug, visit, Product.ACCOUNTS).records:
        rows = moved[account.key]
        assert len(rows) > 20
        for before, after in pairwise(rows):
            assert after.balance_after == before.balance_after + after.amount
        assert rows[-1].balance_after == account.balance
        assert balance(slug, visit, account.key).available == account.balance


@pytest.mark.parametrize(("slug", "smallest"), [("erebor-co-retail", 100), ("erebor-cl-retail", 1)])
def test_nobody_pays_less_than_the_smallest_coin(slug: str, smallest: int) -> None:
    """Chile has no cents, and Colombia nothing below a hundred pesos: neither have cards, bills or balances."""
    visit = visit_of(slug)
    amounts: list[Decimal] = []
    for row in fetch(slug, visit, Product.TRANSACTIONS).records:
        amounts.append(row.amount if row.account_amount is None else row.account_amount)
        amounts += [row.balance_after] if row.balance_after is not None else []
    amounts += [row.balance for row in fetch(slug, visit, Product.ACCOUNTS).records]
    for row in fetch(slug, visit, Product.CARDS).records:
        amounts.append(row.total if hasattr(row, "total") else row.balance)
    assert amounts and all(amount % smallest == 0 for amount in amounts)


@pytest.mark.parametrize("slug", ["erebor-mx-retail", "erebor-co-retail", "erebor-cl-retail"])
@pytest.mark.parametrize("user", KEYS)
def test_ordinary_people_are_not_overdrawn(slug: str, user: str) -> None:
    """An account without an overdraft has money at the end of the month too."""
    rows = fetch(slug, visit_of(slug, user), Product.TRANSACTIONS).records
    assert min(row.balance_after for row in rows if row.balance_after is not None) > 0


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("erebor-mx-retail", ("NOMINA", "SPEI ENVIADO", "SPEI RECIBIDO", "CFE", "COMPRA TDD")),
        ("erebor-co-retail", ("PAGO NOMINA", "PAGO PSE", "4X1000", "COMPRA EN")),
        ("erebor-cl-retail", ("ABONO REMUNERACION", "TRANSFERENCIA A", "AGUAS", "COMPRA")),
        ("gotham-mx-business", ("PAGO PROVEEDOR", "DISPERSION DE NOMINA", "SAT")),
    ],
)
def test_statements_speak_as_the_country_does(slug: str, words: tuple[str, ...]) -> None:
    """Wages, transfers, bills and taxes have the names they have there, and nothing is in Portuguese."""
    texts = [row.description for row in fetch(slug, visit_of(slug), Product.TRANSACTIONS).records]
    assert all(any(word in text for text in texts) for word in words)
    assert not any(re.search(r"PIX|BOLETO|FATURA|CARTÃO|POUPANÇA", text) for text in texts)


def test_transfers_name_the_other_end() -> None:
    """A Mexican transfer has both CLABEs, whose last digit can be checked."""
    visit = visit_of("erebor-mx-retail")
    (checking, _) = fetch("erebor-mx-retail", visit, Product.ACCOUNTS).records
    sent = [
        r for r in fetch("erebor-mx-retail", visit, Product.TRANSACTIONS).records if "SPEI ENVIADO" in r.description
    ]
    assert sent
    for row in sent:
        assert row.payment.method == "spei"
        assert row.payment.payer.account == checking.bank.transfer_number
        assert is_clabe(row.payment.payer.account) and is_clabe(row.payment.receiver.account)
        assert rfc.is_valid(row.payment.receiver.document, validate_check_digits=True)


def is_clabe(text: str) -> bool:
    """Whether eighteen digits end with the right one."""
    weighed = sum(int(digit) * (3, 7, 1)[place % 3] % 10 for place, digit in enumerate(text[:17]))
    return len(text) == 18 and (weighed + int(text[17])) % 10 == 0


def test_clabes_of_the_central_banks_example() -> None:
    """The published example of the check digit."""
    assert is_clabe("032180000118359719") and not is_clabe("032180000118359718")
    assert is_clabe(identifiers.clabe("012", "anything"))


@pytest.mark.parametrize("key", KEYS)
def test_numbers_of_people_and_companies_are_valid(key: str) -> None:
    """RFC, CURP, NSS, NIT and RUT pass the check of a library that knows their authorities' rules."""
    person, company = resident(key, "MX", False, ""), resident(key, "MX", True, "S.A. de C.V.")
    assert rfc.is_valid(person.tax_id, validate_check_digits=True) and len(person.tax_id) == 13
    assert rfc.is_valid(company.tax_id, validate_check_digits=True) and len(company.tax_id) == 12
    assert person.personal_id is not None and curp.is_valid(person.personal_id)
    assert curp.get_birth_date(person.personal_id) == person.born
    assert curp.get_gender(person.personal_id) == ("F" if person.woman else "M")
    assert luhn.is_valid(identifiers.nss(key)) and len(identifiers.nss(key)) == 11
    assert nit.is_valid(resident(key, "CO", True, "S.A.S.").tax_id)
    assert nit.is_valid(identifiers.cedula_nit(resident(key, "CO", False, "").tax_id))
    assert rut.is_valid(resident(key, "CL", False, "").tax_id)
    assert rut.is_valid(resident(key, "CL", True, "SpA").tax_id)


@pytest.mark.parametrize("country", ["MX", "CO", "CL"])
def test_everybody_of_a_country_has_a_number_of_their_own(country: str) -> None:
    """Nobody who pays or is paid shares a document with somebody else."""
    parties = (*neighbours(country), *businesses(country, "S.A."))
    assert len({party.document for party in parties}) == len(parties)


def test_a_typed_number_is_the_holders() -> None:
    """The number of the login stands on the registration, and tells the birthday."""
    mexican = visit_of("planet-mx-employment", "LOLJ970312MBSPPN08")
    (record,) = fetch("planet-mx-employment", mexican, Product.EMPLOYMENT_RECORDS).records
    assert ("CURP", "LOLJ970312MBSPPN08") in record.documents
    assert record.birth_date.isoformat() == "1997-03-12"
    (held,) = fetch("tatooine-cl-fiscal", visit_of("tatooine-cl-fiscal", "761920839"), Product.HOLDER).records
    assert (held.document, held.document_kind) == ("76.192.083-9", "RUT")


@pytest.mark.parametrize("slug", ABROAD)
def test_the_past_stays_as_it_was(slug: str) -> None:
    """A month later what had happened is unchanged but for what was pending."""
    visit = visit_of(slug)
    before = {row.key: row for row in fetch(slug, visit, Product.TRANSACTIONS).records}
    after = {
        row.key: row
        for row in fetch(slug, visit, Product.TRANSACTIONS, now=later(30), since=NOW - 367 * 86_400_000).records
    }
    assert len(after) > len(before)
    assert all(after[key].amount == row.amount for key, row in before.items())
    assert all(after[key] == row for key, row in before.items() if not row.pending)


def test_brazil_is_as_it_was_before_there_were_others() -> None:
    """Its guests have PIX, boletos and reais."""
    visit = visit_of("erebor-br-retail")
    rows = fetch("erebor-br-retail", visit, Product.TRANSACTIONS).records
    assert any("PIX" in row.description for row in rows) and any("BOLETO" in row.description for row in rows)
    assert {row.currency for row in rows} <= {"BRL", "USD"}
