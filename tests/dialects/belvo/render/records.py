"""Records of banks: of each kind one with everything and one with the least, with our ids around them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from msgspec.structs import replace

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
    Transaction,
)
from afluente.core.connections import Stored
from afluente.core.documents import Balance, Consent
from afluente.core.holders import Address, Email, Holder, Phone, Relation
from afluente.core.institutions import Field, Institution, Kind
from afluente.core.investments import Investment, InvestmentMovement
from afluente.core.loans import Installment, Loan, LoanFee, LoanRate, LoanRelease, LoanWarranty
from afluente.core.products import Product
from afluente.dialects.belvo import institutions
from afluente.dialects.belvo.render import Origin

MORNING = 1_727_448_706_216
"""2024-09-27T14:51:46.216Z"""

NIGHT = 1_727_488_800_000
"""2024-09-28T02:00:00Z: late in the evening of the 27th in Brazil."""

LINK = "1b0f3cd5-c902-4836-b68b-04cbd847f99a"
PARENT = "a658c848-e475-457b-8565-d1fffba127c4"
ID = "05c693bf-c196-47ea-a28c-8251d6bb8a06"
OTHER = "9a1c64a1-4a2a-4c6b-9f0d-6a3a3f7f2f10"

Record = TypeVar("Record")


class Sample(NamedTuple):
    """What renders an object, and the schema of each generation it must meet (None: it has none)."""

    make: Callable[[], Any]
    current: str | None = None
    legacy: str | None = None


def stored(record: Record, id: str = ID) -> Stored[Record]:
    """The record with our ids and times around it."""
    return Stored(id, LINK, PARENT, record, MORNING, MORNING + 1_000)


def amount(text: str) -> Decimal:
    """A sum of money."""
    return Decimal(text)


EVERY_FIELD = Institution(
    slug="erebor-mx-retail",
    name="Erebor México",
    country="MX",
    kind=Kind.PERSONAL_BANK,
    connector="scripted",
    fields=(
        Field(name="username", label="Usuario", pattern=r"[a-z]{1,16}", message="Solo letras", placeholder="bnk100"),
        Field(name="password", label="Contraseña", kind="password"),
        Field(name="token", label="Token", kind="number", optional=True, renewed=True),
    ),
    products=(Product.ACCOUNTS, Product.TRANSACTIONS, Product.HOLDER),
)
OPEN_BANK = Institution(
    slug="nubank-open-finance",
    name="Nubank",
    country="BR",
    kind=Kind.PERSONAL_BANK,
    connector="scripted",
    fields=(Field(name="cpf", label="CPF", kind="number"),),
    products=(Product.ACCOUNTS, Product.CARDS, Product.TRANSACTIONS, Product.INVESTMENTS),
    open_finance=True,
    url="https://nubank.com.br",
    color="820ad1",
    online=False,
)


def origin_of(institution: Institution) -> Origin:
    """Where the records of a link to an institution come from."""
    return Origin(
        link=LINK,
        country=institution.country,
        open_finance=institution.open_finance,
        last_accessed_at=MORNING,
        face=institutions.face(institution),
    )


OPEN = origin_of(OPEN_BANK)
BANK = origin_of(EVERY_FIELD)
BRAZILIAN = origin_of(replace(EVERY_FIELD, slug="erebor-br-retail", country="BR"))

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
    ),
)
MEXICAN = Account(
    key="cuenta|1",
    kind=AccountKind.SAVINGS,
    number="0123456789",
    name="Ahorro",
    currency="MXN",
    balance=amount("-12.30"),
    bank=BankDetails(transfer_number="646180110400000007"),
)
LEAST_ACCOUNT = Account(
    key="c", kind=AccountKind.CHECKING, number="1", name="Cuenta", currency="COP", balance=amount("0")
)
CARD = Account(
    key="card",
    kind=AccountKind.CREDIT_CARD,
    number="**** 8670",
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
        flexible_limit=False,
        additional_cards=("1234",),
    ),
)
LEAST_CARD = Account(
    key="card",
    kind=AccountKind.CREDIT_CARD,
    number="9999",
    name="Tarjeta",
    currency="MXN",
    balance=amount("0"),
    card=CardDetails(brand="CARNET"),
)
BILL = Bill(
    key="2024-09",
    account_key="card",
    due_on=date(2024, 9, 20),
    closes_on=date(2024, 9, 13),
    total=amount("503.1049"),
    currency="BRL",
    minimum_payment=amount("75.47"),
    allows_installments=True,
    charges=(FinanceCharge("1", "iof", amount("0.51"), "BRL", "IOF diário"),),
    payments=(BillPayment("1", "full", date(2024, 9, 19), "pix", amount("503.1049"), "BRL"),),
)
LEAST_BILL = Bill(key="b", account_key="card", due_on=date(2024, 10, 5), total=amount("1"), currency="BRL")

PIX = Transaction(
    key="of-123",
    account_key="cc",
    occurred_at=NIGHT,
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
        receiver=Party(name="Ana Lima", document="111.444.777-35", branch="4321", account="654321-7", bank="001"),
        reason="pão",
        reference="REF1",
    ),
    merchant=Merchant(name="Padaria Sol", cnpj="08.050.608/0001-32"),
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
    as_of=MORNING,
    value=amount("1045.0120"),
    quantity=amount("10"),
    amount=amount("10560.00"),
    taxes=amount("109.88"),
    iof=amount("0"),
    profit=amount("450.12"),
    withdrawable=amount("10400.00"),
    original=amount("10000"),
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
)
FUND = Investment(
    key="fund", kind="fund", subkind="multimarket", name="Sol Macro FIM", currency="BRL", balance=amount("5000.00")
)
LEAST_INVESTMENT = Investment(key="i", kind="other", name="Outro", currency="BRL", balance=amount("1"))
SALE = InvestmentMovement(
    key="m",
    investment_key="cdb",
    kind="sell",
    credit=False,
    occurred_at=MORNING,
    traded_at=NIGHT,
    description="Resgate",
    quantity=amount("2"),
    value=amount("1045.01"),
    amount=amount("2090.02"),
    net_amount=amount("2080.00"),
    note_number="1234",
    expenses={"brokerage": amount("4.90"), "income-tax": amount("5.12"), "iof": amount("0")},
)
LEAST_MOVEMENT = InvestmentMovement(key="m", investment_key="i", kind="tax", credit=True, occurred_at=MORNING)

PERSON = Holder(
    key="h",
    name="Maria Souza",
    document="416.799.495-00",
    document_kind="CPF",
    birth_date=date(1991, 5, 1),
    social_name="Mari",
    sex="female",
    marital_status="stable-union",
    nationality="Portuguesa",
    monthly_income=amount("9500.00"),
    patrimony=amount("120000"),
    occupation="Engenheira civil",
    customer_since=date(2015, 3, 2),
    phones=(Phone("personal", "+55 11 91234-5678"), Phone("home", "3123-4567")),
    emails=(Email("work", "maria@example.com"),),
    addresses=(
        Address(
            full="Rua das Flores, 10, Centro, São Paulo - SP",
            street="Rua das Flores, 10",
            district="Centro",
            city="São Paulo",
            state="SP",
            postal_code="01000-000",
            country="BR",
        ),
    ),
    relations=(Relation("mother", "Ana Souza", "111.444.777-35"), Relation("spouse", "José Souza")),
)
COMPANY = Holder(
    key="h",
    name="Padaria Sol Ltda",
    document="08.050.608/0001-32",
    document_kind="CNPJ",
    social_name="Padaria Sol",
    incorporated_on=date(2006, 5, 1),
    monthly_income=amount("80000"),
    patrimony=amount("500000"),
    customer_since=date(2015, 3, 2),
    phones=(Phone("work", "+55 11 3123-4567"),),
    emails=(Email("work", "contato@example.com"),),
    addresses=PERSON.addresses,
    relations=(Relation("partner", "Ana Souza", "111.444.777-35"), Relation("partner", "Sol S.A.", "11222333000181")),
)
LEAST_PERSON = Holder(key="h", name="Juan Pérez", document="PEJU910501AB1", document_kind="RFC")

FINANCING = Loan(
    key="l",
    kind="financing",
    product_name="Financiamento de veículo",
    contract_number="90847453264",
    currency="BRL",
    contract_amount=amount("50000"),
    contracted_on=date(2023, 1, 10),
    ipoc="9084745326490847453264",
    disbursed_on=(date(2023, 1, 12),),
    settled_on=date(2027, 1, 10),
    due_on=date(2027, 1, 10),
    first_due_on=date(2023, 2, 10),
    amortization="sac",
    cet=amount("0.2903"),
    consignee_cnpj="08.050.608/0001-32",
    rates=(LoanRate(index="PRE_FIXADO", pre_fixed=amount("0.018"), post_fixed=amount("0"), info="-"),),
    fees=(LoanFee(name="Tarifa de cadastro", code="CADASTRO", amount=amount("500")), LoanFee(name="Seguro")),
    charges=(LoanFee(name="Juros de mora", code="JUROS_MORA_ATRASO", rate=amount("0.02")),),
    warranties=(LoanWarranty(kind="alienacao-fiduciaria", subkind="veiculos", amount=amount("60000"), currency="BRL"),),
    installments_total=48,
    installments_paid=20,
    installments_due=28,
    installments_past_due=0,
    balloons=(Installment(due_on=date(2025, 1, 10), amount=amount("1000"), currency="BRL"),),
    outstanding=amount("30000.10"),
    releases=(LoanRelease(key="1", paid_on=date(2024, 9, 10), amount=amount("1200"), currency="BRL"),),
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
        "CREDIT_CARDS_ACCOUNTS_READ",
        "CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ",
        "LOANS_READ",
        "FUNDS_READ",
        "RESOURCES_READ",
        "EXCHANGES_READ",
    ),
    created_at=MORNING,
    expires_at=MORNING + 366 * 86_400_000,
)
BALANCE = Balance(account_key="cc", currency="BRL", available=amount("-10.50"), blocked=amount("1"))
