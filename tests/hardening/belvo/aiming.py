"""Links of every kind of institution with what they hold, and where to aim at it in Belvo's words."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from afluente.dialects.belvo.api import ROUTES
from afluente.dialects.belvo.filters import tables
from afluente.dialects.belvo.resources.table import TABLE
from tests.belvo import ASKING_BANK, BANK, Belvo
from tests.hardening.ground import NOBODYS, Ground
from tests.server import Server

EVERY = [(verb, path, access) for path, verbs in ROUTES for verb, (_, access) in verbs.items()]
GUARDED = [(verb, path) for verb, path, access in EVERY if access != "open"]
WRITES = [(verb, path) for verb, path, _ in EVERY if verb in ("POST", "PUT", "PATCH")]
"""Every path that reads a body."""

LISTS = tuple(tables())
"""Every list, with its last slash."""

SHARED = "ofmockbank_br_retail"
PERSON = "76109277673"
_YEAR = {"date_from": "2026-01-01", "date_to": "2026-06-30"}
_HELD: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "/api/owners/": ("bank", {}),
    "/api/balances/": ("bank", {"date_from": "2026-08-01"}),
    "/api/transactions/": ("bank", {"date_from": "2026-08-01"}),
    "/api/incomes/": ("bank", {}),
    "/api/recurring-expenses/": ("bank", {}),
    "/api/risk-insights/": ("bank", {}),
    "/api/invoices/": ("fiscal", {**_YEAR, "type": None}),
    "/api/tax-status/": ("fiscal", {}),
    "/api/tax-returns/": ("fiscal", {"year_from": "2024", "year_to": "2026"}),
    "/api/employment-records/": ("work", {}),
    "/api/employment-metrics/": ("work", {}),
}
"""What is fetched of which link."""

_INSTITUTIONS = {"/api/cl/": "chile", "/api/br/employments/": "work"}
_PARTS = {"code", "message", "request_id", "field", "institution_user_id", "session", "expiry", "link",
          "token_generation_data"}  # fmt: skip
_REQUEST_ID = re.compile(r"[0-9a-f]{32}")


def seeded(server: Server) -> Ground:
    """Make links at a bank, one that asks, tax authorities and an employment register, and fetch what they have."""
    client = server.client()
    belvo = Belvo(client)
    bank = belvo.link(BANK)["id"]
    ids = {
        "bank": bank,
        "spare": belvo.link(BANK)["id"],
        "fiscal": belvo.link("tatooine_mx_fiscal")["id"],
        "chile": belvo.link("tatooine_cl_fiscal")["id"],
        "work": belvo.link("planet_mx_employment", "BLPM951331IONVGR54")["id"],
        "institution": str(belvo.get("/api/institutions/", name=BANK)["results"][0]["id"]),
    }
    asked = belvo.try_link(ASKING_BANK).json()[0]
    ids |= {"asking": asked["link"], "session": asked["session"]}
    assert belvo.ask(bank).status_code == 201
    for path, (link, body) in _HELD.items():
        answer = belvo.call("POST", path, json={"link": ids[link], **body})
        assert answer.status_code == 201, answer.text
    for path in ("/api/accounts/", *_HELD):
        link = ids[_HELD[path][0] if path in _HELD else "bank"]
        results = belvo.get(path, link=link)["results"]
        if results:
            ids[path] = results[0]["id"]
    return Ground(server, client, server.other_client(), ids)


def link_for(ground: Ground, path: str) -> str:
    """Return a link whose institution has the resource of a path, if any has."""
    if path in _HELD:
        return ground.ids[_HELD[path][0]]
    for start, link in _INSTITUTIONS.items():
        if path.startswith(start):
            return ground.ids[link]
    resource = next((one for one in TABLE if one.path == path), None)
    if resource is not None and resource.countries == ("MX",):
        return ground.ids["work"]
    return ground.ids["fiscal" if "tax" in path or "financial" in path else "bank"]


def aimed(ground: Ground, pattern: str, id: str | None = None) -> str:
    """Return a route's path with a real id in it, or with `id`."""
    if id is None:
        if pattern.startswith("/api/links/"):
            id = ground.ids["bank"]
        elif pattern.startswith("/api/institutions/"):
            id = ground.ids["institution"]
        else:
            id = ground.ids.get(pattern.partition("{")[0], NOBODYS)
    return pattern.replace("{id}", id)


def is_refusal(answer: httpx.Response | Any, *statuses: int) -> str | None:
    """Say what is wrong with a refusal in Belvo's words; None if it is as the contract has it."""
    status, body = answer.status_code, answer.content
    if not (status in statuses if statuses else 400 <= status < 500):
        return f"status {status}: {body[:300]!r}"
    try:
        entries = json.loads(body)
    except ValueError:
        return f"no JSON: {body[:300]!r}"
    if not isinstance(entries, list) or not entries:
        return f"no array: {body[:300]!r}"
    for entry in entries:
        if not isinstance(entry, dict) or set(entry) - _PARTS:
            return f"not the shape of an entry: {entry!r}"
        texts = (entry.get("code"), entry.get("message"), entry.get("field", "-"))
        if not all(isinstance(text, str) and text for text in texts):
            return f"no code, message or field: {entry!r}"
        if not _REQUEST_ID.fullmatch(str(entry.get("request_id"))):
            return f"no request id: {entry!r}"
    return None if len({entry["request_id"] for entry in entries}) == 1 else f"several request ids: {entries!r}"


def codes(answer: httpx.Response) -> list[str]:
    """Return the codes of a refusal."""
    return [entry["code"] for entry in answer.json()]


def fields(answer: httpx.Response) -> set[str]:
    """Return the fields that a refusal names."""
    return {entry["field"] for entry in answer.json() if "field" in entry}


def nameless(answer: httpx.Response) -> list[dict[str, Any]]:
    """Return the entries of a refusal without what differs from one to the next."""
    return [{name: value for name, value in entry.items() if name != "request_id"} for entry in answer.json()]


def basic(id: str, secret: str) -> str:
    """Return the header of HTTP Basic."""
    return f"Basic {base64.b64encode(f'{id}:{secret}'.encode()).decode()}"
