"""Where a browser ends that comes back from a bank's own page: a window that its user may close."""

from __future__ import annotations

from html import escape

from afluente.core.outcome import Refused
from afluente.dialects.flinks.house import House
from afluente.engine.connecting import connections
from afluente.web.answers import Answer, page
from afluente.web.calls import Call

BACK = "/OAuth/Callback"

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{sentence}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#1b2733}}</style>
</head><body><p>{sentence}</p></body></html>"""


async def come_back(house: House, call: Call) -> Answer:
    """`GET OAuth/Callback` (ours): hand over what the user has decided there; the page that waits for it goes on.

    Raises `session.expired` for what nobody waits for any more.
    """
    given = dict(call.query)
    state, code = given.get("state", ""), given.get("code")
    try:
        await connections.come_back(
            house.world, state.partition(".")[0], state, f"approved:{code}" if code else "rejected"
        )
    except Refused:
        raise Refused("session.expired") from None
    sentence = house.world.catalogue.text("consent.granted" if code else "consent.rejected", "en", "user")
    return page(_PAGE.format(sentence=escape(sentence)))
