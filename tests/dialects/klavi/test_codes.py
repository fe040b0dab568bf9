"""Codes of Open Finance that something which really happened leads to: a bank that is away, a holder nobody names."""

from __future__ import annotations

from tests.dialects.klavi.test_consents import refusal, renewed
from tests.klavi import COMPANY, Klavi, someone

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
