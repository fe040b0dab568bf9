"""Reports over consents over a few records, worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pytest
from msgspec.structs import replace

from afluente.core.accounts import AccountKind, BankDetails, Party, Payment
from afluente.core.holders import Holder, Phone, Relation
from afluente.core.investments import Investment
from afluente.core.loans import Loan, LoanFee, LoanRate, LoanWarranty
from afluente.core.ports import Record
from afluente.dialects.klavi import render
from afluente.dialects.klavi.render import Seen
from afluente.dialects.klavi.render.consented_investments import PRODUCTS, product_of
from tests.dialects.klavi.render.made import HOLDER, ON, at, bill, bought, card, checking, held, moved, seen

MARCH = date(2026, 3, 10)
BRL = "BRL"


def report(name: str, *records: Record) -> Any:
    """Return what stands in the one container of a person's report."""
    (container,) = render.open_finance(f"pf_{name}", seen(*records)).values()
    return container


def reais(amount: str) -> dict[str, str]:
    """Return an amount as it is written."""
    return {"amount": amount, "currency": BRL}


@pytest.mark.parametrize(
    ("joint", "subtype"), [(None, "INDIVIDUAL"), ("together", "CONJUNTA_SIMPLES"), ("alone", "CONJUNTA_SOLIDARIA")]
)
def test_an_account_of_several_says_how_they_act(joint: Literal["together", "alone"] | None, subtype: str) -> None:
    """Only together, or each of them alone."""
    (found,) = report("checking_account", HOLDER, replace(checking(), joint=joint))
    assert found["subtype"] == subtype


def test_an_account_is_told_with_amounts_as_text() -> None:
    """Four decimals, the direction apart, and who stood at the other end."""
    own = BankDetails(automatically_invested=Decimal("12.5"))
    other = Party(
        name="João", document="111.444.777-35", bank="260", branch="0001", account="998877-6", ispb="18236120"
    )
    paid = moved(
        MARCH,
        "-32.50",
        "PIX ENVIADO",
        key="t1",
        payment=Payment(method="pix", receiver=other),
        balance_after=Decimal("967.5"),
    )
    (found,) = report("checking_account", HOLDER, replace(checking(), bank=own), paid)
    (movement,) = found.pop("transactionDetails")
    assert found == {
        "brandName": "Itaú",
        "bacenName": "ITAÚ UNIBANCO S.A.",
        "compeCode": "341",
        "companyCnpj": "60701190000104",
        "branchCode": "0001",
        "number": "12345",
        "checkDigit": "6",
        "subtype": "INDIVIDUAL",
        "civilName": "Ana Souza",
        "balances": {
            "availableAmount": reais("1000.0000"),
            "blockedAmount": reais("0.0000"),
            "automaticallyInvestedAmount": reais("12.5000"),
        },
    }
    assert len(movement.pop("transactionId")) == len("0b7a6d34-6f0f-4b8b-8a55-0a6ad1d3a001")
    assert movement == {
        "transactionDate": "2026-03-10",
        "transactionDateTime": "2026-03-10T15:00:00.000Z",
        "completedAuthorisedPaymentType": "TRANSACAO_EFETIVADA",
        "creditDebitType": "DEBITO",
        "transactionAmount": reais("32.5000"),
        "transactionName": "PIX ENVIADO",
        "partieCnpjCpf": "11144477735",
        "partiePersonType": "PESSOA_NATURAL",
        "partieCompeCode": "260",
        "partieBranchCode": "0001",
        "partieNumber": "998877",
        "partieCheckDigit": "6",
        "postTransactionBalance": "967.5000",
        "type": "PIX",
    }


def test_what_is_pending_is_being_processed_and_an_unknown_way_is_another() -> None:
    """Enumerations are those of Open Finance Brasil, whatever a bank calls its movements."""
    odd = moved(MARCH, "5.00", pending=True, operation="12345")
    known = moved(MARCH, "5.00", operation="SAQUE")
    (found,) = report("checking_account", checking(), odd, known)
    told = {(one["completedAuthorisedPaymentType"], one["type"]) for one in found["transactionDetails"]}
    assert told == {("TRANSACAO_PROCESSANDO", "OUTROS"), ("TRANSACAO_EFETIVADA", "SAQUE")}


def test_each_kind_of_account_is_in_its_own_report() -> None:
    """Savings are not among checking accounts, nor cards among either."""
    saved = replace(checking("s"), kind=AccountKind.SAVINGS)
    found = seen(checking(), saved, card())
    names = {
        "checking_account": "checkingAccounts",
        "savings_account": "savingsAccounts",
        "credit_card": "creditCards",
        "categorized_checking_l2": "checkingAccounts",
        "categorized_savings_l3": "savingsAccounts",
        "categorized_creditcard_l3": "creditCards",
    }
    for name, container in names.items():
        told = render.open_finance(f"pf_{name}", found)
        assert list(told) == [container]
        assert len(told[container]) == 1


def test_categorized_movements_say_what_and_how_often() -> None:
    """Three rents in a row, and one in February: four in all, in four months, three of them the latest running."""
    days = [date(2026, 2, 5), *(date(2026, month, 5) for month in (9, 10, 11))]
    rents = [moved(day, "-1500.00", "ALUGUEL CASA", category="housing.rent") for day in days]
    added = {"category", "subcategory", "thirdCategory", "fAll", "fAllMonth", "fAllCmonth", "settlementType"}
    (finest,) = report("categorized_checking_l3", checking(), *rents)
    for movement in finest["transactionDetails"]:
        assert {name: movement[name] for name in added} == {
            "category": "Gastos essenciais",
            "subcategory": "Moradia",
            "thirdCategory": "Aluguel",
            "fAll": 4,
            "fAllMonth": 4,
            "fAllCmonth": 3,
            "settlementType": "A_VISTA",
        }
    (coarser,) = report("categorized_checking_l2", checking(), *rents)
    (plain,) = report("checking_account", checking(), *rents)
    assert set(coarser["transactionDetails"][0]) == set(finest["transactionDetails"][0]) - {"thirdCategory"}
    assert not set(plain["transactionDetails"][0]) & added


def test_a_card_is_told_with_its_statements() -> None:
    """The open one with the minimum payment, the closed ones with their ids."""
    october = bill("oct", date(2026, 9, 25), date(2026, 10, 2), "100.00")
    coming = bill("dec", date(2026, 11, 25), date(2026, 12, 2), "75.00", minimum_payment=Decimal("15.00"))
    old = bought(date(2026, 9, 10), "-100.00", "oct")
    new = bought(date(2026, 11, 18), "-75.00", "dec", "TV", installment=1, installments=3, mcc=5732)
    (found,) = report("credit_card", HOLDER, card(), october, coming, old, new)
    opened, (closed,) = found.pop("openStatement"), found.pop("closedStatements")
    assert found == {
        "brandName": "Itaú",
        "bacenName": "ITAÚ UNIBANCO S.A.",
        "name": "Mastercard Black",
        "companyCnpj": "60701190000104",
        "creditCardNetwork": "MASTERCARD",
        "productType": "BLACK",
        "limits": {"limitAmount": reais("8000.0000"), "availableAmount": reais("7500.0000")},
        "paymentMethods": [{"identificationNumber": "8670"}, {"identificationNumber": "9781"}],
    }
    (movement,) = opened.pop("transactionDetails")
    assert opened == {
        "billingDate": "2026-11-25",
        "dueDate": "2026-12-02",
        "billTotalAmount": reais("75.0000"),
        "minimumPaymentAmount": reais("15.0000"),
    }
    assert movement["billId"] is None
    assert (movement["paymentType"], movement["chargeIdentificator"], movement["chargeNumber"]) == ("A_PRAZO", "1", 3)
    assert movement["brazilianAmount"] == movement["transactionAmount"] == reais("75.0000")
    assert movement["payeeMCC"] == 5732
    (of_october,) = closed["transactionDetails"]
    assert of_october["billId"] == closed["billId"]
    assert (closed["billingDate"], closed["billTotalAmount"]) == ("2026-09-25", reais("100.0000"))


def test_a_purchase_abroad_is_told_in_both_currencies() -> None:
    """What it cost in reais beside what was asked for."""
    abroad = replace(bought(date(2026, 11, 18), "-20.00"), currency="USD", account_amount=Decimal("-110.00"))
    (found,) = report("credit_card", card(), abroad)
    (movement,) = found["openStatement"]["transactionDetails"]
    assert movement["brazilianAmount"] == reais("110.0000")
    assert movement["transactionAmount"] == {"amount": "20.0000", "currency": "USD"}


def _loan(kind: str) -> Loan:
    return Loan(
        key=kind,
        kind=kind,
        product_name=kind.title(),
        contract_number="77",
        currency=BRL,
        contract_amount=Decimal("5000.00"),
        contracted_on=date(2025, 1, 10),
        cet=Decimal("0.25"),
        outstanding=Decimal("800.00"),
        rates=(LoanRate(kind="compound", pre_fixed=Decimal("0.018")),),
        fees=(LoanFee(name="Cadastro", amount=Decimal("40")),),
        warranties=(
            LoanWarranty(kind="alienacao-fiduciaria", subkind="veiculos", amount=Decimal("9000"), currency=BRL),
        ),
    )


KINDS = {
    "loans": "loan",
    "financing": "financing",
    "unarranged_account_overdraft": "overdraft",
    "invoice_financing": "invoice-financing",
}


@pytest.mark.parametrize("name", KINDS)
def test_a_contract_is_in_the_report_of_its_kind_alone(name: str) -> None:
    """The container is called as the report is."""
    found = render.open_finance(f"pf_{name}", seen(*map(_loan, KINDS.values())))
    (contract,) = found[f"pf_{name}"]
    assert contract["productName"] == KINDS[name].title()
    assert contract["outstandingBalance"] == reais("800.0000")
    assert contract["CET"] == "0.250000"
    assert contract["interestRates"][0]["preFixedRate"] == "0.018000"
    assert contract["contractedFees"][0]["feeAmount"] == reais("40.0000")
    assert contract["warranties"][0]["warrantyType"] == "ALIENACAO_FIDUCIARIA"


def test_every_position_is_in_one_report_and_the_severance_fund_in_none() -> None:
    """Whatever kind a bank says it is of."""
    kinds = [
        ("fixed-income", "cdb"),
        ("fixed-income", "debenture"),
        ("fixed-income", "treasury"),
        ("fixed-income", None),
        ("equity", "stock"),
        ("etf", "etf"),
        ("fund", "multimarket"),
        ("coe", "structured-note"),
        ("security", "retirement"),
        ("other", None),
        ("unheard-of", "of"),
        ("other", "severance-fund"),
    ]
    held_ = [
        Investment(key=str(place), kind=kind, subkind=subkind, name="x", currency=BRL, balance=Decimal("1.5"))
        for place, (kind, subkind) in enumerate(kinds)
    ]
    assert [product_of(one) for one in held_[:3]] == ["bank_fixed_incomes", "credit_fixed_incomes", "treasure_titles"]
    told = [one for name in PRODUCTS for one in report(name, *held_)]
    assert len({one["investmentId"] for one in told}) == len(told) == len(kinds) - 1
    assert {one["balance"]["amount"] for one in told} == {"1.5000"}


def test_what_is_reckoned_is_told_in_one_word_with_currencies() -> None:
    """Income over consents is the income of Open Data, written otherwise; what is not known is null."""
    paid = [
        moved(date(2026, month, 5), "4000.00", "SALARIO EMPRESA LTDA", category="income.salary")
        for month in range(6, 12)
    ]
    (income,) = report("income", HOLDER, checking(), *paid)
    assert income["totalIncomeLast30Days"] == reais("4000.0000")
    assert income["incomeStream"][0]["incomeTransactions"][0]["transAmount"] == reais("4000.0000")
    (insight,) = report("financial_insight", HOLDER, checking(), *paid)
    assert insight["creditAnalysis"] == [{"overdraftLimit": None, "preapprovedLoan": None}]
    (balance,) = report("balance", checking())
    assert (balance["accountType"], balance["currentBalance"]) == ("checking", reais("1000.0000"))


def test_a_person_with_two_banks_is_looked_at_as_one() -> None:
    """What goes from one of the banks to the other is nobody's income, though both call their account the same."""
    other = "9e0f4c31-58c5-4f63-8f8f-2f1b8f0c0002"
    sent = moved(date(2026, 11, 3), "-700.00", "TRANSFERENCIA", category="transfers")
    got = moved(date(2026, 11, 3), "700.00", "TRANSFERENCIA", category="transfers")
    pay = moved(date(2026, 11, 5), "4000.00", "SALARIO", category="income.salary")
    first = held([HOLDER, checking(), pay, sent])
    second = held([HOLDER, checking(), got], link=other)
    together = render.open_finance("pf_income", Seen((first, second)))["pf_income"]
    assert [one["totalIncomeLast30Days"]["amount"] for one in together] == ["4000.0000", "0.0000"]
    alone = render.open_finance("pf_income", Seen((second,)))["pf_income"]
    assert [one["totalIncomeLast30Days"]["amount"] for one in alone] == ["700.0000"]


def test_two_banks_stand_one_behind_the_other() -> None:
    """Accounts and balances of all connections are told."""
    other = held([checking("x", "5.00"), moved(ON, "1.00", account="x", occurred_at=at(ON))], link="b" * 36)
    found = Seen((held([checking()]), other))
    told = render.open_finance("pf_checking_account", found)["checkingAccounts"]
    assert [one["balances"]["availableAmount"]["amount"] for one in told] == ["1000.0000", "5.0000"]
    assert [len(one["transactionDetails"]) for one in told] == [0, 1]


def test_every_report_that_can_be_asked_for_can_be_made() -> None:
    """Of a connection that holds nothing, too; companies' reports are named with their own prefix."""
    for name in render.OVER_CONSENTS_REPORTS:
        assert render.open_finance(f"pj_{name}", seen())


def test_who_the_bank_says_a_person_is() -> None:
    """In the words of the register: codes for what has them, the street apart from its number, telephones apart."""
    ana = replace(
        HOLDER,
        birth_date=date(1990, 5, 4),
        sex="female",
        marital_status="married",
        nationality="BRA",
        monthly_income=Decimal("7500.5"),
        occupation="Engenheira",
        customer_since=date(2012, 2, 1),
        relations=(Relation("mother", "Maria Souza"), Relation("spouse", "João Souza")),
    )
    (found,) = report("identification", ana)
    contacts = found.pop("contacts")
    assert found.pop("personalId")
    assert found == {
        "brandName": "Itaú",
        "bacenName": "ITAÚ UNIBANCO S.A.",
        "compeCode": "341",
        "companyCnpj": "60701190000104",
        "cpfNumber": "39053344705",
        "civilName": "Ana Souza",
        "socialName": None,
        "birthDate": "1990-05-04",
        "maritalStatusCode": "CASADO",
        "sex": "FEMININO",
        "hasBrazilianNationality": True,
        "nationality": [],
        "filiation": [{"type": "MAE", "civilName": "Maria Souza"}],
        "occupationDescription": "Engenheira",
        "informedIncome": {"amount": "7500.5000", "currency": BRL},
        "informedPatrimony": None,
        "relationshipStartDate": "2012-02-01",
    }
    (address,) = contacts["postalAddresses"]
    assert (address["address"], address["additionalInfo"]) == ("Rua das Flores, 12", "apto 3")
    assert (address["postCode"], address["countrySubDivision"], address["isMain"]) == ("01001000", "SP", True)
    assert contacts["phones"] == [
        {"isMain": True, "type": "MOVEL", "countryCallingCode": "55", "areaCode": "11", "number": "987654321"}
    ]
    assert contacts["emails"] == [{"isMain": True, "email": "ana@example.com"}]


def test_who_the_bank_says_a_company_is() -> None:
    """With its own number and names, and none of a person's fields."""
    firm = Holder(
        key="acme",
        name="Acme",
        document="11.222.333/0001-81",
        document_kind="CNPJ",
        social_name="Acme",
        company_name="Acme Ltda",
        incorporated_on=date(2001, 3, 2),
        phones=(Phone("work", "1133334444"),),
    )
    (found,) = report("identification", firm)
    assert (found["cnpjNumber"], found["companyName"], found["tradeName"]) == ("11222333000181", "Acme Ltda", "Acme")
    assert found["incorporationDate"] == "2001-03-02"
    assert found["contacts"]["phones"][0] == {
        "isMain": True, "type": "OUTRO", "countryCallingCode": None, "areaCode": None, "number": "1133334444"
    }  # fmt: skip
    assert not {"civilName", "birthDate", "filiation"} & set(found)


def test_a_bank_that_names_nobody_identifies_nobody() -> None:
    """There is nothing to say, and nothing is made up."""
    assert report("identification", checking()) == []
