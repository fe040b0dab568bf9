"""When an application did what it may do only so often."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from afluente.core.clock import Instant
from afluente.store.database import Reader, Writer
from afluente.store.schema import allowances as table
from afluente.store.statement import Statement

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(list[Instant]).decode

_GET = Statement(
    select(table.c.body).where(table.c.application_id == bindparam("owner"), table.c.what == bindparam("name"))
)
_DROP = Statement(delete(table).where(table.c.application_id == bindparam("owner"), table.c.what == bindparam("name")))
_ADD = Statement(insert(table).values({column.name: bindparam(column.name) for column in table.c}))


async def spent(reader: Reader, application_id: str, what: str) -> list[Instant]:
    """Return when it was done, as it was written last."""
    row = await reader.one(_GET, owner=application_id, name=what)
    return [] if row is None else _decode(row[0])


async def write(writer: Writer, application_id: str, what: str, instants: Sequence[Instant]) -> None:
    """Write when it was done. The caller holds the application's lock."""
    await writer.run(_DROP, owner=application_id, name=what)
    await writer.run(_ADD, application_id=application_id, what=what, body=_encode(list(instants)).decode())
