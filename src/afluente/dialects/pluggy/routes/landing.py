"""Where a browser ends that came back from an institution and has no address of the client's to go on to."""

from __future__ import annotations

from html import escape

from afluente.catalogue import Catalogue
from afluente.catalogue.errors import UnknownName
from afluente.dialects.pluggy.house import House
from afluente.web.answers import Answer, page
from afluente.web.calls import Call

_PAGE = """<!doctype html><html lang="{locale}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{sentence}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#1b2733}}</style>
</head><body><p>{sentence}</p></body></html>"""

_DEFAULT = "pt-BR"


async def landed(house: House, call: Call) -> Answer:
    """`GET /oauthCallback.html`: a sentence in the browser's language; `message` in the query says it was refused.

    Apps that open the browser themselves watch for this address and read its query (source: the mobile clients).
    """
    refused = any(name == "message" for name, _ in call.query)
    catalogue = house.world.catalogue
    locale = _locale(catalogue, call.header(b"accept-language"))
    sentence = catalogue.text("consent.rejected" if refused else "consent.granted", locale, "user")
    return page(_PAGE.format(locale=locale, sentence=escape(sentence)))


def _locale(catalogue: Catalogue, accepted: str) -> str:
    """Return the first language of an `Accept-Language` header that there are texts in."""
    for part in accepted[:200].split(","):
        try:
            return catalogue.locale(part.partition(";")[0].strip())
        except UnknownName:
            continue
    return _DEFAULT
