"""Tokens that open one session: handed out to who knows the application's secret, good once and not for long.

Only their digests are kept, on the application's clock, so a token that was used stays used over a restart.
"""

from __future__ import annotations

from hashlib import sha256

from afluente.core.clock import MINUTE, Instant
from afluente.core.outcome import Refused
from afluente.engine.world import World
from afluente.store import applications, memory

LASTS: Instant = 30 * MINUTE
_PLACE = "admissions"
"""What the tokens are remembered under; no institution is called so."""


async def issue(world: World, application_id: str) -> str:
    """Return a new token; those that have run out are forgotten."""
    token, now = world.ids.new(), world.now(application_id)
    async with world.database.transaction() as writer:
        await applications.lock(writer, application_id)
        await memory.forget_below(writer, application_id, _PLACE, _text(now))
        await memory.remember(writer, application_id, _PLACE, _digest(token), _text(now + LASTS))
    return token


async def whose(world: World, token: str) -> str | None:
    """Return the application that a token was handed out for; None for one that is none, or was used."""
    return await memory.who_remembers(world.database, _PLACE, _digest(token))


async def redeem(world: World, application_id: str, token: str) -> None:
    """Use a token up. Raises `request.unauthenticated.token` for one that is none, was used, or has run out."""
    async with world.database.transaction() as writer:
        await applications.lock(writer, application_id)
        until = await memory.recall(writer, application_id, _PLACE, _digest(token))
        if until is not None:
            await memory.remember(writer, application_id, _PLACE, _digest(token), None)
    if until is None or until <= _text(world.now(application_id)):
        raise Refused("request.unauthenticated.token")


def _digest(token: str) -> str:
    return sha256(token.strip().lower().encode()).hexdigest()


def _text(at: Instant) -> str:
    """Return an instant as a text that sorts as it does."""
    return f"{at:016}"
