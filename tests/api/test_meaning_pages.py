"""The catalogue's pages: found, read in each language, and asking for nothing from anywhere."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from afluente.catalogue import load
from tests.server import Server

CATALOGUE = load()
INLINE = {"a", "b", "code", "i", "small", "span", "wbr"}
VOID = {"meta", "link", "input", "br", "wbr"}


class Reader(HTMLParser):
    """Reads a page as a browser does, and refuses tags that are not closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag with its attributes."""
        self.tags.append((tag, dict(attrs)))
        if tag not in INLINE:
            self.words.append(" ")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the tag that was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep what is read, but for the style sheet."""
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        """What a person reads, with single blanks."""
        return " ".join("".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every tag of that name."""
        return [attributes for name, attributes in self.tags if name == tag]

    def addresses(self) -> list[str]:
        """Everything a page points at."""
        return [
            value
            for _, told in self.tags
            for name, value in told.items()
            if name in ("href", "src", "action") and value
        ]


@pytest.fixture(scope="module")
def http(shared_server: Server) -> Iterator[httpx.Client]:
    """A browser without a history."""
    with httpx.Client(base_url=shared_server.url, timeout=30) as client:
        yield client


def page(http: httpx.Client, path: str, status: int = 200, **query: str) -> Reader:
    """A page, read."""
    answer = http.get(path, params=query or None)
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Reader(answer.text)


@pytest.mark.parametrize("locale", CATALOGUE.locales)
@pytest.mark.parametrize("name", ["login.credentials.password", "product.quota-spent", "request.invalid", "unexpected"])
def test_a_page_tells_everything_in_the_language_asked_for(http: httpx.Client, name: str, locale: str) -> None:
    """Both sentences, each field in plain words and as programs see it, each system's words, the kin."""
    read = page(http, f"/meanings/{name}", lang=locale)
    assert read.all("html")[0]["lang"] == locale
    texts, meaning = CATALOGUE.texts(locale)[name], CATALOGUE.meaning(name)
    assert texts.user in read.text and texts.engineer in read.text
    phrases = CATALOGUE.phrases(locale)
    for field, words in phrases.of(meaning).items():
        assert f"{phrases.label(field)} {words} {field}: {getattr(meaning, field)}" in read.text
    for system in CATALOGUE.systems:
        for word in CATALOGUE.vocabulary(system).rows:
            if word.meaning == name:
                assert " ".join(word.message.split()) in read.text and word.code in read.text


def test_a_neighbours_word_is_marked_and_leads_to_its_meaning(http: httpx.Client) -> None:
    """A system without a word of its own says another's, and the page says whose."""
    read = page(http, "/meanings/login.credentials.password", lang="en")
    assert "Pluggy No word of its own. It says the one for login.credentials: INVALID_CREDENTIALS" in read.text
    assert "/meanings/login.credentials?lang=en" in read.addresses()
    own = page(http, "/meanings/login.locked", lang="en")
    assert "No word of its own" not in own.text


def test_a_word_that_is_only_understood_is_marked(http: httpx.Client) -> None:
    """An old spelling is read and never said."""
    assert "FINISHED execution · understood, never said" in page(http, "/meanings/success", lang="en").text


def test_broader_and_narrower_meanings_are_linked(http: httpx.Client) -> None:
    """One can walk through the catalogue."""
    read = page(http, "/meanings/login.credentials")
    assert {"/meanings", "/meanings/login", "/meanings/login.credentials.password"} <= set(read.addresses())


def test_every_page_is_there_in_every_language(http: httpx.Client) -> None:
    """No meaning and no language is left out, and every page is well formed."""
    for place, name in enumerate(CATALOGUE.meanings):
        locale = CATALOGUE.locales[place % len(CATALOGUE.locales)]
        read = page(http, f"/meanings/{name}", lang=locale)
        assert CATALOGUE.texts(locale)[name].user in read.text


def test_the_language_is_the_browsers_until_one_is_chosen(http: httpx.Client) -> None:
    """A choice stays in the links; without one the links have none."""
    answer = http.get("/meanings/login", headers={"accept-language": "de, fr;q=0.9"})
    assert answer.headers["content-language"] == "fr"
    assert answer.headers["vary"] == "accept-language"
    assert "/meanings/login.locked" in Reader(answer.text).addresses()
    chosen = http.get("/meanings/login?lang=pt", headers={"accept-language": "fr"})
    assert chosen.headers["content-language"] == "pt-BR"
    assert "/meanings/login.locked?lang=pt-BR" in Reader(chosen.text).addresses()


def test_the_index_lists_every_meaning(http: httpx.Client) -> None:
    """With its sentence and the codes of all four systems."""
    read = page(http, "/meanings", lang="es")
    linked = [address.partition("?")[0] for address in read.addresses() if address.startswith("/meanings/")]
    assert linked == [f"/meanings/{name}" for name in CATALOGUE.meanings]
    for name in ("login.locked", "request.invalid.cursor"):
        assert CATALOGUE.texts("es")[name].user in read.text
    assert "Belvo login_error, unauthorized_credentials" in read.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "ACCOUNT_LOCKED"}, ["login.locked"]),
        ({"q": "conta esta bloqueada"}, ["login.locked"]),
        ({"q": "408", "system": "klavi"}, ["login.locked"]),
        ({"q": "ACCOUNT_LOCKED", "system": "klavi"}, []),
    ],
)
def test_the_index_can_be_searched_on_the_server(http: httpx.Client, query: dict[str, str], found: list[str]) -> None:
    """By code, by sentence, within one system; the question stays in its field and in the other languages' links."""
    read = page(http, "/meanings", lang="en", **query)
    main = [a for a in read.addresses() if a.startswith("/meanings/") and "unexpected" not in a]
    assert main == [f"/meanings/{name}?lang=en" for name in found]
    [field] = [tag for tag in read.all("input") if tag.get("name") == "q"]
    assert field["value"] == query["q"]
    assert ("Nothing fits" in read.text) == (not found)
    others = [tag["href"] for tag in read.all("a") if tag.get("hreflang") == "fr"]
    assert others and "q=" in str(others[0]) and "lang=fr" in str(others[0])


def test_what_is_searched_for_is_text_and_nothing_else(http: httpx.Client) -> None:
    """A question comes back as it was typed, and does nothing."""
    typed = '"><script>alert(1)</script>{{ 7*7 }}'
    answer = http.get("/meanings", params={"q": typed})
    assert "<script" not in answer.text
    assert html.escape(typed).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in answer.text
    missing = http.get("/meanings/%3Cscript%3E")
    assert missing.status_code == 404
    assert "<script" not in missing.text


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/meanings/login.nowhere?lang=en", 404, "There is no meaning named login.nowhere."),
        ("/meanings/login.nowhere?lang=pt-BR", 404, "Não há significado com o nome login.nowhere."),
        ("/meanings?lang=de", 400, "There is no choice named de. There are: en, es, fr, pt-BR."),
        ("/meanings/login?lang=de", 400, "There is no choice named de. There are: en, es, fr, pt-BR."),
        ("/meanings?system=plaid", 400, "There is no choice named plaid. There are: belvo, flinks, klavi, pluggy."),
    ],
)
def test_a_wrong_name_is_told_on_a_page(http: httpx.Client, path: str, status: int, sentence: str) -> None:
    """A person who follows a broken link reads a sentence, and finds the way to the index."""
    answer = http.get(path)
    assert answer.status_code == status
    read = Reader(answer.text)
    assert sentence in read.text
    assert any(address.startswith("/meanings") for address in read.addresses())


@pytest.mark.parametrize(
    "path", ["/meanings", "/meanings?q=locked", "/meanings/login.locked", "/meanings/nowhere", "/institutions"]
)
def test_a_page_asks_for_nothing_from_anywhere(http: httpx.Client, path: str) -> None:
    """The policy allows the one style sheet in the page, by its digest; there is no script and no other origin."""
    answer = http.get(path)
    read = Reader(answer.text)
    assert all(address.startswith(("/", "#")) and not address.startswith("//") for address in read.addresses())
    assert not read.all("script") and not read.all("img")
    assert not [told for _, told in read.tags if "style" in told or any(name.startswith("on") for name in told)]
    [sheet] = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert "url(" not in sheet and "@import" not in sheet
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/meanings", "/meanings/login.locked", "/meanings/request.invalid", "/institutions"])
def test_a_page_can_be_used_without_seeing_it(http: httpx.Client, path: str) -> None:
    """One heading of the first rank, none skipped, a way past the navigation, and a name for every field and area."""
    read = page(http, path, lang="fr")
    ranks = [int(tag[1]) for tag, _ in read.tags if re.fullmatch("h[1-6]", tag)]
    assert ranks.count(1) == 1 and ranks[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(ranks))
    ids = [told["id"] for _, told in read.tags if told.get("id")]
    assert len(ids) == len(set(ids))
    assert read.all("a")[0]["href"] == "#content" and read.all("main")[0]["id"] == "content"
    labels = {label["for"] for label in read.all("label")}
    fields = [tag for tag in read.all("input") + read.all("select") if tag.get("type") != "hidden"]
    assert all(field["id"] in labels for field in fields)
    assert all(nav.get("aria-label") for nav in read.all("nav"))
    named = [told["aria-labelledby"] for _, told in read.tags if told.get("aria-labelledby")]
    assert set(named) <= set(ids)
    assert read.all("meta")[1]["content"] == "width=device-width, initial-scale=1"
    assert [a["lang"] for a in read.all("a") if a.get("aria-current") == "true"] == ["fr"]
    [here] = [a["href"] for a in read.all("a") if a.get("aria-current") == "page"]
    assert here == f"/{path.split('/')[1]}?lang=fr"


def test_a_page_has_a_record_beside_it(http: httpx.Client) -> None:
    """Programs are told where the same is written for them."""
    for path in ("/meanings/login.locked?lang=en", "/meanings?q=locked&system=klavi&lang=es"):
        [record] = [told["href"] for told in page(http, path).all("link") if told.get("type") == "application/json"]
        answer = http.get(str(record))
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["locale"] == "es"
    assert {entry["name"] for entry in answer.json()["meanings"]} == set(CATALOGUE.meanings) & {
        address.partition("?")[0].removeprefix("/meanings/") for address in page(http, path).addresses()
    }


def test_a_page_says_how_to_make_it_happen(http: httpx.Client) -> None:
    """The sandbox's ways: a user name for what a bank does, an armed fault for what a request ends in."""
    assert "user-act+login.locked" in page(http, "/meanings/login.locked").text
    assert "user-act+product.quota-spent@transactions" in page(http, "/meanings/product.quota-spent").text
    assert '{"meaning": "request.plan", "operation": "http"}' in page(http, "/meanings/request.plan").text
    assert "user-act+" not in page(http, "/meanings/success").text
