"""Small statements for tests, made of what a test cares about."""

from collections.abc import Iterable

HEADER = (
    "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\nCOMPRESSION:NONE\n"
    "OLDFILEUID:NONE\nNEWFILEUID:NONE\n\n"
)
SIGN_ON = "<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS></SONRS></SIGNONMSGSRSV1>"
ACCOUNT = "<BANKACCTFROM><BANKID>0341<BRANCHID>1234<ACCTID>56789-0<ACCTTYPE>CHECKING</BANKACCTFROM>"
BALANCE = "<LEDGERBAL><BALAMT>100.00<DTASOF>20240131</LEDGERBAL>"


def movement(
    amount: str = "-10.00", day: str = "20240115", fitid: str = "1", memo: str = "Padaria", more: str = ""
) -> str:
    """Return one movement, its tags unclosed as OFX 1 has them."""
    return f"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>{day}<TRNAMT>{amount}<FITID>{fitid}<MEMO>{memo}{more}</STMTTRN>\n"


def statement(
    movements: Iterable[str], account: str = ACCOUNT, currency: str = "<CURDEF>BRL", balance: str = BALANCE
) -> str:
    """Return the answer for one bank account."""
    return (
        f"<STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS>{currency}{account}"
        f"<BANKTRANLIST>\n{''.join(movements)}</BANKTRANLIST>{balance}</STMTRS></STMTTRNRS>"
    )


def document(*statements: str) -> str:
    """Return a whole OFX 1 file."""
    return f"{HEADER}<OFX>{SIGN_ON}<BANKMSGSRSV1>{''.join(statements)}</BANKMSGSRSV1></OFX>\n"


def ofx(*movements: str, currency: str = "<CURDEF>BRL", balance: str = BALANCE, account: str = ACCOUNT) -> bytes:
    """Return a whole file of one account with these movements."""
    return document(statement(movements, account, currency, balance)).encode()
