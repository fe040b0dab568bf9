"""Logins that must rest: an institution that names a time is not called on again before it has come.

A meaning of the catalogue whose retry names a time of half an hour or more, or a rule such as the next day, freezes the
login that ended in it: this user at this institution, through whatever connection. Until then every attempt ends in
the same meaning and the institution hears nothing of it. Shorter waits are pauses that whoever calls keeps to, and
attempts that are numbered are an outage, which locks nobody out.

What is frozen stands in what is remembered of the institution, as the instant of its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from afluente.catalogue import Meaning
from afluente.core.clock import DAY, MINUTE, Instant
from afluente.core.connections import Connection
from afluente.core.institutions import Institution
from afluente.core.outcome import Refused
from afluente.engine.institutions.quotas import next_month
from afluente.engine.world import World
from afluente.store import applications, memory
from afluente.store.database import Reader

_SHORTEST: Instant = 30 * MINUTE
_KEY = "frozen/"


class Resting(Refused):
    """A login that was not tried, because it must rest: the meaning is that of the attempt which it rests from."""


def span_of(meaning: Meaning, now: Instant) -> Instant | None:
    """Return how long a login rests that ended in this meaning now; None where it need not.

    One that may be tried on the next day is not tried within a day; what is there again with the next month is tried
    when that begins.
    """
    retry = meaning.retry
    if retry.times is not None:
        return None
    if retry.kind == "at":
        return _by_rule(retry.rule, now) - now
    span = retry.span // timedelta(milliseconds=1) if retry.span is not None else 0
    return span if span >= _SHORTEST else None


def again_at(meaning: Meaning, now: Instant) -> Instant | None:
    """Return from when on what ended in a meaning may be tried again, where that is a known instant."""
    retry = meaning.retry
    if retry.kind == "at":
        return _by_rule(retry.rule, now)
    return now + retry.span // timedelta(milliseconds=1) if retry.kind == "after" and retry.span else None


def _by_rule(rule: str | None, now: Instant) -> Instant:
    return next_month(now) if rule == "next-month" else now + DAY


async def rested(
    reader: Reader, world: World, connection: Connection, institution: Institution, values: Mapping[str, str]
) -> bool:
    """Tell whether a login had to rest, and has."""
    until, meaning = await _frozen(reader, world, connection, institution, values)
    return bool(meaning) and world.now(connection.application_id) >= until


async def check(world: World, connection: Connection, institution: Institution, values: Mapping[str, str]) -> bool:
    """Raise `Resting` with what the login ended in, while it must rest; tell whether it had to, and has."""
    until, meaning = await _frozen(world.database, world, connection, institution, values)
    if meaning and world.now(connection.application_id) < until:
        raise Resting(meaning)
    return bool(meaning)


async def _frozen(
    reader: Reader, world: World, connection: Connection, institution: Institution, values: Mapping[str, str]
) -> tuple[Instant, str]:
    key = _key_of(world, institution, values)
    written = await memory.recall(reader, connection.application_id, institution.slug, key)
    until, _, meaning = (written or "0 ").partition(" ")
    return int(until), meaning


async def note(
    world: World, connection: Connection, institution: Institution, values: Mapping[str, str], refused: Refused
) -> None:
    """Let a login rest that ended in a meaning which asks for it."""
    now = world.now(connection.application_id)
    span = span_of(world.meaning(refused.meaning), now)
    if span is not None:
        await _write(world, connection, institution, values, f"{now + span} {refused.meaning}")


async def forget(world: World, connection: Connection, institution: Institution, values: Mapping[str, str]) -> None:
    """Drop a rest that is over, once the login has been let in."""
    key = _key_of(world, institution, values)
    if await memory.recall(world.database, connection.application_id, institution.slug, key) is not None:
        await _write(world, connection, institution, values, None)


async def _write(
    world: World, connection: Connection, institution: Institution, values: Mapping[str, str], value: str | None
) -> None:
    async with world.database.transaction() as writer:
        await applications.lock(writer, connection.application_id)
        key = _key_of(world, institution, values)
        await memory.remember(writer, connection.application_id, institution.slug, key, value)


def _key_of(world: World, institution: Institution, values: Mapping[str, str]) -> str:
    """Return the key of whoever logs in, by the first field of the form."""
    user = values.get(institution.fields[0].name, "") if institution.fields else ""
    return _KEY + world.vault.fingerprint(f"user:{institution.slug}:{user}")
