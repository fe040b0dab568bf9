"""The sandbox's controls: the application's clock and policy, armed faults, answers given elsewhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from afluente.api import errors
from afluente.api.house import ApiHouse
from afluente.core.clock import DAY, HOUR, MINUTE, SECOND, Instant
from afluente.core.outcome import Refused
from afluente.engine.access import applications
from afluente.engine.connecting import connections
from afluente.engine.due import schedule
from afluente.engine.records import reads
from afluente.engine.sandbox import faults
from afluente.engine.sandbox.faults import Fault
from afluente.engine.sandbox.moving import Turn, turn
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

_SPAN = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FARTHEST = 400 * DAY
_LATEST = 16_725_225_600_000
"""2500-01-01: far enough, and everything that falls due later still has a date."""


def _wrong(detail: str) -> Refused:
    return Refused("request.invalid", data={"detail": detail})


def _text(at: Instant) -> str:
    return (_EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _span(text: Any) -> Instant:
    """Read an ISO 8601 duration of weeks, days, hours, minutes and seconds."""
    match = _SPAN.fullmatch(text) if isinstance(text, str) and len(text) < 40 else None
    if match is None or not any(match.groups()):
        raise _wrong("a span is an ISO 8601 duration, such as PT1H or P1D")
    weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return int(weeks * 7 * DAY + days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND)


def _instant(text: Any) -> Instant:
    try:
        parsed = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise _wrong("an instant is an ISO 8601 date-time, such as 2026-01-31T12:00:00Z") from None
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return (parsed - _EPOCH) // timedelta(milliseconds=1)


async def _settled_clock(house: ApiHouse, call: Call) -> Answer:
    now = house.world.now(call.application_id)
    return json({"now": _text(now), "stopped": call.application_id in house.world.stopped})


async def get_clock(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/sandbox/clock`: what time it is for the application, and whether its clock is stopped."""
    return await _settled_clock(house, call)


async def move_clock(house: ApiHouse, call: Call) -> Answer:
    """`POST /api/sandbox/clock`: `{"at": …}` stops it there, `{"advance": "PT1H"}` moves it (and stops it first).

    Everything that falls due on the way happens, in order, before the answer. One call at a time moves it, and others
    wait for their turn.
    """
    body = await call.object()
    world, id = house.world, call.application_id
    async with turn(world, id) as ours:
        await _move(house, id, body, ours)
    return await _settled_clock(house, call)


async def _move(house: ApiHouse, id: str, body: dict[str, Any], ours: Turn) -> None:
    world = house.world
    if world.refresh is not None:
        # somebody else may have moved it while we waited
        await world.refresh()
    stopped = id in world.stopped
    if not stopped:
        await house.settle(id)
    now = world.now(id)
    at = _instant(body["at"]) if "at" in body else now + _span(body.get("advance"))
    if not 0 <= at <= _LATEST:
        raise _wrong("that instant is out of range")
    if at - world.now(id) > _FARTHEST:
        raise _wrong("a clock moves at most 400 days in one call, for everything due on the way is done first")
    if not stopped:
        await schedule.stop_clock(world, id, min(at, now), ours)
    await schedule.advance(world, id, at, house.settle, ours)


async def release_clock(house: ApiHouse, call: Call) -> Answer:
    """`DELETE /api/sandbox/clock`: the machine's time counts again."""
    await schedule.release_clock(house.world, call.application_id)
    return await _settled_clock(house, call)


async def list_faults(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/sandbox/faults`: those that are armed, oldest first."""
    return json({"faults": await faults.listed(house.world, call.application_id)})


async def arm_fault(house: ApiHouse, call: Call) -> Answer:
    """`POST /api/sandbox/faults`: arms one. What matches next ends with its `meaning`.

    - `operation`: what it strikes. `login`, a product's name or `balance` is something done at the institution;
      `http` is the application's next request to a dialect, and `GET /accounts` the next one of that verb and path,
      as the dialect calls it. Without it, whatever is done next at the institution.
    - `institution`, `connection_id`: strike only there (an institution's slug, a connection's id).
    - `times`: how often it strikes, 1 if not given.
    - `said`: the institution's own sentence, which goes with the meaning.
    """
    body = await call.object()
    given = {name: value for name, value in body.items() if name not in ("id", "created_at")}
    made = {"id": house.world.ids.new(), "created_at": house.world.now(call.application_id)}
    try:
        fault = msgspec.convert({**given, **made}, Fault)
    except msgspec.ValidationError as error:
        raise _wrong(str(error)) from None
    if set(given) - set(Fault.__struct_fields__):
        raise _wrong("a fault has no such field")
    return json(await faults.arm(house.world, call.application_id, fault), 201)


async def disarm(house: ApiHouse, call: Call) -> Answer:
    """`DELETE /api/sandbox/faults`: disarms all of them."""
    return json({"disarmed": await faults.disarm(house.world, call.application_id)})


async def get_application(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/application`: the policy, and the public key to encrypt credentials with."""
    application = await applications.find(house.world, call.application_id)
    if application is None:
        raise Refused("request.not-found")
    key = await applications.public_key(house.world, application.id)
    return json(
        {"id": application.id, "name": application.name, "policy": _policy(application.policy), "publicKey": key}
    )


def _policy(policy: applications.Policy) -> dict[str, Any]:
    """Every setting, those at their default too; spans in seconds."""
    values = {name: getattr(policy, name) for name in policy.__struct_fields__}
    rates = {slug: every // SECOND for slug, every in policy.institutions.items()}
    spans = {name: values[name] // SECOND for name in _SPANS}
    return {**values, **spans, "institutions": rates}


_SPANS = ("update_every", "sync_every", "retry_every", "log_kept")


def _rates(house: ApiHouse, given: Any) -> dict[str, Instant]:
    """Read spans in seconds by institution."""
    if not isinstance(given, dict) or not set(given) <= set(house.world.institutions):
        raise _wrong("institutions must have spans in seconds by the slugs of institutions")
    for every in given.values():
        if isinstance(every, bool) or not isinstance(every, int) or not 0 <= every < 10**9:
            raise _wrong("institutions must have spans in seconds by the slugs of institutions")
    return {slug: every * SECOND for slug, every in given.items()}


async def set_policy(house: ApiHouse, call: Call) -> Answer:
    """`PATCH /api/application`: changes what is set for the application; what is not named stays. Spans in seconds.

    - `update_every`: the least time between a success and the next execution that a client asks for (0: none).
    - `sync_every`: how often connections are synced with nobody asking (0: never, as it is at first).
    - `institutions`: how often at institutions that have a rate of their own, by slug.
    - `retries`, `retry_every`: how often a failed automatic sync is tried again, and how far apart (5, an hour).
    - `connections_limit`: how many connections the application may have (0: no bound).
    - `updates_disabled`: refuse every update that a client asks for.
    - `listing`: whether the application may list all its connections.
    - `admission`: what opens a client's session: `open` (nothing), `token`, or `token-and-key`, where data needs a key
      besides.
    - `too_many_status`: with which HTTP status Flinks' API refuses too many requests: 401, 403 or 429.
    - `log_kept`: how long calls and sessions stay in the log (0: for ever; 90 days at first).
    - `active`: whether its keys are activated. `rights`: kinds of data and services that it may have (null: all).
    - `calls_limit`, `updates_limit`: how many calls a minute, and how many updates of one connection a day (0: no
      bound). `signed_requests`: whether it signs what it sends.
    - `sealed_reports`: whether sensitive values in Klavi's reports are encrypted with its secret.
    - `regulated`: whether it is an institution under supervision, which Klavi tells of consents in one event.
    - `quotas`: whether the monthly limits of Open Finance institutions are counted and kept.
    - `origins`: those whose pages may frame the connect page (`["https://shop.example"]`; none, as it is at first).
    """
    body = await call.object()
    for name in _SPANS:
        if name in body:
            if isinstance(body[name], bool) or not isinstance(body[name], int) or not 0 <= body[name] < 10**9:
                raise _wrong(f"{name} must be a number of seconds")
            body[name] = body[name] * SECOND
    if "institutions" in body:
        body["institutions"] = _rates(house, body["institutions"])
    known = applications.Policy.__struct_fields__
    if set(body) - set(known):
        raise _wrong(f"the settings are {', '.join(known)}")
    try:
        msgspec.convert(body, applications.Policy)
    except msgspec.ValidationError as error:
        raise _wrong(str(error)) from None
    return json({"policy": _policy(await applications.set_policy(house.world, call.application_id, **body))})


async def answer_elsewhere(house: ApiHouse, call: Call) -> Answer:
    """`POST /api/sandbox/connections/{id}/answer`: what the user did in the app or with the QR code.

    `{"value": "approved"}` or `{"value": "rejected"}`.
    """
    body = await call.object()
    value = body.get("value", "approved")
    if not isinstance(value, str) or len(value) > 200:
        raise _wrong("value must be a short text")
    id = call.param("id")
    if "\0" in id:
        raise Refused("request.not-found.connection")
    connection = await reads.connection(house.world, call.application_id, id)
    if connection.posed is None:
        raise Refused("request.mfa.not-waiting")
    await connections.come_back(house.world, connection.id, connection.posed.id, value)
    return json({"connection": connection.id, "answered": value})


async def settle(house: ApiHouse, call: Call) -> Answer:
    """`POST /api/sandbox/settle`: answers when none of the application's executions is running any more."""
    await house.settle(call.application_id)
    return json({"settled": True})


async def list_scenarios(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/scenarios`: every way to tell the sandbox what to do, in the language of `locale` or of
    `Accept-Language`. A `value` is typed as it stands, unless it is a sentence.
    """
    return json({"scenarios": house.scenarios(errors.locale_of(house, call))})
