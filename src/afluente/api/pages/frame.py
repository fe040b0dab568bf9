"""A page of the catalogue's house: its language, where its links lead, and the headers that bound what it may do.

Pages hold no script and ask for nothing more: the one style sheet stands in the page, and the policy sent with it
allows that sheet alone, by its digest.
"""

from __future__ import annotations

import base64
import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from afluente.api.house import ApiHouse
from afluente.catalogue import Catalogue, UnknownName
from afluente.catalogue.search import LONGEST
from afluente.web.answers import Answer
from afluente.web.calls import Call
from afluente.web.languages import colon, language
from afluente.web.routing import BESIDE

if TYPE_CHECKING:
    from jinja2 import Environment

PLACES = ("institutions", "meanings")
"""The pages that lead to each other, each at its own path."""

_HERE = Path(__file__).parent
_KEPT = ("q", "system", "country", "status")
"""What a page is asked for that stays when its language is changed."""


class Page:
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
        query: dict[str, str] = {name: self.asked[name][:LONGEST] for name in _KEPT if name in self.asked}
        query["lang"] = self.chosen
        return self.address(quote(self.call.path), **(query | changed))

    def answer(self, template: str, status: int = 200, record: str = "", place: str = "", **values: Any) -> Answer:
        """The page of a template; `place` is which of the pages that lead to each other it is."""
        look, _ = _look()
        locales = self.catalogue.locales
        html = _templates().get_template(template).render(
            t=self.words, locale=self.locale, chosen=self.chosen, locales=locales, look=look, record=record,
            place=place, front="" if BESIDE in self.call.scope else "/",
            places=[(name, self.address(f"/{name}", lang=self.chosen), self.words[name]) for name in PLACES],
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


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )


@cache
def _words() -> dict[str, dict[str, str]]:
    """What the pages say, by language; `colon` stands behind a label."""
    told = tomllib.loads((_HERE / "words.toml").read_text("utf-8"))
    return {locale: {**own, "colon": colon(locale)} for locale, own in told.items()}


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
