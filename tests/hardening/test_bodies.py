"""Bodies that are not what they must be: refused in the contract's words, and nothing changed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from afluente.dialects.pluggy.api import ROUTES
from tests.hardening.ground import Ground, Rows, is_refusal

NO_TEXT: tuple[Any, ...] = (1, 1.5, True, [], ["a"], {}, {"a": 1})
NO_OBJECT: tuple[Any, ...] = (1, 1.5, True, [], ["a"])
NO_BOOLEAN: tuple[Any, ...] = (1, 0, "", "yes", [], {})
NO_LIST: tuple[Any, ...] = (1, True, "ACCOUNTS", {}, [1], [None], [["ACCOUNTS"]], ["NO_SUCH_PRODUCT"])
NO_NUMBER: tuple[Any, ...] = (None, "", "two", "2.0", "-2", "٢", 2.5, True, [], {}, -1, 10**30, 98765432)
NO_ADDRESS: tuple[Any, ...] = (
    *NO_TEXT, "no address", "ftp://example.com/x", "//example.com", "http://", "http://[::1", "http://a b.com/",
    "http://a.com:port/", "javascript:alert(1)", "http://a.com/\r\nx: y", "x" * 5_000,
)  # fmt: skip
NO_PLACE: tuple[Any, ...] = (
    *NO_TEXT, "no address", "//example.com", "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x",
    "https://a.com/\r\nset-cookie: x=y", "https://a.com/ b", "x" * 5_000,
)  # fmt: skip
NO_CREDENTIALS: tuple[Any, ...] = (
    1, True, [], ["user"], "not encrypted", "", {"user": ["user-ok"]}, {"user": {"a": 1}}, {"user": True},
    {"user": 1.5}, {"user": "user-ok"}, {"user": "user-ok", "password": None}, {"user": "", "password": ""},
    {"user": "u" * 5_000, "password": "p"},
)  # fmt: skip

NO_IDS = ("no-uuid", "%00", "999999999999", "-1", "1e9", "é", "%ff", "a" * 3_000, "%0d%0aset-cookie:x", "a..b", "{id}")

LOGIN = {"user": "user-ok", "password": "password-ok"}
CREATE: dict[str, Any] = {"connectorId": 2, "parameters": LOGIN}
WEBHOOK: dict[str, Any] = {"event": "item/created", "url": "https://hooks.example.com/new"}
RULE: dict[str, Any] = {"description": "x", "categoryId": "01000000"}

CASES: tuple[tuple[str, str, dict[str, Any], str, tuple[Any, ...]], ...] = (
    ("POST", "/auth", {"clientSecret": "s"}, "clientId", (None, "", "no uuid", *NO_TEXT)),
    ("POST", "/auth", {"clientId": "0b7a5c1e-4f2d-4a6b-9c3e-8d1f2a3b4c5d"}, "clientSecret", (None, *NO_TEXT)),
    ("POST", "/auth", {}, "nonExpiring", NO_BOOLEAN),
    ("POST", "/connect_token", {}, "itemId", ("", "no uuid", *NO_TEXT)),
    ("POST", "/connect_token", {}, "clientUserId", NO_TEXT),
    ("POST", "/connect_token", {}, "options", (*NO_OBJECT, "text")),
    ("POST", "/items", CREATE, "connectorId", NO_NUMBER),
    ("POST", "/items", CREATE, "parameters", (None, *NO_CREDENTIALS)),
    ("POST", "/items", CREATE, "webhookUrl", NO_ADDRESS),
    ("POST", "/items", CREATE, "clientUserId", NO_TEXT),
    ("POST", "/items", CREATE, "oauthRedirectUri", NO_PLACE),
    ("POST", "/items", CREATE, "oauthRedirectUrl", NO_PLACE),
    ("POST", "/items", CREATE, "products", NO_LIST),
    ("POST", "/items", CREATE, "avoidDuplicates", NO_BOOLEAN),
    ("POST", "/items", CREATE, "surprise", (1,)),
    ("PATCH", "/items/{id}", {}, "parameters", (1, True, [], "not encrypted", "", {"user": ["x"]}, {"user": ""})),
    ("PATCH", "/items/{id}", {}, "webhookUrl", NO_ADDRESS),
    ("PATCH", "/items/{id}", {}, "clientUserId", NO_TEXT),
    ("PATCH", "/items/{id}", {}, "oauthRedirectUri", NO_PLACE),
    ("PATCH", "/items/{id}", {}, "products", NO_LIST),
    ("PATCH", "/items/{id}", {}, "surprise", (1, "a")),
    ("POST", "/items/{id}/mfa", {}, "token", (None, *NO_TEXT[1:])),
    ("PATCH", "/transactions/{id}", {}, "categoryId", (None, "", "no such", *NO_TEXT)),
    ("PATCH", "/transactions/{id}", {"categoryId": "01000000"}, "surprise", (1,)),
    ("POST", "/categories/rules", RULE, "description", (None, *NO_TEXT, "x" * 5_000)),
    ("POST", "/categories/rules", RULE, "categoryId", (None, "", "no such", *NO_TEXT)),
    ("POST", "/categories/rules", RULE, "transactionType", ("", "debit", *NO_TEXT)),
    ("POST", "/categories/rules", RULE, "accountType", ("", "BANK", *NO_TEXT)),
    ("POST", "/categories/rules", RULE, "matchType", ("regex", *NO_TEXT)),
    ("POST", "/categories/rules", RULE, "surprise", (1,)),
    ("POST", "/webhooks", WEBHOOK, "event", (None, "", "item/no-such", *NO_TEXT)),
    ("POST", "/webhooks", WEBHOOK, "url", (None, "", *NO_ADDRESS)),
    ("POST", "/webhooks", WEBHOOK, "headers", (*NO_OBJECT, "a: b", {"a": 1}, {"a b": "c"}, {"a": "b\r\nc: d"})),
    ("POST", "/webhooks", WEBHOOK, "surprise", (1,)),
    ("PATCH", "/webhooks/{id}", {}, "event", ("", "item/no-such", *NO_TEXT)),
    ("PATCH", "/webhooks/{id}", {}, "url", ("", *NO_ADDRESS)),
    ("PATCH", "/webhooks/{id}", {}, "headers", (*NO_OBJECT, "a: b", {"a": None}, {"é": "b"})),
    ("PATCH", "/webhooks/{id}", {}, "enabled", NO_BOOLEAN),
    ("POST", "/connectors/{id}/validate", {}, "user", (True, 1.5, [], {}, ["a"])),
)  # fmt: skip

OPTIONS: dict[str, tuple[Any, ...]] = {
    "clientUserId": NO_TEXT,
    "webhookUrl": NO_ADDRESS,
    "oauthRedirectUri": NO_PLACE,
    "oauthRedirectUrl": NO_PLACE,
    "avoidDuplicates": NO_BOOLEAN,
    "products": NO_LIST,
    "connectorSortAlphabetically": NO_BOOLEAN,
    "surprise": (1,),
}

WRITES = [
    (verb, path)
    for path, verbs in ROUTES
    for verb in verbs
    if verb in ("POST", "PATCH") and not path.endswith("/disable-auto-sync")
]
"""Every path that reads a body."""

MALFORMED: dict[str, bytes] = {
    "no JSON": b"hello",
    "cut": b'{"connectorId": 2, "par',
    "two values": b"{} {}",
    "trailing comma": b'{"a": 1,}',
    "single quotes": b"{'a': 1}",
    "a list": b"[]",
    "a text": b'"text"',
    "a number": b"17",
    "a truth": b"true",
    "not a number": b'{"connectorId": NaN}',
    "infinite": b'{"connectorId": Infinity}',
    "too large a number": b'{"connectorId": 1e999}',
    "too many digits": b'{"connectorId": ' + b"1" * 5_000 + b"}",
    "invalid UTF-8": b'{"clientId": "\xff\xfe"}',
    "half a surrogate pair": rb'{"clientId": "\ud800"}',
    "a name of half a pair": rb'{"\udfff": 1}',
    "raw null byte": b'{"clientId": "a\x00b"}',
    "null byte alone": b"\x00",
    "escaped null byte": rb'{"clientId": "\u0000"}',
    "escaped null byte in a name": rb'{"a\u0000b": 1}',
    "escaped null byte far inside": b'{"options": ' + b"[" * 900 + rb'"\u0000"' + b"]" * 900 + b"}",
    "nested": b"[" * 100_000,
    "nested and closed": b'{"parameters": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "nested objects": b'{"parameters":' * 20_000,
    "UTF-16": '{"clientId": "a"}'.encode("utf-16"),
}


def test_every_path_with_a_body_is_tried() -> None:
    """The table below names each of them."""
    tried = {(verb, path) for verb, path, *_ in CASES}
    assert {(verb, "/connect_token" if path == "/connecttokens" else path) for verb, path in WRITES} == tried


@pytest.mark.parametrize(("verb", "path", "body", "field", "values"), CASES, ids=lambda value: str(value)[:20])
def test_no_field_takes_what_it_must_not(
    ground: Ground, unchanged: Rows, verb: str, path: str, body: dict[str, Any], field: str, values: tuple[Any, ...]
) -> None:
    """Each field of each body is sent with every kind of value that it cannot have."""
    for value in values:
        answer = ground.client.call(verb, ground.path(path), content=json.dumps({**body, field: value}))
        assert is_refusal(answer.status_code, answer.content) is None, f"{field} = {value!r}"


@pytest.mark.parametrize("field", OPTIONS)
def test_no_option_of_a_connect_token_takes_what_it_must_not(ground: Ground, unchanged: Rows, field: str) -> None:
    """The options lie in an object of their own."""
    for value in OPTIONS[field]:
        answer = ground.client.call("POST", "/connect_token", json={"options": {field: value}})
        assert is_refusal(answer.status_code, answer.content) is None, f"{field} = {value!r}"


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_body_is_refused_everywhere(ground: Ground, unchanged: Rows, what: str) -> None:
    """Whatever is no JSON object, or holds what no field may hold, is refused by every path that reads a body."""
    for verb, path in WRITES:
        answer = ground.client.call(verb, ground.path(path), content=MALFORMED[what])
        assert is_refusal(answer.status_code, answer.content) is None, path


def test_a_repeated_name_counts_once(ground: Ground) -> None:
    """JSON lets a name stand twice: the last one counts, as in most clients, and nothing breaks."""
    id, secret = ground.client.keys
    body = f'{{"clientId": "wrong", "clientSecret": "{secret}", "clientId": "{id}"}}'
    assert ground.client.http.post("/pluggy/auth", content=body).status_code == 200
    body = f'{{"clientId": "{id}", "clientSecret": "{secret}", "clientId": "wrong"}}'
    assert ground.client.http.post("/pluggy/auth", content=body).status_code == 400


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "text/xml", "application/json; charset=utf-16", "multipart/form-data",
     "multipart/form-data; boundary=", "application/x-www-form-urlencoded", "application/octet-stream", ";",
     "a" * 5_000, "\xff"],
)  # fmt: skip
def test_a_wrong_content_type_breaks_nothing(ground: Ground, unchanged: Rows, kind: str) -> None:
    """A body that does not fit its type is refused; where it fits nothing else, the type makes no difference."""
    for verb, path in WRITES:
        headers = {b"content-type": kind.encode("latin-1")}
        for content in (b"<a/>", b"--x\r\n\r\n--x--", b"\xff=%ff&a=%00", b"=&=&;;%%%"):
            answer = ground.client.http.request(
                verb, f"/pluggy{ground.path(path)}", content=content,
                headers={b"x-api-key": ground.client.key.encode(), **headers},
            )  # fmt: skip
            if path.endswith("/validate") and answer.status_code == 200:
                assert answer.json()["errors"]  # it says what is wrong with the values of a form, and with 200
                continue
            assert is_refusal(answer.status_code, answer.content) is None, (path, content)


def test_ten_megabytes_are_refused_by_every_path(ground: Ground, unchanged: Rows) -> None:
    """Before they are read where the length is told, and while they are read where it is not."""
    huge = b'{"parameters": "' + b"a" * (10 * 1024 * 1024) + b'"}'
    for verb, path in WRITES:
        answer = ground.client.call(verb, ground.path(path), content=huge)
        assert (answer.status_code, is_refusal(answer.status_code, answer.content)) == (413, None), path
    chunked = ground.client.call(
        "POST", "/items", content=(huge[at : at + 65_536] for at in range(0, len(huge), 65_536))
    )
    assert (chunked.status_code, is_refusal(chunked.status_code, chunked.content)) == (413, None)


@pytest.mark.parametrize("id", NO_IDS)
def test_malformed_ids_in_paths_are_refused(ground: Ground, unchanged: Rows, id: str) -> None:
    """Every id in every path, of whatever form it ought to be."""
    for path, verbs in ROUTES:
        if "{" not in path:
            continue
        for verb in verbs:
            answer = ground.client.call(verb, path.replace("{id}", id).replace("{statement}", id), json={})
            assert is_refusal(answer.status_code, answer.content) is None, path


def test_unknown_ids_in_paths_are_not_found(ground: Ground, unchanged: Rows) -> None:
    """An id that nobody has is answered 404 by every path that has one."""
    bodies = {"/transactions/{id}": {"categoryId": "01000000"}}
    for path, verbs in ROUTES:
        if "{id}" not in path or "{statement}" in path or path.endswith("/oauth/callback"):
            continue
        for verb in verbs:
            answer = ground.client.call(verb, ground.path(path, own=False), json=bodies.get(path, {}))
            assert (answer.status_code, is_refusal(answer.status_code, answer.content)) == (404, None), path
