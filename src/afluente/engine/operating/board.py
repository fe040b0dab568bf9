"""What an operator looks through: lists newest first, by any filters, of any length.

A list is entered by one filter, the one that an index knows; what the other filters leave out is passed over. No more
than `LOOKED` entries are looked at for one page, so that a page takes as long as that, whatever is asked: one that has
found fewer than were wanted says behind which entry to go on.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from afluente.core.clock import Instant
from afluente.core.connections import Connection
from afluente.core.events import Event
from afluente.core.outcome import Refused
from afluente.core.sessions import ClientCall, ClientSession
from afluente.engine.outbox.facts import Attempt, Delivery, Selection
from afluente.engine.records import reads
from afluente.engine.world import World
from afluente.store import attempts, connections, deliveries, events, executions, requests, sessions
from afluente.store.executions import Execution
from afluente.store.newest import Cursor

__all__ = ["Attempt", "Cursor", "Delivery", "Execution", "Selection"]

LOOKED = 1_000
"""Entries that are looked at for one page."""

_CHUNK = 250
_EXECUTIONS, _FACTS, _DELIVERIES, _SESSIONS, _CALLS = 20, 200, 50, 20, 100
_MERGED = 40
"""Values that a list is entered by at the same time; with more of them it is looked through."""

Entry = TypeVar("Entry")
Fetch = Callable[[int, Cursor | None, dict[str, Any]], Awaitable[list[Entry]]]


class Wish(msgspec.Struct, frozen=True):
    """Which entries are wanted: `size` of them behind a cursor, where each filter has one of the values it names, and
    between two instants."""

    filters: Mapping[str, tuple[str, ...]] = {}
    since: Instant | None = None
    until: Instant | None = None
    size: int = 50
    before: Cursor | None = None


class Found(msgspec.Struct, Generic[Entry], frozen=True):
    """A page. `following` is where the next one begins, None at the end of the list; a page that is `short` has stopped
    looking before it was full."""

    entries: Sequence[Entry]
    following: Cursor | None = None
    short: bool = False


async def connections_of(world: World, application_id: str, wish: Wish) -> Found[Connection]:
    """Return connections by `user`, `outcome`, `state` and `institution`, those first that were created last."""

    async def fetch(size: int, before: Cursor | None, values: dict[str, Any]) -> list[Connection]:
        return await connections.newest(world.database, application_id, size, before, **values)

    def values(one: Connection) -> Mapping[str, str | None]:
        return {
            "user": one.external_user_id,
            "outcome": one.outcome,
            "state": str(one.state),
            "institution": one.institution,
        }

    return await _page(fetch, wish, ("user", "outcome", "state", "institution"), _created, values)


async def sessions_of(world: World, application_id: str, wish: Wish) -> Found[ClientSession]:
    """Return clients' sessions by `tag`, `meaning`, `institution` and `system`, those first that were opened last."""

    async def fetch(size: int, before: Cursor | None, values: dict[str, Any]) -> list[ClientSession]:
        return await sessions.page(world.database, application_id, size, before, **values)

    def values(one: ClientSession) -> Mapping[str, str | None]:
        return {"tag": one.tag, "meaning": one.meaning, "institution": one.institution, "system": one.system}

    return await _page(fetch, wish, ("tag", "meaning", "institution", "system"), _opened, values, indexed=3)


async def calls_of(world: World, application_id: str, wish: Wish) -> Found[ClientCall]:
    """Return clients' calls by `session_id`, `connection_id`, `meaning`, `system` and `operation`, the last first."""

    async def fetch(size: int, before: Cursor | None, values: dict[str, Any]) -> list[ClientCall]:
        return await requests.page(world.database, application_id, size, before, **values)

    def values(one: ClientCall) -> Mapping[str, str | None]:
        return {
            "session_id": one.session_id,
            "connection_id": one.connection_id,
            "meaning": one.meaning,
            "system": one.system,
            "operation": one.operation,
        }

    order = ("session_id", "connection_id", "meaning", "system", "operation")
    return await _page(fetch, wish, order, _made, values, indexed=4)


def _created(one: Connection) -> Cursor:
    return one.created_at, one.id


def _opened(one: ClientSession) -> Cursor:
    return one.opened_at, one.id


def _made(one: ClientCall) -> Cursor:
    return one.at, one.number, one.id


async def _page(
    fetch: Fetch[Entry],
    wish: Wish,
    order: Sequence[str],
    place: Callable[[Entry], Cursor],
    values: Callable[[Entry], Mapping[str, str | None]],
    indexed: int | None = None,
) -> Found[Entry]:
    """Look for a page. Of the filters, in their `order`, the first that an index knows (the first `indexed` of them
    do) is what the list is entered by."""
    span = {name: at for name, at in (("since", wish.since), ("until", wish.until)) if at is not None}
    named = [name for name in order[:indexed] if name in wish.filters]
    entry = next((name for name in named if len(wish.filters[name]) <= _MERGED), None)
    residual = {name: set(wanted) for name, wanted in wish.filters.items() if name != entry}
    ways = [{**span, entry: value} for value in wish.filters[entry]] if entry is not None else [span]
    chunk = wish.size + 1 if not residual else _CHUNK
    found: list[Entry] = []
    before, looked = wish.before, 0
    while ways:
        merged = [await fetch(chunk, before, way) for way in ways]
        rows = merged[0] if len(merged) == 1 else list(_merged(merged, place, chunk))
        for row in rows:
            told = values(row) if residual else {}
            if all(told[name] in wanted for name, wanted in residual.items()):
                if len(found) == wish.size:
                    return Found(found, place(found[-1]))
                found.append(row)
        looked += len(rows)
        if len(rows) < chunk:
            break
        before = place(rows[-1])
        if looked >= LOOKED:
            return Found(found, before, short=True)
        await asyncio.sleep(0)
    return Found(found)


def _merged(lists: list[list[Entry]], place: Callable[[Entry], Cursor], size: int) -> list[Entry]:
    return list(heapq.merge(*lists, key=place, reverse=True))[:size]


# -- one connection ----------------------------------------------------------------------------------------------------


class Story(msgspec.Struct, frozen=True):
    """What was done with one connection: its last executions and sessions, the calls about it, the last facts told of
    it, and the messages about them with every attempt. Newest first, but for the calls of a session and the attempts.
    """

    connection: Connection
    executions: list[Execution]
    events: list[Event]
    sessions: list[tuple[ClientSession, list[ClientCall]]]
    deliveries: list[tuple[Delivery, list[Attempt]]]
    calls: list[ClientCall]

    @property
    def alone(self) -> list[ClientCall]:
        """The calls about it that belong to none of its sessions."""
        known = {call.id for _, calls in self.sessions for call in calls}
        return [call for call in self.calls if call.id not in known]

    @property
    def asked(self) -> list[ClientCall]:
        """Every call, those of the sessions and the others, each once."""
        return [*(call for _, calls in self.sessions for call in calls), *self.alone]


async def story(world: World, application_id: str, connection_id: str) -> Story:
    """Return a connection's story. Raises `request.not-found.connection`."""
    connection = await reads.connection(world, application_id, connection_id)
    reader = world.database
    opened = await sessions.of_connection(reader, application_id, connection_id, _SESSIONS)
    chosen = Selection(connection_id=connection_id)
    sent = await deliveries.selected(reader, application_id, chosen, _DELIVERIES, 2**62)
    return Story(
        connection,
        await executions.latest(reader, connection_id, _EXECUTIONS),
        await events.before(reader, connection_id, 2**31 - 1, _FACTS),
        [(one, await requests.of_session(reader, one.id)) for one in opened],
        [(one, await attempts.of_delivery(reader, one.id)) for one in sent],
        await requests.about(reader, application_id, connection_id, _CALLS),
    )


async def execution(world: World, application_id: str, id: str) -> Execution:
    """Return one execution. Raises `request.not-found`."""
    found = await executions.get(world.database, id)
    if found is None or found.application_id != application_id:
        raise Refused("request.not-found")
    return found
