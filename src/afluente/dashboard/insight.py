"""Numbers over time, by institution."""

from __future__ import annotations

from afluente.dashboard.charts import charts
from afluente.dashboard.house import DashboardHouse
from afluente.dashboard.page import Desk
from afluente.engine.operating import numbers
from afluente.web.answers import Answer
from afluente.web.calls import Call


async def show(house: DashboardHouse, call: Call) -> Answer:
    """`GET /dashboard/numbers`: success of each product over two weeks, and the causes of failures; `institution`
    chooses one."""
    desk = Desk(house, call)
    slug = desk.asked.get("institution", "")
    chosen = slug if slug in house.world.institutions else None
    found = await numbers.numbers(house.world, call.application_id, chosen)
    return desk.answer(
        "numbers.html.j2",
        place="numbers",
        chosen=chosen or "",
        numbers=found,
        charts=charts(found),
        institutions=sorted((one.title, one.slug) for one in house.world.institutions.values()),
        most=max((cause.count for cause in (*found.causes, *found.users)), default=1),
    )
