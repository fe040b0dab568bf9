"""Anything that can be sent to any path: an answer, never a fault of ours; and refusals in the contract's form."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hardening.flinks.aiming import TARGETS, WITH_A_BODY, aimed, body_of, is_refusal
from tests.hardening.ground import Ground

some = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

texts = (
    st.text(max_size=40)
    | st.sampled_from(["", " ", "\0", "true", "null", "0", "-1", "1e999", "NaN", "9" * 400, "x" * 5_000, "2026-02-30",
                       "0001-01-01", "9999-12-31", "Days90", "0b7a5c1e-4f2d-4a6b-9c3e-8d1f2a3b4c5d", "²", "٢" * 32])
)  # fmt: skip
scalars = (
    texts
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([10**400, -(10**30), 2**63, 1e308, 1e-308])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
kinds = st.sampled_from(
    ["application/json", "text/plain", "", "application/x-www-form-urlencoded", "application/xml",
     "multipart/form-data", "multipart/form-data; boundary=x", "application/json; charset=utf-16", ";", "\xff"]
)  # fmt: skip
raws = st.binary(max_size=60) | st.sampled_from(
    [b"{", b"[]", b"null", b"0", b'"a"', b"[" * 50_000, b'{"a":' * 50_000, b"\xff\xfe{}", b'{"RequestId": "\\ud800"}',
     b'{"RequestId": "\\u0000"}', b"{}{}", b'{"a": 1, "a": 2}', b"=&=&%00", b"--x\r\n\r\n--x--", b"<a/>", b" "]
)  # fmt: skip
verbs = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])


def held(answer: httpx.Response, told: object) -> None:
    """The answer is one, and a refusal has the common form."""
    assert answer.status_code < 500, (told, answer.text[:300])
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        assert is_refusal(answer) is None, told


def sent(ground: Ground, verb: str, url: str, **options: Any) -> httpx.Response:
    """Send a request."""
    return ground.client.http.request(verb, url, **options)


@pytest.mark.parametrize(("operation", "verb", "pattern"), WITH_A_BODY, ids=lambda value: str(value)[-30:])
@some
@given(data=st.data())
def test_no_value_of_any_field_breaks_a_path(
    ground: Ground, operation: str, verb: str, pattern: str, data: st.DataObject
) -> None:
    """A body that is right, with some fields that are not, and with some that nobody knows."""
    body = body_of(ground, operation)
    names = st.sampled_from([*body, "RequestId", "SecurityResponses", "LoginId"])
    wrong = data.draw(st.dictionaries(names, values, min_size=1, max_size=3))
    # as text, because numbers that JSON has no word for are to be sent as well
    content = json.dumps({**body, **wrong})
    answer = sent(ground, verb, aimed(ground, pattern), content=content.encode("utf-8", "surrogatepass"))
    held(answer, (operation, wrong))


@pytest.mark.parametrize(("operation", "verb", "pattern"), TARGETS, ids=lambda value: str(value)[-30:])
@settings(some, max_examples=12)
@given(content=raws, kind=kinds)
def test_no_body_breaks_a_path(
    ground: Ground, operation: str, verb: str, pattern: str, content: bytes, kind: str
) -> None:
    """Bytes that are no JSON, JSON that is no object, and content types that fit neither."""
    spare = {"id": ground.ids["spare"]} if operation == "DeleteCard" else {}
    headers = {b"content-type": kind.encode("latin-1")}
    held(sent(ground, verb, aimed(ground, pattern, **spare), content=content, headers=headers), (operation, content))


@pytest.mark.parametrize(("operation", "verb", "pattern"), TARGETS, ids=lambda value: str(value)[-30:])
@settings(some, max_examples=12)
@given(data=st.data())
def test_no_id_in_a_path_breaks_it(
    ground: Ground, operation: str, verb: str, pattern: str, data: st.DataObject
) -> None:
    """Whatever stands where an id belongs, the customer's among them, and whatever the query says."""
    parts = {
        name: quote(data.draw(texts, label=name)[:2_000].encode("utf-8", "replace"), safe="") or "-"
        for name in ("customer", "login", "request", "package", "number", "country", "id")
        if data.draw(st.booleans(), label=f"{name} is wrong")
    }
    query = data.draw(st.lists(st.tuples(st.sampled_from(["skip", "take", "login_id", "Tag"]), texts), max_size=3))
    if operation == "DeleteCard":
        parts.setdefault("id", "-")
    held(
        sent(ground, verb, aimed(ground, pattern, **parts), json=body_of(ground, operation),
             params=[(name, text[:500].encode("utf-8", "replace")) for name, text in query]),
        (operation, parts, query),
    )  # fmt: skip


@pytest.mark.parametrize("pattern", sorted({pattern for _, _, pattern in TARGETS}))
@settings(some, max_examples=10)
@given(verb=verbs)
def test_no_verb_breaks_a_path(ground: Ground, pattern: str, verb: str) -> None:
    """One that a path does not have is no method."""
    known = {one for _, one, path in TARGETS if path == pattern}
    if verb in known:
        return
    answer = sent(ground, verb, aimed(ground, pattern, id=ground.ids["spare"]))
    held(answer, verb)
    assert answer.status_code == (204 if verb == "OPTIONS" else 405)


@some
@given(
    headers=st.dictionaries(
        st.sampled_from(["flinks-auth-key", "x-api-key", "authorization", "content-type", "accept", "cookie"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=80),
    ),
    target=st.sampled_from(TARGETS),
)
def test_no_header_breaks_a_path(ground: Ground, headers: dict[str, str], target: tuple[str, str, str]) -> None:
    """Keys that are none, and types that nobody has heard of."""
    operation, verb, pattern = target
    if operation == "DeleteCard":
        return
    told = {name.encode(): text.strip().encode("latin-1") for name, text in headers.items()}
    held(sent(ground, verb, aimed(ground, pattern), headers=told, json=body_of(ground, operation)), (target, headers))


def test_nothing_of_all_this_broke_a_handler(ground: Ground) -> None:
    """The log of this module's server has refusals in it and no exception."""
    log = ground.server.log.read_text()
    assert '"event":"refused"' in log
    assert '"level":"error"' not in log
