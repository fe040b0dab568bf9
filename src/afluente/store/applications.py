"""Applications: the API clients."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from sqlalchemy import BigInteger, bindparam, cast, null, select, union_all, update

from afluente.core.clock import DAY, HOUR, Instant
from afluente.store.database import Reader, Writer
from afluente.store.schema import applications, faults
from afluente.store.statement import Statement

_Origin = Annotated[str, msgspec.Meta(pattern=r"^https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?$", max_length=300)]
_FROM_0 = msgspec.Meta(ge=0, le=10**15)


class Policy(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is set for one application.

    `update_every` is the least time between two executions that a client may ask for, in milliseconds (0: none).
    `sync_every` is how often connections are synced with nobody asking (0: never), `institutions` the same, by slug,
    for those that have a rate of their own; a failed automatic sync is tried again `retries` times, `retry_every`
    apart. `connections_limit` bounds how many connections it may have (0: no bound). `listing` lets it list all its
    connections. `admission` is what a client's session has to show: nothing (`open`), a token that opens it (`token`),
    or a key at every call besides (`token-and-key`). `too_many_status` is the HTTP status with which too many requests
    are refused by a system that is known to have several.

    Calls and sessions stay in its log for `log_kept` (0: for ever).

    `active` says that its keys open anything, `rights` which kinds of data and services it may have (None: all).
    `calls_limit` bounds its calls in a span that the system names, `updates_limit` the updates of one connection
    (0: no bound). With `signed_requests` bodies must be signed where a system's clients can sign them.
    With `quotas` the monthly limits of Open Finance institutions are counted and kept.
    `origins` are those whose pages may frame the connect page.
    """

    update_every: Annotated[Instant, _FROM_0] = 0
    sync_every: Annotated[Instant, _FROM_0] = 0
    institutions: dict[str, Annotated[Instant, _FROM_0]] = {}
    retries: Annotated[int, _FROM_0] = 5
    retry_every: Annotated[Instant, _FROM_0] = HOUR
    connections_limit: Annotated[int, _FROM_0] = 0
    updates_disabled: bool = False
    listing: bool = True
    admission: Literal["open", "token", "token-and-key"] = "open"
    too_many_status: Literal[401, 403, 429] = 401
    log_kept: Annotated[Instant, _FROM_0] = 90 * DAY
    active: bool = True
    rights: tuple[str, ...] | None = None
    calls_limit: Annotated[int, _FROM_0] = 0
    updates_limit: Annotated[int, _FROM_0] = 0
    signed_requests: bool = False
    quotas: bool = False
    origins: Annotated[tuple[_Origin, ...], msgspec.Meta(max_length=100)] = ()


class Application(msgspec.Struct, frozen=True):
    """One API client. `clock` is where its own clock stands; None means that it goes with the machine's.

    Until `former_until`, by the machine's clock, the secret that was replaced opens as well.
    """

    id: str
    name: str
    secret_hash: str
    clock: Instant | None
    policy: Policy
    sealed_key: bytes | None = None
    former_hash: str | None = None
    former_until: Instant | None = None


class Keys(msgspec.Struct, frozen=True):
    """What opens an application: read at each call of the systems whose callers send their secret with it."""

    id: str
    secret_hash: str
    former_hash: str | None = None
    former_until: Instant | None = None
    active: bool = True


_columns = (
    applications.c.id,
    applications.c.name,
    applications.c.secret_hash,
    applications.c.clock,
    applications.c.body,
    applications.c.sealed_key,
    applications.c.former_hash,
    applications.c.former_until,
)
# read at nearly every call, and hardly ever changed
_policy = lru_cache(maxsize=256)(msgspec.json.Decoder(Policy).decode)
_GET = Statement(select(*_columns).where(applications.c.id == bindparam("id")))
_KEYS = Statement(
    select(
        applications.c.id,
        applications.c.secret_hash,
        applications.c.former_hash,
        applications.c.former_until,
        applications.c.body,
    ).where(applications.c.id == bindparam("id"))
)
_ALL = Statement(select(*_columns).order_by(applications.c.created_at, applications.c.id))
_LOCK = Statement(select(*_columns).where(applications.c.id == bindparam("id")).with_for_update(key_share=True))
_NEW = ("id", "name", "secret_hash", "body", "created_at")
_CLOCK = Statement(
    update(applications).where(applications.c.id == bindparam("app")).values(clock=bindparam("clock_at"))
)
_SANDBOXES = Statement(
    union_all(
        select(applications.c.id, applications.c.clock).where(applications.c.clock.is_not(None)),
        select(faults.c.application_id, cast(null(), BigInteger)).distinct(),
    )
)
_POLICY = Statement(update(applications).where(applications.c.id == bindparam("app")).values(body=bindparam("policy")))
_KEY = Statement(
    update(applications).where(applications.c.id == bindparam("app")).values(sealed_key=bindparam("sealed"))
)


_SECRET = Statement(
    update(applications)
    .where(applications.c.id == bindparam("app"))
    .values(secret_hash=bindparam("new_hash"), former_hash=bindparam("new_former"), former_until=bindparam("new_until"))
)


def _application(
    row: tuple[str, str, str, Instant | None, str, bytes | None, str | None, Instant | None],
) -> Application:
    return Application(*row[:4], _policy(row[4]), *row[5:])


async def get(reader: Reader, id: str) -> Application | None:
    """Return one application."""
    row = await reader.one(_GET, id=id)
    return None if row is None else _application(row)


async def keys(reader: Reader, id: str) -> Keys | None:
    """Return what opens one application."""
    row = await reader.one(_KEYS, id=id)
    return None if row is None else Keys(*row[:4], _policy(row[4]).active)


async def lock(writer: Writer, id: str) -> Application | None:
    """Return one application, and let nobody else who does so go on until the transaction ends."""
    row = await writer.one(_LOCK, id=id)
    return None if row is None else _application(row)


async def every(reader: Reader) -> list[Application]:
    """Return all, oldest first."""
    return [_application(row) for row in await reader.all(_ALL)]


async def add(writer: Writer, application: Application, at: Instant) -> None:
    """Store a new one; one that is there (two servers may start at once) stays as it is."""
    body = msgspec.json.encode(application.policy).decode()
    row = (application.id, application.name, application.secret_hash, body, at)
    await writer.merge("applications", _NEW, [row], ("secret_hash", "body", "created_at"))


async def set_clock(writer: Writer, id: str, at: Instant | None) -> None:
    """Stop the application's clock at an instant, or let it go with the machine's again."""
    await writer.run(_CLOCK, app=id, clock_at=at)


async def sandboxes(reader: Reader) -> tuple[dict[str, Instant], set[str]]:
    """Return where the clocks stand that are stopped, and which applications have a fault armed."""
    clocks, struck = dict[str, Instant](), set[str]()
    for id, at in await reader.all(_SANDBOXES):
        if at is None:
            struck.add(str(id))
        else:
            clocks[str(id)] = int(at)
    return clocks, struck


async def set_policy(writer: Writer, id: str, policy: Policy) -> None:
    """Replace what is set for it."""
    await writer.run(_POLICY, app=id, policy=msgspec.json.encode(policy).decode())


async def set_secret(writer: Writer, id: str, hashed: str, former: str | None, until: Instant | None) -> None:
    """Replace the hash of its secret; `former` opens beside it until an instant."""
    await writer.run(_SECRET, app=id, new_hash=hashed, new_former=former, new_until=until)


async def set_key(writer: Writer, id: str, sealed: bytes) -> None:
    """Keep the sealed private key that its encrypted parameters are opened with."""
    await writer.run(_KEY, app=id, sealed=sealed)
