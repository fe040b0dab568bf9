"""The log of calls: whatever clock an application goes by, what came first is told first."""

from __future__ import annotations

import random

import pytest

from afluente.core.clock import Order
from afluente.core.sessions import ClientCall
from afluente.engine.operating import board, requests
from afluente.engine.operating.requests import Page
from tests.engine.scene import APP, NOW, Scene

pytestmark = pytest.mark.anyio


def made(number: int, meaning: str = "success") -> ClientCall:
    """A call of one instant, with an id that tells nothing of when it came."""
    id = f"{random.Random(number).getrandbits(128):032x}"
    return ClientCall(
        id=id, application_id=APP, system="pluggy", operation=f"{number}", meaning=meaning, status=200, at=NOW
    )


def order_of(calls: object) -> list[int]:
    """Return which they were."""
    return [int(call.operation) for call in calls]  # type: ignore[attr-defined]


async def test_calls_of_one_instant_are_listed_in_the_order_in_which_they_came(scene: Scene) -> None:
    """Page by page, through a filter or not, on a clock that stands; and in two meanings at once."""
    for number in range(12):
        await requests.write(scene.world, made(number, ("success", "mfa.wrong", "unexpected")[number % 3]))
    newest = list(range(11, -1, -1))
    assert order_of(await requests.calls(scene.world, APP, Page())) == newest
    seen: list[int] = []
    page = await requests.calls(scene.world, APP, Page(size=5))
    while page:
        seen += order_of(page)
        place = (page[-1].at, page[-1].number, page[-1].id)
        page = await requests.calls(scene.world, APP, Page(size=5, before=place))
    assert seen == newest
    seen = []
    wish = board.Wish(filters={"meaning": ("mfa.wrong", "unexpected")}, size=3)
    while True:
        found = await board.calls_of(scene.world, APP, wish)
        seen += order_of(found.entries)
        if found.following is None:
            break
        wish = board.Wish(filters=wish.filters, size=3, before=found.following)
    assert seen == [number for number in newest if number % 3]


def test_numbers_grow_though_a_clock_stands_or_goes_back() -> None:
    """And follow the clock where it goes on, so that another process' later ones are larger."""
    order = Order()
    given = [order.next(NOW), order.next(NOW), order.next(NOW - 10), order.next(NOW + 1), Order().next(NOW + 2)]
    assert given == sorted(set(given))
    assert given[-1] < 2**61
