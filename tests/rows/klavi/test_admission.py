"""What is said to a call at once: tasks, retrieval by CPF, deletion. HTTP always says 200; the code is in the body."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from typing import Any

import pytest

from tests.klavi import ASKING_BANK, BANK, Klavi, someone

TASKS, REPORTS = "/data/v1/tasks", "/data/v1/reports"
NOBODY = "00000000-0000-4000-8000-000000000000"


def said(klavi: Klavi, method: str, path: str, **options: Any) -> tuple[int, str]:
    """Return code and message of an answer."""
    answer = klavi.call(method, path, **options)
    assert answer.status_code == 200, answer.text
    return answer.json()["code"], answer.json()["msg"]


@pytest.mark.row("klavi.open-data.200")
def test_a_report_is_retrieved_by_cpf(klavi: Klavi) -> None:
    """The envelope names the person, the bank by its code and the connection by its key."""
    person = someone()
    assert klavi.begin(person=person, products=["income"], query_param={"uuid": "7"})
    report = klavi.retrieve(person, "income")
    assert (report["code"], report["msg"], report["query_param"]) == (200, "ok", {"uuid": "7"})
    data = report["data"]
    assert (data["enquiry_cpf"], data["institution_id"], data["report_type"]) == (person, BANK, "income")
    assert len(data["connection_key"]) == 32 and data["user_consent"] == "Yes"


@pytest.mark.row("klavi.open-data.400")
def test_a_signature_that_is_not_the_bodys_is_refused(alone: Klavi) -> None:
    """A partner that signs is taken at its word: the right signature is let in, any other and none are not."""
    alone.sandbox.policy(signed_requests=True)
    body = json.dumps(alone.order()).encode()
    right = hmac.new(alone.sandbox.keys[1].encode(), body, sha256).hexdigest()
    for signature in ("", "0" * 64, right[::-1]):
        headers = {**alone.partner, "x-klavi-signature": signature}
        assert said(alone, "POST", TASKS, content=body, headers=headers) == (400, "Signature failed")
    headers = {**alone.partner, "x-klavi-signature": right}
    assert said(alone, "POST", TASKS, content=body, headers=headers) == (200, "ok")
    assert said(alone, "POST", TASKS, content=body + b" ", headers=headers) == (400, "Signature failed")


@pytest.mark.row("klavi.open-data.401")
def test_a_person_who_was_never_connected_is_not_found(klavi: Klavi) -> None:
    """Neither is one whose connection never brought anything, nor another partner's."""
    wanted = (401, "User not found")
    assert said(klavi, "GET", REPORTS, params={"cpf": someone(), "report_type": "income"}) == wanted
    person = someone()
    klavi.begin("user-locked", person=person)
    assert said(klavi, "GET", REPORTS, params={"cpf": person, "report_type": "income"}) == wanted
    assert said(klavi, "DELETE", REPORTS, params={"cpf": someone()}) == wanted


@pytest.mark.row("klavi.open-data.401")
def test_another_partners_person_is_not_found(klavi: Klavi, alone: Klavi) -> None:
    """What one partner has connected is nothing to another."""
    person = someone()
    klavi.begin(person=person)
    assert klavi.retrieve(person)["code"] == 200
    assert alone.retrieve(person)["code"] == 401


@pytest.mark.row("klavi.open-data.410")
@pytest.mark.parametrize(
    "wrong",
    [
        {"person": "11111111111"},
        {"person": "76109277674"},
        {"person": "761"},
        {"credentials": {"username": "user-ok"}},
        {"credentials": {"password": "password-ok"}},
        {"credentials": {}},
        {"credentials": None},
        {"credentials": "user-ok"},
        {"credentials": {"username": ["user-ok"], "password": "password-ok"}},
    ],
)
def test_what_the_user_typed_in_has_a_form(klavi: Klavi, wrong: dict[str, Any]) -> None:
    """A CPF whose digits are wrong, a field that is missing: nothing of it is sent to the bank."""
    body = klavi.order(**wrong)
    assert said(klavi, "POST", TASKS, json=body) == (410, "Input format error")


@pytest.mark.row("klavi.open-data.411")
@pytest.mark.parametrize("trace_id", [NOBODY, "null", "", "x", "%00", "7" * 300])
@pytest.mark.parametrize(("method", "more"), [("GET", ""), ("POST", "/mfa")])
def test_a_task_that_is_not_there_has_no_trace(klavi: Klavi, trace_id: str, method: str, more: str) -> None:
    """Whether it is looked at or answered."""
    options = {"json": {"token": "123456"}} if method == "POST" else {}
    assert said(klavi, method, f"{TASKS}/{trace_id}{more}", **options) == (411, "TraceId is null or not found")


@pytest.mark.row("klavi.open-data.412")
def test_a_token_that_nobody_asked_for_is_not_required(klavi: Klavi) -> None:
    """A task whose bank asks for none, and one that was answered already; the task is none the worse for it."""
    trace_id, token = klavi.begin(), {"token": "123456"}
    assert said(klavi, "POST", f"{TASKS}/{trace_id}/mfa", json=token) == (412, "Token is not required")
    asking = klavi.begin(bank=ASKING_BANK)
    assert klavi.task(asking)["status"] == "waiting"
    assert said(klavi, "POST", f"{TASKS}/{asking}/mfa", json=token) == (200, "ok")
    klavi.sandbox.settle()
    assert said(klavi, "POST", f"{TASKS}/{asking}/mfa", json=token) == (412, "Token is not required")
    assert (klavi.task(asking)["status"], klavi.task(asking)["code"]) == ("finished", 200)


@pytest.mark.row("klavi.open-data.413")
def test_a_second_login_of_the_same_credentials_is_a_duplicate(klavi: Klavi) -> None:
    """While the first one waits for its token, the bank would throw out one of the two."""
    person = someone()
    klavi.begin(bank=ASKING_BANK, person=person, password="password-ok")
    other = klavi.order(bank=ASKING_BANK, person=someone())
    assert said(klavi, "POST", TASKS, json=other) == (413, "Duplicated login")


@pytest.mark.row("klavi.open-data.429")
def test_more_calls_than_are_allowed_are_too_many(alone: Klavi) -> None:
    """They are counted on the application's clock; a minute later there is room again."""
    alone.sandbox.advance("PT0S")
    person = someone()
    alone.begin(person=person, products=["balance", "category_checking"])
    alone.sandbox.policy(calls_limit=3)
    answers = [said(alone, "GET", REPORTS, params={"cpf": person, "report_type": "balance"}) for _ in range(4)]
    assert [code for code, _ in answers] == [200, 200, 200, 429]
    assert answers[-1][1] == "Too Many Requests"
    alone.sandbox.advance("PT1M")
    assert alone.retrieve(person)["code"] == 200


@pytest.mark.row("klavi.open-data.430")
def test_what_was_deleted_says_so_until_the_user_connects_again(klavi: Klavi) -> None:
    """Data, connection and credentials are gone, in the other dialects too."""
    person = someone()
    trace_id = klavi.begin(person=person)
    key = klavi.retrieve(person)["data"]["connection_key"]
    item = f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"
    assert klavi.sandbox.get(f"/items/{item}")["status"] == "UPDATED"
    assert said(klavi, "DELETE", REPORTS, params={"cpf": person}) == (200, "ok")
    wanted = (430, "The data has been deleted")
    assert said(klavi, "GET", REPORTS, params={"cpf": person, "report_type": "income"}) == wanted
    assert said(klavi, "DELETE", REPORTS, params={"cpf": person}) == wanted
    assert klavi.sandbox.call("GET", f"/items/{item}").status_code == 404
    assert klavi.task(trace_id)["status"] == "finished"
    klavi.begin(person=person)
    assert klavi.retrieve(person)["code"] == 200


@pytest.mark.row("klavi.open-data.431")
def test_more_updates_of_a_connection_than_are_allowed(alone: Klavi) -> None:
    """Each connection has its own count, and a day later it begins anew; what is there stays."""
    alone.sandbox.advance("PT0S")
    person = someone()
    alone.begin(person=person, allow_autoupdate="Yes")
    key = alone.retrieve(person)["data"]["connection_key"]
    alone.sandbox.policy(updates_limit=2)
    codes = []
    for _ in range(3):
        codes.append(said(alone, "POST", TASKS, json={"connectionKey": key}))
        alone.sandbox.settle()
    assert codes == [(200, "ok"), (200, "ok"), (431, "Connection update limit exceeded")]
    update = {"connectionKey": key, "allowAutoUpdate": "Yes"}
    assert said(alone, "POST", "/autoupdate_sync", json=update) == codes[-1]
    assert alone.retrieve(person)["code"] == 200
    alone.sandbox.advance("P1D")
    alone.sandbox.key = alone.sandbox.authenticate(*alone.sandbox.keys)
    assert said(alone, "POST", TASKS, json={"connectionKey": key}) == (200, "ok")


@pytest.mark.row("klavi.open-data.432")
def test_an_institution_that_fails_everybody_is_unavailable_for_a_while(alone: Klavi) -> None:
    """Three logins in a row failed at the bank; after five minutes it is tried again, and there is nothing to clear."""
    alone.sandbox.advance("PT0S")
    for _ in range(3):
        assert alone.refused("user-unavailable") == 200
    assert said(alone, "POST", TASKS, json=alone.order()) == (432, "Institution unavailable")
    assert alone.refused(bank="900") == 200
    alone.sandbox.advance("PT5M")
    person = someone()
    assert alone.refused(person=person) == 200
    assert alone.retrieve(person)["code"] == 200
    assert alone.refused() == 200


@pytest.mark.row("klavi.open-data.500")
def test_what_breaks_on_our_side_is_an_internal_error(klavi: Klavi) -> None:
    """A call that cannot be answered says so, and the next one is answered."""
    klavi.sandbox.arm("server.error", operation=f"GET {REPORTS}")
    params = {"cpf": someone(), "report_type": "income"}
    assert said(klavi, "GET", REPORTS, params=params) == (500, "Internal Server Error")
    assert said(klavi, "GET", REPORTS, params=params) == (401, "User not found")


@pytest.mark.row("klavi.open-data.501")
@pytest.mark.parametrize("missing", ["partner_code", "partner_token", None])
def test_both_headers_are_needed(klavi: Klavi, missing: str | None) -> None:
    """Without one of them, or either, there is no access; empty is missing."""
    headers = {name: value for name, value in klavi.partner.items() if missing not in (None, name)}
    if missing is None:
        headers = {}
    assert said(klavi, "GET", REPORTS, headers=headers) == (501, "Invalid access")
    blank = {name: headers.get(name, "") for name in klavi.partner}
    assert said(klavi, "GET", REPORTS, headers=blank) == (501, "Invalid access")


@pytest.mark.row("klavi.open-data.502")
@pytest.mark.row("klavi.auto-update.702")
def test_a_partner_that_is_not_active_gets_nothing(alone: Klavi) -> None:
    """Whatever its token is; the service of updates has a code of its own for it."""
    alone.sandbox.policy(active=False)
    for token in (alone.sandbox.keys[1], "wrong"):
        headers = {"partner_code": alone.sandbox.keys[0], "partner_token": token}
        assert said(alone, "GET", REPORTS, headers=headers) == (502, "Partner code not activated")
        assert said(alone, "POST", "/autoupdate_sync", headers=headers) == (702, "Partner code not activated")
    alone.sandbox.policy(active=True)
    assert alone.retrieve(someone())["code"] == 401


@pytest.mark.row("klavi.open-data.503")
@pytest.mark.parametrize("wrong", ["partner_code", "partner_token"])
@pytest.mark.parametrize("value", ["wrong", NOBODY, "ü\xff", "x" * 2_000])
def test_a_wrong_code_or_token_is_a_credential_error(klavi: Klavi, wrong: str, value: str) -> None:
    """The one as much as the other."""
    headers = {**klavi.partner, wrong: value.encode("latin-1")}
    assert said(klavi, "GET", REPORTS, headers=headers) == (503, "Partner credential error")


@pytest.mark.parametrize("names", [("partner-code", "partner-token"), ("partnerCode", "partnerToken")])
def test_the_headers_are_known_under_every_spelling(klavi: Klavi, names: tuple[str, str]) -> None:
    """Clients write them in three ways."""
    headers = dict(zip(names, klavi.partner.values(), strict=True))
    assert klavi.call("GET", REPORTS, headers=headers).json()["code"] == 505


@pytest.mark.row("klavi.open-data.504")
def test_a_kind_of_data_needs_the_right_to_it(alone: Klavi) -> None:
    """What was contracted is given, the rest is not."""
    person = someone()
    alone.begin(person=person, products=["income", "balance"])
    alone.sandbox.policy(rights=["income"])
    assert alone.retrieve(person, "income")["code"] == 200
    params = {"cpf": person, "report_type": "balance"}
    assert said(alone, "GET", REPORTS, params=params) == (504, "Permission required for the data type")


@pytest.mark.row("klavi.open-data.505")
@pytest.mark.parametrize(
    "params",
    [
        {},
        {"cpf": "76109277673"},
        {"report_type": "income"},
        {"cpf": "76109277673", "report_type": ""},
        {"cpf": "76109277673", "report_type": "wealth"},
        {"cpf": "76109277674", "report_type": "income"},
        {"cpf": "", "report_type": "income"},
        {"cpf": "7" * 500, "report_type": "income"},
        {"cpf": "\0", "report_type": "income"},
    ],
)
def test_a_retrieval_needs_a_cpf_and_a_type_of_report(klavi: Klavi, params: dict[str, str]) -> None:
    """Missing, empty, unknown or with wrong digits."""
    assert said(klavi, "GET", REPORTS, params=params) == (505, "Request parameter missing or invalid")


def test_the_checks_of_a_retrieval_have_an_order(alone: Klavi) -> None:
    """Of several things that are wrong the first is said: each repair brings the next to light."""
    person = someone()
    alone.begin(person=person)
    alone.call("DELETE", REPORTS, params={"cpf": person})
    alone.sandbox.advance("PT0S")
    alone.sandbox.policy(active=False, rights=["balance"], calls_limit=1)
    code, _ = alone.sandbox.keys
    half = {"partner_code": code}
    wrong = {"partner_code": code, "partner_token": "wrong"}
    assert alone.code("GET", REPORTS, headers=half) == 501
    assert alone.code("GET", REPORTS, headers=wrong) == 502
    alone.sandbox.policy(active=True)
    assert alone.code("GET", REPORTS, headers=wrong) == 503
    assert alone.code("GET", REPORTS, params={"cpf": someone(), "report_type": "x"}) == 505
    assert alone.code("GET", REPORTS, params={"cpf": someone(), "report_type": "income"}) == 504
    assert alone.code("GET", REPORTS, params={"cpf": someone(), "report_type": "balance"}) == 401
    assert alone.code("GET", REPORTS, params={"cpf": person, "report_type": "balance"}) == 429
    alone.sandbox.advance("PT1M")
    assert alone.code("GET", REPORTS, params={"cpf": person, "report_type": "balance"}) == 430


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", b"\xff\xfe", b'{"cpf": "\\u0000"}', b'"x"', b"", b"{}"])
def test_a_task_that_is_no_object_is_refused(klavi: Klavi, body: bytes) -> None:
    """As a form that cannot be taken: 505 is a code of retrieval alone."""
    assert klavi.code("POST", TASKS, content=body) == 410


@pytest.mark.row("klavi.open-data.401")
def test_a_report_that_nobody_asked_the_bank_for_is_not_found(klavi: Klavi) -> None:
    """An empty one would say that there is nothing; the ones that were ordered are there, and nobody has an FGTS at a
    bank that does not keep it."""
    person = someone()
    klavi.begin(person=person, products=["identity"])
    assert klavi.retrieve(person, report_type="identity")["code"] == 200
    for name in ("income", "bank_loan", "fgts"):
        assert klavi.retrieve(person, report_type=name)["code"] == 401, name
