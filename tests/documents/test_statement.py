"""The statement as a PDF: what is printed, that nothing is lost, and that the same input gives the same bytes."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO

import pdfplumber
import pytest

from afluente.core.accounts import Account, AccountKind, BankDetails, CardDetails, Transaction
from afluente.core.holders import Address, Holder
from afluente.core.institutions import Institution, Kind
from afluente.documents import begins_and_ends, statement_id, statement_pdf

HOLDER = Holder(
    key="1",
    name="Renée Łukasz",
    document="",
    document_kind="",
    addresses=(
        Address(full="1 Example St", street="1 Example St", city="Montréal", state="QC", postal_code="H3B 5E8"),
    ),
)
ACCOUNT = Account(
    key="a",
    kind=AccountKind.CHECKING,
    number="1111000",
    name="Chequing",
    currency="CAD",
    balance=Decimal("0"),
    bank=BankDetails(transfer_number="777/77777/1111000"),
)
WORDS = {
    ("en", "CAD"): ("Account statement", "Opening balance", "1,234.50"),
    ("fr", "CAD"): ("Relevé de compte", "Solde d'ouverture", "1\u00a0234,50"),
    ("pt-BR", "BRL"): ("Extrato de conta", "Saldo inicial", "1.234,50"),
    ("es", "COP"): ("Estado de cuenta", "Saldo inicial", "1.234,50"),
    ("es", "MXN"): ("Estado de cuenta", "Saldo inicial", "1,234.50"),
}


def bank(country: str = "CA", name: str = "Example Bank") -> Institution:
    """Return an institution of a country."""
    return Institution(
        slug="x", name=name, country=country, kind=Kind.PERSONAL_BANK, connector="x", fields=(), products=()
    )


def movement(number: int, amount: str, balance: str | None = None, text: str = "Groceries") -> Transaction:
    """Return a movement on some day of October 2026, at noon."""
    at = datetime(2026, 10, 1, 15, tzinfo=UTC) + timedelta(days=number % 31)
    return Transaction(
        key=str(number),
        account_key="a",
        occurred_at=int(at.timestamp()) * 1000,
        amount=Decimal(amount),
        currency="CAD",
        description=text,
        balance_after=None if balance is None else Decimal(balance),
    )


def text_of(content: bytes) -> list[str]:
    """Return the text of each page."""
    with pdfplumber.open(BytesIO(content)) as opened:
        return [page.extract_text() for page in opened.pages]


@pytest.mark.parametrize(("language", "currency"), WORDS)
def test_it_speaks_the_language_and_writes_amounts_as_its_country_does(language: str, currency: str) -> None:
    """Titles, the opening balance and the marks of thousands and decimals, in each of the four."""
    account = Account(key="a", kind=AccountKind.CHECKING, number="1", name="x", currency=currency, balance=Decimal("0"))
    content = statement_pdf(HOLDER, bank(), account, [movement(3, "-10", "1224.50")], "2026-10", language)
    (page,) = text_of(content)
    for told in WORDS[language, currency]:
        assert told.replace("\u00a0", " ") in page.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("country", "title"), [("BR", "Extrato"), ("CA", "Account"), ("MX", "Estado"), ("CL", "Estado")]
)
def test_without_a_language_it_is_the_countrys(country: str, title: str) -> None:
    """So nobody who fetches a document has to know it."""
    assert title in text_of(statement_pdf(None, bank(country), ACCOUNT, [], "2026-10"))[0]


def test_opening_movements_and_closing_add_up() -> None:
    """What is printed as opened, plus credits, minus debits, is what is printed as closed."""
    moved = [movement(1, "-40.25", "959.75"), movement(2, "1200.00", "2159.75"), movement(3, "-9.75", "2150.00")]
    (page,) = text_of(statement_pdf(HOLDER, bank(), ACCOUNT, moved, "2026-10"))
    for told in ("1,000.00", "1,200.00", "50.00", "2,150.00", "2026-10-02", "777/77777/1111000", "1111000"):
        assert told in page
    assert "Renée Lukasz" in page  # a letter beyond the font's keeps its base


def test_several_hundred_movements_fill_several_pages_and_none_is_lost() -> None:
    """Each page has the titles of its columns and its number, each movement its row."""
    moved = [movement(number, "-1.00", str(1_000 - number), f"Purchase number {number}") for number in range(300)]
    pages = text_of(statement_pdf(HOLDER, bank(), ACCOUNT, moved, "2026-10"))
    assert len(pages) > 5
    every = "\n".join(pages)
    for number in range(300):
        assert f"Purchase number {number} 1.00" in every
    for number, page in enumerate(pages, 1):
        assert "Description" in page
        assert f"Page {number} of {len(pages)}" in page


def test_a_long_text_is_wrapped_and_not_cut() -> None:
    """A transfer's text can be longer than the column is wide."""
    long = " ".join(f"word{number}" for number in range(40))
    (page,) = text_of(statement_pdf(HOLDER, bank(), ACCOUNT, [movement(1, "-1", "9", long)], "2026-10"))
    assert all(f"word{number}" in page for number in range(40))


def test_a_text_without_end_is_cut_and_shows_it() -> None:
    """One movement cannot take the page."""
    (page,) = text_of(statement_pdf(HOLDER, bank(), ACCOUNT, [movement(1, "-1", "9", "wide " * 5_000)], "2026-10"))
    assert "…" in page


def test_letters_that_no_western_font_has_harm_nothing() -> None:
    """They are shown as question marks, and the rest of the row is there."""
    (page,) = text_of(statement_pdf(HOLDER, bank(), ACCOUNT, [movement(1, "-1", "9", "寿司 sushi\x00\n12")], "2026-10"))
    assert "?? sushi" in page


def test_a_month_without_movements_says_so() -> None:
    """An empty table would look like a mistake."""
    (page,) = text_of(statement_pdf(HOLDER, bank(), ACCOUNT, [], "2026-10", closing=Decimal("77.10")))
    assert "no transactions" in page
    assert page.count("77.10") == 2


def test_no_balance_is_printed_that_nobody_knows() -> None:
    """A card's statement has totals, and neither an opening nor a closing balance."""
    card = Account(
        key="c", kind=AccountKind.CREDIT_CARD, number="9999", name="Visa", currency="CAD", balance=Decimal("5"),
        card=CardDetails(),
    )  # fmt: skip
    (page,) = text_of(statement_pdf(HOLDER, bank(), card, [movement(1, "-5.00")], "2026-10"))
    assert "Credit card statement" in page
    assert "balance" not in page.lower()


def test_the_same_input_gives_the_same_bytes() -> None:
    """In another process too: nothing in a document tells when or where it was made."""
    script = (
        "from tests.documents.test_statement import *; import sys;"
        "sys.stdout.buffer.write(statement_pdf(HOLDER, bank(), ACCOUNT, [movement(1, '-1', '9')], '2026-10'))"
    )
    elsewhere = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
    assert elsewhere == statement_pdf(HOLDER, bank(), ACCOUNT, [movement(1, "-1", "9")], "2026-10")
    assert b"20261031235959" in elsewhere


def test_the_drawing_library_is_loaded_by_the_first_document() -> None:
    """A server that makes none does not pay for it."""
    script = "import sys, afluente.app, afluente.documents; sys.exit(any(m in sys.modules for m in ('fpdf', 'PIL')))"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


def test_a_month_lies_between_two_midnights() -> None:
    """December's end is January's beginning, in the zone that was asked for."""
    begins, ends = begins_and_ends("2026-12", UTC)
    assert [datetime.fromtimestamp(at / 1000, UTC).isoformat()[:10] for at in (begins, ends)] == [
        "2026-12-01",
        "2027-01-01",
    ]


def test_a_statements_number_is_thirty_two_capital_digits() -> None:
    """As clients take it for a file's name."""
    assert statement_id("0b7a5c1e-4f2d-4a6b-9c3e-8d1f2a3b4c5d") == "0B7A5C1E4F2D4A6B9C3E8D1F2A3B4C5D"
