"""Visits: how each operation of an execution went at its institution. They tell of nobody."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from afluente.core.clock import Instant
from afluente.store.database import Reader, Writer
from afluente.store.dues import on_the_machines_clock
from afluente.store.schema import visits
from afluente.store.statement import Statement


class Visit(msgspec.Struct, frozen=True):
    """One visit; `went` says of each operation (`login`, or a product) whether the institution did it."""

    institution: str
    ended_at: Instant
    went: dict[str, bool]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, bool]).decode

_ADD = Statement(
    insert(visits).values({name: bindparam(name) for name in ("application_id", "institution", "ended_at", "body")})
)
_OLD = (
    select(visits.c.number)
    .where(visits.c.application_id == bindparam("application_id"), visits.c.ended_at < bindparam("before"))
    .order_by(visits.c.ended_at)
    .limit(bindparam("size"))
)
_DROP = Statement(delete(visits).where(visits.c.number.in_(_OLD)))
_columns = (visits.c.institution, visits.c.ended_at, visits.c.body)
_newest = (visits.c.ended_at.desc(), visits.c.number.desc())
_OF = Statement(
    select(*_columns)
    .where(visits.c.application_id == bindparam("application_id"), visits.c.ended_at >= bindparam("since"))
    .order_by(*_newest)
    .limit(bindparam("size"))
)
_AT = Statement(
    select(*_columns)
    .where(
        visits.c.application_id == bindparam("application_id"),
        visits.c.ended_at >= bindparam("since"),
        visits.c.institution == bindparam("institution"),
    )
    .order_by(*_newest)
    .limit(bindparam("size"))
)
# those that were written last are those of the last instants, but for an application whose clock is stopped: it has a
# time of its own
_EVERY = Statement(
    select(*_columns)
    .where(visits.c.ended_at >= bindparam("since"), on_the_machines_clock(visits.c.application_id))
    .order_by(visits.c.number.desc())
    .limit(bindparam("size"))
)


async def add(writer: Writer, application_id: str, visit: Visit) -> None:
    """Store the visit of an execution."""
    await writer.run(
        _ADD,
        application_id=application_id,
        institution=visit.institution,
        ended_at=visit.ended_at,
        body=_encode(visit.went).decode(),
    )


async def drop(writer: Writer, application_id: str, before: Instant, size: int) -> int:
    """Delete up to `size` of an application's visits that ended before an instant; return how many there were."""
    return await writer.run(_DROP, application_id=application_id, before=before, size=size)


async def latest(reader: Reader, since: Instant, size: int, application_id: str | None = None) -> list[Visit]:
    """Return up to `size` visits since an instant, newest first: one application's, or those of all whose clock goes
    with the machine's."""
    values: Mapping[str, str] = {} if application_id is None else {"application_id": application_id}
    rows = await reader.all(_OF if values else _EVERY, since=since, size=size, **values)
    return [Visit(str(row[0]), int(row[1]), _decode(row[2])) for row in rows]


async def at(reader: Reader, institution: str, since: Instant, size: int, application_id: str) -> list[Visit]:
    """Return up to `size` of an application's visits to one institution since an instant, newest first."""
    rows = await reader.all(_AT, institution=institution, since=since, size=size, application_id=application_id)
    return [Visit(str(row[0]), int(row[1]), _decode(row[2])) for row in rows]
