"""The sandbox's controls: the application's clock, armed faults, and what the invented bank can be told to do."""

from __future__ import annotations

from typing import Any

import msgspec

from afluente.core.clock import DAY, HOUR, MINUTE, Instant
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.dashboard.house import DashboardHouse, see
from afluente.dashboard.page import Desk
from afluente.engine.due import schedule
from afluente.engine.sandbox import faults
from afluente.engine.sandbox.faults import Fault
from afluente.engine.sandbox.moving import Turn, turn
from afluente.web.answers import Answer
from afluente.web.calls import Call

HERE = "/dashboard/sandbox"
UNITS: dict[str, Instant] = {"minutes": MINUTE, "hours": HOUR, "days": DAY}
FARTHEST = 400 * DAY
"""How far a clock moves at once, for everything that falls due on the way is done first."""

_LATEST: Instant = 16_725_225_600_000
_SHOWN = 60
"""Scenarios that are listed at first."""


async def show(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/sandbox`: clock, faults, scenarios; `text` looks for scenarios, `all` shows every one."""
    desk = Desk(house, call)
    sought = desk.asked.get("text", "").strip().casefold()[:200]
    every = house.scenarios(desk.locale)
    told = [one for one in every if sought in " ".join(text for text in one.values() if text).casefold()]
    return desk.answer(
        "sandbox.html.j2",
        place="sandbox",
        faults=await faults.listed(house.world, call.application_id),
        units=list(UNITS),
        operations=["login", *Product, "balance", "http"],
        institutions=sorted((one.title, one.slug) for one in house.world.institutions.values()),
        meanings=list(house.world.catalogue.meanings),
        scenarios=told if desk.asked.get("all") else told[:_SHOWN],
        others=0 if desk.asked.get("all") else len(told) - _SHOWN,
        given=desk.asked,
    )


async def clock(house: DashboardHouse, call: Call) -> Answer:
    """`POST /dashboard/sandbox/clock`: `stop` it where it stands, `advance` it by `number` of a `unit`, or `release`
    it. What falls due on the way happens, in order, before the answer."""
    given = await house.form(call)
    world, id = house.world, call.application_id
    match given.get("do"):
        case "stop":
            async with turn(world, id) as ours:
                await _stop(house, id, ours)
        case "advance":
            span = _span(given)
            async with turn(world, id) as ours:
                await _stop(house, id, ours)
                to = world.now(id) + span
                if to > _LATEST:
                    raise _wrong("that instant is out of range")
                await schedule.advance(world, id, to, house.settle, ours)
        case "release":
            await schedule.release_clock(world, id)
        case _:
            raise _wrong("stop, advance or release")
    return see(HERE)


async def _stop(house: DashboardHouse, id: str, ours: Turn) -> None:
    if house.world.refresh is not None:
        # somebody else may have moved it while we waited
        await house.world.refresh()
    if id not in house.world.stopped:
        await house.settle(id)
        await schedule.stop_clock(house.world, id, house.world.now(id), ours)


def _span(given: dict[str, Any]) -> Instant:
    number, unit = given.get("number", ""), UNITS.get(str(given.get("unit")))
    if unit is None or not (isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < 7):
        raise _wrong("a clock is moved by a whole number of minutes, hours or days")
    if not 0 < int(number) * unit <= FARTHEST:
        raise _wrong("a clock moves at most 400 days at once")
    return int(number) * unit


async def arm(house: DashboardHouse, call: Call) -> Answer:
    """`POST /dashboard/sandbox/faults`: arm a fault: what matches next ends with its `meaning`."""
    given = await house.form(call)
    told = {name: value.strip() for name, value in given.items() if isinstance(value, str) and value.strip()}
    times = told.pop("times", "1")
    if not (times.isascii() and times.isdigit() and len(times) < 8):
        raise _wrong("times is a whole number")
    if set(told) - {"meaning", "operation", "institution", "connection_id", "said"}:
        raise _wrong("a fault has no such field")
    made = {"id": house.world.ids.new(), "created_at": house.world.now(call.application_id), "times": int(times)}
    try:
        fault = msgspec.convert({**told, **made}, Fault)
    except msgspec.ValidationError as error:
        raise _wrong(str(error)) from None
    await faults.arm(house.world, call.application_id, fault)
    return see(HERE)


async def disarm(house: DashboardHouse, call: Call) -> Answer:
    """`POST /dashboard/sandbox/faults/disarm`: disarm one by its `id`, or all."""
    given = await house.form(call)
    id = given.get("id")
    if isinstance(id, str) and id:
        await faults.disarm_one(house.world, call.application_id, id)
    else:
        await faults.disarm(house.world, call.application_id)
    return see(HERE)


def _wrong(detail: str) -> Refused:
    return Refused("request.invalid", data={"detail": detail})
