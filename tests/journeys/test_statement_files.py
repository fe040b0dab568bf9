"""Bank statements as banks hand them out: uploaded, then read through the Pluggy dialect."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.server import SOURCE, Client, Server, running

FILES = Path(__file__).parents[1] / "connectors" / "statements" / "files"
READABLE = sorted(path for path in FILES.iterdir() if path.suffix in (".ofx", ".csv") and path.name != "error.ofx")


def upload(client: Client, content: bytes, name: str, **query: str) -> Any:
    """Upload a file and return the answer's JSON; it must be taken."""
    return client.own("POST", "/statements", content=content, params={"filename": name, **query})


def refused(client: Client, content: bytes, name: str) -> dict[str, Any]:
    """Upload a file that must be refused, and return the error."""
    answer = client.http.post(
        "/api/statements", content=content, params={"filename": name}, headers={"x-api-key": client.key}
    )
    assert answer.status_code == 422, answer.text
    error: dict[str, Any] = answer.json()["error"]
    return error


def movements(client: Client, account_id: str) -> list[dict[str, Any]]:
    """Return all movements of an account, page by page."""
    found, page = [], client.get("/v2/transactions", accountId=account_id)
    found.extend(page["results"])
    while page["next"]:
        page = client.call("GET", f"/v2/transactions{page['next']}").json()
        found.extend(page["results"])
    return found


def holder_amount(account: dict[str, Any], movement: dict[str, Any]) -> Decimal:
    """Return a movement's amount from the holder's side; on the wire a card's are the other way round."""
    amount = Decimal(str(movement["amount"]))
    return -amount if account["type"] == "CREDIT" else amount


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_a_statement_is_imported_with_its_accounts_currency_count_and_sum(client: Client, path: Path) -> None:
    """Every file gives, through the API, just what a person reads in it."""
    expected = json.loads(path.with_name(path.name + ".expected.json").read_text("utf-8"))
    done = upload(client, path.read_bytes(), path.name, user=path.name)
    assert [fault["where"] for fault in done["faults"]] == [where for where, *_ in expected["faults"]]
    accounts = client.get("/accounts", itemId=done["connection"])["results"]
    assert len(accounts) == len(expected["accounts"])
    by_id = {account["id"]: account for account in accounts}
    for told, wanted in zip(done["accounts"], expected["accounts"], strict=True):
        account = by_id[told["id"]]
        assert (account["number"], account["currencyCode"]) == (wanted["number"], wanted["currency"])
        assert Decimal(str(account["balance"])) == Decimal(wanted["balance"])
        found = movements(client, account["id"])
        assert len(found) == wanted["count"]
        assert sum(holder_amount(account, movement) for movement in found) == Decimal(wanted["sum"])


def test_the_same_file_twice_adds_nothing(client: Client) -> None:
    """A second import of a file finds every movement there already."""
    content = (FILES / "bb.ofx").read_bytes()
    first, second = (upload(client, content, "bb.ofx", user="twice") for _ in range(2))
    assert first["transactions"] == {"read": 81, "added": 81}
    assert second["transactions"] == {"read": 81, "added": 0}
    assert second["connection"] == first["connection"]
    assert len(movements(client, first["accounts"][0]["id"])) == 81


def _statement(days: range, balance: str) -> bytes:
    rows = "".join(
        f"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>202601{day:02}<TRNAMT>-{day}.50<FITID>F{day}<MEMO>compra {day}</STMTTRN>"
        for day in days
    )
    return (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n<OFX><BANKMSGSRSV1><STMTTRNRS>"
        "<STMTRS><CURDEF>BRL<BANKACCTFROM><BANKID>341<ACCTID>777-1<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST>"
        f"{rows}</BANKTRANLIST><LEDGERBAL><BALAMT>{balance}<DTASOF>20260131</LEDGERBAL></STMTRS></STMTTRNRS>"
        "</BANKMSGSRSV1></OFX>"
    ).encode()


def test_an_overlapping_file_adds_only_what_is_new(client: Client) -> None:
    """Two statements that share days give each movement once, and the later one's balance stays."""
    first = upload(client, _statement(range(10, 20), "100.00"), "a.ofx", user="overlap")
    later = upload(client, _statement(range(15, 25), "50.00"), "b.ofx", user="overlap")
    assert later["transactions"] == {"read": 10, "added": 5}
    account = first["accounts"][0]["id"]
    assert len(movements(client, account)) == 15
    earlier = upload(client, _statement(range(5, 12), "900.00"), "c.ofx", user="overlap")
    assert earlier["transactions"] == {"read": 7, "added": 5}
    assert client.get(f"/accounts/{account}")["balance"] == 50.00


@pytest.mark.parametrize(
    ("content", "meaning", "says"),
    [
        (b"", "statement.empty", "0 bytes"),
        (b"Dear customer, thank you.\n", "statement.not-a-statement", "no bank statement"),
        ((FILES / "error.ofx").read_bytes(), "statement.bank-error", "We were unable to process your request"),
        ((FILES / "bb.ofx").read_bytes()[:3000], "statement.truncated", "line 154"),
    ],
    ids=["empty", "text", "the bank's error", "cut off"],
)
def test_a_file_that_is_no_statement_is_refused_with_what_is_wrong(
    client: Client, content: bytes, meaning: str, says: str
) -> None:
    """The refusal names the meaning, says what is wrong and where, and nothing is imported."""
    error = refused(client, content, "statement")
    assert error["meaning"] == meaning
    assert says in error["message"] or says in (error["said"] or "")
    assert error["id"]


def test_one_unreadable_movement_does_not_lose_the_others(client: Client) -> None:
    """A movement with an impossible date is named, and those beside it are imported."""
    content = _statement(range(10, 20), "1.00").replace(b"20260113", b"20260231")
    done = upload(client, content, "one-bad.ofx", user="one-bad")
    assert done["transactions"] == {"read": 9, "added": 9}
    assert len(done["faults"]) == 1
    assert "F13" in done["faults"][0]["where"]


def test_a_form_upload_is_taken_too(client: Client) -> None:
    """A browser or curl sends the file as a part of a form."""
    content = (FILES / "bradesco.ofx").read_bytes()
    done = client.own("POST", "/statements", files={"file": ("bradesco.ofx", content)}, params={"user": "form"})
    assert done["transactions"]["added"] == 6


def test_the_command_imports_into_what_the_server_serves(tmp_path: Path) -> None:
    """`afluente import FILE` on the server's database is read through the API at once."""
    with running(tmp_path) as server:
        done = _import(server, FILES / "bb.ofx")
        assert done.returncode == 0, done.stderr
        assert "81 movements read, 81 of them new" in done.stdout
        item_id = done.stdout.split("item) ")[1].split()[0]
        client = server.client()
        (account,) = client.get("/accounts", itemId=item_id)["results"]
        assert (account["number"], account["balance"]) == ("12345-6", 6529.19)
        assert client.get(f"/items/{item_id}")["status"] == "UPDATED"
        client.close()
        wrong = _import(server, FILES / "error.ofx")
        assert wrong.returncode == 1
        assert "We were unable to process your request" in " ".join(wrong.stderr.split())


def _import(server: Server, path: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        "PYTHONPATH": str(SOURCE),
        "AFLUENTE_DATABASE": server.database,
        "AFLUENTE_KEY_FILE": str(server.folder / "key"),
    }
    command = [sys.executable, "-m", "afluente", "import", str(path)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
