"""Codes of Open Finance that something which really happened leads to: a bank that is away, a holder nobody names."""

from __future__ import annotations

from tests.dialects.klavi.test_consents import refusal, renewed
from tests.klavi import COMPANY, Klavi, Receiver, someone

BANK = "237"
ANALYSES = {"products": ["income", "score_k1"]}


def test_an_analysis_needs_to_know_whose_accounts_they_are(klavi: Klavi) -> None:
    """A bank that gives accounts and no name identifies nobody; one that names them is enough."""
    person = someone()
    klavi.given(person, user="act+product.temporarily-unavailable@holder")
    klavi.given(person, "033", user="act+success.partial.tax-id-missing@holder")
    assert refusal(klavi.request("personal/user-data", taxId=person, **ANALYSES), 416) == 4009
    told = {"taxId": person, "institutionCode": "341", "products": ["checking_account"]}
    assert klavi.request("personal/institution-data", **told).status_code == 200
    klavi.given(person, BANK)
    assert klavi.request("personal/user-data", taxId=person, **ANALYSES).status_code == 200
    klavi.given(person, businessTaxId=COMPANY)
    assert klavi.request("business/user-data", taxId=COMPANY, **ANALYSES).status_code == 200


def test_a_request_that_can_only_fail_is_refused(alone: Klavi) -> None:
    """All that is held is too old and the bank is away: 4004 of the bank, 4007 of the person; after a few minutes it
    is tried again, and then it is there."""
    alone.sandbox.advance("PT0S")
    person = someone()
    consent = alone.given(person, BANK)
    of_bank = {"taxId": person, "institutionCode": BANK, "products": ["checking_account"]}
    of_person = {"taxId": person, "products": ["categorized_checking_l3"]}
    alone.sandbox.arm("institution.unavailable", times=1_000)
    renewed(alone, "PT25H")
    for _ in range(3):
        alone.sandbox.call("PATCH", f"/items/{consent['consentId']}", json={})
        alone.sandbox.settle()
    assert refusal(alone.request("personal/institution-data", **of_bank), 416) == 4004
    assert refusal(alone.request("personal/user-data", **of_person), 416) == 4007
    alone.sandbox.own("DELETE", "/sandbox/faults")
    renewed(alone, "PT6M")
    assert alone.request("personal/user-data", **of_person).status_code == 200
    alone.sandbox.settle()
    assert alone.request("personal/institution-data", **of_bank).status_code == 200


def test_a_token_of_a_partner_that_was_switched_off_opens_nothing(alone: Klavi) -> None:
    """Neither kind of it, nor the page that the link leads to; switched on again it does."""
    access, link = alone.access, alone.link()
    ways = [
        ("GET", "/data/v1/refresh", access),
        ("GET", "/data/v1/consents?linkId=x", access),
        ("POST", "/data/v1/links", access),
        ("GET", "/data/v1/links/institutions", link["headers"]),
    ]
    alone.sandbox.policy(active=False)
    for method, path, headers in ways:
        assert refusal(alone.call(method, path, headers), 401) == 401
    assert alone.sandbox.http.get(link["linkURL"]).status_code == 400
    alone.sandbox.policy(active=True)
    assert [alone.call(*way).status_code for way in ways] == [200] * len(ways)
    assert alone.sandbox.http.get(link["linkURL"]).status_code == 200


def test_calls_are_counted_before_what_they_say_is_looked_at(alone: Klavi) -> None:
    """Too many of them in a minute are refused with the time to wait, and not the one of another partner."""
    access = alone.access
    alone.sandbox.policy(calls_limit=2)
    assert refusal(alone.call("POST", "/data/v1/links", access, content=b"{"), 400) == 400
    assert alone.call("GET", "/data/v1/refresh", access).status_code == 200
    answer = alone.call("POST", "/data/v1/personal/user-data", access, content=b"{")
    assert refusal(answer, 429) == 429 and int(answer.headers["retry-after"]) > 0
    alone.sandbox.policy(calls_limit=0)
    assert alone.call("GET", "/data/v1/refresh", access).status_code == 200


def test_a_report_names_links_with_their_consents_and_what_each_gave(klavi: Klavi, receiver: Receiver) -> None:
    """Two consents of one link and one bank stand together; accounts and cards are told apart; what the user left out
    at the bank was not granted."""
    klavi.listen(receiver, "reports")
    person = someone()
    link = klavi.link()
    whole = klavi.given(person, link=link)
    part = klavi.given(person, link=link, user="act+product.permission-missing@loans")
    other = klavi.given(person, BANK)
    shown = klavi.call("GET", f"/data/v1/consents/{part['consentId']}", klavi.access).json()
    assert "CREDIT_OPERATIONS_ALL" not in shown["permissionsGranted"] and len(shown["permissionsGranted"]) == 4
    klavi.request("personal/user-data", taxId=person, products=["categorized_checking_l2"])
    (arrived,) = receiver.wait(lambda one: one.body.get("productName") == "pf_categorized_checking_l2")
    told = {
        (one["linkId"], one["institutionCode"]): {two["consentId"]: two["permissions"] for two in one["consents"]}
        for one in arrived.body["links"]
    }
    assert len(told) == len(arrived.body["links"]) == 2
    together = told[link["linkId"], "341"]
    assert set(together) == {whole["consentId"], part["consentId"]}
    assert any(other["consentId"] in consents for consents in told.values())
    assert not together[part["consentId"]]["CREDIT_OPERATIONS_ALL"]["permissionsGranted"]
    gave = together[whole["consentId"]]
    accounts = klavi.sandbox.get("/accounts", itemId=whole["consentId"])["results"]
    by_kind = {kind: {one["id"] for one in accounts if one["type"] == kind} for kind in ("BANK", "CREDIT")}
    assert set(gave["ACCOUNTS_ALL"]["accountIds"]) == by_kind["BANK"] and by_kind["BANK"]
    assert set(gave["CREDIT_CARDS_ALL"]["accountIds"]) == by_kind["CREDIT"] and by_kind["CREDIT"]
