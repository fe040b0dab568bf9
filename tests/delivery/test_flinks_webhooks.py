"""Flinks' webhooks at a real receiver: what a session asked for, signed, as the call answers it."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256

from tests.delivery.receiver import Receiver
from tests.flinks import Flinks, newcomer
from tests.server import Server

PATH = "/flinks"
SECRET = "a-secret-of-the-instance"


def test_what_a_session_asked_for_is_sent_as_it_is_answered(server: Server, receiver: Receiver) -> None:
    """The holder, then the details: the same JSON that the call got, with its type in front, compact and signed."""
    client = server.client()
    flinks = Flinks(client)
    body = {"url": receiver.url + PATH, "system": "flinks", "secret": SECRET}
    client.own("POST", "/endpoints", json=body)
    request_id = flinks.connected(newcomer(), Tag="t-1")
    answered = flinks.post("GetAccountsDetail", RequestId=request_id)
    got = receiver.wait(PATH, 2)
    assert [one.json["ResponseType"] for one in got] == ["KYC", "GetAccountsDetail"]
    kyc, detail = (one.json for one in got)
    assert list(detail)[:2] == ["ResponseType", "HttpStatusCode"]
    assert {name: value for name, value in detail.items() if name != "ResponseType"} == answered
    assert list(kyc) == ["ResponseType", "HttpStatusCode", "Holders", "Login", "Institution", "RequestId"]
    assert kyc["Holders"] == [answered["Accounts"][0]["Holder"]]
    assert kyc["RequestId"] == detail["RequestId"] == request_id
    for one in got:
        expected = base64.b64encode(hmac.new(SECRET.encode(), one.raw, sha256).digest()).decode()
        assert one.headers["flinks-authenticity-key"] == expected
        assert b'": ' not in one.raw[:60]


def test_what_is_read_again_is_not_told_again(server: Server, receiver: Receiver) -> None:
    """A second call that needs nothing of the bank is answered, and that is all; a summary behind it is its own."""
    client = server.client()
    flinks = Flinks(client)
    client.own("POST", "/endpoints", json={"url": receiver.url + PATH, "system": "flinks"})
    request_id = flinks.connected()
    flinks.post("GetAccountsDetail", RequestId=request_id)
    receiver.wait(PATH, 2)
    flinks.post("GetAccountsDetail", RequestId=request_id)
    other = flinks.connected()
    flinks.post("GetAccountsSummary", RequestId=other)
    got = receiver.wait(PATH, 4)
    told = [(one.json["RequestId"], one.json["ResponseType"]) for one in got]
    assert told[2:] == [(other, "KYC"), (other, "GetAccountsSummary")]
