"""The log of calls: what the calls of one API leave behind, before their answers are sent.

Who is told that a call was refused is told an id too, and finds under it what was asked and what came of it; and
whoever looks on sees what clients changed. A read that succeeds leaves nothing. Bodies, queries, headers and what
stands for a secret in a path are never written down.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType

from afluente.core.clock import MINUTE, Instant
from afluente.core.outcome import Refused
from afluente.core.sessions import ClientCall
from afluente.engine.operating import requests
from afluente.engine.records import reads
from afluente.engine.world import World
from afluente.web.calls import Call, Host

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
EVERY = CHANGING | {"GET", "HEAD"}

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHOWN = re.compile(rf"{_ID.pattern}|[0-9]{{1,10}}")
"""A tax number has eleven digits or more."""
_WORD = re.compile(r"[A-Za-z]{1,32}|[a-z]+(?:[-_][a-z]+){1,4}|v[0-9]{1,2}")
_VARIABLE = re.compile(r"\{([^}:]+)[^}]*\}")
_STANDS = MappingProxyType({202: "progress"})
_STRANGERS_IN_A_MINUTE = 60
"""Rows that callers whose key does not open leave an application's log in a minute of the machine's clock: whoever
knows its name alone must not fill it. What is more is in the server's own log only."""

_LOOKED_UP = 3
"""Ids of one call that are looked up among the connections."""


class Logbook:
    """What an API's own calls are written down by.

    `verbs` are those whose calls are written down when they succeed as well. `keys` are the accesses (`Host.admit`)
    by which a caller is known whose call came to nothing before anybody asked: no such path, no such verb. `stands`
    is what a status means where a handler has not said it better.
    """

    def __init__(
        self,
        world: World,
        host: Host,
        system: str,
        *,
        verbs: frozenset[str] = CHANGING,
        keys: tuple[str, ...] = (),
        stands: Mapping[int, str] = _STANDS,
    ) -> None:
        self.world = world
        self.host = host
        self.system = system
        self.verbs = verbs
        self.keys = keys
        self.stands = stands
        self._minute: Instant = 0
        self._strangers = Counter[str]()

    def bears(self, application_id: str) -> bool:
        """Count a call that only names an application, and say whether it is one of the minute's first."""
        minute = self.world.clock.now() // MINUTE
        if minute != self._minute:
            self._minute, self._strangers = minute, Counter[str]()
        self._strangers[application_id] += 1
        return self._strangers[application_id] <= _STRANGERS_IN_A_MINUTE

    def of(self, path: str, operation: str | None = None, *, refusals_only: bool = False) -> Lines:
        """Return what writes down the calls of one path; they are called by verb and path where they have no name.

        `refusals_only`: what succeeds there changes nothing, or its handler writes it down itself.
        """
        return Lines(self, path, operation, frozenset() if refusals_only else self.verbs)


class Lines:
    """The lines of one path in a log: see `calls.Log`."""

    def __init__(self, book: Logbook, path: str, operation: str | None, verbs: frozenset[str]) -> None:
        self.verbs = verbs
        self._book = book
        self._path = path
        self._operation = operation

    async def write(self, call: Call, status: int) -> None:
        """Write a call down, under its id; one that names no application belongs to nobody, and is not, and neither
        are too many that name one and do not open it."""
        book, (meaning, id) = self._book, call.refused or (call.meaning, call.id)
        application_id = await self._whose(call, meaning)
        # some systems name the application in the path, and ask for a key behind that
        unknown = call.refused is not None and call.refused[0].startswith("request.unauthenticated")
        stranger = unknown or (call.refused is not None and not call.application_id)
        if not application_id or (stranger and not book.bears(application_id)):
            return
        world, path = book.world, _told(call, self._path)
        await requests.write(
            world,
            ClientCall(
                id=id or book.host.error_id(),
                application_id=application_id,
                system=book.system,
                operation=self._operation or f"{call.method} {self._path or path}",
                meaning=meaning or book.stands.get(status, "success"),
                status=status,
                at=world.now(application_id),
                took=max(0, world.clock.now() - call.came_at),
                session_id=call.session_id,
                connection_id=await _connection(call, application_id),
                verb=call.method,
                path=path,
                said=call.said,
                details={**(call.details or {}), **({"fields": ", ".join(call.fields)} if call.fields else {})},
            ),
        )

    async def _whose(self, call: Call, meaning: str | None) -> str:
        found = call.application_id or call.named
        if found or meaning is None or meaning.startswith("request.unauthenticated"):
            return found
        for access in self._book.keys:
            try:
                asked = self._book.host.admit(call, access)
                if asked is not None:
                    await asked
            except Refused:
                continue
            break
        return call.application_id or call.named


def _told(call: Call, path: str) -> str:
    """Return a path as it may be kept: of its variables the ids and numbers, of one that nobody has plain words."""
    given: Mapping[str, object] = call.scope.get("path_params", {})
    if path:

        def filled(found: re.Match[str]) -> str:
            value = str(given.get(found[1], ""))
            return value if _SHOWN.fullmatch(value.lower()) else f"{{{found[1]}}}"

        return _VARIABLE.sub(filled, path)
    parts = call.path.split("/")[:8]
    return "/".join(part if not part or _WORD.fullmatch(part) else "…" for part in parts)


async def _connection(call: Call, application_id: str) -> str | None:
    """Return the connection that a call is about: as a handler found out, or as path or query name it.

    Where there is a session, that is what knows.
    """
    if call.connection_id is not None or call.session_id is not None:
        return call.connection_id
    named = [str(value).lower() for value in call.scope.get("path_params", {}).values()]
    with suppress(Refused):  # a query that nobody can read
        named += [value.lower() for _, value in call.query]
    for id in [one for one in named if _ID.fullmatch(one)][:_LOOKED_UP]:
        if await reads.known(call.world, application_id, id) is not None:
            return id
    return None
