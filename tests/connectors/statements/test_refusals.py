"""Files nothing can be imported from: each is refused with a sentence that says what is wrong and where."""

import pytest

from afluente.connectors.statements import MAX_BYTES, Unreadable, read_statement
from tests.connectors.statements.expected import FILES
from tests.connectors.statements.making import HEADER, SIGN_ON, document, movement, ofx, statement


def refusal(content: bytes, filename: str = "") -> Unreadable:
    """Return what `content` is refused with."""
    with pytest.raises(Unreadable) as caught:
        read_statement(content, filename)
    return caught.value


@pytest.mark.parametrize(
    ("content", "meaning", "sentence"),
    [
        (b"", "statement.empty", "0 bytes"),
        (b" \r\n\n", "statement.empty", "4 bytes, all of them blank"),
        (b"\xef\xbb\xbf", "statement.empty", "blank"),
        (b"%PDF-1.7\n%\xe2\xe3", "statement.truncated", "The PDF cannot be opened"),
        (b"GIF89a\x00", "statement.not-a-statement", "an image (GIF)"),
        (b"PK\x03\x04\x14\x00", "statement.not-a-statement", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "statement.not-a-statement", "XLS"),
        (b"<!DOCTYPE html><html><body>Login</body></html>", "statement.not-a-statement", "a web page"),
        (b"Dear bank,\nplease send me my money, soon.\n", "statement.not-a-statement", "no OFX tag"),
        (b"!Type:Bank\nD01/02/2024\nT-10.00\n^\n", "statement.not-a-statement", "QIF"),
        (b'{"balance": 1}', "statement.not-a-statement", "JSON"),
        (b'<?xml version="1.0"?><Document><Stmt/></Document>', "statement.not-a-statement", "XML, but not OFX"),
        (bytes(range(256)) * 4, "statement.not-a-statement", "control characters"),
        (b"name;age\nAna;30\n", "statement.not-a-statement", "column of dates"),
    ],
)
def test_what_is_no_statement_is_named(content: bytes, meaning: str, sentence: str) -> None:
    """The sentence says what the file is instead."""
    why = refusal(content)
    assert why.meaning == meaning
    assert sentence in why.sentence


def test_a_file_named_as_ofx_without_its_tag_is_refused_as_such() -> None:
    """Who renamed a file reads why that does not help."""
    assert "named as OFX" in refusal(b"Data;Valor\n01/01/2024;1,00\n", "extrato.OFX").sentence


def test_a_file_that_is_too_long_is_not_looked_at() -> None:
    """The limit is checked before anything is decoded."""
    why = refusal(b"\x00" * (MAX_BYTES + 1))
    assert why.meaning == "statement.too-large"
    assert f"{MAX_BYTES:,}" in why.sentence


def test_the_bank_own_error_is_passed_on() -> None:
    """A refused sign-on carries code, message and line, and the message alone for whoever shows it."""
    why = refusal((FILES / "error.ofx").read_bytes())
    assert why.meaning == "statement.bank-error"
    assert why.said == "We were unable to process your request. Please try again later."
    assert "2000" in why.sentence
    assert why.where == "line 6"


def test_a_cut_file_is_refused_as_a_whole_and_says_where_it_ends() -> None:
    """What came before the cut is counted, not imported."""
    whole = ofx(movement(fitid="1"), movement(fitid="2"), movement(fitid="3"))
    why = refusal(whole[: whole.index(b"<FITID>3")])
    assert why.meaning == "statement.truncated"
    assert why.where == "line 14"
    assert "2 whole movements" in why.sentence


@pytest.mark.parametrize("name", ["bb.ofx", "creditcard.ofx", "multiple_accounts.ofx", "ofx-v102-empty-tags.ofx"])
def test_a_real_file_cut_in_half_is_refused(name: str) -> None:
    """SGML and XML, closed and unclosed tags, one line and many."""
    content = (FILES / name).read_bytes()
    assert refusal(content[: len(content) // 2], name).meaning == "statement.truncated"


def test_a_file_that_ends_in_its_header_is_cut_off() -> None:
    """The header alone is enough to know what the rest would have been."""
    assert refusal(HEADER.encode()).meaning == "statement.truncated"


def test_a_csv_file_that_ends_inside_a_row_is_refused() -> None:
    """A last line without its end and with fewer cells than all others was cut."""
    why = refusal(b"Data;Descricao;Valor\n01/01/2024;Um;1,00\n02/01/2024;Dois;2,00\n03/01/20")
    assert why.meaning == "statement.truncated"
    assert why.where == "line 4"


def test_ofx_without_a_statement_has_no_accounts() -> None:
    """A sign-on that went well and nothing behind it."""
    why = refusal(f"{HEADER}<OFX>{SIGN_ON}</OFX>".encode())
    assert why.meaning == "statement.no-accounts"


def test_a_statement_that_names_no_account_is_refused() -> None:
    """Movements of nobody cannot be imported anywhere."""
    why = refusal(ofx(movement(), account="<BANKACCTFROM><BANKID>1<ACCTID></BANKACCTFROM>"))
    assert why.meaning == "statement.no-accounts"
    assert "names no account" in why.sentence


def test_an_investment_statement_alone_is_refused_by_name() -> None:
    """It is OFX, and whole, but nothing that is read."""
    text = (
        f"{HEADER}<OFX>{SIGN_ON}<INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS><CURDEF>USD<INVACCTFROM><BROKERID>x"
        "<ACCTID>1</INVACCTFROM><INVTRANLIST><BUYSTOCK><INVBUY><TOTAL>-1</INVBUY></BUYSTOCK></INVTRANLIST></INVSTMTRS>"
        "</INVSTMTTRNRS></INVSTMTMSGSRSV1></OFX>"
    )
    why = refusal(text.encode())
    assert why.meaning == "statement.no-accounts"
    assert "investment" in why.sentence


def test_one_account_the_bank_refused_does_not_lose_the_other() -> None:
    """The refusal of one answer is a fault beside the account that was answered."""
    refused = "<STMTTRNRS><TRNUID>2<STATUS><CODE>2003<SEVERITY>ERROR<MESSAGE>Account not found</STATUS></STMTTRNRS>"
    read = read_statement(document(statement([movement()]), refused).encode())
    assert len(read.transactions) == 1
    assert ["Account not found" in fault.what for fault in read.faults] == [True]
    assert refusal(document(refused).encode()).said == "Account not found"


def test_entities_a_file_declares_are_never_expanded() -> None:
    """A billion laughs stay one word."""
    declared = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<?xml version="1.0"?><!DOCTYPE OFX [<!ENTITY l0 "ha">{declared}]>' + document(
        statement([movement(memo="&l9; A&amp;B &#233; &eacute;")])
    )
    assert read_statement(text.encode()).transactions[0].description == "&l9; A&B é é"


def test_tags_within_tags_without_end_are_refused() -> None:
    """Depth is bounded, and nothing recurses."""
    deep = "".join(f"<X{n}>" for n in range(500)) + "".join(f"</X{n}>" for n in reversed(range(500)))
    why = refusal(document(deep).encode())
    assert why.meaning == "statement.too-complex"
