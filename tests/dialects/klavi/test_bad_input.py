"""Whatever is sent, wherever: an answer in the dialect's words, and never a server error."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from afluente.dialects.klavi.api import ROUTES
from tests.klavi import Klavi

VERBS = ("GET", "POST", "PUT", "PATCH", "DELETE")
BODIES: list[bytes] = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"7",
    b'"x"',
    b"\xff\xfe\x00",
    b"a=b&c=%00",
    b'{"\\u0000": "\\u0000"}',
    b"[" * 5_000,
    b'{"a":' * 2_000 + b"1" + b"}" * 2_000,
    json.dumps({"cpf": "7" * 100_000}).encode(),
]

_ODD: list[Any] = [None, True, 0, -1, 1e300, "", " ", "\u0000", "\ud7ff", "x" * 5_000, [], [None], {}, {"a": {"b": []}}]
_FIELDS = (
    "accessKey", "secretKey", "personalTaxId", "businessTaxId", "email", "phone", "institutionCode", "redirectURL",
    "productsCallbackURL", "externalInfo", "connectionKey", "appLink", "appRedirectURLKey", "externalTrackId",
    "clientMetadata", "validityPeriod", "taxId", "linkId", "consentIds", "products", "cpf", "institution",
    "credentials", "query_param", "allow_autoupdate", "token", "allowAutoUpdate", "report_version", "state", "decision",
)  # fmt: skip
_RIGHT: dict[str, Any] = {
    "personalTaxId": "76109277673",
    "taxId": "76109277673",
    "cpf": "76109277673",
    "institutionCode": "341",
    "institution": "341",
    "externalTrackId": "odd",
    "redirectURL": "https://partner.example/",
    "products": ["all"],
    "credentials": {"username": "nobody-at-all", "password": "x"},
}


def paths() -> list[str]:
    """Return every path, with an id of no meaning in it."""
    return [path.replace("{id}", "00000000-0000-4000-8000-000000000000") for path, _ in ROUTES]


@pytest.fixture(scope="module")
def headers(klavi: Klavi) -> list[dict[str, str]]:
    """Who calls: the partner, both bearers, and somebody who says nothing."""
    return [{**klavi.partner, **klavi.access}, {**klavi.partner, **klavi.link()["headers"]}, {}]


def answered(answer: httpx.Response) -> None:
    """Hold that an answer is in the dialect's words: a code under 200, or a body whose status is the answer's."""
    assert answer.status_code < 500, (answer.request.method, answer.request.url, answer.request.content[:200])
    if answer.status_code >= 400:
        body = answer.json()
        assert set(body) >= {"statusCode", "error", "message"}
        assert body["statusCode"] == answer.status_code or answer.status_code == 416
    elif answer.headers["content-type"].startswith("application/json") and isinstance(answer.json(), dict):
        assert answer.json().get("code") != 500, answer.text


@pytest.mark.parametrize("path", paths())
def test_no_body_breaks_a_path(klavi: Klavi, headers: list[dict[str, str]], path: str) -> None:
    """Under every verb and as everybody."""
    for verb in VERBS:
        for whose in headers:
            for body in BODIES if verb == "POST" else BODIES[:3]:
                answered(klavi.call(verb, path, whose, content=body))


@pytest.mark.parametrize("field", _FIELDS)
def test_no_value_breaks_a_field(klavi: Klavi, headers: list[dict[str, str]], field: str) -> None:
    """Whatever type it has, while the rest is right."""
    posts = [path.replace("{id}", "x") for path, verbs in ROUTES if "POST" in verbs]
    for path in posts:
        for value in _ODD:
            if path.endswith("/tasks") and field not in ("cpf", "institution", "credentials", "products"):
                body = {**_RIGHT, "cpf": "1", field: value}
            else:
                body = {**_RIGHT, field: value}
            whose = headers[1] if path.endswith("/consents") else headers[0]
            answered(klavi.call("POST", path, whose, json=body))
    klavi.sandbox.settle()


@pytest.mark.parametrize("query", ["cpf=%ff", "cpf=%00", "cpf=a&cpf=b", "cpf[]=1", "%", "=", "&&", "personalTaxId=%zz"])
def test_no_query_breaks_a_path(klavi: Klavi, headers: list[dict[str, str]], query: str) -> None:
    """Bad UTF-8, null bytes, names given twice."""
    for path in paths():
        for verb in ("GET", "DELETE"):
            answered(klavi.call(verb, f"{path}?{query}", headers[0]))


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer x.y.z", "Basic eA==", "x" * 8_000, "Bearer \xff"])
def test_no_authorization_breaks_a_path(klavi: Klavi, authorization: str) -> None:
    """All of them are 401s where a bearer is asked for."""
    whose: Any = {"authorization": authorization.encode("latin-1")}
    for path, verbs in ROUTES:
        for verb, (_, access) in verbs.items():
            answer = klavi.call(verb, path.replace("{id}", "x"), whose)
            if access in ("token", "link"):
                assert answer.status_code == 401, answer.text
            answered(answer)


def test_a_path_that_is_none_is_not_found(klavi: Klavi) -> None:
    """In the words of the newer generation."""
    for path in ("/", "/data", "/data/v2/reports", "/data/v1/reports/x", "/data/v1/tasks/a/b/c"):
        assert klavi.call("GET", path, {}).status_code == 404, path
