"""Every refusal leads to the page that says what happened and whose turn it is."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import httpx
import pytest

from afluente.catalogue import load
from tests.server import Client, Server, free_port, running

CATALOGUE = load()


def linked(answer: httpx.Response) -> str:
    """The address under which an answer offers help."""
    found = re.fullmatch(r'<([^<>"]+)>; rel="help"', answer.headers["link"])
    assert found is not None, answer.headers["link"]
    return found[1]


@pytest.mark.parametrize(
    ("verb", "path", "status", "meaning"),
    [
        ("GET", "/pluggy/items/x", 403, "request.unauthenticated.token"),
        ("GET", "/pluggy/nowhere", 404, "request.not-found.route"),
        ("PUT", "/pluggy/auth", 405, "request.unsupported.method"),
        ("POST", "/pluggy/auth", 400, "request.invalid.missing-id"),
        ("GET", "/api/application", 401, "request.unauthenticated.token"),
        ("GET", "/api/nowhere", 404, "request.not-found.route"),
        ("GET", "/api/explain", 400, "request.invalid.required"),
    ],
)
def test_a_refusal_links_to_its_meaning(shared_server: Server, verb: str, path: str, status: int, meaning: str) -> None:
    """The header is there whoever is refused, and the page it leads to is about what happened."""
    answer = httpx.request(verb, shared_server.url + path, json={} if verb == "POST" else None)
    assert answer.status_code == status
    address = linked(answer)
    assert address == f"{shared_server.url}/meanings/{meaning}"
    page = httpx.get(address)
    assert page.status_code == 200
    assert CATALOGUE.texts("en")[meaning].engineer.split("'")[0] in page.text


def test_every_meaning_a_request_can_end_in_links_to_its_own_page(client: Client) -> None:
    """Whatever is armed for the next request, the link names that meaning."""
    for meaning in [name for name in CATALOGUE.meanings if name.startswith("request.")][::12]:
        client.arm(meaning, operation="http")
        answer = client.call("GET", "/connectors")
        assert answer.status_code >= 400
        assert linked(answer) == f"{client.server.url}/meanings/{meaning}"


def test_our_own_error_has_the_address_in_its_body_too(shared_server: Server) -> None:
    """Who reads the body only is not left without it."""
    answer = httpx.get(shared_server.url + "/api/application")
    assert answer.json()["error"]["help"] == linked(answer)


def test_the_error_id_is_found_in_the_log(shared_server: Server) -> None:
    """Support asks for the id, and finds what was refused, with its meaning."""
    answers = [httpx.get(shared_server.url + path) for path in ("/pluggy/items/x", "/api/application")]
    ids = [answers[0].json()["errorId"], answers[1].json()["error"]["id"]]
    lines = [json.loads(line) for line in shared_server.log.read_text().splitlines() if line.startswith("{")]
    for id in ids:
        [line] = [line for line in lines if line.get("error") == id]
        assert line["meaning"] == "request.unauthenticated.token"


def test_a_success_has_no_link(client: Client) -> None:
    """Help is for who needs it."""
    assert "link" not in client.call("GET", "/connectors").headers


def test_the_link_works_under_a_dialects_own_name(shared_server: Server) -> None:
    """Under a host name of its own a dialect has the root, but the pages are there all the same."""
    host = {"host": f"pluggy.localhost:{shared_server.port}"}
    refused = httpx.get(shared_server.url + "/items/x", headers=host)
    assert refused.status_code == 403
    assert linked(refused) == f"http://pluggy.localhost:{shared_server.port}/meanings/request.unauthenticated.token"
    page = httpx.get(shared_server.url + "/meanings/request.unauthenticated.token", headers=host)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize("name", ["belvo", "pluggy", "flinks", "klavi"])
def test_our_pages_lead_to_our_pages_under_a_dialects_own_name(shared_server: Server, name: str) -> None:
    """None of their links is the dialect's: neither the feed and the record behind a page, nor the dashboard; and what
    has the root there is not called our front page."""
    with httpx.Client(base_url=shared_server.url, headers={"host": f"{name}.localhost:{shared_server.port}"}) as http:
        links = set[str]()
        for path in ("/institutions", "/meanings/login.locked"):
            links |= set(re.findall(r'href="(/[^"]*)"', http.get(path).text))
        assert "/" not in links and {"/institutions", "/meanings", "/dashboard"} <= links
        for link in sorted(links):
            answer = http.get(unescape(link))
            assert answer.status_code in (200, 303), link
            kept = answer.headers.get("location", "") + answer.headers.get("content-type", "")
            assert kept.startswith(("/dashboard/", "text/html", "application/atom+xml", "application/json")), link
        assert "feed" in http.get("/api/institutions/health").json()


def test_the_link_works_on_a_dialects_own_port(tmp_path: Path) -> None:
    """A dialect on a port of its own serves the pages its errors lead to."""
    port = free_port()
    with running(tmp_path, listen=f"pluggy=127.0.0.1:{port}"):
        refused = httpx.get(f"http://127.0.0.1:{port}/items/x")
        assert refused.status_code == 403
        assert httpx.get(linked(refused)).status_code == 200


@pytest.mark.parametrize("host", ['a"><b>', "a b", "x\\y", "ünï"])
def test_a_host_name_cannot_leave_the_link(shared_server: Server, host: str) -> None:
    """The client says under which name it called; it stays inside the angle brackets."""
    answer = httpx.get(shared_server.url + "/api/application", headers={"host": host.encode()})
    assert answer.status_code in (400, 401)
    if answer.status_code == 401:
        assert linked(answer).endswith("/meanings/request.unauthenticated.token")
