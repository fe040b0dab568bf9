"""Printed statements of layouts that Afluente does not make: what each gives stands beside it, read by a person.

`python -m tests.connectors.statements.test_printed` rewrites the expectations; `printing.py` tells where the files
come from.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from msgspec.structs import replace

from afluente.connectors.statements import Unreadable, read_statement
from afluente.core.accounts import AccountKind, Transaction
from afluente.documents import statement_pdf
from tests.connectors.statements.printing import PRINTED, TYPEWRITER, typewriter
from tests.documents.test_statement import ACCOUNT, HOLDER, bank, movement

TWO_ACCOUNTS = (
    "Example Credit Union   Period: January 1, 2024 to January 31, 2024   CAD\n"
    "\n Chequing   Account number 445566778\n"
    " Date        Description             Amount     Balance\n"
    " 2024-01-01  Opening balance                     100.00\n"
    " 2024-01-15  Payroll                 500.00      600.00\n"
    "\n Savings    Account number 998877665\n"
    " Date        Description             Amount     Balance\n"
    " 2024-01-01  Opening balance                      10.00\n"
    " 2024-01-31  Interest                  0.50       10.50\n"
)
FILES = sorted(PRINTED.glob("*.pdf"))


def summary(content: bytes) -> dict[str, object]:
    """Return all that a statement gives, or what it is refused with."""
    try:
        read = read_statement(content)
    except Unreadable as why:
        return {"refused": why.meaning, "sentence": why.sentence, "where": why.where}
    numbers = {account.key: account.number for account in read.accounts}
    several = len(numbers) > 1
    return {
        "accounts": [
            [one.key, one.kind.value, one.number, one.currency, str(one.balance), one.owner] for one in read.accounts
        ],
        "holders": [
            [one.name, one.document, *(f"{a.street} | {a.city} | {a.state} | {a.postal_code}" for a in one.addresses)]
            for one in read.holders
        ],
        "proved": read.proved,
        "faults": [[fault.where, fault.what] for fault in read.faults],
        "warnings": list(read.warnings),
        "movements": [
            " | ".join(
                (
                    datetime.fromtimestamp(one.occurred_at / 1000, UTC).date().isoformat(),
                    str(one.amount),
                    one.description,
                    str(one.balance_after),
                    one.code or "",
                    *([numbers[one.account_key]] if several else []),
                )
            )
            for one in read.transactions
        ],
    }


def _expectation(path: Path) -> Path:
    return path.with_suffix(".expected.json")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_printed_statement_gives_what_is_written_beside_it(path: Path) -> None:
    """Account, currency, balance, every movement with its day, sign, text and balance; or the refusal."""
    assert summary(path.read_bytes()) == json.loads(_expectation(path).read_text("utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_imported_adds_up(path: Path) -> None:
    """Of each of the layouts but the one that somebody changed."""
    told = summary(path.read_bytes())
    if path.stem == "us_doctored":
        assert told["refused"] == "statement.does-not-add-up"
    else:
        assert told["proved"] is True


def test_one_amount_that_is_another_is_found_and_told() -> None:
    """With the place at which the balance does not follow any more."""
    changed = typewriter(TYPEWRITER.replace("89,90 D", "80,90 D"))
    with pytest.raises(Unreadable) as caught:
        read_statement(changed)
    assert caught.value.meaning == "statement.does-not-add-up"
    assert "3560.35" in caught.value.sentence
    assert "3569.35" in caught.value.sentence
    assert [sign.kind for sign in caught.value.signs] == ["does-not-add-up"]


def test_a_row_that_is_left_out_is_found() -> None:
    """Balances hold what is no longer printed."""
    lines = [line for line in TYPEWRITER.splitlines() if "Deposito em dinheiro" not in line]
    with pytest.raises(Unreadable) as caught:
        read_statement(typewriter("\n".join(lines)))
    assert caught.value.meaning == "statement.does-not-add-up"


def test_signs_that_are_not_printed_are_told_by_the_balances() -> None:
    """Where amounts have none, each balance says what came in and what went out."""
    bare = TYPEWRITER.replace(" D ", "   ").replace(" C ", "   ")
    told = summary(typewriter(bare.replace("639,65  ", "-639,65 ")))
    assert [line.split(" | ")[1] for line in told["movements"]] == [
        "1150.25",
        "-89.90",
        "-4200.00",
        "3000.00",
        "-62.40",
    ]


def test_signs_that_nothing_tells_are_not_guessed() -> None:
    """Two movements of the same amount and one balance: either may have come in."""
    page = (
        "Extrato de conta Agencia: 1234-5 Conta: 98765-X  Periodo: 01/05/2024 a 31/05/2024\n"
        " Dia        Historico                     Valor R$       Saldo R$\n"
        " 30/04/2024 Saldo Anterior                               100,00\n"
        " 02/05/2024 Um                              50,00\n"
        " 03/05/2024 Outro                           50,00        100,00\n"
    )
    with pytest.raises(Unreadable) as caught:
        read_statement(typewriter(page))
    assert caught.value.meaning == "statement.does-not-add-up"
    assert "came in" in caught.value.sentence


def test_the_latest_movement_may_come_first() -> None:
    """Many sites print backwards in time; the balances then run upwards, and the movements are told forwards."""
    page = (
        "Statement of account number 445566778  CAD  From January 1, 2024 to January 31, 2024\n"
        " Date        Description                   Amount          Balance\n"
        " 2024-01-30  Rent                          -900.00          350.00\n"
        " 2024-01-15  Payroll                       1000.00         1250.00\n"
        " 2024-01-02  Groceries                      -50.00          250.00\n"
    )
    told = summary(typewriter(page))
    assert told["accounts"][0][4] == "350.00"
    assert told["proved"] is True
    assert [line.split(" | ")[1] for line in told["movements"]] == ["-50.00", "1000.00", "-900.00"]


def test_a_statement_without_balances_says_that_nothing_proves_it() -> None:
    """It is imported, because its signs are printed, with a warning."""
    page = (
        "Statement of account number 445566778  CAD  January 2024\n"
        " Date        Description                   Amount\n"
        " 2024-01-30  Rent                          -900.00\n"
        " 2024-01-15  Payroll                       1000.00\n"
    )
    told = summary(typewriter(page))
    assert told["proved"] is False
    assert told["warnings"] == ["The statement prints no balances that its movements could be held against."]


def test_days_of_a_year_that_ends_are_of_two_years() -> None:
    """December before January, where no row has a year."""
    page = (
        "Account statement  account number 445566778  CAD  Period: December 16, 2023 to January 15, 2024\n"
        " Date    Description                   Amount          Balance\n"
        " Dec 16  Opening balance                               100.00\n"
        " Dec 20  Groceries                      -50.00          50.00\n"
        " Jan 05  Payroll                       1000.00        1050.00\n"
    )
    told = summary(typewriter(page))
    assert [line.split(" | ")[0] for line in told["movements"]] == ["2023-12-20", "2024-01-05"]


def test_days_whose_year_nothing_names_are_refused() -> None:
    """A movement of some year or other is worth nothing."""
    page = (
        "Account statement  account number 445566778  CAD\n"
        " Date    Description                   Amount          Balance\n"
        " Dec 20  Groceries                      -50.00          50.00\n"
    )
    told = summary(typewriter(page))
    assert told["refused"] == "statement.not-a-statement"
    assert "year" in str(told["sentence"])


@pytest.mark.parametrize("language", ["en", "fr", "pt-BR", "es"])
def test_what_we_print_ourselves_we_read_whole(language: str) -> None:
    """Every movement, its wrapped text and its sign, over several pages, in each language."""
    balance = Decimal("1000.00")
    moved = []
    for number in range(90):
        value = Decimal("-7.25") if number % 4 else Decimal("1234.56")
        balance += value
        moved.append(movement(number // 3, str(value), str(balance), f"Movimento número {number} " + "longo " * 12))
    content = statement_pdf(HOLDER, bank(), ACCOUNT, moved, "2026-10", language)
    read = read_statement(content)
    assert read.proved
    assert [(one.amount, one.description) for one in read.transactions] == [
        (one.amount, " ".join(one.description.split())) for one in moved
    ]
    assert read.accounts[0].balance == balance
    assert read.signs == ()


def joined(*files: bytes) -> bytes:
    """Return the pages of several PDFs as one."""
    whole = pypdfium2.PdfDocument.new()
    for content in files:
        whole.import_pages(pypdfium2.PdfDocument(content))
    made = BytesIO()
    whole.save(made)
    return made.getvalue()


def own(number: str, kind: AccountKind, *moved: Transaction) -> bytes:
    """Return a statement that we print ourselves."""
    account = replace(ACCOUNT, number=number, kind=kind, bank=None)
    return statement_pdf(HOLDER, bank(), account, moved, "2026-10")


def test_two_of_our_own_statements_in_one_file_are_two_accounts() -> None:
    """Each with its kind, its balance and its movements; both are the holder's, whose address is read too."""
    read = read_statement(
        joined(
            own("1111000", AccountKind.CHECKING, movement(1, "-7.25", "92.75"), movement(2, "100.00", "192.75")),
            own("2222000", AccountKind.SAVINGS, movement(3, "5.00", "505.00")),
        )
    )
    assert [(one.number, one.kind, one.balance, one.owner) for one in read.accounts] == [
        ("1111000", AccountKind.CHECKING, Decimal("192.75"), "Renée Lukasz"),
        ("2222000", AccountKind.SAVINGS, Decimal("505.00"), "Renée Lukasz"),
    ]
    assert [(one.account_key, one.amount) for one in read.transactions] == [
        ("pdf//1111000/checking", Decimal("-7.25")),
        ("pdf//1111000/checking", Decimal("100.00")),
        ("pdf//2222000/savings", Decimal("5.00")),
    ]
    assert read.proved
    (holder,) = read.holders
    (where,) = holder.addresses
    assert (where.street, where.city, where.state, where.postal_code, where.country) == (
        "1 Example St", "Montréal", "QC", "H3B 5E8", "CA",
    )  # fmt: skip


def test_one_account_of_two_that_does_not_add_up_spoils_the_file() -> None:
    """It names the place in the account that is wrong; the other is not imported alone."""
    changed = TWO_ACCOUNTS.replace("500.00      600.00", "500.00      650.00")
    with pytest.raises(Unreadable) as caught:
        read_statement(typewriter(changed))
    assert caught.value.meaning == "statement.does-not-add-up"
    assert "650.00" in caught.value.sentence
    assert len(read_statement(typewriter(TWO_ACCOUNTS)).accounts) == 2


@pytest.mark.parametrize(
    ("first", "second", "several"),
    [
        ("4411-5566778", "9922-5566778", True),
        ("445566778", "005566778", True),
        ("445566778", "0000445566778", False),
        ("445566778", "XXXXX6778", False),
        ("XXXX-XXXX-6778", "445566778", False),
        ("445566778", "XXXXX6779", True),
        ("11556677-X", "22556677-X", True),
    ],
)
def test_last_digits_tell_accounts_apart_only_where_the_others_are_hidden(
    first: str, second: str, several: bool
) -> None:
    """Two numbers that are printed whole are one account's only where one is the other without its beginning."""
    text = TWO_ACCOUNTS.replace("445566778", first).replace("998877665", second)
    if not several:
        text = text.replace(" 2024-01-01  Opening balance                      10.00\n", "").replace(
            " 2024-01-31  Interest                  0.50       10.50",
            " 2024-01-31  Interest                  0.50      600.50",
        )
    assert len(read_statement(typewriter(text)).accounts) == (2 if several else 1)


def test_numbers_of_pages_are_no_accounts() -> None:
    """A number above the table of each page that is another each time, of which none has balances of its own: one
    account."""
    page = (
        "Estado de cuenta  Cuenta 0198765432  MXN  Periodo DEL 01/03/2024 AL 31/03/2024\n"
        " Fecha        Concepto                   Cargos       Abonos       Saldo\n"
        " 01/03/2024   Saldo anterior                                       100.00\n"
        " 04/03/2024   Deposito                                50.00        150.00\n"
        "\n\n Folio 0000771\n"
        " Fecha        Concepto                   Cargos       Abonos       Saldo\n"
        " 05/03/2024   Retiro                     20.00                     130.00\n"
        " 31/03/2024   Saldo final                                          130.00\n"
    )
    read = read_statement(typewriter(page))
    assert [one.number for one in read.accounts] == ["0198765432"]
    assert [one.amount for one in read.transactions] == [Decimal("50.00"), Decimal("-20.00")]


def test_an_account_that_a_movement_names_is_not_one_of_the_file() -> None:
    """Its text goes on below the row, and may be the last before the table goes on with a balance of its own."""
    page = (
        "Statement of account number 445566778  CAD  January 2024\n"
        " Date        Description             Amount     Balance\n"
        " 2024-01-01  Opening balance                     100.00\n"
        " 2024-01-15  Transfer                -40.00       60.00\n"
        "             to account 998877665\n"
        " Date        Description             Amount     Balance\n"
        "             Balance forward                      60.00\n"
        " 2024-01-31  Interest                  0.50       60.50\n"
    )
    read = read_statement(typewriter(page))
    assert [one.number for one in read.accounts] == ["445566778"]
    assert [one.description for one in read.transactions] == ["Transfer to account 998877665", "Interest"]


@pytest.mark.parametrize(
    ("head", "name", "document"),
    [
        ("Account holder: Jane Q. Public-Smith", "Jane Q. Public-Smith", ""),
        ("Titulaire du compte : Hélène L'Écuyer", "Hélène L'Écuyer", ""),
        ("MARIA DAS DORES   CPF 111.444.777-35", "MARIA DAS DORES", "111.444.777-35"),
        ("Nombre: JUAN PABLO DE LA CRUZ", "JUAN PABLO DE LA CRUZ", ""),
        ("Name: Account 445566778", None, ""),
        ("Example Bank\n P.O. Box 12\n Toronto ON M5W 1L5", None, ""),
        ("Your statement at a glance", None, ""),
    ],
)
def test_a_name_is_taken_where_something_says_that_it_is_one(head: str, name: str | None, document: str) -> None:
    """A label, an address below or a tax number beside it; a bank's own address and a title are none."""
    page = (
        f" {head}\n\n"
        " Statement of account number 445566778  CAD  January 2024\n"
        " Date        Description                   Amount          Balance\n"
        " 2024-01-15  Payroll                       1000.00         1250.00\n"
        " 2024-01-30  Rent                          -900.00          350.00\n"
    )
    read = read_statement(typewriter(page))
    assert [(one.name, one.document) for one in read.holders] == ([] if name is None else [(name, document)])
    assert read.accounts[0].owner == name


def main() -> None:
    """Write what each file gives now."""
    for path in FILES:
        text = json.dumps(summary(path.read_bytes()), ensure_ascii=False, indent=2)
        _expectation(path).write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
