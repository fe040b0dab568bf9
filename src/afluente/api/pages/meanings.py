"""The catalogue's pages: an index that can be searched, and a page for each meaning, in each language."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from afluente.api.house import ApiHouse
from afluente.api.pages.frame import Page
from afluente.catalogue import Catalogue, UnknownName, Word
from afluente.catalogue.overview import overview
from afluente.catalogue.phrases import FIELDS
from afluente.catalogue.search import LONGEST, search
from afluente.web.answers import Answer
from afluente.web.calls import Call

_HEALTH = "/institutions"
_FEED = "/api/institutions/health.atom"


async def index(house: ApiHouse, call: Call) -> Answer:
    """`GET /meanings`: all meanings as a page; `q` searches, `system` narrows, `lang` chooses the language."""
    page = Page(house, call)
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
        place="meanings",
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
    page = Page(house, call)
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
        place="meanings",
        record=f"/api/meanings/{name}",
        name=name,
        whole=whole,
        text=catalogue.texts(page.locale)[name],
        fields=[
            {"name": f, "label": phrases.label(f), "words": told[f], "value": str(getattr(whole.meaning, f))}
            for f in FIELDS
        ],
        alerts=_FEED,
        health=page.address(_HEALTH, lang=page.chosen) if name.partition(".")[0] in ("institution", "login") else None,
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
