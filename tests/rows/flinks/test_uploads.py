"""The four statuses of uploaded files, each reached by what really happens to them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.statements import hostile
from tests.connectors.statements.expected import FILES
from tests.connectors.statements.printing import PRINTED
from tests.connectors.statements.recognising import install, table
from tests.connectors.statements.test_scans import picture
from tests.flinks import Flinks
from tests.server import Client, running
from tests.uploading import begun, read, shown

CHEQUING = ("march.pdf", (PRINTED / "ca_columns.pdf").read_bytes())
FRENCH = ("fevrier.pdf", (PRINTED / "ca_french.pdf").read_bytes())
OFX = ("bb.ofx", (FILES / "bb.ofx").read_bytes())
DOCTORED = ("doctored.pdf", (PRINTED / "us_doctored.pdf").read_bytes())
LETTER = ("letter.txt", b"Dear bank, please find enclosed nothing.")


@contextmanager
def opened(gate: Path) -> Iterator[None]:
    """Let whoever waits at a named pipe go on."""
    with gate.open("w") as pipe:
        yield
        pipe.write("go\n")


def status(told: Any) -> tuple[str, str]:
    """Return what the dashboard shows, and its code."""
    return told["dashboard"]["status"], told["dashboard"]["code"]


@pytest.mark.row("flinks.dashboard.ocr-files-uploaded")
def test_files_that_were_taken_are_uploaded(client: Client) -> None:
    """The answer says so, and so does the call in the log, whatever becomes of them."""
    told = begun(client, [CHEQUING], tag="loan 12")
    assert status(told) == ("Ocr Files Uploaded", "200")
    assert told["files"][0]["meaning"] == "progress.documents"
    (call,) = client.own("GET", "/requests", params={"session_id": told["id"]})["requests"]
    assert (call["operation"], call["dashboard"]["status"]) == ("Upload", "Ocr Files Uploaded")
    client.settle()
    assert status(shown(client, told["id"])) == ("Completed", "200")


@pytest.mark.row("flinks.dashboard.ocr-integration-started")
def test_files_that_are_being_read_are_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scan is recognised while the client looks."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    folder = install(tmp_path / "bin", table(PRINTED / "ca_french.pdf"), gate)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    with running(tmp_path) as server:
        client = server.client()
        id = begun(client, [("scan.png", picture())])["id"]
        with opened(gate):  # the other end is there once the program has the picture
            assert status(shown(client, id)) == ("Ocr Integration Started", "200")
        client.settle()
        assert status(shown(client, id)) == ("Completed", "200")
        assert [file["format"] for file in shown(client, id)["files"]] == ["scan"]


@pytest.mark.row("flinks.dashboard.ocr-files-integration-failure")
@pytest.mark.parametrize("what", hostile.FILES)
def test_files_of_which_none_can_be_read_have_failed(client: Client, what: str) -> None:
    """Each with its reason, in the details of the request."""
    told = read(client, [("statement.pdf", hostile.FILES[what]())])
    assert status(told) == ("Ocr Files Integration Failure", "N/A")
    (file,) = told["files"]
    assert file["meaning"].startswith("statement.")
    assert file["message"]


@pytest.mark.row("flinks.dashboard.ocr-completed-with-partial-error")
def test_files_of_which_some_can_be_read_are_completed_in_part(client: Client) -> None:
    """What could be read is there, and each of the others has its reason."""
    told = read(client, [CHEQUING, LETTER, DOCTORED, OFX])
    assert status(told) == ("Ocr Completed With Partial Error", "N/A")
    assert [file["meaning"] for file in told["files"]] == [
        "success", "statement.not-a-statement", "statement.does-not-add-up", "success"
    ]  # fmt: skip
    accounts = client.get("/accounts", itemId=told["connection_id"])["results"]
    assert {account["number"] for account in accounts} >= {"06702-1234567"}
    assert len(accounts) == 2


def test_what_was_uploaded_is_read_as_any_login(flinks: Flinks) -> None:
    """Authorize with the LoginId, cached; then the details, with accounts, movements and their signs."""
    told = read(flinks.sandbox, [CHEQUING, FRENCH])
    request = flinks.cached(told["connection_id"])["RequestId"]
    detail = flinks.post("GetAccountsDetail", RequestId=request, DateFrom="2024-01-01", DateTo="2024-12-31")
    by_number = {account["AccountNumber"]: account for account in detail["Accounts"]}
    account = by_number["1234567"]
    found = account["TransitNumber"], account["Currency"], account["Balance"]["Current"]
    assert found == ("06702", "CAD", 3361.95)
    oldest = account["Transactions"][-1]
    assert (oldest["Date"], oldest["Debit"], oldest["Credit"]) == ("2024-02-09", oldest["Debit"], None)
    assert len(account["Transactions"]) == 10
    assert len(by_number["081234"]["Transactions"]) == 4


def test_one_file_of_two_accounts_gives_both_with_their_holder(flinks: Flinks) -> None:
    """Each with its own currency, balance and movements; name and address are those that the statement prints."""
    told = read(flinks.sandbox, [("march.pdf", (PRINTED / "ca_two_accounts.pdf").read_bytes())])
    request = flinks.cached(told["connection_id"])["RequestId"]
    detail = flinks.post("GetAccountsDetail", RequestId=request, DateFrom="2024-01-01", DateTo="2024-12-31")
    assert [
        (one["AccountNumber"], one["Type"], one["Currency"], one["Balance"]["Current"], len(one["Transactions"]))
        for one in detail["Accounts"]
    ] == [("2210987", "Chequing", "CAD", 1212.3, 3), ("7719003", "Savings", "USD", 5010.42, 2)]
    for account in detail["Accounts"]:
        assert account["TransitNumber"] == "10044"
        assert account["Holder"]["Name"] == "MR JEAN-PAUL O'BRIEN"
        assert account["Holder"]["Address"]["CivicAddress"] == "APT 7, 210 LAKE DRIVE"
        assert account["Holder"]["Address"]["PostalCode"] == "B2W 4T3"


def test_there_is_no_bank_to_go_to_for_files(flinks: Flinks) -> None:
    """A live session of theirs is refused, and what was read stays readable; statements of them there are none."""
    told = read(flinks.sandbox, [CHEQUING])
    flinks.refusal(flinks.live(told["connection_id"], 401), "INVALID_REQUEST")
    request = flinks.cached(told["connection_id"])["RequestId"]
    assert len(flinks.post("GetAccountsSummary", RequestId=request)["Accounts"]) == 1


def test_a_login_whose_files_were_rejected_has_nothing_to_read(flinks: Flinks) -> None:
    """It is refused as any card whose last attempt failed."""
    told = read(flinks.sandbox, [LETTER])
    answer = flinks.call("POST", "Authorize", json={"LoginId": told["connection_id"], "MostRecentCached": True})
    assert answer.status_code >= 400
    assert answer.json()["FlinksCode"]


def test_the_verdict_on_files_tells_what_was_found(flinks: Flinks) -> None:
    """A file that adds up and was left alone is trusted, one whose sums are wrong is not."""
    told = read(flinks.sandbox, [CHEQUING, DOCTORED, OFX])
    verdict = flinks.get(f"/upload/fraudanalysis/{told['connection_id']}")
    assert verdict["Message"] == "Fraud Signal Detected"
    assert verdict["Login"] == {"LoginId": told["connection_id"], "RequestId": told["id"]}
    assert [one["Status"] for one in verdict["DocumentAnalysis"]] == ["Trust", "High Risk", "Normal"]
    (signal,) = verdict["DocumentAnalysis"][1]["FullAnalysis"][0]["FraudSignals"]
    assert signal["Type"] == "BalanceMismatch"
    (detail,) = signal["UnderlyingData"][0]["Details"]
    assert "1500.00" in detail["Value"]


def test_a_verdict_without_a_sign_says_so(flinks: Flinks) -> None:
    """In the words of the published sample."""
    told = read(flinks.sandbox, [CHEQUING])
    verdict = flinks.get(f"/upload/fraudanalysis/{told['connection_id']}")
    assert verdict["Message"] == "No Fraud Signal Detected"


def test_a_login_without_files_has_no_verdict(flinks: Flinks) -> None:
    """Nor has one that is not there."""
    flinks.refusal(flinks.get(f"/upload/fraudanalysis/{flinks.card()}", 401), "INVALID_LOGIN")
    flinks.refusal(flinks.get("/upload/fraudanalysis/00000000-0000-4000-8000-000000000000", 401), "INVALID_LOGIN")
