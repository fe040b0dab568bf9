"""Reports with sensitive values encrypted: opened with another library's JWE, by whoever has the partner's secret."""

from __future__ import annotations

import copy
from hashlib import sha256
from typing import Any

import pytest
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from afluente.dialects.klavi import sealing
from tests.klavi import BANK, Klavi, Receiver, someone

SECRET = "9d3f5a52-8c1a-4c57-9b39-0d2a9b7c1e11"


def opened(token: str, secret: str = SECRET) -> str:
    """Return what was encrypted. Raises JoseError for another secret."""
    key = OctKey.import_key(sha256(secret.encode()).digest())
    found = jwe.decrypt_compact(token, key, algorithms=["dir", "A256GCM"])
    assert found.headers() == {"alg": "dir", "enc": "A256GCM"} and found.plaintext is not None
    return found.plaintext.decode()


def test_only_sensitive_texts_are_encrypted() -> None:
    """Wherever they stand; what is absent stays absent, and the report that was handed in stays as it is."""
    report: dict[str, Any] = {
        "code": 200,
        "productReportId": "r1",
        "enquiryCpf": "39053344705",
        "enquiryCnpj": "11222333000181",
        "checkingAccounts": [
            {
                "number": "12345",
                "civilName": "Ana Souza",
                "transactionDetails": [
                    {"transactionName": "PIX", "partieCnpjCpf": "11144477735"},
                    {"transactionName": "TED", "partieCnpjCpf": None},
                ],
            }
        ],
        "contacts": {"phones": [{"isMain": True, "type": "MOVEL", "number": "987654321"}], "emails": []},
        "externalInfo": {"civilName": "mine", "contacts": {"x": "y"}},
    }
    before = copy.deepcopy(report)
    sealed = sealing.sealed(report, SECRET, "r1")
    assert report == before
    account = sealed["checkingAccounts"][0]
    first, second = account["transactionDetails"]
    phone = sealed["contacts"]["phones"][0]
    secrets = (sealed["enquiryCpf"], account["civilName"], first["partieCnpjCpf"], phone["number"])
    assert [opened(one) for one in secrets] == ["39053344705", "Ana Souza", "11144477735", "987654321"]
    assert second["partieCnpjCpf"] is None
    assert (account["number"], first["transactionName"], phone["type"]) == ("12345", "PIX", "MOVEL")
    assert (sealed["enquiryCnpj"], sealed["externalInfo"]) == ("11222333000181", report["externalInfo"])


def test_a_token_tells_nothing_to_others() -> None:
    """Another secret does not open it; the same value has the same token in one report alone."""
    one, again, other = (sealing.sealed({"cpfNumber": "39053344705"}, SECRET, id)["cpfNumber"] for id in "aab")
    assert one == again != other
    with pytest.raises(JoseError):
        opened(one, "another")
    values = sealing.sealed({"cpfNumber": "1", "civilName": "2"}, SECRET, "a")
    assert values["cpfNumber"].split(".")[2] != values["civilName"].split(".")[2]


def test_a_partner_that_wants_it_gets_encrypted_reports(alone: Klavi, receiver: Receiver) -> None:
    """The bytes that go over the wire have neither CPF nor name; with the partner's secret they are there again."""
    alone.listen(receiver, "reports")
    person = someone()
    alone.given(person)
    told = {"taxId": person, "institutionCode": BANK, "products": ["identification", "categorized_checking_l3"]}
    assert alone.request("personal/institution-data", **told).status_code == 200
    clear = receiver.wait(lambda one: isinstance(one.body, dict), 2)
    name = clear[0].body["pf_identification"][0]["civilName"]
    assert {one.body["enquiryCpf"] for one in clear} == {person} and name.encode() in clear[1].raw
    alone.sandbox.policy(sealed_reports=True)
    assert alone.request("personal/institution-data", **told).status_code == 200
    identification, movements = receiver.wait(lambda one: isinstance(one.body, dict), 4)[2:]
    secret = alone.sandbox.keys[1]
    for one in (identification, movements):
        assert person.encode() not in one.raw and name.encode() not in one.raw
        assert opened(one.body["enquiryCpf"], secret) == person
        assert one.is_signed(secret)
    (holder,) = identification.body["pf_identification"]
    assert opened(holder["civilName"], secret) == name
    assert opened(holder["contacts"]["emails"][0]["email"], secret).endswith("@example.com")
    assert opened(movements.body["checkingAccounts"][0]["civilName"], secret) == name
    amounts = [one.body["checkingAccounts"][0]["transactionDetails"][0]["transactionAmount"] for one in clear[1:]]
    assert movements.body["checkingAccounts"][0]["transactionDetails"][0]["transactionAmount"] == amounts[0]


def test_a_regulated_partner_is_told_of_consents_in_one_event(alone: Klavi, receiver: Receiver) -> None:
    """Its status says what became of a consent; the events that others get are not sent."""
    alone.sandbox.policy(regulated=True)
    alone.listen(receiver, "events")
    consent = alone.given(someone())
    alone.call("DELETE", f"/data/v1/consents/{consent['consentId']}/revoke", alone.access)
    rejected = alone.asked(someone())
    alone.decide(rejected, "reject")
    told = receiver.wait(lambda one: one.body[0]["eventName"] == "link_action_status", 3)
    assert [(one.body[0]["payload"]["status"], one.body[0]["payload"]["consents"]["consentId"]) for one in told] == [
        ("AUTHORISED", consent["consentId"]),
        ("REVOKED", consent["consentId"]),
        ("REJECTED", rejected["consentId"]),
    ]
    names = {one.body[0]["eventName"] for one in receiver.arrived}
    assert names == {"link_created", "link_action_status"}
