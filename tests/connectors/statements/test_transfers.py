"""The numbers that a printed statement's account is paid under: read where they are printed, and never made up."""

from decimal import Decimal

import pytest

from afluente.connectors.statements import read_statement
from afluente.core.connections import Stored
from afluente.dialects.flinks.render.accounts import numbers, owner, summary
from afluente.documents import statement_pdf
from tests.connectors.statements.printing import PRINTED, typewriter
from tests.documents.test_statement import ACCOUNT, HOLDER, bank, movement

TABLE = (
    " Date        Description                   Amount          Balance\n"
    " 2024-01-02  Groceries                      -50.00          250.00\n"
    " 2024-01-15  Payroll                       1000.00         1250.00\n"
)
HEADINGS = {
    "Account number 1234567  Transit 06702  Institution 003   CAD": "003/06702/1234567",
    "Account number 1234567  Branch transit number: 06702-003   CAD": "003/06702/1234567",
    "Account number 003-06702-1234567   CAD": "003/06702/1234567",
    "Account number 06702-1234567  Financial institution no. 003   CAD": "003/06702/1234567",
    "Numero de compte 06702 123 456 7  Institution : 815   CAD": "815/06702/1234567",
    "Account number 1234567  Transit 06702   CAD": "/06702/1234567",
    "Account number 1234567  Institution 003   CAD": None,
    "Account number 5560123456  Routing number 021000021   USD": "021000021/5560123456",
    "Account number 5560123456  Routing number 021000022   USD": None,
    "Banco 341 Itaú  Agência 0418  Conta 33721-8   R$": "341/0418/33721-8",
    "Agência 0418  Conta 33721-8   R$": None,
}


def paid_under(content: bytes) -> list[str | None]:
    """Return the numbers that a statement's accounts are paid under."""
    return [one.bank.transfer_number if one.bank else None for one in read_statement(content).accounts]


@pytest.mark.parametrize(("heading", "expected"), HEADINGS.items(), ids=list(HEADINGS))
def test_numbers_are_read_as_they_are_printed(heading: str, expected: str | None) -> None:
    """By their words or by the form of the whole; a sum that is wrong, or a number too few, makes none."""
    assert paid_under(typewriter(f"Example Bank statement\n{heading}\n{TABLE}")) == [expected]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ca_columns", ["/06702/1234567"]),
        ("ca_two_accounts", ["/10044/2210987", "/10044/7719003"]),
        ("ca_french", ["/30005/081234"]),
        ("ca_card", [None]),
        ("mx_cargos", ["012180001987654321"]),
        ("br_daily_balance", [None]),
    ],
)
def test_other_banks_layouts_give_theirs(name: str, expected: list[str | None]) -> None:
    """Of two accounts in one file each has its own."""
    assert paid_under((PRINTED / f"{name}.pdf").read_bytes()) == expected


def test_what_we_print_ourselves_comes_back_as_transit_institution_and_account() -> None:
    """A client of Flinks reads the same three numbers of the file as of the institution."""
    drawn = statement_pdf(HOLDER, bank(), ACCOUNT, [movement(1, "-7.25", "92.75")], "2026-10")
    [account] = read_statement(drawn).accounts
    assert numbers(account) == numbers(ACCOUNT)
    shown = summary(Stored("id", "connection", None, account, 0, 0), owner((), bank()))
    found = shown["TransitNumber"], shown["InstitutionNumber"], shown["AccountNumber"], shown["EftEligibleRatio"]
    assert found == ("77777", "777", "1111000", Decimal(1))
