"""`GET /api/explain` and the records of the meanings: open to all, and never broken by a question."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afluente.catalogue import load
from tests.server import Server

CATALOGUE = load()


@pytest.fixture(scope="module")
def http(shared_server: Server) -> Iterator[httpx.Client]:
    """A client without a key."""
    with httpx.Client(base_url=shared_server.url, timeout=30) as client:
        yield client


def explained(http: httpx.Client, **question: str) -> Any:
    """The answer to a question that must be answered."""
    answer = http.get("/api/explain", params=question)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_code_is_explained_to_anybody(http: httpx.Client, shared_server: Server) -> None:
    """No key; the meaning with its fields, both sentences, the word itself, plain words, and where more is told."""
    told = explained(
        http, system="belvo", code="login_error", message="The user account is locked…", locale="pt-BR", to="pluggy"
    )
    text = CATALOGUE.texts("pt-BR")["login.locked"]
    assert told["known"] is True
    assert (told["user"], told["engineer"], told["locale"]) == (text.user, text.engineer, "pt-BR")
    assert told["meaning"]["action"] == "unlock-at-institution"
    assert told["in_words"]["action"] == "pedir o desbloqueio da conta"
    assert told["word"]["http"] == 400
    assert (told["translation"]["word"]["code"], told["translation"]["exact"]) == ("ACCOUNT_LOCKED", True)
    assert told["help"] == f"{shared_server.url}/meanings/login.locked"


def test_a_neighbours_word_is_said_to_be_one(http: httpx.Client) -> None:
    """A translation that is only an ancestor says so."""
    told = explained(http, system="klavi", code="433", to="pluggy")["translation"]
    assert (told["word"]["code"], told["exact"], told["reached"]) == ("INVALID_CREDENTIALS", False, "login.credentials")


def test_discriminators_and_the_surface_narrow_the_choice(http: httpx.Client) -> None:
    """What tells apart the words of a system is asked by its own name."""
    one = explained(http, system="pluggy", code="001", institution="xp", product="INVESTMENTS")
    assert one["meaning"]["name"] == "product.permission-missing.treasury"
    assert explained(http, system="klavi", code="401", phase="R")["meaning"]["name"] == "request.not-found.person"
    assert explained(http, system="klavi", code="401", phase="L")["known"] is False
    assert explained(http, system="klavi", code="404", surface="open-finance")["meaning"]["name"] == "request.not-found"


def test_an_unknown_code_is_unexpected_and_keeps_the_raw_words(http: httpx.Client) -> None:
    """It is an answer and no error."""
    told = explained(http, system="flinks", code="NEVER", message="never heard of")
    assert (told["known"], told["word"], told["meaning"]["name"]) == (False, None, "unexpected")
    assert (told["code"], told["message"]) == ("NEVER", "never heard of")


def test_the_language_is_the_browsers_where_none_is_asked_for(http: httpx.Client) -> None:
    """The best liked of those there are; a wish that cannot be met is no error."""
    for wish, locale in (
        ("fr-CA, en;q=0.5", "fr"),
        ("de, es;q=0.3, pt;q=0.8", "pt-BR"),
        ("de", "en"),
        ("fr;q=0, es", "es"),
        (";;q=,,*;q=x", "en"),
        ("", "en"),
    ):
        answer = http.get(
            "/api/explain", params={"system": "klavi", "code": "414"}, headers={"accept-language": wish}
        ).json()
        assert answer["locale"] == locale, wish


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ({}, "system is missing; the systems are belvo, flinks, klavi, pluggy"),
        ({"system": "klavi"}, "code is missing"),
        ({"system": "plaid", "code": "X"}, "unknown system 'plaid'; known: belvo, flinks, klavi, pluggy"),
        ({"system": "", "code": "X"}, "unknown system ''; known: belvo, flinks, klavi, pluggy"),
        ({"system": "klavi", "code": "414", "to": "plaid"}, "unknown system 'plaid'; known: belvo,"),
        ({"system": "klavi", "code": "414", "locale": "de"}, "unknown language 'de'; known: en, es, fr, pt-BR"),
        ({"system": "klavi", "code": "414", "surface": "moon"}, "unknown surface of klavi 'moon'; known: open-data"),
        ({"system": "klavi", "code": "414", "fase": "L"}, "unknown parameter 'fase'; known: system, code, message,"),
        ({"system": "klavi", "code": "414", "institution": "x"}, "unknown parameter 'institution'; known: "),
        ({"system": "klavi", "code": "414", "catalogue": "x"}, "unknown parameter 'catalogue'; known: "),
    ],
)
def test_a_name_that_does_not_exist_is_refused_with_those_that_do(
    http: httpx.Client, question: dict[str, str], sentence: str
) -> None:
    """A wrong question is told what would have been right, and where to read on."""
    answer = http.get("/api/explain", params=question)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["message"].startswith(sentence)
    assert error["help"] in answer.headers["link"]


ANY = st.text(max_size=60) | st.sampled_from(["%00", "…", "{0}", "{system}", "login_error", "\ud7ff", "'", "x" * 9000])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    system=st.sampled_from([*CATALOGUE.systems, "plaid", ""]),
    question=st.dictionaries(
        st.sampled_from(["code", "message", "locale", "surface", "to", "product", "phase", "title", "told", "book"]),
        ANY,
    ),
    like=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
)
def test_no_question_breaks_it(http: httpx.Client, system: str, question: dict[str, str], like: str) -> None:
    """Whatever is asked is answered or refused, and never a failure of ours."""
    # a header of blanks alone is none that can be sent
    headers = {"accept-language": like.strip()}
    for path, params in (
        ("/api/explain", {"system": system, **question}),
        ("/api/meanings", {"q": question.get("code", ""), **question}),
        ("/meanings", {"q": question.get("code", ""), "lang": question.get("locale", ""), **question}),
    ):
        assert http.get(path, params=params, headers=headers).status_code in (200, 400), (path, params)


@pytest.mark.parametrize("query", ["system=klavi&code=%00", "system=klavi&code=%ff", "%ff=1", "&&&=&=", "code=%zz"])
@pytest.mark.parametrize(
    "path", ["/api/explain", "/api/meanings", "/api/meanings/login", "/meanings", "/meanings/login"]
)
def test_a_malformed_query_is_refused_or_looked_over(http: httpx.Client, path: str, query: str) -> None:
    """Bytes that are no text do not get any further."""
    assert http.get(f"{path}?{query}").status_code in (200, 400)


def test_the_meanings_can_be_listed_and_searched(http: httpx.Client) -> None:
    """The same search as on the page, as records."""
    everything = http.get("/api/meanings").json()["meanings"]
    assert [entry["name"] for entry in everything] == list(CATALOGUE.meanings)
    found = http.get("/api/meanings", params={"q": "ACCOUNT_LOCKED", "locale": "es"}).json()
    assert found["locale"] == "es"
    assert [entry["name"] for entry in found["meanings"]] == ["login.locked"]
    assert found["meanings"][0]["user"] == CATALOGUE.texts("es")["login.locked"].user
    assert http.get("/api/meanings", params={"system": "plaid"}).status_code == 400


@pytest.mark.parametrize("name", ["unexpected", "login.credentials.password", "product.quota-spent"])
def test_a_meaning_can_be_had_whole(http: httpx.Client, name: str) -> None:
    """Fields, sentences in all languages, kin, and each system's words or its neighbour's."""
    told = http.get(f"/api/meanings/{name}").json()
    assert told["name"] == name
    assert sorted(told["texts"]) == list(CATALOGUE.locales)
    for system, said in told["systems"].items():
        own = [word.code for word in CATALOGUE.vocabulary(system).rows if word.meaning == name]
        assert [word["code"] for word in said["own"]] == own
        assert own or said["nearest"]["exact"] is False


@pytest.mark.parametrize("name", ["login.nowhere", "x" * 3000, "%F0%9F%92%A9", "..", "a%22b"])
def test_a_meaning_nobody_wrote_down_is_not_found(http: httpx.Client, name: str) -> None:
    """With the same error as anything else that is not there."""
    answer = http.get(f"/api/meanings/{name}")
    assert answer.status_code == 404
    assert re.fullmatch(r"request\.not-found(\.route)?", answer.json()["error"]["meaning"])
