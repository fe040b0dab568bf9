"""Reports of Open Data over a few records, worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from afluente.core.accounts import AccountKind, BankDetails, BillPayment
from afluente.core.holders import Address
from afluente.core.investments import Investment, InvestmentMovement
from afluente.core.loans import Loan, LoanRate, LoanRelease
from afluente.core.ports import Record
from afluente.dialects.klavi import render
from tests.dialects.klavi.render.made import BANK, HOLDER, ON, at, bill, bought, card, checking, moved, seen

HEAD = {"bank_name": "Itaú", "bacen_name": "ITAÚ UNIBANCO S.A.", "bacen_id": "341"}
INFO = {
    **HEAD,
    "agency_number": "0001",
    "holder_name": "Ana Souza",
    "cpf_verified": "39053344705",
    "account_number": "12345-6",
}
BY_ACCOUNT = {
    "account_holder": "Ana Souza",
    "account_number": "12345-6",
    "agency_number": "0001",
    "bacen_id": "341",
    "bacen_name": "ITAÚ UNIBANCO S.A.",
    "bank_name": "Itaú",
    "cpf_verified": "39053344705",
}
MARCH = date(2026, 3, 10)
LATELY = date(2026, 11, 10)


def report(name: str, *records: Record, version: str = "V1") -> Any:
    """Return what stands in the one container of a report."""
    (container,) = render.open_data(name, version, seen(*records)).values()
    return container


def test_an_account_is_told_with_its_movements_in_portuguese_categories() -> None:
    """Amounts are signed, the newest movement comes first, and what no bank tells is -1."""
    paid = moved(LATELY, "-32.50", "CORRIDA", category="transportation.taxi-and-ride-hailing")
    salary = moved(date(2026, 11, 5), "4000.00", "SALARIO", category="income.salary", balance_after=Decimal("4100.00"))
    assert report("category_checking", HOLDER, checking(), salary, paid) == [
        {
            **HEAD,
            "bank_branch": "0001",
            "account": "12345-6",
            "operation_code": "001",
            "cpf_verified": "39053344705",
            "holder_name": "Ana Souza",
            "balance": Decimal("1000.00"),
            "TransactionDetail": [
                {
                    "trans_date": "2026-11-10",
                    "trans_amount": Decimal("-32.50"),
                    "trans_description": "CORRIDA",
                    "balance": -1,
                    "category": "Gastos essenciais",
                },
                {
                    "trans_date": "2026-11-05",
                    "trans_amount": Decimal("4000.00"),
                    "trans_description": "SALARIO",
                    "balance": Decimal("4100.00"),
                    "category": "Renda",
                },
            ],
        }
    ]


def test_the_keys_of_an_account_come_in_the_documented_order() -> None:
    """Clients that read positions find them."""
    (found,) = report("category_checking", HOLDER, checking(), moved(LATELY, "1.00"))
    assert list(found) == [
        "bank_name",
        "bacen_name",
        "bacen_id",
        "bank_branch",
        "account",
        "operation_code",
        "cpf_verified",
        "holder_name",
        "balance",
        "TransactionDetail",
    ]


def test_a_movement_late_in_the_evening_is_of_the_day_it_is_in_brazil() -> None:
    """At two in the morning of Greenwich it is the day before."""
    late = moved(LATELY, "-1.00", occurred_at=at(LATELY, 23))
    (found,) = report("category_checking", checking(), late)
    assert found["TransactionDetail"][0]["trans_date"] == "2026-11-10"


def test_an_account_is_told_of_the_last_six_months() -> None:
    """From the day behind the one half a year ago, which begins at midnight in Brazil; not of all that is held."""
    first = date(2026, 5, 21)
    told = [moved(LATELY, "-1.00"), moved(first, "-2.00", occurred_at=at(first, 0))]
    old = [moved(date(2026, 5, 20), "-3.00", occurred_at=at(date(2026, 5, 20), 23)), moved(MARCH, "-4.00")]
    (found,) = report("category_checking", checking(), *told, *old)
    assert [one["trans_amount"] for one in found["TransactionDetail"]] == [Decimal("-1.00"), Decimal("-2.00")]


def test_savings_and_companies_have_operation_codes_of_their_own() -> None:
    """013 is savings, 003 a company's checking account, and cards are not among accounts."""
    saved = replace(checking("s"), kind=AccountKind.SAVINGS)
    company = checking("pj", tax_number="11.222.333/0001-81")
    found = report("category_checking", saved, company, card())
    assert [one["operation_code"] for one in found] == ["003", "013"]


def test_without_a_holder_no_tax_number_is_verified() -> None:
    """The report is whole, and the number is null."""
    (found,) = report("category_checking", checking())
    assert found["cpf_verified"] is None
    assert found["holder_name"] == "Ana Souza"


def _card_records() -> list[Record]:
    """A card with a paid bill of October, one of November, and the open one of December."""
    paid = BillPayment("p", "full", date(2026, 10, 2), "debit", Decimal("100.00"), "BRL")
    return [
        HOLDER,
        checking(),
        card(),
        bill("oct", date(2026, 9, 25), date(2026, 10, 2), "100.00", payments=(paid,)),
        bill("nov", date(2026, 10, 25), date(2026, 11, 2), "200.00", minimum_payment=Decimal("30.00")),
        bill("dec", date(2026, 11, 25), date(2026, 12, 2), "75.00"),
        bought(date(2026, 9, 10), "-100.00", "oct"),
        bought(date(2026, 10, 2), "100.00", None, "PAGAMENTO"),
        bought(date(2026, 10, 20), "-200.00", "nov", "TV", installment=2, installments=10),
        bought(date(2026, 11, 18), "-75.00", "dec"),
    ]


def test_a_card_is_told_with_its_open_bill_and_the_closed_ones() -> None:
    """Months are short and Portuguese, the latest closed bill comes first, what is not known is -1 or null."""
    (found,) = report("category_creditcard", *_card_records())
    opened, closed = found.pop("OpenStatement"), found.pop("ClosedStatement")
    assert found == {
        **HEAD,
        "card_last4num": "8670",
        "cpf_verified": "39053344705",
        "holder_name": "Ana Souza",
        "card_type": "MASTERCARD BLACK",
        "credit_limit": Decimal("8000.00"),
        "available_limit": Decimal("7500.00"),
        "agency_number": "0001",
        "bank_account": "12345-6",
        "is_active": 1,
        "is_vip": 1,
    }
    movements = opened.pop("TransactionDetail")
    assert opened == {
        "bill_amount": Decimal("75.00"),
        "due_date": "2026-12-02",
        "billing_date": "2026-11-25",
        "bill_month": "dez/26",
    }
    assert [one["trans_amount"] for one in movements] == [Decimal("-75.00")]
    november, october = closed
    assert november["TransactionDetail"] == [
        {
            "trans_date": "2026-10-20",
            "trans_amount": Decimal("-200.00"),
            "trans_currency": "BRL",
            "trans_description": "TV",
            "category": "Estilo de vida",
            "payment_type": "A_PRAZO",
            "charge_identificator": "2",
            "charge_number": 10,
        },
        {
            "trans_date": "2026-10-02",
            "trans_amount": Decimal("100.00"),
            "trans_currency": "BRL",
            "trans_description": "PAGAMENTO",
            "category": "Estilo de vida",
            "payment_type": "A_VISTA",
            "charge_identificator": None,
            "charge_number": -1,
        },
    ]
    assert (november["minimum_payment"], november["payment_date"], november["payment_amount"]) == (
        Decimal("30.00"),
        None,
        -1,
    )
    assert {name: value for name, value in october.items() if name != "TransactionDetail"} == {
        "billing_date": "2026-09-25",
        "bill_month": "out/26",
        "bill_amount": Decimal("100.00"),
        "minimum_payment": -1,
        "payment_date": "2026-10-02",
        "payment_amount": Decimal("100.00"),
    }


def test_the_second_version_of_cards_is_in_one_word_and_finer() -> None:
    """Names have capitals inside, and categories have three levels."""
    (found,) = report("category_creditcard", *_card_records(), version="V2")
    assert found["cardLast4num"] == "8670"
    assert found["openStatement"]["billMonth"] == "dez/26"
    assert found["closedStatement"][0]["transactionDetail"][0] == {
        "transDate": "2026-10-20",
        "transAmount": Decimal("-200.00"),
        "transCurrency": "BRL",
        "transDescription": "TV",
        "category": "Estilo de vida",
        "subcategory": "Compras",
        "thirdCategory": "Outras compras",
        "paymentType": "A_PRAZO",
        "chargeIdentificator": "2",
        "chargeNumber": 10,
    }


def test_a_purchase_abroad_is_told_in_the_cards_currency() -> None:
    """So a bill adds up to what it comes to."""
    abroad = replace(bought(date(2026, 11, 18), "-20.00"), currency="USD", account_amount=Decimal("-110.00"))
    (found,) = report("category_creditcard", card(), abroad)
    (told,) = found["OpenStatement"]["TransactionDetail"]
    assert (told["trans_amount"], told["trans_currency"]) == (Decimal("-110.00"), "BRL")
    assert found["OpenStatement"]["bill_amount"] == Decimal("110.00")


def _salaries() -> list[Record]:
    """Six salaries on the 5th, and one gift."""
    paid = [
        moved(date(2026, month, 5), "4000.00", "SALARIO EMPRESA LTDA", category="income.salary")
        for month in range(6, 12)
    ]
    return [HOLDER, checking(), *paid, moved(date(2026, 11, 10), "50.00", "PIX RECEBIDO JOAO")]


def test_income_is_told_in_streams_with_their_days_and_sums() -> None:
    """The salary comes on the 5th; thirty days back from the 20th of November are one salary and the gift."""
    (found,) = report("income", *_salaries())
    streams = found.pop("incomeStream")
    assert found == {
        **BY_ACCOUNT,
        "days_covered": (ON - date(2026, 6, 5)).days + 1,
        "number_of_income_streams": 2,
        "total_income_last_30_days": Decimal("4050.00"),
        "total_income_last_60_days": Decimal("8050.00"),
        "total_income_last_90_days": Decimal("12050.00"),
        "total_income_last_180_days": Decimal("24050.00"),
    }
    salary, gift = streams
    assert salary["income_stream_type"] == "Regular salary"
    assert salary["incomeDay"] == {"1st_income_day": "5", "2nd_income_day": "-1"}
    assert salary["incomeTransactions"][0] == {
        "trans_amount": Decimal("4000.00"),
        "trans_date": "2026-06-05",
        "trans_description": "SALARIO EMPRESA LTDA",
    }
    assert gift["income_stream_type"] == "Other income"
    assert gift["incomeDay"] == {"1st_income_day": "-1", "2nd_income_day": "-1"}


def test_liabilities_are_what_is_paid_again_and_again() -> None:
    """The card's bill and the rent recur; what is bought in shops does not."""
    bills = [moved(date(2026, month, 8), f"-{month}00.00", "PAGAMENTO FATURA CARTAO") for month in range(6, 12)]
    rents = [moved(date(2026, month, 10), "-1500.00", "ALUGUEL", category="housing.rent") for month in range(6, 12)]
    shops = [moved(ON - timedelta(days=days), "-10.00", f"LOJA {days}") for days in (3, 8, 21, 33)]
    (found,) = report("liabilities", HOLDER, checking(), *bills, *rents, *shops)
    streams = found.pop("liabilityStream")
    assert found == {
        **BY_ACCOUNT,
        "days_covered": (ON - date(2026, 6, 8)).days + 1,
        "number_of_liability_streams": 2,
        "total_liabilities_last_30_days": Decimal("2600.00"),
        "total_liabilities_last_60_days": Decimal("5100.00"),
        "total_liabilities_last_90_days": Decimal("7500.00"),
        "total_liabilities_last_180_days": Decimal("14100.00"),
    }
    by_type = {one["liability_stream_type"]: one["liabilityTransactions"] for one in streams}
    assert set(by_type) == {"Credit card", "Utilities rental"}
    assert by_type["Credit card"][-1] == {
        "trans_date": "2026-11-08",
        "trans_amount": Decimal("1100.00"),
        "trans_description": "PAGAMENTO FATURA CARTAO",
    }


def test_insights_tell_flows_cards_and_signs() -> None:
    """What was gained and spent, what the overdraft costs, and how the card is paid."""
    with_overdraft = replace(checking(balance="1000.00"), bank=BankDetails(overdraft_limit=Decimal("500.00")))
    records = [one for one in _card_records() if getattr(one, "key", "") not in ("cc",)]
    found = report(
        "financial_insight",
        with_overdraft,
        *records,
        moved(date(2026, 11, 1), "3000.00", "SALARIO", category="income.salary"),
        moved(date(2026, 11, 10), "-200.00", "SAQUE 24H", category="transfers.transfer-cash"),
        moved(date(2026, 11, 11), "-4.00", "IOF", category="taxes.tax-on-financial-operations"),
    )
    (one,) = found
    (flow,), (credit,), (spending,), (profile,) = (
        one["cashflowAnalysis"],
        one["creditAnalysis"],
        one["creditcardSpending"],
        one["financialProfile"],
    )
    assert flow["checking_account_balance"] == Decimal("1000.00")
    assert flow["saving_account_balance"] == -1
    assert flow["inflow_last_30_days"] == flow["inflow_last_180_days"] == Decimal("3000.00")
    assert flow["outflow_last_30_days"] == Decimal("204.00")
    assert credit == {"overdraft_limit": Decimal("500.00"), "preapproved_loan": -1}
    assert spending == {
        "card_holder": "Ana Souza",
        "card_last_4_digit": "8670",
        "card_type": "MASTERCARD BLACK",
        "credit_limit": Decimal("8000.00"),
        "closed_bills_covered": 2,
        "open_bill_balance": Decimal("75.00"),
        "last_closed_bill": Decimal("200.00"),
        "avg_last_3_closed_bills": Decimal("150.00"),
        "days_covered": one["days_covered"],
        "has_late_payment": "No",
        "pay_bills_in_installment": "No",
    }
    assert profile == {
        "iof": Decimal("4.00"),
        "has_inss": "No",
        "has_severance": "No",
        "atm_withdrawal": Decimal("200.00"),
        "has_iptu_payment": "No",
        "has_ipva_payment": "No",
        "overdraft_interest": Decimal("0"),
        "has_returned_cheque": "No",
        "additional_overdraft_interest": Decimal("0"),
    }


def test_balances_are_told_of_every_kind_of_account() -> None:
    """A checking account's limit is its overdraft's; a savings account has none."""
    own = BankDetails(overdraft_limit=Decimal("500.00"), overdraft_used=Decimal("120.00"))
    saved = replace(checking("s", "70.00"), kind=AccountKind.SAVINGS)
    found = report("balance", HOLDER, replace(checking(), bank=own), saved, card())
    assert [
        (one["account_type"], one["account_number"], one["current_balance"], one["available_limit"], one["total_limit"])
        for one in found
    ] == [
        ("checking", "12345-6", Decimal("1000.00"), Decimal("380.00"), Decimal("500.00")),
        ("savings", "12345-6", Decimal("70.00"), -1, -1),
        ("creditcard", "8670", Decimal("500.00"), Decimal("7500.00"), Decimal("8000.00")),
    ]


def test_a_person_is_told_with_the_parts_of_the_address() -> None:
    """A street is taken apart as it is written in Brazil."""
    assert report("identity", HOLDER, checking(), version="V1.1") == {
        **HEAD,
        "agency_number": "0001",
        "account_number": "12345-6",
        "cpf_verified": "39053344705",
        "name": "Ana Souza",
        "cellphone": "+5511987654321",
        "email": "ana@example.com",
        "correspondenceAddress": {
            "postcode": "01001-000",
            "address": "Rua das Flores",
            "address_number": "12",
            "neighborhood": "Centro",
            "complement": "apto 3",
            "city": "São Paulo",
            "state": "SP",
            "country": "BR",
        },
    }


def test_a_street_without_a_number_stays_whole() -> None:
    """An address that is written otherwise is not guessed at."""
    holder = replace(HOLDER, addresses=(Address(full="Rodovia BR 101 km 3", country="BR"),))
    told = report("identity", holder, checking())["correspondenceAddress"]
    assert (told["address"], told["address_number"], told["complement"]) == ("Rodovia BR 101 km 3", None, None)


def test_the_score_is_the_one_that_is_reckoned() -> None:
    """Without a movement it is the lowest there is."""
    assert report("score_k1", HOLDER, checking()) == {
        "account_info": INFO,
        "score_detail": {"score_k1": 300, "version": "v1.0"},
    }
    assert report("score_k1", *_salaries())["score_detail"]["score_k1"] == seen(*_salaries()).score.points > 300


def test_labels_are_numbered_and_named() -> None:
    """The fifth is what was gained in thirty days."""
    found = report("k_label", *_salaries())
    assert found["accountInfo"] == INFO
    labels = found["labelDetail"]
    assert [one["label_code"] for one in labels] == [f"K{place:05d}" for place in range(1, len(labels) + 1)]
    assert labels[4] == {
        "label_code": "K00005",
        "label_name": "klavi.transactions.inflow.last_30_days",
        "label_value": Decimal("4050.00"),
    }
    assert len({one["label_name"] for one in labels}) == len(labels)


LOAN = Loan(
    key="l",
    kind="loan",
    product_name="Crédito Pessoal",
    contract_number="77",
    currency="BRL",
    contract_amount=Decimal("5000.00"),
    contracted_on=date(2025, 1, 10),
    cet=Decimal("0.25"),
    rates=(LoanRate(pre_fixed=Decimal("0.018")),),
    installments_total=24,
    installments_paid=20,
    outstanding=Decimal("800.00"),
    releases=(LoanRelease(key="r", paid_on=date(2026, 11, 10), amount=Decimal("250.00"), currency="BRL"),),
)


def test_loans_are_null_where_there_are_none() -> None:
    """The account stands beside them either way."""
    found = seen(HOLDER, checking())
    assert render.open_data("bank_loan", "V1", found) == {"accountInfo": INFO, "loanInfo": None}


def test_a_loan_is_told_with_what_is_still_owed() -> None:
    """Counts that no bank tells are -1."""
    found = seen(HOLDER, checking(), LOAN)
    (loan,) = render.open_data("bank_loan", "V1", found)["loanInfo"]
    assert (loan["loan_amount"], loan["outstanding_balance"]) == (Decimal("5000.00"), Decimal("800.00"))
    assert (loan["total_installments"], loan["paid_installments"], loan["due_installments"]) == (24, 20, -1)
    assert (loan["interest_rate"], loan["is_payroll_deducted"]) == (Decimal("0.018"), "No")
    assert loan["paymentDetail"] == [{"payment_date": "2026-11-10", "payment_amount": Decimal("250.00")}]


FUND = Investment(
    key="f",
    kind="other",
    subkind="severance-fund",
    name="FGTS",
    number="123",
    currency="BRL",
    balance=Decimal("640.00"),
    issuer="Empresa Ltda",
    issuer_cnpj="11.222.333/0001-81",
    purchased_on=date(2024, 2, 1),
)
CDB = Investment(
    key="c",
    kind="fixed-income",
    subkind="cdb",
    name="CDB",
    currency="BRL",
    balance=Decimal("98.00"),
    amount=Decimal("100.00"),
)


def test_the_severance_fund_is_no_investment_and_investments_are_not_in_it() -> None:
    """Each position is in one of the two reports."""
    paid_in = InvestmentMovement(
        key="d", investment_key="f", kind="buy", credit=True, occurred_at=at(MARCH), amount=Decimal("320.00")
    )
    taken_out = InvestmentMovement(
        key="w", investment_key="f", kind="sell", credit=False, occurred_at=at(ON), amount=Decimal("20.00")
    )
    records = (HOLDER, checking(), FUND, CDB, paid_in, taken_out)
    (position,) = report("investment", *records)
    assert (position["investment_type"], position["net_amount"]) == ("Renda fixa", Decimal("98.00"))
    (fund,) = report("fgts", *records)
    assert {name: fund[name] for name in ("employer_name", "employer_cnpj", "admission_date", "balance")} == {
        "employer_name": "Empresa Ltda",
        "employer_cnpj": "11222333000181",
        "admission_date": "2024-02-01",
        "balance": Decimal("640.00"),
    }
    assert [one["trans_amount"] for one in fund["TransactionDetail"]] == [Decimal("320.00"), Decimal("-20.00")]


def test_a_connection_without_anything_is_told_all_the_same() -> None:
    """Lists are empty, and the bank still has its name."""
    found = seen()
    for name in render.OPEN_DATA_REPORTS:
        render.open_data(name, "V1", found)
    assert render.open_data("category_checking", "V1", found) == {"Category_checking": []}
    assert render.open_data("financial_insight", "V1", found) == {"financial_insight": []}
    assert render.open_data("identity", "V1", found)["identity"]["bank_name"] == BANK.name
