"""Bodies that are not what they must be: refused in the contract's words, each field by its name, nothing changed."""

from __future__ import annotations

from typing import Any

import pytest

from afluente.dialects.belvo import asking
from afluente.dialects.belvo.resources.table import TABLE
from tests.belvo import BANK, Belvo
from tests.hardening.belvo.aiming import WRITES, aimed, codes, fields, is_refusal, link_for
from tests.hardening.ground import NOBODYS, Ground, Rows
from tests.hardening.test_bodies import MALFORMED

Values = tuple[Any, ...]

NO_TEXT: Values = (1.5, True, [], ["a"], {}, {"a": 1}, "x" * 5_000)
NO_UUID: Values = (*NO_TEXT, "no uuid", 1, "0b7a5c1e-4f2d-4a6b-9c3e", f"{NOBODYS}0", "٢" * 32)
NO_BOOLEAN: Values = (1, 0, 1.5, "yes", "", [], {})
NO_DAY: Values = (*NO_TEXT, 1, "yesterday", "2026-02-30", "2026-1-1", "20260101", "٢٠٢٦-٠١-٠١", "2026-01-01T00:00:00Z")
NO_YEAR: Values = (*NO_TEXT, None, "", 1, "1899", "26", "٢٠٢٦", "-2026", "2026.0", 10**30)
NO_RESOURCES: Values = (1, 1.5, True, "ACCOUNTS", {}, [1], [None], [["ACCOUNTS"]], ["NO_SUCH"])
NO_TERM: Values = (*NO_TEXT, "", 5, "abc", "0d", "-1d", "1.5d", "d", "90", "90 d", "²d", "٢d", "9" * 4_000 + "d")
NO_STORAGE: Values = (*NO_TERM, "366d", "STORE")
NO_REFERENCE: Values = (*NO_UUID, None, "", NOBODYS)

LOGIN = {"institution": BANK, "username": "guest_of_bodies", "password": "secret"}
SESSION = {"session": "0" * 32}
ROW = {
    "transaction_id": "1", "account_holder_id": "1", "account_holder_type": "INDIVIDUAL", "account_id": "1",
    "account_category": "CHECKING_ACCOUNT", "description": "x", "currency": "BRL", "institution": "x",
    "type": "INFLOW", "value_date": "2026-01-01", "amount": 1,
}  # fmt: skip

Case = tuple[str, str, dict[str, Any], str, Values]

LINKS: tuple[Case, ...] = (
    ("POST", "/api/links/", LOGIN, "institution", (*NO_TEXT, None, "", 1, "nowhere_mx_retail", "EREBOR_MX_RETAIL")),
    ("POST", "/api/links/", LOGIN, "username", (*NO_TEXT, None, "")),
    *(
        ("POST", "/api/links/", LOGIN, name, NO_TEXT)
        for name in ("password", "username2", "username3", "password2", "username_type", "certificate", "private_key",
                     "token")
    ),
    ("POST", "/api/links/", LOGIN, "access_mode", (*NO_TEXT, "never", 1)),
    ("POST", "/api/links/", LOGIN, "fetch_resources", NO_RESOURCES),
    ("POST", "/api/links/", {**LOGIN, "access_mode": "single"}, "credentials_storage", NO_STORAGE),
    ("POST", "/api/links/", LOGIN, "stale_in", NO_TERM),
    ("POST", "/api/links/", LOGIN, "external_id", (*NO_TEXT, "ab", "", "x" * 257)),
    ("PATCH", "/api/links/", SESSION, "session", (*NO_TEXT, None, "")),
    ("PATCH", "/api/links/", SESSION, "link", NO_UUID),
    *(("PATCH", "/api/links/", SESSION, name, NO_TEXT) for name in ("token", "cvv", "pin")),
    ("PATCH", "/api/links/{id}/", {}, "access_mode", (*NO_TEXT, "never")),
    ("PATCH", "/api/links/{id}/", {}, "stale_in", NO_TERM),
    ("PATCH", "/api/links/{id}/", {}, "fetch_resources", NO_RESOURCES),
    ("PUT", "/api/links/{id}/", {"password": "x"}, "password", (*NO_TEXT, None, "")),
    *(
        ("PUT", "/api/links/{id}/", {"password": "x"}, name, NO_TEXT)
        for name in ("username2", "username3", "password2", "certificate", "private_key", "token", "cvv", "pin")
    ),
    ("POST", "/api/links/{id}/refresh/", {}, "fetch_resources", NO_RESOURCES),
    ("POST", "/api/links/{id}/token/", {}, "scopes", NO_TEXT),
    ("POST", "/api/token/", {}, "id", NO_TEXT),
    ("POST", "/api/token/", {}, "password", NO_TEXT),
    ("POST", "/api/token/", {}, "scopes", NO_TEXT),
    ("POST", "/api/token/", {}, "link_id", NO_UUID),
    ("POST", "/api/token/", {}, "external_id", NO_TEXT),
    ("POST", "/api/token/", {}, "fetch_resources", (1, True, "ACCOUNTS", {}, [1])),
    ("POST", "/api/token/refresh/", {}, "refresh", (*NO_TEXT, None, "")),
    ("POST", "/api/categorization/", {"transactions": [ROW]}, "language", (*NO_TEXT, None, "")),
    ("POST", "/api/categorization/", {"language": "pt"}, "transactions", (None, 1, "x", {}, True, [1], [None], [[]])),
    ("POST", "/api/enrich/incomes/", {"transactions": [ROW]}, "language", (*NO_TEXT, None, "")),
    ("POST", "/api/enrich/incomes/", {"language": "pt"}, "transactions", (None, 1, "x", {}, True, [1], [None], [[]])),
    ("POST", "/api/enrich/incomes/", {"language": "pt", "transactions": [ROW]}, "date_from", NO_DAY),
)  # fmt: skip

_MONTHS = (*NO_TEXT, None, "", "0", "13", "012", "-1", "1.0", "²", "٢", "May", 10**30)
_SPAN = {"date_from": "2026-01-01", "date_to": "2026-02-01"}
_LATER = (*NO_DAY, "9999-12-31")
_ASKED: dict[Any, tuple[dict[str, Any], dict[str, Values]]] = {
    asking.nothing: ({}, {}),
    asking.movements: (
        {"date_from": "2026-08-01"},
        {"account": NO_UUID, "date_from": (*_LATER, None, ""), "date_to": _LATER},
    ),
    asking.account: ({}, {"account_id": NO_UUID}),
    asking.days: ({}, {"date_from": _LATER, "date_to": _LATER}),
    asking.statement: (
        {"account": NOBODYS, "year": "2026", "month": "1"},
        {"account": (*NO_UUID, None, ""), "year": NO_YEAR, "month": _MONTHS, "attach_pdf": NO_BOOLEAN},
    ),
    asking.document: ({}, {"attach_pdf": NO_BOOLEAN}),
    asking.invoices: (
        {**_SPAN, "type": "INFLOW"},
        {"type": (*NO_TEXT, "SIDEWAYS"), "date_from": (*_LATER, None), "date_to": (*_LATER, None),
         "attach_xml": NO_BOOLEAN},
    ),
    asking.chilean_invoices: (_SPAN, {"type": (*NO_TEXT, "SIDEWAYS"), "date_from": (*_LATER, None)}),
    asking.retentions: ({**_SPAN, "type": "INFLOW"}, {"type": (*NO_TEXT, None, "SIDEWAYS"), "attach_xml": NO_BOOLEAN}),
    asking.returns: (
        {"year_from": "2024", "year_to": "2025"},
        {"type": (*NO_TEXT, "weekly"), "year_from": NO_YEAR, "year_to": NO_YEAR, "attach_pdf": NO_BOOLEAN},
    ),
    asking.declarations: (
        {"year_from": "2024", "year_to": "2025"},
        {"year_from": (*NO_YEAR, "2026"), "year_to": NO_YEAR, "attach_pdf": NO_BOOLEAN},
    ),
    asking.incomes: (
        {},
        {"allowed_income_types": (1, True, "SALARY", {}, [1], [None], ["NO_SUCH"]), "date_from": NO_DAY,
         "minimum_confidence_level": (*NO_TEXT, "SURE")},
    ),
    asking.expenses: ({}, {"date_from": NO_DAY, "date_to": NO_DAY}),
    asking.reference: ({}, {"reference_date": (*NO_DAY, "0001-01-01", "1899-12-31", "9999-12-31")}),
}  # fmt: skip

_NAMED = {"fetch_resources": {"fetch_resources", "resources"}}
"""Fields that a refusal may name in another word."""


_NOTHING_NEEDED = ("/api/links/{id}/", "/api/links/{id}/token/", "/api/links/{id}/refresh/", "/api/token/")
"""Where a form whose fields nobody asks for is as good as an empty one."""


def _refused(answer: Any, field: str, value: Any) -> None:
    told = f"{field} = {str(value)[:60]!r}"
    assert is_refusal(answer, 400) is None, told
    assert fields(answer) & _NAMED.get(field, {field}), (told, answer.text)


def test_every_path_with_a_body_is_tried() -> None:
    """The tables name each of them: links and tokens by hand, resources by how they are asked for."""
    tried = {(verb, path) for verb, path, *_ in LINKS} | {("POST", one.path) for one in TABLE}
    assert {write for write in WRITES if write not in tried} == {("PATCH", one.path) for one in TABLE if one.resumable}
    assert {one.ask for one in TABLE} == set(_ASKED)


@pytest.mark.parametrize(("verb", "path", "body", "field", "values"), LINKS, ids=lambda value: str(value)[:20])
def test_no_field_takes_what_it_must_not(
    ground: Ground, belvo: Belvo, unchanged: Rows, verb: str, path: str, body: dict[str, Any], field: str,
    values: Values,
) -> None:  # fmt: skip
    """Each field of each body is sent with every kind of value that it cannot have, and named in the refusal."""
    for value in values:
        _refused(belvo.call(verb, aimed(ground, path), json={**body, field: value}), field, value)


@pytest.mark.parametrize("resource", TABLE, ids=lambda resource: resource.path)
def test_no_resource_takes_what_it_must_not(ground: Ground, belvo: Belvo, unchanged: Rows, resource: Any) -> None:
    """The link, what every resource may be told, and what this one may: at a link whose institution has it."""
    asked, own = _ASKED[resource.ask]
    body = {"link": link_for(ground, resource.path), **asked}
    wrong = {"link": NO_REFERENCE, "save_data": NO_BOOLEAN, "token": NO_TEXT, **own}
    for field, values in wrong.items():
        for value in values:
            _refused(belvo.call("POST", resource.path, json={**body, field: value}), field, value)
    if resource.resumable:
        resumed = {"session": (*NO_TEXT, None, ""), "link": NO_UUID, "token": NO_TEXT, "save_data": NO_BOOLEAN}
        for field, values in resumed.items():
            for value in values:
                _refused(belvo.call("PATCH", resource.path, json={**SESSION, field: value}), field, value)


@pytest.mark.parametrize("field", ROW)
def test_no_movement_that_is_sent_takes_what_it_must_not(belvo: Belvo, unchanged: Rows, field: str) -> None:
    """One wrong field of one movement refuses all, by its name."""
    wrong = {
        "amount": (None, True, [], {}, "", "many", "NaN", "sNaN", "-Infinity", "1e15", 10**400),
        "value_date": (*NO_DAY, None, "", "0001-01-01", "9999-12-31"),
    }
    for path in ("/api/categorization/", "/api/enrich/incomes/"):
        for value in wrong.get(field, (*NO_TEXT, None, "")):
            sent = {"language": "pt", "transactions": [ROW, {**ROW, field: value}]}
            _refused(belvo.call("POST", path, json=sent), field, value)
    many = {"language": "pt", "transactions": [{"amount": 1}] * 10_001}
    _refused(belvo.call("POST", "/api/categorization/", json=many), "transactions", 10_001)


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_body_is_refused_everywhere(ground: Ground, belvo: Belvo, unchanged: Rows, what: str) -> None:
    """Whatever is no JSON object, or holds what no field may hold, is refused by every path that reads a body."""
    for verb, path in WRITES:
        answer = belvo.call(verb, aimed(ground, path), content=MALFORMED[what])
        assert is_refusal(answer, 400) is None, path
        assert codes(answer) == ["parse_error"], path


def test_ten_megabytes_are_refused_by_every_path(ground: Ground, belvo: Belvo, unchanged: Rows) -> None:
    """Before they are read where the length is told, and while they are read where it is not."""
    huge = b'{"link": "' + b"a" * (10 * 1024 * 1024) + b'"}'
    for verb, path in WRITES:
        assert is_refusal(belvo.call(verb, aimed(ground, path), content=huge), 400) is None, path
    pieces = (huge[at : at + 65_536] for at in range(0, len(huge), 65_536))
    assert is_refusal(belvo.call("POST", "/api/links/", content=pieces), 400) is None


@pytest.mark.parametrize("kind", ["", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded", "\xff"])
def test_a_wrong_content_type_breaks_nothing(ground: Ground, belvo: Belvo, unchanged: Rows, kind: str) -> None:
    """A body that does not fit its type is refused."""
    for verb, path in WRITES:
        if "urlencoded" in kind and path in _NOTHING_NEEDED:
            continue
        for content in (b"<a/>", b"--x\r\n\r\n--x--", b"\xff=%ff&link=%00"):
            answer = belvo.call(
                verb, aimed(ground, path), content=content, headers={b"content-type": kind.encode("latin-1")}
            )
            assert is_refusal(answer) is None, (path, content)


def test_nothing_of_all_this_broke_a_handler(ground: Ground) -> None:
    """The log of this module's server has refusals in it and no exception."""
    assert '"level":"error"' not in ground.server.log.read_text()
