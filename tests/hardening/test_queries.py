"""Queries, verbs and headers that nobody should send."""

from __future__ import annotations

import base64

import pytest

from afluente.dialects.pluggy.api import ROUTES
from tests.hardening.ground import Ground, Rows, is_own_refusal, is_refusal
from tests.hardening.test_callers import OWN

NO_ID = ("", "no-uuid", "%00", "%ff", "1", "null", "a" * 5_000, "{}")
NO_DATE = ("no date", "2026-13-01", "2026-02-30", "1e9", "99999-01-01", "0000-00-00", "%00", "2026-01-01T25:00", "é")
NO_PAGE = ("0", "-1", "1.5", "1e3", "abc", "9999999999", "%00", "٣", "NaN", "true")
NO_SIZE = (*NO_PAGE, "501", "999999999")
NO_FLAG = ("maybe", "1", "%00", "[]")

ACCOUNT = "accountId={account}"
ITEM = "itemId={item}"
CASES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    *((path, "", "itemId", NO_ID) for path in ("/accounts", "/investments", "/identity", "/loans", "/consents")),
    *((path, "", "accountId", NO_ID) for path in ("/transactions", "/v2/transactions", "/bills")),
    ("/accounts", ITEM, "type", ("bank", "%00", "BANK,CREDIT")),
    ("/investments", ITEM, "type", ("gold", "%00")),
    ("/investments", ITEM, "page", NO_PAGE),
    ("/investments", ITEM, "pageSize", NO_SIZE),
    ("/transactions", ACCOUNT, "page", NO_PAGE),
    ("/transactions", ACCOUNT, "pageSize", NO_SIZE),
    ("/transactions", ACCOUNT, "from", NO_DATE),
    ("/transactions", ACCOUNT, "to", NO_DATE),
    ("/transactions", ACCOUNT, "createdAtFrom", NO_DATE),
    ("/transactions", ACCOUNT, "billId", NO_ID[1:]),
    ("/transactions", ACCOUNT, "ids", NO_ID[1:]),
    ("/v2/transactions", ACCOUNT, "dateFrom", NO_DATE),
    ("/v2/transactions", ACCOUNT, "dateTo", NO_DATE),
    ("/v2/transactions", ACCOUNT, "createdAtFrom", NO_DATE),
    ("/v2/transactions", ACCOUNT, "ids", NO_ID[1:]),
    ("/v2/transactions", ACCOUNT, "pageSize", ("10",)),
    ("/v2/items", "", "clientUserId", ("a" * 256, "%00")),
    ("/v2/items", "", "connectorId", ("two", "-1", "%00", "٢")),
    ("/connectors", "", "types", ("BANK", "PERSONAL_BANK,%00")),
    *(("/connectors", "", flag, NO_FLAG) for flag in ("sandbox", "healthDetails", "isOpenFinance")),
    ("/connectors/2", "", "healthDetails", NO_FLAG),
    ("/items/{item}/resources", "", "page", NO_PAGE),
    ("/items/{item}/resources", "", "pageSize", NO_SIZE),
    ("/items/{item}/resources", "", "status", ("available", "%00")),
    ("/items/{item}/scr", "", "from", ("2026", "202613", "2026-01", "%00", "٢٠٢٦٠١")),
    ("/items/{item}/scr", "from=199001", "to", ("202601",)),
    ("/investments/{investment}/transactions", "", "page", NO_PAGE),
    ("/investments/{investment}/transactions", "", "pageSize", NO_SIZE),
)


def cursor(text: str) -> str:
    """Return a text as cursors are written."""
    return base64.urlsafe_b64encode(text.encode()).decode()


CURSORS = (
    "garbage", "%00", "%ff", "====", "a" * 10_000, cursor("|"), cursor("a|b"), cursor("\0|\0"),
    cursor("2026-01-01|no-uuid"), cursor("2026-01-01T00:00:00Z|0b7a5c1e"), cursor("x" * 5_000),
    cursor("2026-01-01|0b7a5c1e-4f2d-4a6b-9c3e-8d1f2a3b4c5d"), cursor("1e99|0b7a5c1e-4f2d-4a6b-9c3e-8d1f2a3b4c5d"),
    cursor("9" * 16 + "|0b7a5c1e-4f2d-4a6b-9c3e-8d1f2a3b4c5d"), cursor("1|2|3"),
)  # fmt: skip


@pytest.mark.parametrize(("path", "given", "name", "values"), CASES, ids=lambda value: str(value)[:24])
def test_no_query_takes_what_it_must_not(
    ground: Ground, unchanged: Rows, path: str, given: str, name: str, values: tuple[str, ...]
) -> None:
    """Each field of each query is sent with what it cannot have."""
    for value in values:
        query = f"{given}&{name}={value}".format_map(ground.ids) if value != "{}" else f"{name}=%7b%7d"
        answer = ground.client.call("GET", f"{path.format_map(ground.ids)}?{query}")
        assert is_refusal(answer.status_code, answer.content) is None, f"{name}={value}"


@pytest.mark.parametrize("path", ["/v2/items?after=", "/v2/transactions?accountId={account}&after="])
def test_garbage_is_no_cursor(ground: Ground, unchanged: Rows, path: str) -> None:
    """A cursor is ours or it is refused."""
    for value in CURSORS:
        answer = ground.client.call("GET", f"{path.format_map(ground.ids)}{value}")
        assert is_refusal(answer.status_code, answer.content) is None, value


@pytest.mark.parametrize("query", ["%00=1", "a%00b=1", "%ff=1", "a=%c3%28", "surprise=1", "[]=1", "=1", "a" * 30_000])
def test_no_list_takes_a_query_it_does_not_know(ground: Ground, unchanged: Rows, query: str) -> None:
    """Names with null bytes, names that are no text, and names that nobody knows."""
    lists = ("accounts", "investments", "identity", "loans", "consents", "transactions", "v2/transactions", "bills")
    for path in (*lists, "v2/items", "connectors", "categories", "merchants"):
        ids = f"accountId={ground.ids['account']}" if path.endswith(("transactions", "bills")) else ""
        answer = ground.client.call("GET", f"/{path}?{query}&{ids}")
        assert is_refusal(answer.status_code, answer.content) is None, path


def test_a_page_far_behind_the_last_is_empty(ground: Ground) -> None:
    """An absurd page is a page: nothing is on it."""
    for path, owner in (("/transactions", "accountId={account}"), ("/investments", "itemId={item}")):
        answer = ground.client.call("GET", f"{path}?{owner}&page=999999999&pageSize=500".format_map(ground.ids))
        assert answer.status_code == 200
        assert answer.json()["results"] == []


def test_too_many_ids_are_refused(ground: Ground, unchanged: Rows) -> None:
    """Five hundred ids are taken, and not one more."""
    one = ground.ids["transaction"]
    for count, status in ((500, 200), (501, 400)):
        query = {"accountId": ground.ids["account"], "ids": ",".join([one] * count)}
        answer = ground.client.call("GET", "/v2/transactions", params=query)
        assert answer.status_code == status


@pytest.mark.parametrize("verb", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "LINK"])
def test_a_verb_that_a_path_does_not_have_is_refused(ground: Ground, unchanged: Rows, verb: str) -> None:
    """Every path, ours and the dialect's, with every verb that it has not."""
    dialect = [(f"/pluggy{ground.path(path)}", set(verbs)) for path, verbs in ROUTES]
    own = {path: {v for v, p in OWN if p == path} for _, path in OWN}
    for path, verbs in dialect:
        if verb not in verbs:
            answer = ground.client.http.request(verb, path, headers={"x-api-key": ground.client.key}, content=b"{}")
            assert answer.status_code == 405, path
            assert verb == "HEAD" or is_refusal(answer.status_code, answer.content) is None, path
    for path, verbs in {**own, "/api/scenarios": {"GET"}, "/": {"GET"}}.items():
        if verb not in verbs:
            answer = ground.client.http.request(verb, path, headers={"x-api-key": ground.client.key}, content=b"{}")
            assert answer.status_code == 405, path
            assert verb == "HEAD" or is_own_refusal(answer.status_code, answer.content) is None, path


@pytest.mark.parametrize(
    "path", ["/nowhere", "/items/a/b/c", "/%00", "/%ff", "/%2e%2e/api", "/é", "/" + "a" * 5_000, "//nowhere", "/;"]
)
def test_a_path_that_is_none_is_not_found(ground: Ground, unchanged: Rows, path: str) -> None:
    """In the dialect's words below its prefix, in our own elsewhere, with and without a key."""
    for verb in ("GET", "POST", "DELETE"):
        theirs = ground.client.call(verb, path)
        assert (theirs.status_code, is_refusal(theirs.status_code, theirs.content)) == (404, None)
        ours = ground.client.http.request(verb, f"/api{path}")
        assert (ours.status_code, is_own_refusal(ours.status_code, ours.content)) == (404, None)


def test_a_preflight_needs_no_key_and_tells_nothing(ground: Ground, unchanged: Rows) -> None:
    """Browsers ask first; the answer is the same for every path."""
    for path, _ in ROUTES:
        answer = ground.client.http.request("OPTIONS", f"/pluggy{ground.path(path)}")
        assert (answer.status_code, answer.content) == (204, b"")
