"""The log of what clients asked, and the sessions they asked it in: written by each API, read by whoever looks on."""

from __future__ import annotations

import msgspec

from afluente.core.clock import Instant
from afluente.core.outcome import Refused
from afluente.core.sessions import ClientCall, ClientSession
from afluente.engine.world import World
from afluente.store import requests, sessions
from afluente.store.newest import Cursor

__all__ = ["ClientCall", "ClientSession", "Page"]


class Page(msgspec.Struct, frozen=True):
    """What is wanted of a list: up to `size`, behind a cursor, newest first; filters by name."""

    size: int = 50
    before: Cursor | None = None
    filters: dict[str, str | Instant] = {}


async def write(world: World, call: ClientCall) -> None:
    """Write down a call, behind those that were written down before."""
    numbered = msgspec.structs.replace(call, number=world.order.next(world.clock.now()))
    async with world.database.transaction() as writer:
        await requests.add(writer, numbered)


async def calls(world: World, application_id: str, page: Page) -> list[ClientCall]:
    """Return calls by `system`, `operation`, `meaning`, `session_id`, `institution`, `tag`, `since`, `until`."""
    return await requests.page(world.database, application_id, page.size, page.before, **page.filters)


async def every_session(world: World, application_id: str, page: Page) -> list[ClientSession]:
    """Return sessions by `system`, `institution`, `tag`, `meaning`, `connection_id`, `since`, `until`."""
    return await sessions.page(world.database, application_id, page.size, page.before, **page.filters)


async def session(world: World, application_id: str, id: str) -> ClientSession:
    """Return one session, over or not. Raises `request.not-found`."""
    found = await sessions.get(world.database, id)
    if found is None or found.application_id != application_id:
        raise Refused("request.not-found")
    return found


async def call(world: World, application_id: str, id: str) -> ClientCall:
    """Return one call. Raises `request.not-found`."""
    found = await requests.get(world.database, id)
    if found is None or found.application_id != application_id:
        raise Refused("request.not-found")
    return found


async def calls_of(world: World, session_id: str) -> list[ClientCall]:
    """Return the calls of a session, oldest first."""
    return await requests.of_session(world.database, session_id)
