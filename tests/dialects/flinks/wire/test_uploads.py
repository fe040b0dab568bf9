"""Statement files sent past the widget: taken as a card, or refused with what is wrong."""

from __future__ import annotations

from typing import Any

from tests.connectors.statements.printing import PRINTED
from tests.flinks import Flinks


def uploaded(flinks: Flinks, expected: int, *files: tuple[str, bytes], part: str = "file", **query: str) -> Any:
    """Upload files and return the answer's body."""
    parts = [(part, one) for one in files]
    return flinks.told(flinks.call("POST", "/upload", files=parts, params=query), expected)


def test_files_become_a_card_that_any_session_reads(flinks: Flinks) -> None:
    """It has a LoginId at once, which is read as soon as the files are, and no bank refreshes it at night."""
    content = (PRINTED / "ca_columns.pdf").read_bytes()
    told = uploaded(flinks, 201, ("march.pdf", content), Tag="loan 7")
    assert (told["FlinksCode"], told["Tag"]) == ("CREATED", "loan 7")
    assert [link["rel"] for link in told["Links"]] == ["AccountsDetail", "AccountsSummary", "Statements"]
    assert flinks.log(session_id=told["RequestId"])[0]["details"] == {"files": "1"}
    flinks.sandbox.settle()
    assert flinks.status(told["RequestId"]) == ("Completed", "200")
    read = flinks.cached(told["Login"]["Id"])
    assert (read["InstitutionName"], read["Login"]["IsScheduledRefresh"]) == ("Uploaded statements", False)
    (account,) = flinks.post("GetAccountsSummary", RequestId=read["RequestId"])["Accounts"]
    assert account["Holder"] == {
        "Name": "MS AMELIE TREMBLAY",
        "Address": {
            "CivicAddress": "12-44 ELM STREET",
            "City": "OTTAWA",
            "Province": "ON",
            "PostalCode": "K1R 6N4",
            "POBox": None,
            "Country": "CA",
        },
        "Email": None,
        "PhoneNumber": None,
    }
    # the statement does not say what the account is called, and Canada has a spelling of its own
    assert (account["Title"], account["Type"]) == ("Chequing account", "Chequing")
    # of the institution's number the statement says nothing
    named = account["TransitNumber"], account["InstitutionNumber"], account["AccountNumber"]
    assert named == ("06702", None, "1234567")


def test_a_file_that_names_nobody_is_read_whole(flinks: Flinks) -> None:
    """Nobody is asked for the holder that it does not have."""
    content = (
        b"Date,Description,Amount,Balance\n2024-01-02,Groceries,-50.00,250.00\n2024-01-15,Payroll,1000.00,1250.00\n"
    )
    told = uploaded(flinks, 201, ("march.csv", content))
    flinks.sandbox.settle()
    assert flinks.status(told["RequestId"]) == ("Completed", "200")
    read = flinks.cached(told["Login"]["Id"])
    (account,) = flinks.post("GetAccountsDetail", RequestId=read["RequestId"], DaysOfTransactions="Days365")["Accounts"]
    assert account["Holder"] is None


def test_more_than_is_taken_is_refused_with_what_is(flinks: Flinks) -> None:
    """Too many files, a file that is too large, none, and what is no form."""
    many = uploaded(flinks, 401, *[(f"{number}.pdf", b"x") for number in range(25)])
    assert flinks.refusal(many, "INVALID_REQUEST")["ValidationDetails"] == {
        "file": ["The file field must be at most 24 files."]
    }
    large = uploaded(flinks, 401, ("large.pdf", bytes(20_000_001)))
    assert flinks.refusal(large, "INVALID_REQUEST")["Message"] == "The body is larger than allowed."
    none = uploaded(flinks, 401, ("march.pdf", b"x"), part="other")
    assert list(flinks.refusal(none, "INVALID_REQUEST")["ValidationDetails"]) == ["file"]
    flinks.refusal(flinks.told(flinks.call("POST", "/upload", content=b"x"), 401), "INVALID_REQUEST")
