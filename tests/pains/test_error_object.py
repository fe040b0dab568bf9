"""The error that we want has eleven things: what a wire has no room for is one look-up away, by the request's id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.belvo import Belvo
from tests.flinks import ZERO, Flinks
from tests.klavi import Klavi
from tests.server import Client

pytestmark = pytest.mark.journey

MEANING = "institution.unavailable"
SAID = "ERR-7731: serviço fora do ar"
LANGUAGES = ("en", "es", "fr", "pt-BR")

CALLS: dict[str, Callable[[Client], httpx.Response]] = {
    "pluggy": lambda client: client.call("GET", "/connectors"),
    "belvo": lambda client: Belvo(client).call("GET", "/api/links/"),
    "flinks": lambda client: Flinks(client).call("POST", "GetAccountsSummary", json={"RequestId": ZERO}),
    "klavi": lambda client: Klavi(client).call("GET", "/data/v1/reports"),
}
"""A call of each system."""

ON_THE_WIRE: dict[str, Callable[[Any], str | None]] = {
    "pluggy": lambda body: body.get("errorId"),
    "belvo": lambda body: body[0]["request_id"],
    "flinks": lambda body: None,
    "klavi": lambda body: None,
}
"""Where a body names the request, if it does."""


@pytest.fixture(params=sorted(CALLS))
def refused(request: pytest.FixtureRequest, client: Client) -> Iterator[tuple[str, httpx.Response]]:
    """A call of each system that is refused: the institution said no, in its own words."""
    client.arm(MEANING, operation="http", said=SAID)
    yield request.param, CALLS[request.param](client)
    client.own("DELETE", "/sandbox/faults")


def looked_up(client: Client, answer: httpx.Response, **params: str) -> dict[str, Any]:
    """Return the error object of a refused call by its id."""
    told = client.own("GET", f"/requests/{answer.headers['x-request-id']}", params=params)["error"]
    assert isinstance(told, dict)
    return told


def test_all_eleven_are_there_by_the_request_id(client: Client, refused: tuple[str, httpx.Response]) -> None:
    """Code, cause, advice and action for programs, a sentence, a page, an id, the raw words, how to provoke it."""
    system, answer = refused
    id = answer.headers["x-request-id"]
    assert ON_THE_WIRE[system](answer.json()) in (None, id)
    error = looked_up(client, answer)
    assert (error["code"], error["blame"], error["action"]) == (MEANING, "institution", "wait")
    assert error["retry"]["kind"] in ("after", "automatic", "at") and set(error["retry"]) == {
        "kind", "span", "rule", "times"
    }  # fmt: skip
    assert (error["requestId"], error["said"], error["edited"]) == (id, SAID, None)
    assert error["user"] and error["engineer"] and error["user"] != error["engineer"]
    page = client.http.get(error["help"])
    assert page.status_code == 200 and MEANING in page.text
    assert f'<{error["help"]}>; rel="help"' in answer.headers["link"]


def test_the_sentence_is_in_the_users_language(client: Client, refused: tuple[str, httpx.Response]) -> None:
    """Four languages, each a sentence of its own; by name, or as the browser asks."""
    _, answer = refused
    told = {locale: looked_up(client, answer, locale=locale) for locale in LANGUAGES}
    assert {locale: one["locale"] for locale, one in told.items()} == {locale: locale for locale in LANGUAGES}
    assert len({one["user"] for one in told.values()}) == len(LANGUAGES)
    headers = {"x-api-key": client.key, "accept-language": "fr-CA,en;q=0.5"}
    asked = client.http.get(f"/api/requests/{answer.headers['x-request-id']}", headers=headers).json()["error"]
    assert asked["user"] == told["fr"]["user"]


def test_what_is_told_can_be_provoked_again(client: Client, refused: tuple[str, httpx.Response]) -> None:
    """The error says what to arm, and the next call ends as it did."""
    system, answer = refused
    wanted = {**looked_up(client, answer)["provoke"], "operation": "http"}
    client.own("POST", "/sandbox/faults", json=wanted)
    again = CALLS[system](client)
    assert again.status_code == answer.status_code
    assert looked_up(client, again)["code"] == MEANING


def test_sentences_are_edited_at_run_time_with_author_and_reason(
    client: Client, refused: tuple[str, httpx.Response]
) -> None:
    """The next look-up has the new sentence and says whose it is; the wire's code stays as it is, an edit without
    sentences brings the old one back, and who edited what is kept."""
    _, answer = refused
    before = looked_up(client, answer, locale="pt-BR")
    mine = {
        "locale": "pt-BR",
        "author": "ana@example.com",
        "reason": "users thought it was their password",
        "user": "O banco está fora do ar. Não é a sua senha.",
        "help": "https://help.example.com/bank-away",
    }
    try:
        client.own("POST", f"/meanings/{MEANING}/texts", json=mine)
        after = looked_up(client, answer, locale="pt-BR")
        assert (after["user"], after["help"]) == (mine["user"], mine["help"])
        assert (after["edited"]["author"], after["edited"]["reason"]) == (mine["author"], mine["reason"])
        kept = {name for name in after if name not in ("user", "help", "edited")}
        assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
        assert looked_up(client, answer, locale="en")["edited"] is None
    finally:
        undo = {"locale": "pt-BR", "author": "rui@example.com", "reason": "back as it was"}
        texts = client.own("POST", f"/meanings/{MEANING}/texts", json=undo)
    assert looked_up(client, answer, locale="pt-BR")["user"] == before["user"]
    assert [one["author"] for one in texts["edits"][:2]] == ["rui@example.com", "ana@example.com"]


def test_an_edit_is_one_applications_own(client: Client) -> None:
    """Another reads the catalogue's sentences, wherever they are told: explained codes, meanings, connections."""
    other = client.server.other_client("edits-other")
    mine = {"locale": "en", "author": "ana", "reason": "shorter", "user": "Bank away.", "engineer": "Bank away (eng)."}
    try:
        client.own("POST", f"/meanings/{MEANING}/texts", json=mine)
        explained = {"system": "pluggy", "code": "SITE_NOT_AVAILABLE"}
        assert client.own("GET", "/explain", params=explained)["user"] == "Bank away."
        assert client.own("GET", f"/meanings/{MEANING}")["texts"]["en"]["user"] == "Bank away."
        assert client.own("GET", "/meanings", params={"q": MEANING})["meanings"][0]["user"] == "Bank away."
        item = client.connect(0, f"act+{MEANING}")
        told = client.own("GET", f"/connections/{item['id']}")["failure"]
        assert (told["user"], told["engineer"], told["code"]) == ("Bank away.", "Bank away (eng).", MEANING)
        assert other.own("GET", "/explain", params=explained)["user"] != "Bank away."
        assert client.http.get("/api/explain", params=explained).json()["user"] != "Bank away."
        assert other.own("GET", f"/meanings/{MEANING}/texts")["edits"] == []
    finally:
        client.own("POST", f"/meanings/{MEANING}/texts", json={"locale": "en", "author": "ana", "reason": "undone"})


@pytest.mark.parametrize(
    "change",
    [
        {"author": None}, {"reason": None}, {"locale": None}, {"locale": "tlh"}, {"author": " "}, {"user": 7},
        {"user": "x" * 1001}, {"user": "a\u0000b"}, {"help": "javascript:alert(1)"}, {"blame": "user"},
    ],
)  # fmt: skip
def test_an_edit_that_says_not_who_and_why_is_refused(client: Client, change: dict[str, Any]) -> None:
    """Nor is what programs act on changed, and no page may be a script."""
    edit = {"locale": "en", "author": "ana", "reason": "shorter", "user": "Away.", **change}
    given = {name: value for name, value in edit.items() if value is not None}
    headers = {"x-api-key": client.key}
    answer = client.http.post(f"/api/meanings/{MEANING}/texts", json=given, headers=headers)
    assert answer.status_code == 400, answer.text
    assert client.own("GET", f"/meanings/{MEANING}/texts")["texts"]["en"]["edited"] is None


def test_what_the_institution_said_goes_with_its_connection(client: Client) -> None:
    """Once the connection is deleted, the log has the call and its meaning, and nothing that was said."""
    belvo = Belvo(client)
    id = belvo.link()["id"]
    client.arm(MEANING, connection_id=id, said=SAID, times=2)
    answer = belvo.ask(id)
    assert looked_up(client, answer)["said"] == SAID
    assert client.call("DELETE", f"/items/{id}").status_code == 200
    told = looked_up(client, answer)
    assert (told["code"], told["said"]) == (MEANING, None)
