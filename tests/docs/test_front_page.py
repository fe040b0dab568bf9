"""The front page: what it shows to whom, and that its requests work."""

from __future__ import annotations

import html
import re

import pytest

from tests.docs import shell
from tests.server import Server


def _page(server: Server, host: str | None = None) -> str:
    """Return the front page, asked for by a host name."""
    client = server.client()
    answer = client.http.get("/", headers={"host": host} if host else {})
    client.close()
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer.text


@pytest.mark.journey
def test_the_requests_of_the_front_page_work_when_they_are_pasted(shared_server: Server) -> None:
    """Each block, in order, in one shell: the last one of the first two prints the accounts."""
    found = re.findall(r"<pre[^>]*>(.*?)</pre>", _page(shared_server), re.DOTALL)
    blocks = [shell.Block(number, html.unescape(text)) for number, text in enumerate(found)]
    blocks[5].text = blocks[5].text.replace("@statement.ofx", "@tests/connectors/statements/files/bradesco.ofx")
    printed = [shell.last_json(text) for text in shell.run(blocks, shared_server)]
    assert printed[1]["total"] > 0
    assert {one["institution"]["name"] for one in printed[2]} == {"erebor_br_retail"}
    assert printed[3]["HttpStatusCode"] == 200 and printed[3]["Accounts"]
    assert printed[4]["code"] == 200 and printed[4]["traceId"]
    assert printed[5]["transactions"]["read"] == 6


@pytest.mark.journey
def test_the_front_page_loads_nothing_from_elsewhere(shared_server: Server) -> None:
    """It works without a network, and tells nobody that it was opened."""
    page = _page(shared_server)
    assert not re.findall(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", page)
    assert "@import" not in page and "url(" not in page


@pytest.mark.journey
def test_the_secret_is_not_shown_to_who_asks_by_a_name_that_is_not_this_machines(shared_server: Server) -> None:
    """A page from elsewhere can make its own name lead here; it must not read the secret."""
    secret = shared_server.keys[1]
    assert secret in _page(shared_server)
    assert secret in _page(shared_server, f"localhost:{shared_server.port}")
    assert secret not in _page(shared_server, "afluente.example.com")
    assert secret not in _page(shared_server, "127.0.0.1.example.com")


@pytest.mark.journey
def test_the_secret_is_not_shown_to_who_comes_through_a_proxy(shared_server: Server) -> None:
    """A proxy on the same machine says for whom it calls."""
    client = shared_server.client()
    answer = client.http.get("/", headers={"x-forwarded-for": "203.0.113.7"})
    client.close()
    assert shared_server.keys[1] not in answer.text
