"""The documented warnings of direct connectors: each provoked at its institution, on its product."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.rows.pluggy.stories import DETAILS, detail, ending, read, stopped, unread
from tests.server import Client

MASTER = "Solicite ao usuário máster para ter acesso a esse serviço."
TREASURY = (
    "A Conta não está habilitada para operar no Tesouro Direto pois já existe outra conta XP Inc atrelada ao CPF do "
    "cliente. Caso queira trocar a conta habilitada, entre em contato com seu assessor."
)


class Row(NamedTuple):
    """One documented warning. `said` is its providerMessage; `arrives` tells whether the product is read all the
    same."""

    id: str
    connector: int
    product: str
    meaning: str
    arrives: bool
    code: str
    message: str
    said: str | None = None


ROWS = [
    Row("itau-pf/INVESTMENTS_TRANSACTIONS.1", 201, "INVESTMENTS_TRANSACTIONS", "product.registration-unverified",
        False, "001", "User needs to verify cadastro"),
    Row("itau-pf/INVESTMENTS_TRANSACTIONS.2", 201, "INVESTMENTS_TRANSACTIONS", "product.outside-hours.market-closed",
        False, "002", "Treasury market is closed at this time"),
    Row("clear/INVESTMENTS.1", 223, "INVESTMENTS", "product.permission-missing.treasury",
        True, "001", "User does not have permissions to access Treasury assets", TREASURY),
    Row("orama/INVESTMENTS.1", 230, "INVESTMENTS", "product.rates-missing",
        True, "001", "Could not retrieve Tesouro Directo rates"),
    Row("banco-do-brasil-pj/ACCOUNTS.1", 216, "ACCOUNTS", "product.permission-missing.account",
        True, "001", "User does not have permissions to access this account"),
    Row("banco-do-brasil-pj/CREDIT_CARDS.1", 216, "CREDIT_CARDS", "product.permission-missing.card-transactions",
        True, "001", "User does not have permissions to access credit card's transactions"),
    Row("banco-do-brasil-pj/INVESTMENTS.1", 216, "INVESTMENTS", "product.permission-missing.funds",
        True, "001", "User without permissions to get mutual funds / fixed incomes"),
    Row("banco-do-brasil-pj/INVESTMENTS.2", 216, "INVESTMENTS", "product.outside-hours.fixed-income",
        True, "002", "Hour not allowed to get fixed incomes"),
    Row("bradesco-pj/ACCOUNTS.1", 209, "ACCOUNTS", "product.permission-missing.accounts",
        False, "001", "User does not have access to accounts information", MASTER),
    Row("bradesco-pj/CREDIT_CARDS.1", 209, "CREDIT_CARDS", "product.permission-missing.cards",
        False, "001", "User does not have access to credit card information", MASTER.removesuffix(".")),
    Row("bradesco-pj/PAYMENT_DATA.1", 209, "PAYMENT_DATA", "product.permission-missing.transfers",
        True, "001", "User doesn't have permissions to obtain TED / PIX / TEF payments"),
    Row("bradesco-pj/INVESTMENTS.1", 209, "INVESTMENTS", "product.permission-missing.funds",
        True, "001", "User does not have access to mutual funds / fixed income investments information", MASTER),
    Row("bradesco-pj/INVESTMENTS_TRANSACTIONS.1", 209, "INVESTMENTS_TRANSACTIONS",
        "product.permission-missing.investment-transactions",
        False, "001", "User does not have access to investments transactions information", MASTER),
    Row("bradesco-pj/INVESTMENTS_TRANSACTIONS.2", 209, "INVESTMENTS_TRANSACTIONS",
        "product.permission-missing.fund-transactions",
        True, "002", "User doesn't have permissions to view fixed income / mutual funds transactions"),
    Row("bradesco-pj/TRANSACTIONS.1", 209, "TRANSACTIONS", "product.permission-missing.transactions",
        True, "001", "Transactions are not enabled for this account",
        "Solicite ao usuário máster para ter acceso a esse serviço."),
    Row("caixa-pj/TRANSACTIONS.1", 217, "TRANSACTIONS", "product.account-impeded",
        False, "001", "Situação impeditiva para movimentar sua conta. Procure sua agência para regularizar.",
        "Situação impeditiva para movimentar sua conta. Procure sua agência para regularizar."),
    Row("itau-pj/CREDIT_CARDS.1", 218, "CREDIT_CARDS", "product.permission-missing.card-statements",
        True, "001", "User dont have access to credit cards resumes"),
    Row("itau-pj/PAYMENT_DATA.1", 218, "PAYMENT_DATA", "product.permission-missing.instant-payments.received",
        True, "001", "User doesn't have permission to obtain received PIX QR code payment data",
        "Consulte seu gerente ou Central de Atendimento para liberar permissões"),
    Row("itau-pj/PAYMENT_DATA.2", 218, "PAYMENT_DATA", "product.permission-missing.instant-payments",
        True, "002", "Client does not have permissions to see PIX payment data",
        "Cliente não tem permissão para acesso a PIX"),
    Row("itau-pj/INVESTMENTS.1", 218, "INVESTMENTS", "product.permission-missing.investments",
        True, "001", "User doesn't have permissions to view investments"),
    Row("santander-pj/ACCOUNTS.1", 221, "ACCOUNTS", "product.reduced-source",
        True, "002", "User doesn't have access to 'Extrato 365 dias', we got information from 'Saldo e Extrato'."),
    Row("santander-pj/ACCOUNTS.2", 221, "ACCOUNTS", "product.permission-missing.accounts",
        False, "001", "Operator doesn't have access to Accounts"),
    Row("santander-pj/CREDIT_CARDS.1", 221, "CREDIT_CARDS", "product.permission-missing.cards",
        False, "001", "User doesn't have permissions, cannot recover credit cards"),
    Row("santander-pj/TRANSACTIONS.1", 221, "TRANSACTIONS", "product.history-limited",
        True, "003", "User doesn't have access to 'Extrato 365 dias' or it's offline, we got information from 'Saldo e "
        "Extrato'. Information here is limited to 90 days and 400 txs."),
    Row("xp/INVESTMENTS.1", 202, "INVESTMENTS", "product.permission-missing.treasury",
        True, "001", "User does not have permissions to access Treasury assets", TREASURY),
    Row("sicoob-pj/ACCOUNTS.1", 229, "ACCOUNTS", "product.permission-missing.accounts",
        False, "001", "User does not have permissions to get accounts",
        "Usuário não tem permissão para executar a transação - Consultas - Saldo de conta corrente"),
]  # fmt: skip

NEUTRAL = {
    "ACCOUNTS": "accounts",
    "CREDIT_CARDS": "cards",
    "TRANSACTIONS": "transactions",
    "INVESTMENTS": "investments",
    "INVESTMENTS_TRANSACTIONS": "investment-movements",
    "PAYMENT_DATA": "payment-details",
}
"""What a user name calls each product."""


PARAMETERS = [pytest.param(row, id=row.id, marks=pytest.mark.row(f"pluggy.warning/{row.id}")) for row in ROWS]


def beside(product: str) -> list[str]:
    """Return products that are read beside it, and those that it cannot do without."""
    needed = {"TRANSACTIONS": ["ACCOUNTS", "CREDIT_CARDS"], "INVESTMENTS_TRANSACTIONS": ["INVESTMENTS"]}
    return [*needed.get(product, []), "IDENTITY"]


@pytest.mark.parametrize("row", PARAMETERS)
def test_a_warning_stands_on_its_product_in_the_documented_words(client: Client, row: Row) -> None:
    """Code, message and providerMessage to the letter; the item is a success exactly if the product arrived."""
    now = stopped(client)
    others = beside(row.product)
    user = f"act+{row.meaning}@{NEUTRAL[row.product]}"
    item = client.connect(row.connector, user, products=[row.product, *others])
    warning = {"code": row.code, "message": row.message}
    if row.said is not None:
        warning["providerMessage"] = row.said
    expected = {DETAILS[other]: read(now) for other in others}
    expected[DETAILS[row.product]] = read(now, warning) if row.arrives else unread(None, warning)
    assert ending(item) == {
        "status": "UPDATED",
        "executionStatus": "SUCCESS" if row.arrives else "PARTIAL_SUCCESS",
        "error": None,
        "statusDetail": detail(**expected),
    }


@pytest.mark.row("pluggy.warning/bradesco-pf/LOGIN.1")
def test_a_captcha_at_the_login_warns_on_every_product(alone: Client) -> None:
    """Nothing could be read: the error repeats the sentence, and each product of the item says why it is not new."""
    sentence = "O usuário deve acessar a conta manualmente para resolver o captcha."
    item = alone.connect(203, "act+login.needs-action.captcha", products=["ACCOUNTS", "TRANSACTIONS"])
    warning = {"code": "001", "message": sentence, "providerMessage": sentence}
    assert ending(item) == {
        "status": "OUTDATED",
        "executionStatus": "ACCOUNT_NEEDS_ACTION",
        "error": {
            "code": "ACCOUNT_NEEDS_ACTION",
            "message": "Account needs a manual user action.",
            "providerMessage": sentence,
        },
        "statusDetail": detail(accounts=unread(None, warning), transactions=unread(None, warning)),
    }


@pytest.mark.row("pluggy.warning/bradesco-pf/LOGIN.1")
def test_a_solved_captcha_leaves_no_warning(client: Client) -> None:
    """Once the user has been at the bank the next update succeeds, and nothing is said any more."""
    client.arm("login.needs-action.captcha", operation="login", institution="bradesco-pf")
    item = client.connect(203)
    assert item["executionStatus"] == "ACCOUNT_NEEDS_ACTION"
    item = client.update(item["id"])
    assert ending(item) == {"status": "UPDATED", "executionStatus": "SUCCESS", "error": None, "statusDetail": None}


def test_each_documented_warning_is_listed_once() -> None:
    """The table has the published 26 of products; the one of the login has tests of its own."""
    assert len({row.id for row in ROWS}) == len(ROWS) == 26
