"""Which of the catalogue's languages to answer in."""

from __future__ import annotations

from afluente.catalogue import Catalogue, UnknownName
from afluente.web.calls import Call

USUAL = "en"
_COLONS = {"fr": "\u202f:"}
"""What stands between a label and what it is of, where that is more than the mark itself."""

_MOST = 20
"""Languages of an `Accept-Language` that are looked at."""


def language(call: Call, catalogue: Catalogue, asked: str | None) -> str:
    """The language that is asked for by name, else the one the browser likes best, else English.

    Raises UnknownName for a name the catalogue has no language for; a browser's wish is never refused.
    """
    if asked:
        return catalogue.locale(asked)
    for tag in _liked(call.header(b"accept-language")):
        try:
            return catalogue.locale(tag)
        except UnknownName:
            continue
    return catalogue.locale(USUAL)


def colon(locale: str) -> str:
    """Return what a language sets between a label and what it is of, up to the space behind it."""
    return _COLONS.get(locale, ":")


def _liked(header: str) -> list[str]:
    """The tags of an `Accept-Language`, the best liked first; those that are not wanted at all are left out."""
    liked: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")[:_MOST]):
        tag, _, rest = part.partition(";")
        try:
            weight = float(rest.partition("=")[2]) if rest.strip().startswith("q") else 1.0
        except ValueError:
            weight = 0.0
        if tag.strip() and 0.0 < weight <= 1.0:
            liked.append((-weight, place, tag.strip()))
    return [tag for _, _, tag in sorted(liked)]
