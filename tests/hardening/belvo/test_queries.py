"""Queries that are not what they must be: pages, sizes and filters of every list."""

from __future__ import annotations

from typing import Any

import pytest

from afluente.dialects.belvo.filters import _FORMS, tables
from tests.belvo import Belvo
from tests.hardening.belvo.aiming import LISTS, PERSON, aimed, codes, fields, is_refusal, link_for
from tests.hardening.ground import NOBODYS, Ground, Rows

NO_PAGE = ("", "0", "-1", "1.5", "abc", "٢", "²", "1e3", " 1", "999999", "9" * 400, "0x1", "last")
NO_SIZE = ("", "0", "-1", "abc", "٢", "²", "1.5", "9" * 400, "99999999")
WRONG = {
    "uuid": ("x", "0b7a5c1e", f"{NOBODYS}0", "٢" * 32),
    "instant": ("x", "2026-13-01", "2026-02-30", "1", "9" * 40, "0001-01-01T00:00:00+14:00"),
    "day": ("x", "2026-02-30", "2026-1-1", "٢٠٢٦-٠١-٠١", "10000-01-01"),
    "number": ("x", "NaN", "sNaN", "-Infinity", "1e999", "1e-999", "9" * 41, "--1"),
}
EXTREME = {
    "uuid": (NOBODYS,),
    "instant": ("0001-01-01", "9999-12-31", "9999-12-31T23:59:59.999999Z"),
    "day": ("0001-01-01", "9999-12-31"),
    "number": ("-1e30", "1e-30", "0", "9999999999999999999999999999.99"),
    "text": ("%", "_", "'", "\\", "(?:", "\ud7ff\U0010ffff", "x" * 3_000, ",", ",,,"),
}


def base(ground: Ground, path: str) -> dict[str, str]:
    """Return the query that a list needs to be answered."""
    known = tables()[path]
    given = {"link": link_for(ground, path)} if "link" in known.filters else {}
    return {**given, **({"user_document": PERSON} if "user_document" in known.required else {})}


@pytest.mark.parametrize("path", LISTS)
def test_no_list_has_a_page_that_is_none(ground: Ground, belvo: Belvo, unchanged: Rows, path: str) -> None:
    """A page that is no number or behind the last is not found; a size that is none is the usual one."""
    for number in NO_PAGE:
        answer = belvo.call("GET", path, params={**base(ground, path), "page": number})
        assert is_refusal(answer, 404) is None, number[:20]
        assert codes(answer) == ["not_found"]
    usual = belvo.get(path, **base(ground, path))
    for size in NO_SIZE:
        page = belvo.get(path, **base(ground, path), page_size=size)
        assert page["count"] == usual["count"], size[:20]
        assert len(page["results"]) <= 1_000


@pytest.mark.parametrize("path", LISTS)
def test_no_filter_takes_what_it_must_not(ground: Ground, belvo: Belvo, unchanged: Rows, path: str) -> None:
    """Each filter of each list in each of its forms is named in the refusal of what is not of its type."""
    for name, rule in tables()[path].filters.items():
        wrong: tuple[str, ...] = ("NO_SUCH",) if rule.choices else WRONG.get(rule.type, ())
        for suffix, test in _FORMS[rule.form].items():
            values = [f"{value},{value}" if test == "range" else value for value in wrong]
            for value in [*values, *(["1", "1,2,3"] if test == "range" else [])]:
                answer = belvo.call("GET", path, params={**base(ground, path), name + suffix: value})
                assert is_refusal(answer, 400) is None, (name + suffix, value)
                assert fields(answer) == {name + suffix}, (name + suffix, value)


@pytest.mark.parametrize("path", LISTS)
def test_the_ends_of_what_can_be_filtered_by_break_nothing(
    ground: Ground, belvo: Belvo, unchanged: Rows, path: str
) -> None:
    """The first and last day, the least and greatest number, texts that mean something elsewhere: a list, or a 400."""
    for name, rule in tables()[path].filters.items():
        for suffix, test in _FORMS[rule.form].items():
            for value in EXTREME[rule.type]:
                for given in (f"{value},{value}", f"{value},") if test == "range" else (value,):
                    answer = belvo.call("GET", path, params={**base(ground, path), name + suffix: given})
                    if answer.status_code != 200:
                        assert is_refusal(answer, 400) is None, (name + suffix, given[:40])


@pytest.mark.parametrize("path", LISTS)
def test_a_query_that_is_no_text_is_refused(ground: Ground, belvo: Belvo, unchanged: Rows, path: str) -> None:
    """Null bytes and what is no UTF-8, in lists and in single objects where these look at their query."""
    needed = "&".join(f"{name}={value}" for name, value in base(ground, path).items())
    for query in ("x=%00", "%00=x", "fields=%ff", "omit=%00", "page=%00", "link=%ff", "a=%80"):
        answer = belvo.call("GET", f"{path}?{needed}&{query}")
        assert is_refusal(answer, 400) is None, query


def test_what_nobody_asked_for_changes_no_list(ground: Ground, belvo: Belvo, unchanged: Rows) -> None:
    """Unknown names, names without a value, a thousand of them, and projections of nothing or of what is not there."""
    path, link = "/api/accounts/", ground.ids["bank"]
    usual = belvo.get(path, link=link)
    for query in ("unknown=1", "unknown__in=", "id=", "&&&", "==", "&".join(f"a{n}={n}" for n in range(1_000))):
        assert belvo.call("GET", f"{path}?link={link}&{query}").json()["results"] == usual["results"], query[:20]
    for query, keys in (("fields=nothing", set()), ("fields=id,,id,%20id", {"id"}), ("fields=id&omit=id", set())):
        shown: list[Any] = belvo.call("GET", f"{path}?link={link}&{query}").json()["results"]
        assert [set(one) for one in shown] == [keys] * len(usual["results"]), query
    one = belvo.call("GET", f"{aimed(ground, '/api/accounts/{id}/')}?omit={'x,' * 5_000}")
    assert one.json() == usual["results"][0]


@pytest.mark.parametrize("path", [path for path in LISTS if tables()[path].required])
def test_what_a_list_needs_is_named_where_it_is_missing(belvo: Belvo, unchanged: Rows, path: str) -> None:
    """Missing, or there without a value."""
    for name in tables()[path].required:
        for query in ({}, {name: ""}, {name: "  "}):
            answer = belvo.call("GET", path, params=query)
            assert is_refusal(answer, 400) is None, query
            assert (codes(answer), fields(answer)) == (["required"], {name})


def test_nothing_of_all_this_broke_a_handler(ground: Ground) -> None:
    """The log of this module's server has refusals in it and no exception."""
    assert '"level":"error"' not in ground.server.log.read_text()
