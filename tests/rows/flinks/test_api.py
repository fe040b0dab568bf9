"""The codes of the 200s, each by the way that its description names."""

from __future__ import annotations

import pytest

from tests.flinks import Flinks, newcomer


@pytest.mark.row("flinks.api.200.OK")
def test_a_setting_that_is_applied_answers_200(flinks: Flinks) -> None:
    """The card has it from then on, as its next session shows."""
    card = flinks.card()
    before = len(flinks.log(operation="SetScheduledRefresh", meaning="success"))
    told = flinks.told(flinks.call("PATCH", "SetScheduledRefresh", json={"LoginId": card, "IsActivated": "true"}))
    assert told == f"LoginId {card} has now been activated for automatic refresh"
    assert flinks.cached(card)["Login"]["IsScheduledRefresh"] is True
    calls = flinks.log(operation="SetScheduledRefresh", meaning="success")
    assert len(calls) == before + 1
    assert {one["http_status"] for one in calls} == {200}


OFX = b"""OFXHEADER:100
DATA:OFXSGML
VERSION:102
SECURITY:NONE
ENCODING:UTF-8
CHARSET:NONE
COMPRESSION:NONE
OLDFILEUID:NONE
NEWFILEUID:NONE

<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>20260101<LANGUAGE>ENG</SONRS>
</SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>CAD
<BANKACCTFROM><BANKID>777<ACCTID>1111000<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20260101
<DTEND>20260131<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260105<TRNAMT>-12.50<FITID>1<NAME>BAKERY</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>100.00<DTASOF>20260131</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""


@pytest.mark.row("flinks.api.201.CREATED")
def test_an_uploaded_statement_is_a_new_card(flinks: Flinks) -> None:
    """The answer names the card and the session; once the file is read, both can be read like any other."""
    files = {"file": ("january.ofx", OFX, "application/x-ofx")}
    told = flinks.told(flinks.call("POST", "/upload?Tag=paper", files=files), 201)
    flinks.refusal(told, "CREATED")
    assert told["Tag"] == "paper"
    flinks.sandbox.settle()
    (call,) = flinks.session(told["RequestId"])["calls"]
    assert (call["operation"], call["http_status"]) == ("Upload", 201)
    cached = flinks.cached(told["Login"]["Id"])
    accounts = flinks.post("GetAccountsDetail", RequestId=cached["RequestId"], DaysOfTransactions="Days365")["Accounts"]
    assert [account["AccountNumber"] for account in accounts] == ["1111000"]


@pytest.mark.row("flinks.api.202.OPERATION_PENDING")
def test_a_cached_flow_immediately_after_a_new_authorization_is_pending(flinks: Flinks) -> None:
    """There is nothing stored to read yet; the poll has it once it has been fetched."""
    card = flinks.authorize(newcomer())["Login"]["Id"]
    id = flinks.cached(card)["RequestId"]
    told = flinks.post("GetAccountsDetail", 202, RequestId=id)
    assert told == {
        "FlinksCode": "OPERATION_PENDING",
        "Links": [
            {
                "rel": "GetAccountsDetailAsync",
                "href": "/GetAccountsDetailAsync",
                "example": f"/GetAccountsDetailAsync/{id}",
            }
        ],
        "HttpStatusCode": 202,
        "Message": "Your operation is still processing",
        "RequestId": id,
    }
    flinks.sandbox.settle()
    assert flinks.get(f"GetAccountsDetailAsync/{id}")["Accounts"][0]["Transactions"]
    # what is stored is read at once from now on
    later = flinks.cached(card)["RequestId"]
    assert flinks.post("GetAccountsDetail", RequestId=later)["RequestId"] == later


@pytest.mark.row("flinks.api.202.OPERATION_DISPATCHED")
def test_a_live_request_that_takes_more_than_210_seconds_is_dispatched(flinks: Flinks) -> None:
    """One that takes less is pending; both are answered at once."""
    id = flinks.connected("test_dispatched")
    told = flinks.post("GetAccountsDetail", 202, RequestId=id)
    flinks.refusal(told, "OPERATION_DISPATCHED")
    assert told["Message"] == "Your operations had been dispatched to background process for long running jobs"
    flinks.sandbox.advance("PT10M")
    assert flinks.get(f"GetAccountsDetailAsync/{id}")["RequestId"] == id
    quicker = flinks.connected("test_pending")
    flinks.refusal(flinks.post("GetAccountsDetail", 202, RequestId=quicker), "OPERATION_PENDING")
