"""Whatever the bytes are: a statement, or `Unreadable`."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afluente.connectors.statements import StatementFile, Unreadable, read_statement
from tests.connectors.statements.expected import FILES

NAMES = ["bank_medium.ofx", "creditcard.ofx", "br_nubank_cc.ofx", "multiple_accounts.ofx", "bradesco.csv", "mexico.csv"]
CONTENTS = {name: (FILES / name).read_bytes() for name in NAMES}


def read_or_refuse(content: bytes, name: str = "") -> StatementFile | None:
    """Return what is read, or None if it is refused; anything else that is raised fails the test."""
    try:
        return read_statement(content, name)
    except Unreadable as why:
        assert why.meaning.startswith("statement.")
        assert why.sentence.endswith((".", ")."))
        return None


@settings(max_examples=150)
@given(st.sampled_from([name for name in NAMES if name.endswith(".ofx")]), st.floats(0, 1, exclude_max=True))
def test_an_ofx_file_cut_anywhere_before_its_end_is_refused(name: str, part: float) -> None:
    """No cut passes for a shorter statement."""
    content = CONTENTS[name]
    end = content.upper().rindex(b"</OFX>") + 5
    assert read_or_refuse(content[: int(end * part)], name) is None


@settings(max_examples=150)
@given(st.sampled_from(NAMES), st.floats(0, 1))
def test_a_file_cut_anywhere_gives_no_movement_it_did_not_have(name: str, part: float) -> None:
    """A cut CSV file may lose rows, and its last amount may lose digits; all before are the same."""
    content = CONTENTS[name]
    whole = read_statement(content, name)
    read = read_or_refuse(content[: int(len(content) * part)], name)
    if read and read.transactions:
        known = {(found.occurred_at, found.amount, found.description) for found in whole.transactions}
        cut = [(found.occurred_at, found.amount, found.description) for found in read.transactions]
        assert set(cut[:-1]) <= known


@settings(max_examples=200)
@given(st.sampled_from(NAMES), st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=12))
def test_flipped_bytes_raise_nothing_else(name: str, flips: list[tuple[float, int]]) -> None:
    """And keys stay unique, and every movement has its account."""
    content = bytearray(CONTENTS[name])
    for place, value in flips:
        content[int(len(content) * place)] = value
    if read := read_or_refuse(bytes(content), name):
        accounts = {account.key for account in read.accounts}
        assert len({found.key for found in read.transactions}) == len(read.transactions)
        assert {found.account_key for found in read.transactions} <= accounts
        assert all(found.amount.is_finite() for found in read.transactions)


@settings(max_examples=150)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Also where they pretend to be OFX."""
    read_or_refuse(content)
    read_or_refuse(b"<OFX><STMTRS><CCACCTFROM><ACCTID>1</CCACCTFROM><STMTTRN>" + content + b"</OFX>")
    read_or_refuse(b"Data;Valor\n" + content)


@settings(max_examples=150)
@given(st.lists(st.lists(st.text(max_size=12), min_size=2, max_size=5), max_size=6), st.sampled_from(";,\t"))
def test_any_cells_are_read_or_refused(rows: list[list[str]], separator: str) -> None:
    """Below a header that is one."""
    text = separator.join(["Data", "Valor", "Saldo"]) + "\n" + "\n".join(separator.join(row) for row in rows)
    read_or_refuse(text.encode("utf-8", "replace"))


@settings(max_examples=200)
@given(st.text(alphabet="0123456789.,- '()DCR$", max_size=20), st.text(alphabet="0123456789[]:-+.BRT", max_size=26))
def test_any_amount_and_date_make_a_movement_or_a_fault(amount: str, day: str) -> None:
    """Exactly one of the two."""
    text = f"<OFX><STMTRS><CURDEF>BRL<CCACCTFROM><ACCTID>1</CCACCTFROM><STMTTRN><DTPOSTED>{day}<TRNAMT>{amount}</OFX>"
    read = read_statement(text.encode())
    assert len(read.transactions) + len(read.faults) == 1


@pytest.mark.parametrize("content", [b"<OFX>" + b"<A" * 200_000, b"<OFX>" + b"<!--" * 200_000, b"a;" * 200_000])
def test_a_hostile_file_takes_no_more_than_its_length(content: bytes) -> None:
    """No pattern goes back and forth over the text; the suite's own time limit would tell."""
    assert read_or_refuse(content) is None
