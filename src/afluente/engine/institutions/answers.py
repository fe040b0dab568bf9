"""Answers that a user has left for questions to come: sealed with the credentials, tried at the next login."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from afluente.core.outcome import Refused
from afluente.engine.institutions import credentials as typed
from afluente.engine.institutions.credentials import ANSWER
from afluente.engine.world import World
from afluente.store import connections


async def kept(world: World, application_id: str, connection_id: str) -> dict[str, str]:
    """Return the answers by question. Raises `request.not-found.connection`."""
    found = await connections.get(world.database, connection_id)
    if found is None or found.application_id != application_id:
        raise Refused("request.not-found.connection")
    values = (await typed.read(world.database, world.vault, connection_id)).values
    return {name.removeprefix(ANSWER): value for name, value in values.items() if name.startswith(ANSWER)}


async def keep(world: World, application_id: str, connection_id: str, answers: Mapping[str, str | None]) -> None:
    """Keep answers by question; None forgets one. Raises `request.not-found.connection`."""
    async with world.database.transaction() as writer:
        found = await connections.lock(writer, connection_id)
        if found is None or found.application_id != application_id:
            raise Refused("request.not-found.connection")
        stored = await typed.read(writer, world.vault, connection_id)
        changed: dict[str, str | None] = {**stored.values, **{ANSWER + name: value for name, value in answers.items()}}
        left = {name: value for name, value in changed.items() if value is not None}
        institution = world.institutions[found.institution]
        await typed.write(writer, world.vault, institution, connection_id, replace(stored, values=left))
