"""Applications: the API clients."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from sqlalchemy import BigInteger, and_, bindparam, cast, null, or_, select, union_all, update

from afluente.core.clock import DAY, HOUR, Instant
from afluente.core.connections import Connection
from afluente.store.database import Reader, Row, Writer
from afluente.store.dues import Dues
from afluente.store.schema import applications, connections, faults
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
    With `sealed_reports` the sensitive values of reports are encrypted with its secret. One that is `regulated` is an
    institution under supervision, which some systems tell of consents in other words.
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
    sealed_reports: bool = False
    regulated: bool = False
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
_connection = msgspec.json.Decoder(Connection).decode
_opens = select(
    applications.c.id,
    applications.c.secret_hash,
    applications.c.former_hash,
    applications.c.former_until,
    applications.c.body,
).where(applications.c.id == bindparam("id"))
_KEYS = Statement(_opens)
_own = and_(connections.c.id == bindparam("connection_id"), connections.c.application_id == applications.c.id)
_KEYS_AND_CONNECTION = Statement(
    _opens.add_columns(connections.c.body).select_from(applications.outerjoin(connections, _own))
)
_ALL = Statement(select(*_columns).order_by(applications.c.created_at, applications.c.id))
_LOCK = Statement(select(*_columns).where(applications.c.id == bindparam("id")).with_for_update(key_share=True))
_NEW = ("id", "name", "secret_hash", "body", "created_at", "log_due_at")
# the log is looked at anew: what is old on one clock is not on another
_CLOCK = Statement(
    update(applications)
    .where(applications.c.id == bindparam("app"), applications.c.moved_by == bindparam("holder"))
    .values(clock=bindparam("clock_at"))
)
_OTHER_CLOCK = Statement(
    update(applications)
    .where(applications.c.id == bindparam("app"), applications.c.moved_by == bindparam("holder"))
    .values(clock=bindparam("clock_at"), log_due_at=0)
)
_TAKE_TURN = Statement(
    update(applications)
    .where(
        applications.c.id == bindparam("app"),
        or_(applications.c.moved_by.is_(None), applications.c.moved_until <= bindparam("now")),
    )
    .values(moved_by=bindparam("new_holder"), moved_until=bindparam("new_until"))
)
_KEEP_TURN = Statement(
    update(applications)
    .where(applications.c.id == bindparam("app"), applications.c.moved_by == bindparam("holder"))
    .values(moved_until=bindparam("new_until"))
)
_END_TURN = Statement(
    update(applications)
    .where(applications.c.id == bindparam("app"), applications.c.moved_by == bindparam("holder"))
    .values(moved_by=null(), moved_until=null())
)
_END_TURNS = Statement(
    update(applications).where(applications.c.moved_by.is_not(None)).values(moved_by=null(), moved_until=null())
)
_LOG_DUES = Dues(applications.c.id, applications.c.log_due_at, applications.c.id)
_LOOK_AT_LOG = Statement(
    update(applications).where(applications.c.id == bindparam("app")).values(log_due_at=bindparam("new_due"))
)

log_due_until = _LOG_DUES.until
"""Those whose log is to be looked at for what is too old."""

_SANDBOXES = Statement(
    union_all(
        select(applications.c.id, applications.c.clock).where(applications.c.clock.is_not(None)),
        select(faults.c.application_id, cast(null(), BigInteger)).distinct(),
    )
)
_POLICY = Statement(
    update(applications).where(applications.c.id == bindparam("app")).values(body=bindparam("policy"), log_due_at=0)
)
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
    return None if row is None else _opening(row)


async def keys_and_connection(reader: Reader, id: str, connection_id: str) -> tuple[Keys | None, Connection | None]:
    """Return what opens one application, and the connection of that id if it is the application's, in one look."""
    row = await reader.one(_KEYS_AND_CONNECTION, id=id, connection_id=connection_id)
    if row is None:
        return None, None
    return _opening(row[:-1]), None if row[-1] is None else _connection(row[-1])


def _opening(row: Row) -> Keys:
    known, secret_hash, former_hash, former_until, body = row
    return Keys(known, secret_hash, former_hash, former_until, _policy(body).active)


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
    row = (application.id, application.name, application.secret_hash, body, at, at)
    await writer.merge("applications", _NEW, [row], ("secret_hash", "body", "created_at", "log_due_at"))


async def set_clock(writer: Writer, id: str, at: Instant | None, holder: str, moved: bool = False) -> bool:
    """Stop the application's clock at an instant, or let it go with the machine's again; `moved` is one that stood
    already. Nothing happens, and False is returned, where it is not the holder's turn."""
    return await writer.run(_CLOCK if moved else _OTHER_CLOCK, app=id, clock_at=at, holder=holder) == 1


async def take_turn(writer: Writer, id: str, holder: str, now: Instant, until: Instant) -> bool:
    """Take the turn at the application's clock until an instant of the machine's clock, unless somebody has it; tell
    whether it is the holder's."""
    return await writer.run(_TAKE_TURN, app=id, now=now, new_holder=holder, new_until=until) == 1


async def keep_turn(writer: Writer, id: str, holder: str, until: Instant) -> bool:
    """Keep the turn until another instant; tell whether it is the holder's still: somebody else may have had it since,
    and have moved the clock."""
    return await writer.run(_KEEP_TURN, app=id, holder=holder, new_until=until) == 1


async def end_turn(writer: Writer, id: str, holder: str) -> None:
    """Give the turn back, if it is the holder's still."""
    await writer.run(_END_TURN, app=id, holder=holder)


async def end_turns(writer: Writer) -> None:
    """Take all turns away: those of a process that died, where there is only one."""
    await writer.run(_END_TURNS)


async def look_at_log(writer: Writer, id: str, at: Instant) -> None:
    """Have the application's log looked at for what is too old at an instant."""
    await writer.run(_LOOK_AT_LOG, app=id, new_due=at)


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
