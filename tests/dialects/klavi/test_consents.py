"""Open Finance: keys, links, consents with their nine statuses, requests for reports, and the events about them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.klavi import BANK, COMPANY, HOME, Delivery, Klavi, Receiver, named, someone

REQUESTS = ["personal/institution-data", "personal/user-data", "business/institution-data", "business/user-data"]


def refusal(answer: httpx.Response, status: int) -> int:
    """Return the `statusCode` of an error body, which has three fields, and a fourth where a business code is meant."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"statusCode", "error", "message"} | ({"code"} if status == 416 else set()), body
    return int(body["statusCode"])


def renewed(klavi: Klavi, span: str) -> None:
    """Move the clock; the sandbox's own key is over by then."""
    klavi.sandbox.advance(span)
    klavi.sandbox.key = klavi.sandbox.authenticate(*klavi.sandbox.keys)


# -- keys and links


def test_keys_give_a_token_that_gives_another(alone: Klavi) -> None:
    """Each lives half an hour; the older one to its own end."""
    alone.sandbox.advance("PT0S")
    first = alone.access
    answer = alone.call("GET", "/data/v1/refresh", first).json()
    assert answer["expireIn"] == 1800
    second = {"authorization": f"Bearer {answer['accessToken']}"}
    assert first != second
    for headers in (first, second):
        assert alone.call("GET", "/data/v1/refresh", headers).status_code == 200
    renewed(alone, "PT30M")
    assert refusal(alone.call("GET", "/data/v1/refresh", first), 401) == 401


@pytest.mark.parametrize(
    "keys", [{}, {"accessKey": "x"}, {"accessKey": "x", "secretKey": "y"}, {"accessKey": 7, "secretKey": ["y"]}]
)
def test_wrong_keys_give_none(klavi: Klavi, keys: dict[str, Any]) -> None:
    """The documented body, whatever is wrong."""
    answer = klavi.call("POST", "/data/v1/auth", {}, json=keys)
    assert answer.status_code == 401
    message = "Invalid accessKey or secretKey"
    assert answer.json() == {"statusCode": 401, "error": "Unauthorized", "message": message}


def test_each_kind_of_token_opens_its_own_paths(klavi: Klavi) -> None:
    """A link's token asks for institutions and consents, the other one for the rest."""
    link, access = klavi.link(), klavi.access
    for path in ("/data/v1/links/institutions", "/data/v1/institutions"):
        assert klavi.call("GET", path, link["headers"]).status_code == 200
        assert refusal(klavi.call("GET", path, access), 401) == 401
    assert refusal(klavi.call("POST", "/data/v1/links", link["headers"], json={}), 401) == 401
    assert refusal(klavi.call("POST", "/data/v1/consents", access, json={}), 401) == 401
    assert refusal(klavi.call("GET", "/data/v1/consents", {}), 401) == 401


def test_the_institutions_are_a_bare_array_of_both_generations(klavi: Klavi) -> None:
    """The same bank by its code, over a consent and with credentials."""
    listed = klavi.call("GET", "/data/v1/links/institutions", klavi.link()["headers"]).json()
    own = [one for one in listed if one["institutionCode"] == BANK]
    assert {one["institutionType"] for one in own} == {1, 2}
    assert {one["businessType"] for one in own} == {"legal", "natural"}
    assert all(isinstance(one["isOutage"], bool) and one["availableResources"] for one in listed)


def test_a_link_opens_half_an_hour(alone: Klavi) -> None:
    """All four fields are there; afterwards its token opens nothing."""
    alone.sandbox.advance("PT0S")
    link = alone.link(personalTaxId="76109277673", institutionCode=BANK)
    assert link["linkURL"].endswith(f"/path?v={link['linkToken']}") and link["expireIn"] == 1800
    renewed(alone, "PT30M")
    assert refusal(alone.call("GET", "/data/v1/links/institutions", link["headers"]), 401) == 401


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"personalTaxId": "76109277674"}, 400, 400),
        ({"businessTaxId": "50685362006774"}, 400, 400),
        ({"redirectURL": "not an address"}, 400, 400),
        ({"redirectURL": "javascript://x/%0aalert(1)"}, 400, 400),
        ({"externalInfo": "text"}, 400, 400),
        ({"externalInfo": {"x": "y" * 5_000}}, 400, 400),
        ({"connectionKey": "0" * 32}, 400, 400),
        ({"appLink": "https://app.example/x"}, 400, 400),
        ({"institutionCode": "999"}, 416, 4004),
        ({"productsCallbackURL": {"all": "https://a.example/", "other": "https://a.example/"}}, 416, 4006),
        ({"productsCallbackURL": {"pf_wealth": "https://a.example/"}}, 416, 4006),
        ({"productsCallbackURL": {"all": "nowhere"}}, 416, 4006),
        ({"productsCallbackURL": {}}, 416, 4006),
        ({"productsCallbackURL": 7}, 416, 4006),
    ],
)
def test_what_a_link_is_made_with_is_looked_at(klavi: Klavi, fields: dict[str, Any], status: int, code: int) -> None:
    """What is wrong of it makes no link."""
    assert refusal(klavi.call("POST", "/data/v1/links", klavi.access, json=fields), status) == code


# -- consents


def test_a_consent_goes_through_its_statuses(klavi: Klavi) -> None:
    """Started, with us, at the bank, given; the browser comes home with its names; then it is revoked."""
    person = someone()
    link = klavi.link(externalInfo={"order": 7})
    consent = klavi.asked(person, link=link, externalTrackId=f"track of {person}")
    assert consent["consentRedirectURL"] == consent["consentRedirectUrl"] and consent["expireAt"]
    begun = klavi.call("GET", f"/data/v1/consents/{consent['consentId']}", klavi.access).json()
    assert (begun["status"], begun["expireAt"]) == ("STARTED", consent["expireAt"])
    home = httpx.URL(klavi.decide(consent))
    assert str(home).startswith(HOME) and home.params["from"] == "bank"
    assert (home.params["link_id"], home.params["consent_id"]) == (link["linkId"], consent["consentId"])
    assert (home.params["external_track_id"], home.params["external_info"]) == (f"track of {person}", '{"order":7}')
    assert "error" not in home.params
    shown = klavi.call("GET", f"/data/v1/consents/{consent['consentId']}", klavi.access).json()
    assert (shown["status"], shown["personalTaxId"], shown["institutionCode"]) == ("AUTHORISED", person, BANK)
    assert shown["permissionsGranted"] == shown["permissionsApply"] and shown["expireAt"]
    listed = klavi.call("GET", "/data/v1/consents", klavi.access, params={"personalTaxId": person}).json()
    assert listed == [shown]
    answer = klavi.call("DELETE", f"/data/v1/consents/{consent['consentId']}/revoke", klavi.access)
    assert (answer.status_code, answer.json()) == (200, {"message": "ok"})
    assert klavi.status(consent) == "REVOKED"
    again = klavi.call("DELETE", f"/data/v1/consents/{consent['consentId']}", klavi.access)
    assert refusal(again, 416) == 4001


def test_the_steps_on_the_way_have_statuses_of_their_own(klavi: Klavi) -> None:
    """Our page is shown, then the bank's."""
    consent = klavi.asked(someone())
    with httpx.Client(timeout=30) as browser:
        here = httpx.URL(consent["consentRedirectURL"])
        browser.get(here)
        assert klavi.status(consent) == "AWAITING_LGPD_AUTHORISATION"
        browser.post(here, data={"state": here.params["state"], "decision": "approve"})
    assert klavi.status(consent) == "AWAITING_AUTHORISATION"


@pytest.mark.parametrize(("ours", "theirs"), [("reject", "approve"), ("approve", "reject")])
def test_a_user_may_decline_on_either_page(klavi: Klavi, ours: str, theirs: str) -> None:
    """The partner's address is told, and the consent is rejected for good."""
    consent = klavi.asked(someone())
    home = parse_qs(urlsplit(klavi.decide(consent, ours, theirs)).query)
    assert home["error"] == ["access_denied"] and home["error_description"]
    assert klavi.status(consent) == "REJECTED"


@pytest.mark.parametrize("user", ["act+consent.failed", "act+unexpected", "user-unavailable"])
def test_a_consent_whose_authorisation_fails_is_an_error(klavi: Klavi, user: str) -> None:
    """Nobody said no; it did not work."""
    consent = klavi.asked(someone())
    klavi.decide(consent, user=user)
    assert klavi.status(consent) == "ERROR"


def test_the_redirect_address_opens_once_within_a_minute(alone: Klavi) -> None:
    """Used or late it opens nothing; the consent that was never begun is rejected after an hour."""
    alone.sandbox.advance("PT0S")
    first, second = alone.asked(someone()), alone.asked(someone())
    assert httpx.get(first["consentRedirectURL"]).status_code == 200
    assert refusal(httpx.get(first["consentRedirectURL"]), 416) == 4001
    alone.sandbox.advance("PT1M")
    assert refusal(httpx.get(second["consentRedirectURL"]), 416) == 4001
    renewed(alone, "PT58M")
    assert [alone.status(one) for one in (first, second)] == ["AWAITING_LGPD_AUTHORISATION", "STARTED"]
    alone.sandbox.advance("PT1M")
    assert [alone.status(one) for one in (first, second)] == ["REJECTED", "REJECTED"]


def test_a_consent_expires_unless_it_is_for_ever(alone: Klavi) -> None:
    """A year after it was given; then nothing may be asked for with it."""
    alone.sandbox.advance("PT0S")
    person, other = someone(), someone()
    year, ever = alone.given(person), alone.given(other, validityPeriod=0)
    assert ever["expireAt"] is None
    alone.sandbox.advance("P364D")
    assert alone.status(year) == "AUTHORISED"
    alone.sandbox.advance("P2D")
    assert [alone.status(one) for one in (year, ever)] == ["EXPIRED", "AUTHORISED"]
    told = {"institutionCode": BANK, "products": ["all"]}
    assert refusal(alone.request("personal/institution-data", taxId=person, **told), 416) == 4001
    assert alone.request("personal/institution-data", taxId=other, **told).status_code == 200


def test_a_consent_of_somebody_who_was_deleted_says_so(klavi: Klavi) -> None:
    """The deletion of a person takes the data of the consents too, in every dialect."""
    person = someone()
    consent = klavi.given(person)
    assert klavi.sandbox.get("/accounts", itemId=consent["consentId"])["results"]
    assert klavi.code("DELETE", "/data/v1/reports", params={"cpf": person}) == 200
    assert klavi.status(consent) == "DELETED_BY_USER"
    assert klavi.sandbox.get("/accounts", itemId=consent["consentId"])["results"] == []


def test_what_a_consent_that_is_over_has_left_is_deleted_with_its_person(klavi: Klavi) -> None:
    """Revoked, it fetches nothing more; what it fetched before goes when everything of its person goes."""
    person = someone()
    consent = klavi.given(person)
    klavi.call("DELETE", f"/data/v1/consents/{consent['consentId']}/revoke", klavi.access)
    assert klavi.sandbox.get("/accounts", itemId=consent["consentId"])["results"]
    assert klavi.code("DELETE", "/data/v1/reports", params={"cpf": person}) == 200
    answer = klavi.sandbox.http.get(
        "/pluggy/accounts", params={"itemId": consent["consentId"]}, headers={"x-api-key": klavi.sandbox.key}
    )
    assert answer.status_code == 404 or answer.json()["results"] == []


def test_too_many_consents_of_one_person_at_one_bank(klavi: Klavi) -> None:
    """Clients look for words in the message; revoking one makes room, and another bank has room anyway."""
    person = someone()
    first, *_ = [klavi.asked(person) for _ in range(5)]
    answer = klavi.ask(person)
    assert refusal(answer, 416) == 4003
    assert "exceeds the limit" in answer.json()["message"]
    assert klavi.ask(person, "237").status_code == 200
    klavi.call("DELETE", f"/data/v1/consents/{first['consentId']}/revoke", klavi.access)
    assert klavi.ask(person).status_code == 200


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"personalTaxId": None}, 400, 400),
        ({"personalTaxId": "76109277674"}, 400, 400),
        ({"externalTrackId": None}, 400, 400),
        ({"redirectURL": None}, 400, 400),
        ({"redirectURL": "/back"}, 400, 400),
        ({"institutionCode": None}, 400, 400),
        ({"validityPeriod": 6}, 400, 400),
        ({"validityPeriod": "12"}, 400, 400),
        ({"validityPeriod": True}, 400, 400),
        ({"businessTaxId": "x"}, 400, 400),
        ({"clientMetadata": []}, 400, 400),
        ({"institutionCode": "999"}, 416, 4004),
        ({"institutionCode": "336", "businessTaxId": COMPANY}, 416, 4004),
    ],
)
def test_what_a_consent_is_asked_with_is_looked_at(
    klavi: Klavi, fields: dict[str, Any], status: int, code: int
) -> None:
    """What is wrong of it makes no consent."""
    assert refusal(klavi.ask(someone(), **fields), status) == code


def test_a_link_locks_its_person_and_a_track_id_serves_once(klavi: Klavi) -> None:
    """Another person is refused; so is a second consent of the same name."""
    person = someone()
    link = klavi.link(personalTaxId=person)
    assert refusal(klavi.ask(someone(), link=link), 400) == 400
    assert klavi.ask(person, link=link, externalTrackId=f"once {person}", validityPeriod=None).status_code == 200
    assert refusal(klavi.ask(person, link=link, externalTrackId=f"once {person}"), 409) == 409


@pytest.mark.parametrize("id", ["x", "00000000-0000-4000-8000-000000000000", "%00", "7" * 400])
def test_a_consent_that_is_not_there(klavi: Klavi, alone: Klavi, id: str) -> None:
    """Neither shown nor revoked; another partner's is not there either."""
    other = alone.asked(someone())["consentId"]
    for one in (id, other):
        assert refusal(klavi.call("GET", f"/data/v1/consents/{one}", klavi.access), 404) == 404
        assert refusal(klavi.call("DELETE", f"/data/v1/consents/{one}/revoke", klavi.access), 404) == 404


@pytest.mark.parametrize("params", [{}, {"personalTaxId": "7"}, {"businessTaxId": "7"}, {"other": "x"}])
def test_a_list_of_consents_needs_a_filter(klavi: Klavi, params: dict[str, str]) -> None:
    """All of them at once are not to be had."""
    assert refusal(klavi.call("GET", "/data/v1/consents", klavi.access, params=params), 400) == 400


# -- requests for reports


@pytest.mark.parametrize("path", REQUESTS)
def test_what_a_request_says_is_looked_at(klavi: Klavi, path: str) -> None:
    """Each thing has its code."""
    owner = COMPANY if path.startswith("business") else someone()
    right = {"taxId": owner, "institutionCode": BANK, "products": ["all"]}
    cases: list[tuple[dict[str, Any], int, int]] = [
        ({"taxId": "1"}, 400, 400),
        ({"taxId": None}, 400, 400),
        ({"products": "all"}, 400, 400),
        ({"products": []}, 416, 4005),
        ({"products": ["pf_wealth"]}, 416, 4002),
        ({"products": ["pj_balance" if path.startswith("personal") else "pf_balance"]}, 416, 4002),
        ({"productsCallbackURL": {"all": "x"}}, 416, 4006),
        ({}, 416, 4001),
    ]
    if path.endswith("institution-data"):
        cases += [({"institutionCode": None}, 400, 400), ({"institutionCode": "999"}, 416, 4004)]
        cases += [({"products": ["income"]}, 416, 4002)]
    else:
        cases += [({"products": ["checking_account"]}, 416, 4002), ({"products": ["income"]}, 416, 4008)]
    for change, status, code in cases:
        answer = klavi.request(path, **{**right, **change})
        assert refusal(answer, status) == code, (change, answer.text)


def test_reports_and_events_arrive_in_their_order(klavi: Klavi, receiver: Receiver) -> None:
    """Link, consent, request, and for each product the report and that it was made; everything is signed."""
    klavi.listen(receiver)
    person = someone()
    link = klavi.link(externalInfo={"order": 7}, personalTaxId=person)
    made = receiver.wait(named("link_created"))[0].body[0]
    assert made["payload"] == {"personalTaxId": person, "businessTaxId": "", "linkId": link["linkId"]}
    assert (made["eventType"], made["partnerAppId"]) == ("api", klavi.sandbox.keys[0])
    assert made["externalInfo"] == {"order": 7} and len(made["eventId"].partition("-")[2]) == 24
    consent = klavi.given(person, link=link)
    given = receiver.wait(named("consent_authorised"))[0].body[0]["payload"]["consents"]
    assert (given["consentId"], given["institutionCode"]) == (consent["consentId"], BANK)
    products = ["pf_balance", "categorized_checking_l3"]
    answer = klavi.request("personal/institution-data", taxId=person, institutionCode=BANK, products=products)
    assert answer.json()["message"] == "ok"
    request_id = answer.json()["requestId"]
    done = receiver.wait(named("product_generated_success"), 2)
    assert receiver.wait(named("product_request_received"))[0].body[0]["payload"]["requestId"] == request_id
    reports = receiver.wait(lambda one: isinstance(one.body, dict), 2)
    names = ["pf_balance", "pf_categorized_checking_l3"]
    assert [one.body["productName"] for one in reports] == names
    for report, told in zip(reports, done, strict=True):
        body = report.body
        assert (body["code"], body["requestId"], body["enquiryCpf"]) == (200, request_id, person)
        assert body["links"][0]["consents"][0]["consentId"] == consent["consentId"]
        assert body["externalInfo"] == {"order": 7}
        assert told.body[0]["payload"]["productReportId"] == body["productReportId"]
    assert all(one.is_signed(klavi.sandbox.keys[1]) for one in receiver.arrived)


@pytest.mark.parametrize(
    ("event", "ours", "user"),
    [
        ("consent_rejected", "reject", "user-ok"),
        ("consent_rejected", "approve", "act+consent.rejected"),
        ("consent_error", "approve", "act+unexpected"),
    ],
)
def test_a_consent_that_came_to_nothing_is_told(
    klavi: Klavi, receiver: Receiver, event: str, ours: str, user: str
) -> None:
    """By its own event."""
    klavi.listen(receiver, "events")
    consent = klavi.asked(someone())
    klavi.decide(consent, ours, user=user)
    told = receiver.wait(named(event))[0].body[0]
    assert told["payload"]["consents"]["consentId"] == consent["consentId"]


def test_the_end_of_a_consent_is_told(alone: Klavi, receiver: Receiver) -> None:
    """Revoked, deleted, expired: each by its own event, once."""
    alone.sandbox.advance("PT0S")
    alone.listen(receiver, "events")
    persons = [someone() for _ in range(3)]
    revoked, deleted, expired = (alone.given(person) for person in persons)
    alone.call("DELETE", f"/data/v1/consents/{revoked['consentId']}/revoke", alone.access)
    alone.code("DELETE", "/data/v1/reports", params={"cpf": persons[1]})
    alone.sandbox.advance("P366D")

    def told(name: str, consent: Any) -> list[Delivery]:
        return [o for o in receiver.wait(named(name)) if o.body[0]["payload"]["consents"] and consent]

    for name, consent in (
        ("consent_revoked", revoked),
        ("consent_deleted_by_user", deleted),
        ("consent_expired", expired),
    ):
        ids = [one.body[0]["payload"]["consents"]["consentId"] for one in told(name, consent)]
        assert ids == [consent["consentId"]], name


def test_reports_go_where_the_request_the_link_or_nobody_says(klavi: Klavi, receiver: Receiver) -> None:
    """A request's address comes before a link's, and that before what is set for the partner."""
    klavi.listen(receiver, "reports")
    person = someone()
    link = klavi.link(productsCallbackUrl={"pf_balance": f"{receiver.url}/link", "other": f"{receiver.url}/other"})
    klavi.given(person, link=link)
    told = {"taxId": person, "institutionCode": BANK, "products": ["pf_balance", "pf_loans"]}
    klavi.request("personal/institution-data", **told)
    first = receiver.wait(lambda one: isinstance(one.body, dict), 2)
    assert {one.body["productName"]: one.path for one in first} == {"pf_balance": "/link", "pf_loans": "/other"}
    klavi.request("personal/institution-data", **told, productsCallbackURL=f"{receiver.url}/request")
    every = receiver.wait(lambda one: isinstance(one.body, dict), 4)
    assert [one.path for one in every[2:]] == ["/request", "/request"]
    assert all(one.is_signed(klavi.sandbox.keys[1]) for one in every)


def test_a_companys_consent_is_asked_about_by_its_cnpj(klavi: Klavi) -> None:
    """It is the person who logs in; the reports are the company's."""
    person = someone()
    consent = klavi.given(person, businessTaxId=COMPANY)
    right = {"institutionCode": BANK, "products": ["all"], "consentIds": [consent["consentId"]]}
    assert klavi.request("business/institution-data", taxId=COMPANY, **right).status_code == 200
    assert refusal(klavi.request("personal/institution-data", taxId=person, **right), 416) == 4001
