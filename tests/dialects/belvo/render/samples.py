"""What banks' records render to, by name, and the schemas to meet."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from afluente.core.accounts import Account, Transaction
from afluente.core.documents import Statement
from afluente.dialects.belvo import institutions, render
from afluente.dialects.belvo.render import Origin
from tests.dialects.belvo.render.records import (
    BALANCE,
    BANK,
    BILL,
    BRAZILIAN,
    CARD,
    CDB,
    CHECKING,
    COMPANY,
    CONSENT,
    EVERY_FIELD,
    FINANCING,
    FUND,
    LEAST_ACCOUNT,
    LEAST_BILL,
    LEAST_CARD,
    LEAST_INVESTMENT,
    LEAST_LOAN,
    LEAST_MOVEMENT,
    LEAST_PERSON,
    LEAST_TRANSACTION,
    MEXICAN,
    MORNING,
    NIGHT,
    OPEN,
    OPEN_BANK,
    OTHER,
    PARENT,
    PERSON,
    PIX,
    PURCHASE,
    SALE,
    Sample,
    amount,
    stored,
)


def movement(record: Transaction, account: Account, origin: Origin, **more: Any) -> dict[str, Any]:
    """A movement rendered with its account."""
    held = stored(account, PARENT)
    return render.transaction(stored(record), held, render.account(held, origin), origin, **more)


def _statement() -> dict[str, Any]:
    moved = [
        replace(PIX, key=str(n), occurred_at=NIGHT + n, amount=amount(a)) for n, a in enumerate(("-150.00", "20.25"))
    ]
    return render.statement(
        stored(Statement(key="s", account_key="cc", month="2024-09")),
        stored(MEXICAN, PARENT),
        [stored(record) for record in moved],
        amount("1209.50"),
        BANK,
        holder=LEAST_PERSON,
        pdf="JVBERi0=",
    )


def _consent() -> dict[str, Any]:
    return render.consent(
        stored(CONSENT), OPEN, MORNING, document=PERSON.document, organization="ACME", holder=PERSON, user_name="Maria"
    )


_TERMS = ("TRANSACAO_CORRENTE",)

SAMPLES: dict[str, Sample] = {
    "institution": Sample(lambda: institutions.institution(EVERY_FIELD), "InstitutionPublicApi", "Institution"),
    "institution-open": Sample(lambda: institutions.institution(OPEN_BANK), "InstitutionPublicApi"),
    "account-checking": Sample(lambda: render.account(stored(CHECKING), OPEN), "AccountOpenFinanceBrazil", "Account"),
    "account-mexican": Sample(lambda: render.account(stored(MEXICAN), BANK), "AccountOpenFinanceBrazil", "Account"),
    "account-least": Sample(lambda: render.account(stored(LEAST_ACCOUNT), BANK), "AccountOpenFinanceBrazil", "Account"),
    "account-card": Sample(lambda: render.account(stored(CARD), OPEN), "AccountOpenFinanceBrazil", "Account"),
    "account-card-least": Sample(
        lambda: render.account(stored(LEAST_CARD), BANK), "AccountOpenFinanceBrazil", "Account"
    ),
    "account-loan": Sample(lambda: render.loan_account(stored(FINANCING), OPEN), "AccountOpenFinanceBrazil"),
    "account-loan-legacy": Sample(
        lambda: render.loan_account(stored(FINANCING), BRAZILIAN), "AccountOpenFinanceBrazil", "Account"
    ),
    "account-loan-least": Sample(lambda: render.loan_account(stored(LEAST_LOAN), OPEN), "AccountOpenFinanceBrazil"),
    "balance-of-a-day": Sample(
        lambda: render.balance_of_a_day(
            stored(CHECKING), render.account(stored(CHECKING), BRAZILIAN), amount("50.10"), "2024-09-01"
        ),
        None,
        "Balance",
    ),
    "balance-current": Sample(lambda: render.current_balance(stored(CHECKING), BALANCE, OPEN, MORNING), "BalanceOFDA"),
    "transaction-pix": Sample(
        lambda: movement(PIX, CHECKING, OPEN, category=PIX.category), "TransactionOpenFinanceBrazil"
    ),
    "transaction-pix-legacy": Sample(
        lambda: movement(PIX, CHECKING, BRAZILIAN, category=PIX.category),
        "TransactionOpenFinanceBrazil",
        "Transaction",
    ),
    "transaction-card": Sample(
        lambda: movement(PURCHASE, CARD, OPEN, bill=stored(BILL, OTHER), category="shopping.online-shopping"),
        "TransactionOpenFinanceBrazil",
        "Transaction",
    ),
    "transaction-card-least": Sample(
        lambda: movement(LEAST_TRANSACTION, LEAST_CARD, BANK), "TransactionOpenFinanceBrazil", "Transaction"
    ),
    "transaction-least": Sample(
        lambda: movement(LEAST_TRANSACTION, CHECKING, BRAZILIAN), "TransactionOpenFinanceBrazil", "Transaction"
    ),
    "bill": Sample(lambda: render.bill(stored(BILL), render.account(stored(CARD, PARENT), OPEN)), "Bill"),
    "bill-least": Sample(lambda: render.bill(stored(LEAST_BILL), render.account(stored(CARD, PARENT), OPEN)), "Bill"),
    "statement": Sample(_statement),
    "owner-person": Sample(lambda: render.owner(stored(PERSON), OPEN, _TERMS), "OwnerIndividualOpenFinanceBrazil"),
    "owner-company": Sample(lambda: render.owner(stored(COMPANY), OPEN, _TERMS), "OwnerBusinessOpenFinanceBrazil"),
    "owner-plain": Sample(lambda: render.owner(stored(PERSON), BRAZILIAN), "Owner", "Owner"),
    "owner-least": Sample(lambda: render.owner(stored(LEAST_PERSON), OPEN), "Owner", "Owner"),
    "investment": Sample(lambda: render.investment(stored(CDB)), "InvestmentBrazil"),
    "investment-fund": Sample(lambda: render.investment(stored(FUND)), "InvestmentBrazil"),
    "investment-least": Sample(lambda: render.investment(stored(LEAST_INVESTMENT)), "InvestmentBrazil"),
    "investment-transaction": Sample(
        lambda: render.investment_transaction(stored(SALE), stored(CDB, PARENT), render.investment(stored(CDB)), OPEN),
        "InvestmentTransactionBrazil",
    ),
    "investment-transaction-least": Sample(
        lambda: render.investment_transaction(
            stored(LEAST_MOVEMENT), stored(LEAST_INVESTMENT), render.investment(stored(LEAST_INVESTMENT)), OPEN
        ),
        "InvestmentTransactionBrazil",
    ),
    "portfolio": Sample(lambda: render.portfolios([stored(CDB)], BRAZILIAN)[0], None, "InvestmentsPortfolio"),
    "portfolio-least": Sample(
        lambda: render.portfolios([stored(LEAST_INVESTMENT)], BRAZILIAN)[0], None, "InvestmentsPortfolio"
    ),
    "portfolio-transaction": Sample(lambda: render.portfolio_transaction(stored(SALE), stored(CDB), BRAZILIAN)),
    "consent": Sample(_consent, "Consents"),
    "categorization": Sample(
        lambda: render.categorization(
            [
                (
                    {
                        "transaction_id": "1",
                        "account_holder_type": "INDIVIDUAL",
                        "account_holder_id": "9",
                        "account_id": "8",
                        "account_category": "CREDIT_CARD",
                        "value_date": "2024-09-27",
                        "description": "APPL3STORE",
                        "type": "OUTFLOW",
                        "amount": 650.89,
                        "currency": "BRL",
                        "institution": "Erebor",
                    },
                    "digital-services",
                    "Apple",
                )
            ]
        ),
        None,
        "Categorization",
    ),
}
"""By name; expected wires lie in `expected/`."""
