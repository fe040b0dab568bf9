"""The visit that a connect page carries: sealed, and good at no other system's page."""

from __future__ import annotations

import re

import pytest

from tests.server import Client


def visit_of(client: Client) -> str:
    """Return the visit of a page that opens without a token, as this application's setting lets it."""
    page = client.http.get("/flinks/v2")
    assert page.status_code == 200
    found = re.search(r'name="visit" value="([^"]+)"', page.text)
    assert found
    return found[1]


def test_a_visit_goes_on_where_it_was_begun(client: Client) -> None:
    """It is renewed as long as somebody has the page open."""
    answer = client.http.post("/flinks/connect/alive", data={"visit": visit_of(client)})
    assert answer.status_code == 200
    assert answer.json()["visit"]


@pytest.mark.parametrize("system", ["pluggy", "belvo", "klavi"])
def test_a_visit_opens_no_other_systems_page(client: Client, system: str) -> None:
    """Those want a token, and nobody comes round it by beginning where none is wanted."""
    answer = client.http.post(f"/{system}/connect/alive", data={"visit": visit_of(client)})
    assert "application/json" not in answer.headers["content-type"]
    assert 'name="visit" value="' not in answer.text or 'name="visit" value=""' in answer.text


def test_a_visit_that_was_changed_is_none(client: Client) -> None:
    """Nobody makes one up."""
    sealed = visit_of(client)
    answer = client.http.post("/flinks/connect/alive", data={"visit": f"{sealed[:-8]}AAAAAAA="})
    assert "application/json" not in answer.headers["content-type"]
