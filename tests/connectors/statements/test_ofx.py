"""OFX as banks write it, whatever the specification says."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from afluente.connectors.statements import StatementFile, read_statement
from afluente.core.accounts import AccountKind
from tests.connectors.statements.making import ACCOUNT, document, movement, ofx, statement


def instant(text: str) -> int:
    """Return the instant of an ISO date and time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def only(read: StatementFile) -> Decimal:
    """Return the amount of the only movement."""
    (found,) = read.transactions
    return found.amount


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("-530,86", "-530.86"),
        ("1.234,56", "1234.56"),
        ("-1,234.56", "-1234.56"),
        ("1.234.567,8", "1234567.80"),
        (" - 35.34 ", "-35.34"),
        ("1 234,56", "1234.56"),
        ("+12", "12.00"),
        ("12.5", "12.50"),
        (".5", "0.50"),
        ("-.75", "-0.75"),
        ("35,34-", "-35.34"),
        ("(35.34)", "-35.34"),
        ("R$ -1.000,00", "-1000.00"),
        ("-12.300000", "-12.30"),
        ("0.125", "0.125"),
        ("−8,00", "-8.00"),
    ],
)
def test_an_amount_is_read_as_it_is_written(written: str, amount: str) -> None:
    """Comma or point, grouped or not, the sign before or behind."""
    found = only(read_statement(ofx(movement(written))))
    assert found == Decimal(amount)
    assert -found.as_tuple().exponent >= 2


@pytest.mark.parametrize(
    "written", [".", "", "abc", "1.2.3", "1,23,4", "1e5", "--5", "12 34", "9" * 13, "٣", "NaN", "-"]
)
def test_an_amount_that_cannot_be_read_is_named_and_the_others_stay(written: str) -> None:
    """One bad movement is one fault, with its line and its id."""
    read = read_statement(ofx(movement(fitid="a"), movement(written, fitid="bad"), movement(fitid="c")))
    assert [found.key.split(":")[1].split("|")[0] for found in read.transactions] == ["a", "c"]
    (fault,) = read.faults
    assert fault.where == "line 13, FITID bad"
    assert fault.account_key == read.accounts[0].key


def test_three_digits_behind_a_point_are_read_as_the_rest_of_the_file_writes() -> None:
    """`1.500` is a thousand and a half beside commas, one and a half beside points, and a fault alone."""
    assert read_statement(ofx(movement("-1.500"), movement("-2,50", fitid="2"))).transactions[0].amount == -1500
    beside = read_statement(ofx(movement("-1.500"), movement("-2.50", fitid="2"), balance=""))
    assert beside.transactions[0].amount == Decimal("-1.5")
    alone = read_statement(ofx(movement("-1.500"), balance=""))
    assert not alone.transactions
    assert "thousands" in alone.faults[0].what
    assert only(read_statement(ofx(movement("-1.500"), currency="<CURDEF>CLP", balance=""))) == -1500


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("20240115", "2024-01-15T03:00"),
        ("20181104", "2018-11-04T03:00"),  # the midnight that summer time took
        ("20181105", "2018-11-05T02:00"),  # summer time
        ("20240115120000", "2024-01-15T15:00"),
        ("20240115120000[-3:BRT]", "2024-01-15T15:00"),
        ("20240115000000[-3:GMT]", "2024-01-15T03:00"),
        ("20240115120000.000[-5:EST]", "2024-01-15T17:00"),
        ("20240115120000[+5.5:IST]", "2024-01-15T06:30"),
        ("20240115120000[5.30:IST]", "2024-01-15T06:30"),
        ("20240115120000[0:GMT]", "2024-01-15T12:00"),
        ("20240115120000[EST]", "2024-01-15T17:00"),
        ("20240115120000[???]", "2024-01-15T15:00"),
        ("202401151200", "2024-01-15T15:00"),
        ("20240115093914:014", "2024-01-15T12:39:14"),
        (" 2024-01-15 ", "2024-01-15T03:00"),
        ("20240115240000", "2024-01-16T02:59:59"),
    ],
)
def test_a_date_is_the_instant_it_means(written: str, utc: str) -> None:
    """A zone is obeyed; without one, a statement in reais is in São Paulo, summer times of the past included."""
    (found,) = read_statement(ofx(movement(day=written))).transactions
    assert found.occurred_at == instant(utc)


def test_a_date_without_a_zone_is_utc_in_other_currencies() -> None:
    """Nothing is known of where the account is."""
    (found,) = read_statement(ofx(movement(), currency="<CURDEF>EUR")).transactions
    assert found.occurred_at == instant("2024-01-15T00:00")


@pytest.mark.parametrize(
    "written", ["", "00000000", "00000000000000", "20240230", "20241301", "2024", "15/01/2024", "x"]
)
def test_a_date_that_is_none_makes_a_fault(written: str) -> None:
    """No movement is given a day the bank did not give it."""
    read = read_statement(ofx(movement(day=written, fitid="bad"), movement(fitid="good")))
    assert len(read.transactions) == 1
    assert read.faults[0].where == "line 12, FITID bad"


@pytest.mark.parametrize(
    ("codec", "encoding"),
    [
        ("cp1252", "cp1252"),
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_the_bytes_say_the_encoding_whatever_the_header_claims(codec: str, encoding: str) -> None:
    """The header says USASCII each time, as real ones do."""
    read = read_statement(ofx(movement(memo="Cartão – crédito €5")).decode().encode(codec))
    assert read.encoding == encoding
    assert read.transactions[0].description == "Cartão – crédito €5"


def test_a_declared_code_page_other_than_the_western_ones_is_used() -> None:
    """Where the bytes cannot tell, the header may."""
    text = ofx(movement(memo="São João")).decode().replace("CHARSET:1252", "CHARSET:850")
    assert read_statement(text.encode("cp850")).transactions[0].description == "São João"


def test_a_letter_cut_in_half_does_not_turn_a_whole_file_into_another_encoding() -> None:
    """Banks cut names at so many bytes; the rest of the file is still UTF-8, and the cut is a warning."""
    content = ofx(movement(memo="Çédille à São Paulo"), movement(memo="Jo\x00", fitid="2"))
    read = read_statement(content.replace(b"Jo\x00", b"Jo\xc3"))
    assert read.transactions[0].description == "Çédille à São Paulo"
    assert any("not valid UTF-8" in warning for warning in read.warnings)


def test_tags_may_be_unclosed_misclosed_and_in_small_letters() -> None:
    """What closes what is made up for; nothing moves from one movement to another."""
    text = (
        "<ofx><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>BRL\n<BANKACCTFROM><BANKID>1<ACCTID>2<ACCTTYPE>Savings\n"
        "<BANKTRANLIST><stmttrn><DTPOSTED>20240101</TRNAMT><TRNAMT>1<FITID>a<MEMO>A < B & <C@d.e>\n"
        "<STMTTRN><DTPOSTED>20240102<TRNAMT>2</STMTTRN></STMTTRM>"
        "<STMTTRN><NAME>\n<MEMO>\n<DTPOSTED>20240103<TRNAMT>4<LEDGERBAL><BALAMT>7\n<AVAILBAL><BALAMT>9</OFX>"
    )
    read = read_statement(text.encode())
    assert [found.amount for found in read.transactions] == [1, 2, 4]
    assert [found.description for found in read.transactions] == ["A < B & <C@d.e>", "", ""]
    assert read.accounts[0].kind is AccountKind.SAVINGS
    assert read.accounts[0].balance == 7


def test_comments_and_cdata_are_read_as_xml_means_them() -> None:
    """Text in CDATA is text, and a comment is nothing."""
    read = read_statement(ofx("<!-- <STMTTRN><TRNAMT>9 -->" + movement(memo="<![CDATA[A & <B> &amp;]]>")))
    assert [found.description for found in read.transactions] == ["A & <B> &amp;"]


def test_what_an_account_lacks_is_filled_in_with_a_warning() -> None:
    """No currency, no balance, no type: reais, zero, checking, and a sentence for each."""
    account = "<BANKACCTFROM><BANKID>1<ACCTID>2<ACCTTYPE></ACCTTYPE></BANKACCTFROM>"
    read = read_statement(ofx(movement(), account=account, currency="", balance=""))
    (found,) = read.accounts
    assert (found.currency, found.balance, found.kind) == ("BRL", 0, AccountKind.CHECKING)
    assert len(read.warnings) == 3


def test_a_card_owes_what_ofx_says_with_a_minus() -> None:
    """Purchases stay negative; the balance is turned; a whole card number is crossed out, in the key too."""
    card = "<CCACCTFROM><ACCTID>4111111111111111</CCACCTFROM>"
    text = ofx(movement("-50.00"), account=card, balance="<LEDGERBAL><BALAMT>-50.00</LEDGERBAL>").decode()
    text = text.replace("STMTRS", "CCSTMTRS").replace("STMTTRNRS", "CCSTMTTRNRS").replace("BANKMSGS", "CREDITCARDMSGS")
    read = read_statement(text.encode())
    (found,) = read.accounts
    assert (found.kind, found.balance, found.number) == (AccountKind.CREDIT_CARD, 50, "XXXXXXXXXXXX1111")
    assert "411111" not in found.key
    assert only(read) == -50


def test_an_account_in_two_statements_is_one_account_with_the_later_balance() -> None:
    """A file of two months names the account twice."""
    older = statement([movement(fitid="1")], balance="<LEDGERBAL><BALAMT>5<DTASOF>20240131</LEDGERBAL>")
    newer = statement([movement(fitid="2")], balance="<LEDGERBAL><BALAMT>8<DTASOF>20240229</LEDGERBAL>")
    for text in (document(older, newer), document(newer, older)):
        read = read_statement(text.encode())
        assert [found.balance for found in read.accounts] == [8]
        assert len(read.transactions) == 2


def test_a_foreign_movement_keeps_its_currency_and_gives_the_account_amount() -> None:
    """CURRENCY says that the amount is in another currency, and at what rate."""
    foreign = "<CURRENCY><CURRATE>5.10<CURSYM>USD</CURRENCY>"
    (found,) = read_statement(ofx(movement("-10.00", more=foreign))).transactions
    assert (found.currency, found.amount, found.account_amount) == ("USD", -10, Decimal("-51.00"))


def test_the_branch_and_the_bank_make_the_transfer_number() -> None:
    """Only where the file has all three parts."""
    (found,) = read_statement(ofx(movement())).accounts
    assert found.bank is not None
    assert found.bank.transfer_number == "0341/1234/56789-0"
    assert found.key == "0341/1234/56789-0/checking"
    (bare,) = read_statement(ofx(account=ACCOUNT.replace("<BRANCHID>1234", ""))).accounts
    assert bare.bank is not None
    assert bare.bank.transfer_number is None
