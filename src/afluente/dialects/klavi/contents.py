"""The seam between envelopes and what stands in them: what is held is read, and put into words beside the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from afluente.dialects.klavi import render
from afluente.dialects.klavi.sources import Source


async def of_open_data(name: str, source: Source, version: str) -> dict[str, Any]:
    """Return the containers of a report of Open Data, by their names as the first version writes them."""
    seen = await source.seen()
    return await asyncio.to_thread(render.open_data, name, version, seen)


async def of_open_finance(name: str, seen: render.Seen) -> dict[str, Any]:
    """Return the containers of a report over consents, by their names."""
    return await asyncio.to_thread(render.open_finance, name, seen)


async def seen_over(given: Sequence[Source]) -> render.Seen:
    """Return what is seen of several consents together; whoever makes several reports makes them of the same."""
    return render.Seen(tuple([await source.held() for source in given]))
