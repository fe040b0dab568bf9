"""How each institution is doing: as JSON to look at, and as a feed that any reader of feeds turns into alerts."""

from __future__ import annotations

from html import escape
from typing import Any

from afluente.api.house import ApiHouse
from afluente.core.clock import DAY, Instant
from afluente.engine.institutions import health
from afluente.engine.institutions.health import Health, Rate, Status
from afluente.web.answers import Answer, json
from afluente.web.calls import Call
from afluente.web.instants import instant

PATH, FEED = "/api/institutions/health", "/api/institutions/health.atom"
PAGE = "/institutions"
_ATOM = ((b"content-type", b"application/atom+xml; charset=utf-8"),)
_SENTENCES = {Status.DEGRADED: "Some of what is asked of it fails.", Status.DOWN: "Nobody gets in."}


async def told(house: ApiHouse, call: Call, *, daily: bool = False) -> tuple[Instant, list[Health]]:
    """Return how institutions are doing, and at what time, for the application whose key came along, if one did."""
    if not (call.header(b"x-api-key") or call.header(b"authorization")):
        return await house.shown.to_all(house.world)
    house.admit(call, "client")
    id = call.application_id
    return house.world.now(id), await health.health(house.world, id, daily=daily)


async def show(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/institutions/health`: of each institution its status, and how much it did of what was asked.

    - `status`: `operational`, `degraded` (of the last attempts at something more than one in ten failed) or `down`
      (nobody got in). It follows from the last ten attempts of a day; fewer than three say nothing.
    - `login`, `products`: attempts and successes of the last two weeks, and the share of successes, null without any.
      What failed because of the user or of us is not counted.
    - `days`: the same of each of the days on which something was asked for, oldest first.
    - `country`: institutions of one country only.

    Without a key it tells what all applications met whose clock was not stopped, and is at most ten seconds old; with
    one, what that application met.
    """
    now, every = await told(house, call, daily=True)
    country, first = dict(call.query).get("country", "").upper(), health.first_day(now)
    return json(
        {
            "at": instant(now),
            "since": instant(now - health.SPAN),
            "feed": f"{call.origin}{FEED}",
            "institutions": [_entry(one, first) for one in every if country in ("", one.institution.country)],
        }
    )


def _entry(one: Health, first: int) -> dict[str, Any]:
    return {
        "institution": one.institution.slug,
        "name": one.institution.name,
        "country": one.institution.country,
        "status": one.status,
        "login": _rate(one.login),
        "products": {name: _rate(rate) for name, rate in one.products.items()},
        "failed_at": None if one.failed_at is None else instant(one.failed_at),
        "days": [_day(one, first, number) for number in range(health.DAYS) if _asked(one, number)],
    }


def _asked(one: Health, number: int) -> bool:
    return any(rates[number].attempts for rates in one.days.values())


def _day(one: Health, first: int, number: int) -> dict[str, Any]:
    rates = {name: rates[number] for name, rates in one.days.items() if rates[number].attempts}
    login = rates.pop(health.LOGIN, Rate())
    return {
        "date": instant((first + number) * DAY)[:10],
        "login": _rate(login),
        "products": {name: _rate(rate) for name, rate in rates.items()},
    }


def _rate(rate: Rate) -> dict[str, Any]:
    share = None if rate.share is None else round(rate.share, 4)
    return {"attempts": rate.attempts, "succeeded": rate.succeeded, "share": share}


async def feed(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/institutions/health.atom`: an entry for each institution that is degraded or down, gone when it is not.

    Its id says what it is, since which day: a reader that knows the entry does not alert again.
    """
    now, every = await told(house, call)
    impaired = [one for one in every if one.status is not Status.OPERATIONAL]
    updated = max((one.failed_at or now for one in impaired), default=now // DAY * DAY)
    here = f"{call.origin}{FEED}"
    entries = "".join(_news(call, one, now) for one in impaired)
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>Institutions</title><id>{escape(here)}</id><updated>{instant(updated)}</updated>"
        f'<author><name>Afluente</name></author><link rel="self" href="{escape(here)}"/>{entries}</feed>\n'
    )
    return Answer(200, text.encode(), _ATOM)


def _news(call: Call, one: Health, now: Instant) -> str:
    at = instant(one.failed_at or now // DAY * DAY)
    slug = one.institution.slug
    return (
        f"<entry><title>{escape(one.institution.name)}: {one.status}</title>"
        f"<id>tag:afluente,2026:{escape(slug)}/{one.status}/{at[:10]}</id><updated>{at}</updated>"
        f'<link rel="alternate" href="{escape(call.origin + PAGE)}"/>'
        f"<summary>{_SENTENCES[one.status]}</summary></entry>"
    )
