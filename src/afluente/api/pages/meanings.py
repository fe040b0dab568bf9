"""The catalogue's pages: an index that can be searched, and a page for each meaning, in each language.

They hold no script and ask for nothing more: the one style sheet stands in the page, and the policy sent with it allows
that sheet alone, by its digest.
"""

from __future__ import annotations

import base64
import hashlib
import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from afluente.api.house import ApiHouse
from afluente.catalogue import Catalogue, UnknownName, Word
from afluente.catalogue.overview import overview
from afluente.catalogue.phrases import FIELDS
from afluente.catalogue.search import LONGEST, search
from afluente.web.answers import Answer
from afluente.web.calls import Call
from afluente.web.languages import language

if TYPE_CHECKING:
    from jinja2 import Environment

_HEALTH = "/api/institutions/health"
_HERE = Path(__file__).parent


class _Page:
    """One request for a page: its language, and where its links lead."""

    def __init__(self, house: ApiHouse, call: Call) -> None:
        self.catalogue: Catalogue = house.world.catalogue
        self.call = call
        self.asked = dict(call.query)
        self.wrong: UnknownName | None = None
        try:
            self.locale = language(call, self.catalogue, self.asked.get("lang"))
        except UnknownName as unknown:
            self.locale, self.wrong = language(call, self.catalogue, None), unknown
        self.chosen = self.locale if self.asked.get("lang") and not self.wrong else ""
        self.words: dict[str, str] = _words()[self.locale]

    def address(self, path: str, **query: str) -> str:
        """A path of ours with those parts of a query that say something."""
        given = {name: value for name, value in query.items() if value}
        return f"{path}?{urlencode(given)}" if given else path

    def to(self, name: str) -> str:
        """A meaning's page, or the index without a name; the language stays the one that was chosen."""
        return self.address(f"/meanings/{name}" if name else "/meanings", lang=self.chosen)

    def here(self, **changed: str) -> str:
        """This page with another language, or without its question."""
        query: dict[str, str] = {name: self.asked[name][:LONGEST] for name in ("q", "system") if name in self.asked}
        query["lang"] = self.chosen
        return self.address(quote(self.call.path), **(query | changed))

    def answer(self, template: str, status: int = 200, record: str = "", **values: Any) -> Answer:
        """The page of a template."""
        look, _ = _look()
        locales = self.catalogue.locales
        html = _templates().get_template(template).render(
            t=self.words, locale=self.locale, chosen=self.chosen, locales=locales, look=look, record=record,
            languages={name: _words()[name]["language"] for name in locales}, to=self.to, here=self.here, **values,
        )  # fmt: skip
        return Answer(status, html.encode(), _headers(self.locale), shared=False)

    def nowhere(self, status: int, sentence: str) -> Answer:
        """The page that says that there is none."""
        return self.answer("nowhere.html.j2", status, sentence=sentence)

    def no_choice(self, unknown: UnknownName) -> Answer:
        """The page that lists what could have been chosen."""
        told = self.words["nowhere_choice"].format(name=unknown.given[:LONGEST], known=", ".join(unknown.known))
        return self.nowhere(400, told)


async def index(house: ApiHouse, call: Call) -> Answer:
    """`GET /meanings`: all meanings as a page; `q` searches, `system` narrows, `lang` chooses the language."""
    page = _Page(house, call)
    question, system = page.asked.get("q", "").strip()[:LONGEST], page.asked.get("system", "")
    if page.wrong:
        return page.no_choice(page.wrong)
    try:
        names = search(page.catalogue, question, system or None)
    except UnknownName as unknown:
        return page.no_choice(unknown)
    entries = [_entry(page.catalogue, page.locale, name, system) for name in names]
    return page.answer(
        "meanings.html.j2",
        record=page.address("/api/meanings", q=question, system=system, locale=page.locale),
        q=question,
        system=system,
        systems=page.catalogue.systems,
        count=len(entries),
        # what was searched for stands in the order it was found in
        families=[{"name": "", "entries": entries}] if question and entries else _families(entries),
    )


async def show(house: ApiHouse, call: Call) -> Answer:
    """`GET /meanings/{name}`: one meaning as a page; `lang` chooses the language."""
    page = _Page(house, call)
    name = call.param("name")
    if page.wrong:
        return page.no_choice(page.wrong)
    catalogue = page.catalogue
    try:
        whole = overview(catalogue, name)
    except UnknownName:
        return page.nowhere(404, page.words["nowhere_meaning"].format(name=name[:LONGEST]))
    phrases = catalogue.phrases(page.locale)
    told = phrases.of(whole.meaning)
    return page.answer(
        "meaning.html.j2",
        record=f"/api/meanings/{name}",
        name=name,
        whole=whole,
        text=catalogue.texts(page.locale)[name],
        fields=[
            {"name": f, "label": phrases.label(f), "words": told[f], "value": str(getattr(whole.meaning, f))}
            for f in FIELDS
        ],
        health=_HEALTH if name.partition(".")[0] in ("institution", "login") else None,
        provoke=_provoke(name),
        apart=lambda word: _apart(catalogue, word),
    )


def _entry(catalogue: Catalogue, locale: str, name: str, system: str) -> dict[str, Any]:
    codes = _codes(catalogue)[name]
    return {
        "name": name,
        "user": catalogue.texts(locale)[name].user,
        "codes": [(other, said) for other, said in codes if system in ("", other)],
    }


def _families(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Entries by the first word of their names, in the catalogue's order."""
    families: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        families.setdefault(entry["name"].partition(".")[0], []).append(entry)
    return [{"name": name, "entries": of_it} for name, of_it in families.items()]


@lru_cache(maxsize=4)
def _codes(catalogue: Catalogue) -> dict[str, list[tuple[str, list[str]]]]:
    """Each meaning's own codes, by system."""
    found: dict[str, dict[str, list[str]]] = {name: {} for name in catalogue.meanings}
    for system in catalogue.systems:
        for word in catalogue.vocabulary(system).rows:
            codes = found[word.meaning].setdefault(system, [])
            if word.code and word.code not in codes:
                codes.append(word.code)
    return {name: [(system, codes) for system, codes in said.items() if codes] for name, said in found.items()}


def _apart(catalogue: Catalogue, word: Word) -> list[tuple[str, str]]:
    """What has to come with a code for it to be this word; its own message goes without saying."""
    names = catalogue.vocabulary(word.system).surface(word.surface).discriminators
    told = zip(names, word.discriminator, strict=True)
    return [(name, value) for name, value in told if value is not None and name != "message"]


def _provoke(name: str) -> tuple[str, str] | None:
    """How to make it happen in the sandbox: by `user` name or by an armed `fault`; None where nobody has to."""
    family = name.partition(".")[0]
    if family in ("success", "progress", "statement"):
        return None
    if family in ("request", "session"):
        return "fault", f'{{"meaning": "{name}", "operation": "http"}}'
    return "user", f"user-act+{name}" + ("@transactions" if family == "product" else "")


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )


@cache
def _words() -> dict[str, dict[str, str]]:
    """What the pages say, by language."""
    return tomllib.loads((_HERE / "words.toml").read_text("utf-8"))


@cache
def _look() -> tuple[str, str]:
    """The style sheet as it stands in the page, and its digest as a policy names it."""
    sheet = (_HERE / "look.css").read_text("utf-8")
    return sheet, base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()


@cache
def _headers(locale: str) -> tuple[tuple[bytes, bytes], ...]:
    policy = (
        f"default-src 'none'; style-src 'sha256-{_look()[1]}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    return (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-language", locale.encode()),
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cache-control", b"no-cache"),
        (b"vary", b"accept-language"),
    )
