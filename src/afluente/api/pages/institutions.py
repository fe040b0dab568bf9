"""The page about how institutions are doing: anybody's to read, made of what happened, with a feed to subscribe to."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import msgspec

from afluente.api import health
from afluente.api.house import ApiHouse
from afluente.api.pages.frame import Page
from afluente.catalogue.search import LONGEST
from afluente.connect import page as connect
from afluente.core.clock import DAY, Instant
from afluente.engine.institutions.health import DAYS, LOGIN, Health, Rate, Status, first_day
from afluente.web.answers import Answer
from afluente.web.calls import Call

HEIGHT, WIDTH, GAP = 28, 8, 2
"""Pixels of a day's bar in full, of its width, and between two of them."""

_UNTRIED, _UNCLEAR = "untried", "unclear"
_STATES = (*(str(each) for each in Status), _UNCLEAR, _UNTRIED)
_ORDER = {Status.DOWN: 0, Status.DEGRADED: 1, Status.OPERATIONAL: 2}


class Bar(msgspec.Struct, frozen=True):
    """One day: where its bar stands, how much of it is good and bad, and what is said of it."""

    x: int
    good: int
    bad: int
    said: str


async def show(house: ApiHouse, call: Call) -> Answer:
    """`GET /institutions`: how institutions are doing, as a page; `q`, `country` and `status` choose, `lang` chooses
    the language. Those that are down stand first, and those that nobody asked for anything last: nothing is said of how
    they do, but that they are switched off."""
    page = Page(house, call)
    if page.wrong:
        return page.no_choice(page.wrong)
    now, every = await health.told(house, call, daily=True)
    question = page.asked.get("q", "").strip()[:LONGEST]
    country, status = page.asked.get("country", "").upper()[:2], page.asked.get("status", "")
    found = [
        one
        for one in every
        if question.casefold() in one.institution.title.casefold()
        and country in ("", one.institution.country)
        and status in ("", _state(one))
    ]
    found.sort(key=lambda one: (_ORDER[one.status], not one.days, one.institution.title))
    counts = Counter(_state(one) for one in found)
    return page.answer(
        "institutions.html.j2",
        place="institutions",
        record=page.address(health.PATH, country=country),
        feed=health.FEED,
        q=question,
        country=country,
        chosen_status=status,
        countries=sorted({one.institution.country for one in every}),
        counts={name: counts[name] for name in _STATES if counts[name]},
        statuses=_STATES,
        entries=[_entry(page, one, now) for one in found],
        since=_day(first_day(now)),
        at=_minute(now),
    )


def _state(one: Health) -> str:
    """Return the status, where there is anything that it could follow from."""
    if one.unclear:
        return _UNCLEAR
    return str(one.status) if one.days or one.status is Status.DOWN else _UNTRIED


def _entry(page: Page, one: Health, now: Instant) -> dict[str, Any]:
    # the connect page speaks to the user
    names: dict[str, str] = {**connect.words()[page.locale]["products"], "holder": page.words["holder"]}
    return {
        "name": one.institution.title,
        "slug": one.institution.slug,
        "country": one.institution.country,
        "status": _state(one),
        "login": _said(one.login),
        "products": [(names.get(name, name), _said(rate)) for name, rate in one.products.items()],
        "failed": "" if one.failed_at is None else _minute(one.failed_at),
        "asked": bool(one.days),
        "bars": _bars(page, one.days.get(LOGIN, ()), first_day(now)),
    }


def _bars(page: Page, days: tuple[Rate, ...], first: int) -> list[Bar]:
    """Return the logins day by day; a bar is as high on any day, for it is the share that counts."""
    made = []
    for number, rate in enumerate(days or (Rate(),) * DAYS):
        good = 0 if not rate.attempts else round(HEIGHT * rate.succeeded / rate.attempts)
        bad = HEIGHT - good if rate.attempts else 0
        said = page.words["of_day"].format(day=_day(first + number), done=rate.succeeded, tried=rate.attempts)
        made.append(Bar(number * (WIDTH + GAP), good, bad, said))
    return made


def _said(rate: Rate) -> dict[str, Any]:
    """Return a rate as whole percents; less than all is never told as all."""
    share = rate.share
    whole = None if share is None else round(share * 100)
    told = "–" if whole is None else f"{99 if whole == 100 and rate.succeeded < rate.attempts else whole}\u00a0%"
    return {"share": told, "done": rate.succeeded, "tried": rate.attempts, "bad": share is not None and share < 0.9}


def _day(number: int) -> str:
    return _moment(number * DAY).strftime("%Y-%m-%d")


def _minute(at: Instant) -> str:
    return _moment(at).strftime("%Y-%m-%d %H:%M UTC")


def _moment(at: Instant) -> datetime:
    return datetime.fromtimestamp(at // 1000, UTC)
