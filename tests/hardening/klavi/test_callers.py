"""Who calls: refused in the documented order whatever else is wrong, never shown what another has, found in the log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afluente.dialects.klavi.api import ROUTES
from tests.hardening.ground import NOBODYS
from tests.klavi import Klavi, someone
from tests.server import Server

PARTNERS = [(verb, path) for path, verbs in ROUTES for verb, (_, who) in verbs.items() if who == "partner"]
BEARERS = [(verb, path) for path, verbs in ROUTES for verb, (_, who) in verbs.items() if who in ("token", "link")]

some = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=40)
json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
NAMES = (
    "cpf", "institution", "institutionCode", "credentials", "products", "query_param", "allow_autoupdate",
    "connectionKey", "allowAutoUpdate", "token", "taxId", "personalTaxId", "businessTaxId", "externalTrackId",
    "redirectURL", "validityPeriod", "consentIds", "linkId", "productsCallbackURL", "externalInfo", "accessKey",
    "secretKey", "report_type", "connection_key", "state", "code", "decision",
)  # fmt: skip
bodies = st.dictionaries(st.sampled_from(NAMES), json_values, max_size=6)
ids = st.sampled_from([NOBODYS, "0" * 32, "redirect", "%00", "..", "x" * 300, "é", "%ff", "'; --"])


def _code(klavi: Klavi, verb: str, path: str, headers: dict[str, str], **options: Any) -> int:
    return klavi.code(verb, path.replace("{id}", NOBODYS), headers=headers, **options)


@pytest.mark.parametrize(("verb", "path"), PARTNERS, ids=[f"{verb} {path}" for verb, path in PARTNERS])
def test_a_partner_is_looked_at_before_anything_else(klavi: Klavi, alone: Klavi, verb: str, path: str) -> None:
    """First that both headers are there, then whether the code is active, then whether the pair is right: 5xx where
    reports are, 7xx where updates are. Body and query are rubbish all the while."""
    updates = "autoupdate" in path
    missing, inactive, wrong = (701, 702, 703) if updates else (501, 502, 503)
    rubbish = {"content": b"\xff{", "params": {"cpf": "\x01"}}
    code, token = alone.partner["partner_code"], alone.partner["partner_token"]
    for headers in ({}, {"partner_code": code}, {"partner_token": token}, {"partner_code": "", "partner_token": ""}):
        assert _code(klavi, verb, path, headers, **rubbish) == missing
    for headers in (
        {"partner_code": code, "partner_token": "wrong"},
        {"partner_code": NOBODYS, "partner_token": token},
        {"partner_code": klavi.partner["partner_code"], "partner_token": token},
    ):
        assert _code(klavi, verb, path, headers, **rubbish) == wrong
    alone.sandbox.policy(active=False)
    assert _code(klavi, verb, path, {"partner_code": code, "partner_token": "wrong"}, **rubbish) == inactive


@pytest.mark.parametrize(("verb", "path"), BEARERS, ids=[f"{verb} {path}" for verb, path in BEARERS])
def test_a_bearer_of_the_other_kind_opens_nothing(klavi: Klavi, verb: str, path: str) -> None:
    """Each kind of token opens its own paths alone, and neither opens any when it is cut."""
    who = dict(ROUTES)[path][verb][1]
    link = klavi.link()["headers"]
    other = klavi.access if who == "link" else link
    for headers in (other, {"authorization": other["authorization"][:-2]}, klavi.partner):
        answer = klavi.call(verb, path.replace("{id}", NOBODYS), headers, content=b"{")
        assert (answer.status_code, answer.json()["statusCode"]) == (401, 401)


@some
@given(route=st.sampled_from(ROUTES), body=bodies, id=ids, as_query=st.booleans())
def test_nothing_that_is_sent_is_an_error_of_the_server(
    klavi: Klavi, route: Any, body: dict[str, Any], id: str, as_query: bool
) -> None:
    """Every path and verb, as everybody, with fields that mean something and values of any kind."""
    path, verbs = route
    whose = {**klavi.partner, **klavi.access}
    query = {name: str(value) for name, value in body.items()} if as_query else None
    for verb in verbs:
        for headers in (whose, {**klavi.link()["headers"]}, {}):
            answer = klavi.call(verb, path.replace("{id}", id), headers, content=json.dumps(body), params=query)
            assert answer.status_code < 500, answer.text
            if answer.headers.get("content-type", "").startswith("application/json") and answer.content:
                told = answer.json()
                assert not (isinstance(told, dict) and told.get("code") in (404, 500) and answer.status_code == 200)


def test_a_partner_sees_nothing_of_another(klavi: Klavi, alone: Klavi) -> None:
    """Tasks, reports, updates, deletion, consents and requests: as if what the other has were not there."""
    person = someone()
    trace = klavi.begin(person=person, allow_autoupdate="Yes")
    key = klavi.task(trace)["connection_key"]
    consent = klavi.given(person)
    for verb, path, options, code in (
        ("GET", f"/data/v1/tasks/{trace}", {}, 411),
        ("POST", f"/data/v1/tasks/{trace}/mfa", {"json": {"token": "123456"}}, 411),
        ("GET", "/data/v1/reports", {"params": {"cpf": person, "report_type": "balance"}}, 401),
        ("GET", "/data/v1/reports",
         {"params": {"cpf": person, "report_type": "balance", "connection_key": key}}, 401),
        ("DELETE", "/data/v1/reports", {"params": {"cpf": person}}, 401),
        ("POST", "/data/v1/autoupdate_sync", {"json": {"connectionKey": key, "allowAutoUpdate": "Yes"}}, 602),
        ("POST", "/data/v1/tasks", {"json": {"connectionKey": key}}, 410),
    ):  # fmt: skip
        assert alone.code(verb, path, **options) == code, (verb, path)
    bearer = alone.access
    id = consent["consentId"]
    for verb, path in (("GET", id), ("DELETE", id), ("DELETE", f"{id}/revoke")):
        assert alone.call(verb, f"/data/v1/consents/{path}", bearer).status_code == 404
    assert alone.call("GET", "/data/v1/consents", bearer, params={"personalTaxId": person}).json() == []
    asked = alone.request("personal/user-data", taxId=person, products=["all"])
    assert (asked.status_code, asked.json()["statusCode"]) == (416, 4001)
    assert klavi.retrieve(person)["code"] == 200
    assert klavi.status(consent) == "AUTHORISED"


def test_every_refusal_is_in_the_log(klavi: Klavi, klavi_server: Server) -> None:
    """With its meaning, an id of its own and the status that went out, and nothing that was sent."""
    marked = f"/data/v1/tasks/{NOBODYS[:-4]}4711"
    before = len(klavi_server.log.read_text().splitlines())
    assert klavi.code("GET", marked) == 411
    assert klavi.code("GET", "/data/v1/reports", params={"cpf": "12345678900"}) == 505
    assert klavi.call("GET", f"/data/v1/consents/{NOBODYS}", klavi.access).status_code == 404
    lines = [json.loads(line) for line in klavi_server.log.read_text().splitlines()[before:] if line.startswith("{")]
    told = [line for line in lines if line.get("event") == "refused"]
    assert {line["meaning"] for line in told} >= {
        "request.invalid.task", "request.invalid", "request.not-found.consent"
    }  # fmt: skip
    assert len({line["error"] for line in told}) == len(told)
    assert "12345678900" not in json.dumps(told)


def test_two_consents_under_one_name_at_once_are_one(klavi: Klavi) -> None:
    """However many come at the same moment: one is made, the others are conflicts, and none is an error."""
    from concurrent.futures import ThreadPoolExecutor

    person, link = someone(), klavi.link()
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(klavi.ask, person, link=link, externalTrackId=f"one-name-{person}") for _ in range(8)]
        statuses = sorted(one.result().status_code for one in asked)
    assert statuses == [200, *[409] * 7]


def test_two_tasks_for_one_login_at_once_are_one(klavi: Klavi) -> None:
    """With different passwords, so that nothing but the login tells that they are the same."""
    from concurrent.futures import ThreadPoolExecutor

    person = someone()
    orders = [klavi.order("act+success", person=person, password=f"password-{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(klavi.code, "POST", "/data/v1/tasks", json=order) for order in orders]
        codes = {one.result() for one in asked}
    klavi.sandbox.settle()
    assert codes <= {200, 413}
    assert 200 in codes
