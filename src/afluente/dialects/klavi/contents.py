"""The seam between envelopes and what stands in them: what is held is read, and put into words beside the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from afluente.dialects.klavi import render
from afluente.dialects.klavi.sources import Source


async def of_open_data(source: Source, wanted: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Return the containers of reports of Open Data, by their names as the first version writes them; `wanted` are the
    reports' types and versions. All are made in one go: each way to a thread and back may be a wait for others."""
    if not wanted:
        return []
    seen = await source.seen()
    return await asyncio.to_thread(lambda: [render.open_data(name, version, seen) for name, version in wanted])


async def of_open_finance(name: str, seen: render.Seen) -> dict[str, Any]:
    """Return the containers of a report over consents, by their names."""
    return await asyncio.to_thread(render.open_finance, name, seen)


async def seen_over(given: Sequence[Source]) -> render.Seen:
    """Return what is seen of several consents together; whoever makes several reports makes them of the same."""
    return render.Seen(tuple([await source.held() for source in given]))
