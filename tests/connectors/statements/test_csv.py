"""CSV exports: separators, dates, signs and columns as banks have them."""

from decimal import Decimal

import pytest

from afluente.connectors.statements import read_statement
from afluente.core.accounts import AccountKind


def amounts(text: str, filename: str = "") -> list[Decimal]:
    """Return the amounts of the movements in a CSV text."""
    return [found.amount for found in read_statement(text.encode(), filename).transactions]


def days(*written: str) -> list[str]:
    """Return the keys' days of a file with these dates."""
    rows = "".join(f"{day},x,1.00\n" for day in written)
    read = read_statement(f"Date,Description,Amount\n{rows}".encode())
    return [found.key.split("~")[1][:8] for found in read.transactions]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_the_separator_is_found(separator: str) -> None:
    """None is declared, except to spreadsheets."""
    rows = [["Fecha", "Concepto", "Importe"], ["2024-01-31", "Pan", "-1.50"], ["2024-02-01", "Sal", "2.25"]]
    text = "\n".join(separator.join(row) for row in rows)
    assert amounts(text) == amounts(f"sep={separator}\n{text}") == [Decimal("-1.50"), Decimal("2.25")]


def test_month_first_is_read_only_where_nothing_else_fits() -> None:
    """One date decides for the whole column; where none does, the day is first, with a warning."""
    assert days("01/02/2024", "01/31/2024") == ["20240102", "20240131"]
    assert days("01/02/2024", "31/01/2024") == ["20240201", "20240131"]
    assert days("01/02/2024") == ["20240201"]
    warned = read_statement(b"Date,Description,Amount\n01/02/2024,x,1.00\n")
    assert any("day/month" in warning for warning in warned.warnings)


@pytest.mark.parametrize(
    "written",
    ["2024-03-05", "2024/03/05", "20240305", "05.03.2024", "05-03-24", "05 mar 2024", "5 de março de 2024", "05/MAR/24",
     "2024-03-05T10:20:30-03:00", "05/03/2024 10:20", "Mar 5 2024"],
)  # fmt: skip
def test_a_date_may_be_written_in_many_ways(written: str) -> None:
    """With words, with a time, with two digits for the year."""
    assert days(written) == ["20240305"]


def test_a_debit_column_is_negative_with_and_without_its_sign() -> None:
    """And the other column is positive."""
    text = "Data;Histórico;Débito;Crédito\n01/02/2024;a;10,00;\n01/02/2024;b;-20,00;\n01/02/2024;c;;30,00\n"
    assert amounts(text) == [-10, -20, 30]


def test_a_row_with_debit_and_credit_is_a_fault() -> None:
    """Nobody can say which of the two it was."""
    read = read_statement(b"Data;Historico;Debito;Credito\n01/02/2024;a;10,00;5,00\n02/02/2024;b;1,00;\n")
    assert len(read.transactions) == 1
    assert read.faults[0].where == "line 2"


def test_a_column_of_d_and_c_holds_the_sign() -> None:
    """In letters, or in words."""
    assert amounts("Data;Descrição;Valor;Tipo\n01/02/2024;a;10,00;Débito\n01/02/2024;b;5,00;Crédito\n") == [-10, 5]
    assert amounts("Data;Descrição;Valor\n01/02/2024;a;10,00 D\n01/02/2024;b;5,00C\n") == [-10, 5]


def test_balances_and_totals_are_no_movements() -> None:
    """They are left out by line number; the last balance is the account's."""
    text = (
        "Data;Lançamento;Valor;Saldo\n01/02/2024;SALDO ANTERIOR;;100,00\n02/02/2024;Pix;-10,00;90,00\n"
        "02/02/2024;S A L D O;90,00;\nTotal;;-10,00;\n;Fim do extrato;;\n"
    )
    read = read_statement(text.encode())
    assert [found.amount for found in read.transactions] == [-10]
    assert read.accounts[0].balance == 90
    assert any("2, 4, 5, 6" in warning for warning in read.warnings)
    assert not read.faults


def test_the_balance_is_of_the_newest_movement_whichever_way_the_file_runs() -> None:
    """By the days, and within one day by the sums."""
    head = "Data;Lançamento;Valor;Saldo\n"
    down = "02/02/2024;b;-10,00;90,00\n01/02/2024;a;100,00;100,00\n"
    one_day = "02/02/2024;b;-10,00;90,00\n02/02/2024;a;100,00;100,00\n"
    assert read_statement((head + down).encode()).accounts[0].balance == 90
    assert read_statement((head + one_day).encode()).accounts[0].balance == 90


def test_a_card_that_already_signs_purchases_with_a_minus_is_left_alone() -> None:
    """What purchases and payments say together decides, not the kind of file."""
    text = "Date,Description,Amount\n2024-01-05,Shop,-10.00\n2024-01-06,Bar,-5.00\n2024-01-09,Payment thank you,15.00\n"
    read = read_statement(text.encode(), "credit card.csv")
    assert read.accounts[0].kind is AccountKind.CREDIT_CARD
    assert [found.amount for found in read.transactions] == [-10, -5, 15]


def test_a_bank_that_gives_dollars_and_reais_is_read_in_reais() -> None:
    """The last column of amounts is the one that is billed."""
    text = (
        "Data de Compra;Nome no Cartão;Final do Cartão;Categoria;Descrição;Parcela;Valor (em US$);Cotação (em R$);"
        "Valor (em R$)\n05/01/2024;ANA;1234;Loja;AMAZON;Única;10,00;5,00;50,00\n"
    )
    read = read_statement(text.encode())
    assert [(found.amount, found.currency) for found in read.transactions] == [(-50, "BRL")]


def test_a_header_without_rows_is_an_account_without_movements() -> None:
    """A month in which nothing happened."""
    read = read_statement("Data;Descrição;Valor\n".encode())
    assert (len(read.accounts), read.transactions) == (1, ())
    assert "The file has no movements." in read.warnings
