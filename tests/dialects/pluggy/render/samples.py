"""Records to render: of each kind one with everything and one with the least, and what the wire calls them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from pluggy_sdk import models

from afluente.core.accounts import (
    Account,
    AccountKind,
    BankDetails,
    Bill,
    BillPayment,
    CardDetails,
    CardPurchase,
    FinanceCharge,
    Merchant,
    Party,
    Payment,
    Pocket,
    Slip,
    Transaction,
)
from afluente.core.connections import Stored
from afluente.core.documents import Balance, Consent, Resource, Statement
from afluente.core.holders import Address, Email, Holder, Phone, Relation
from afluente.core.investments import Investment, InvestmentMovement
from afluente.core.loans import Installment, Loan, LoanFee, LoanRate, LoanRelease, LoanWarranty
from afluente.core.products import Product
from afluente.dialects.pluggy import render
from afluente.dialects.pluggy.categories import by_slug, category

MORNING = 1_727_448_706_216
"""2024-09-27T14:51:46.216Z"""

MIDNIGHT_IN_SAO_PAULO = 1_727_406_000_000
"""2024-09-27T03:00:00.000Z"""

ITEM = "1b0f3cd5-c902-4836-b68b-04cbd847f99a"
PARENT = "a658c848-e475-457b-8565-d1fffba127c4"
ID = "05c693bf-c196-47ea-a28c-8251d6bb8a06"

Record = TypeVar("Record")


def stored(record: Record) -> Stored[Record]:
    """The record with our ids and times around it."""
    return Stored(ID, ITEM, PARENT, record, MORNING, MORNING + 1_000)


def amount(text: str) -> Decimal:
    """A sum of money."""
    return Decimal(text)


CHECKING = Account(
    key="cc",
    kind=AccountKind.CHECKING,
    number="0001/12345-0",
    name="Conta Corrente",
    currency="BRL",
    balance=amount("1209.50"),
    marketing_name="GOLD Conta Corrente",
    owner="Maria Souza",
    tax_number="416.799.495-00",
    bank=BankDetails(
        transfer_number="341/0001/12345-0",
        closing_balance=amount("1209.50"),
        automatically_invested=amount("100"),
        overdraft_limit=amount("5000.00"),
        overdraft_used=amount("0"),
        overdraft_unarranged=amount("0"),
        pockets=(Pocket("Viagem", "caixinha-1", amount("350.25"), "BRL"),),
    ),
)
SAVINGS = Account(
    key="cp", kind=AccountKind.SAVINGS, number="1-2", name="Poupança", currency="BRL", balance=amount("0.01")
)
CARD = Account(
    key="card",
    kind=AccountKind.CREDIT_CARD,
    number="8670",
    name="Mastercard Black",
    currency="BRL",
    balance=amount("503.10"),
    card=CardDetails(
        brand="MASTERCARD",
        level="BLACK",
        closes_on=date(2024, 9, 28),
        due_on=date(2024, 10, 5),
        limit=amount("30000"),
        available=amount("29496.90"),
        minimum_payment=amount("75.47"),
        foreign_balance=amount("0"),
        flexible_limit=False,
        additional_cards=("1234",),
    ),
)
BILL = Bill(
    key="2024-09",
    account_key="card",
    due_on=date(2024, 10, 5),
    closes_on=date(2024, 9, 28),
    total=amount("503.1049"),
    currency="BRL",
    minimum_payment=amount("75.47"),
    allows_installments=True,
    charges=(FinanceCharge("1", "iof", amount("0.51"), "BRL", "IOF diário"),),
    payments=(BillPayment("1", "full", date(2024, 10, 4), "pix", amount("503.10"), "BRL"),),
)
LEAST_BILL = Bill(key="b", account_key="card", due_on=date(2024, 10, 5), total=amount("1"), currency="BRL")

PIX = Transaction(
    key="of-123",
    account_key="cc",
    occurred_at=MIDNIGHT_IN_SAO_PAULO,
    amount=amount("-150.00"),
    currency="BRL",
    description="Pix enviado Padaria Sol",
    raw_description="PIX ENV 27/09 PADARIA SOL",
    category="transfers.transfer-pix",
    balance_after=amount("1059.50"),
    order=2,
    code="E1234",
    operation="PIX",
    payment=Payment(
        method="pix",
        payer=Party(name="Maria Souza", document="416.799.495-00", branch="0001", account="12345-0", bank="341"),
        receiver=Party(name="Padaria Sol Ltda", document="08.050.608/0001-32", ispb="60701190"),
        reason="pão",
        reference="REF1",
        receiver_reference="QR9",
        authentication="AUTH",
    ),
    merchant=Merchant(
        name="Padaria Sol",
        legal_name="Padaria Sol Ltda",
        cnpj="08.050.608/0001-32",
        cnae="4721102",
        category="food-and-drinks.eating-out",
    ),
)
SLIP = Transaction(
    key="slip",
    account_key="cc",
    occurred_at=MORNING,
    amount=amount("-88.10"),
    currency="BRL",
    description="Boleto",
    payment=Payment(
        method="boleto",
        slip=Slip(
            digitable_line="34191.79001",
            barcode="3419",
            base=amount("80"),
            interest=amount("5.10"),
            penalty=amount("3"),
            discount=amount("0"),
        ),
    ),
)
PURCHASE = Transaction(
    key="p1",
    account_key="card",
    occurred_at=MORNING,
    amount=amount("-210.40"),
    currency="USD",
    account_amount=amount("-1156.20"),
    description="AMZN Mktp 2/12",
    pending=True,
    card=CardPurchase(
        installment=2,
        installments=12,
        total=amount("2524.80"),
        purchased_on=date(2024, 8, 27),
        mcc=5942,
        card_number="8670",
        bill_key="2024-09",
        forecast_month="2024-10",
        fee="annual",
        fee_info="Anuidade",
    ),
)
LEAST_TRANSACTION = Transaction(
    key="t", account_key="cc", occurred_at=0, amount=amount("0"), currency="BRL", description="Saldo"
)

CDB = Investment(
    key="cdb",
    kind="fixed-income",
    subkind="cdb",
    name="CDB Banco Sol 110% CDI",
    currency="BRL",
    balance=amount("10450.12"),
    number="1",
    code="CDB1",
    isin="BRSOLCDB0001",
    owner="Maria Souza",
    as_of=MORNING,
    value=amount("1045.0120"),
    quantity=amount("10"),
    amount=amount("10560.00"),
    taxes=amount("109.88"),
    iof=amount("0"),
    profit=amount("450.12"),
    withdrawable=amount("10450.12"),
    original=amount("10000"),
    last_month_rate=amount("0.9"),
    last_year_rate=amount("11.2"),
    annual_rate=amount("12.5"),
    fixed_rate=amount("2"),
    rate=amount("110"),
    rate_index="CDI",
    due_on=date(2026, 9, 1),
    issued_on=date(2023, 9, 1),
    purchased_on=date(2023, 9, 4),
    grace_until=date(2024, 9, 4),
    issuer="Banco Sol",
    issuer_cnpj="08.050.608/0001-32",
    tax_exempt=False,
    institution_name="Banco Sol",
    institution_number="341",
)
LEAST_INVESTMENT = Investment(key="i", kind="other", name="Outro", currency="BRL", balance=amount("1"))
SALE = InvestmentMovement(
    key="m",
    investment_key="cdb",
    kind="sell",
    credit=False,
    occurred_at=MORNING,
    traded_at=MIDNIGHT_IN_SAO_PAULO,
    description="Resgate",
    quantity=amount("2"),
    value=amount("1045.01"),
    amount=amount("2090.02"),
    net_amount=amount("2080.00"),
    note_number="1234",
    expenses={"brokerage": amount("4.90"), "income-tax": amount("5.12"), "iof": amount("0")},
)
LEAST_MOVEMENT = InvestmentMovement(key="m", investment_key="cdb", kind="transfer", credit=True, occurred_at=MORNING)

PERSON = Holder(
    key="h",
    name="Maria Souza",
    document="416.799.495-00",
    document_kind="cpf",
    birth_date=date(1991, 5, 1),
    social_name="Mari",
    job_title="Engenheira",
    sex="female",
    marital_status="stable-union",
    nationality="Brasileira",
    profile="moderate",
    monthly_income=amount("9500.00"),
    patrimony=amount("120000"),
    occupation="Engenheira civil",
    customer_since=date(2015, 3, 2),
    phones=(Phone("personal", "+55 11 91234-5678"), Phone("home", "+55 11 3123-4567")),
    emails=(Email("work", "maria@example.com"),),
    addresses=(
        Address(
            full="Rua das Flores, 10, Centro, São Paulo - SP",
            street="Rua das Flores, 10",
            district="Centro",
            city="São Paulo",
            state="SP",
            postal_code="01000-000",
            country="Brasil",
        ),
    ),
    relations=(Relation("mother", "Ana Souza", "111.444.777-35"), Relation("father", "José Souza")),
)
COMPANY = Holder(
    key="h",
    name="Padaria Sol Ltda",
    document="08.050.608/0001-32",
    document_kind="cnpj",
    incorporated_on=date(2006, 5, 1),
)

FINANCING = Loan(
    key="l",
    kind="financing",
    product_name="Financiamento de veículo",
    contract_number="90847453264",
    currency="BRL",
    contract_amount=amount("50000"),
    contracted_on=date(2023, 1, 10),
    ipoc="90847453264",
    disbursed_on=(date(2023, 1, 12),),
    settled_on=date(2027, 1, 10),
    due_on=date(2027, 1, 10),
    first_due_on=date(2023, 2, 10),
    periodicity="monthly",
    amortization="sac",
    cet=amount("0.2903"),
    consignee_cnpj="08050608000132",
    rates=(LoanRate(index="PRE_FIXADO", pre_fixed=amount("0.018"), post_fixed=amount("0"), info="-"),),
    fees=(LoanFee(name="Tarifa de cadastro", code="CADASTRO", amount=amount("500")), LoanFee(name="Seguro")),
    charges=(LoanFee(name="Juros remuneratórios", code="JUROS_REMUNERATORIOS", rate=amount("0.02")),),
    warranties=(LoanWarranty(kind="alienacao-fiduciaria", subkind="veiculos", amount=amount("60000"), currency="BRL"),),
    installments_total=48,
    installments_paid=20,
    installments_due=28,
    installments_past_due=0,
    balloons=(Installment(due_on=date(2025, 1, 10), amount=amount("1000"), currency="BRL"),),
    outstanding=amount("30000.10"),
    releases=(
        LoanRelease(key="1", paid_on=date(2024, 9, 10), amount=amount("1200"), currency="BRL", installment_key="20"),
    ),
)
LEAST_LOAN = Loan(
    key="l",
    kind="overdraft",
    product_name="Adiantamento",
    contract_number="1",
    currency="BRL",
    contract_amount=amount("100"),
    contracted_on=date(2024, 1, 1),
    periodicity="on-demand",
    amortization="bullet",
)
CONSENT = Consent(
    key="c",
    permissions=(
        "ACCOUNTS_READ",
        "ACCOUNTS_BALANCES_READ",
        "ACCOUNTS_OVERDRAFT_LIMITS_READ",
        "ACCOUNTS_TRANSACTIONS_READ",
        "CREDIT_CARDS_ACCOUNTS_READ",
        "CREDIT_CARDS_ACCOUNTS_LIMITS_READ",
        "CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ",
        "LOANS_READ",
        "FUNDS_READ",
        "RESOURCES_READ",
    ),
    created_at=MORNING,
    expires_at=MORNING + 365 * 86_400_000,
)
BALANCE = Balance(
    account_key="cc",
    currency="BRL",
    available=amount("10.50"),
    blocked=amount("1"),
    automatically_invested=amount("0"),
    closing=amount("10.50"),
)

Sample = tuple[Callable[[], dict[str, Any]], Any]

SAMPLES: dict[str, Sample] = {
    "account-checking": (lambda: render.account(stored(CHECKING)), models.Account),
    "account-savings": (lambda: render.account(stored(SAVINGS)), models.Account),
    "account-card": (lambda: render.account(stored(CARD)), models.Account),
    "balance": (lambda: render.balance(BALANCE, MORNING), models.AccountBalanceGet200Response),
    "bill": (lambda: render.bill(stored(BILL), with_account=True), models.Bill),
    "bill-least": (lambda: render.bill(stored(LEAST_BILL)), models.Bill),
    "statement": (
        lambda: render.statement(
            stored(Statement(key="s", account_key="cc", month="2024-09")), "https://bank.example/s"
        ),
        models.AccountStatementsList200ResponseResultsInner,
    ),
    "transaction-pix": (
        lambda: render.transaction(
            stored(PIX),
            AccountKind.CHECKING,
            category=by_slug()["transfers.transfer-pix"],
            open_finance=True,
        ),
        models.Transaction,
    ),
    "transaction-slip": (lambda: render.transaction(stored(SLIP), AccountKind.CHECKING), models.Transaction),
    "transaction-card": (
        lambda: render.transaction(stored(PURCHASE), AccountKind.CREDIT_CARD, bill_id=ID),
        models.Transaction,
    ),
    "transaction-least": (
        lambda: render.transaction(stored(LEAST_TRANSACTION), AccountKind.SAVINGS),
        models.Transaction,
    ),
    "investment": (lambda: render.investment(stored(CDB), [stored(SALE)]), models.Investment),
    "investment-least": (lambda: render.investment(stored(LEAST_INVESTMENT)), models.Investment),
    "investment-transaction": (
        lambda: render.investment_transaction(stored(SALE)),
        models.InvestmentTransaction,
    ),
    "investment-transaction-least": (
        lambda: render.investment_transaction(stored(LEAST_MOVEMENT)),
        models.InvestmentTransaction,
    ),
    "identity-person": (
        lambda: render.identity(stored(PERSON), "60.701.190/0001-04"),
        models.IdentityResponse,
    ),
    "identity-company": (lambda: render.identity(stored(COMPANY)), models.IdentityResponse),
    "loan": (lambda: render.loan(stored(FINANCING)), models.Loan),
    "loan-least": (lambda: render.loan(stored(LEAST_LOAN)), models.Loan),
    "consent": (
        lambda: render.consent(stored(CONSENT), [Product.ACCOUNTS, Product.LOANS, Product.STATEMENTS]),
        models.Consent,
    ),
    "resource": (
        lambda: render.resource(stored(Resource(key="r", kind="card", status="pending"))),
        models.ItemResource,
    ),
    "category": (lambda: category(by_slug()["housing.utilities.water"]), models.Category),
    "category-rule": (
        lambda: render.category_rule(ID, ITEM, "UBER", by_slug()["transportation"], match_type="contains"),
        models.ClientCategoryRule,
    ),
    "webhook": (
        lambda: render.webhook(ID, "https://example.com/hook", "item/updated", MORNING, MORNING),
        models.Webhook,
    ),
}
"""By name: what renders it, and the official client's model of it. Expected wires lie in `expected/`."""
