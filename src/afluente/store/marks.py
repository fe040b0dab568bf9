"""What connections are found by beside their user: words that the dialect which made them chose, never changed."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import bindparam, insert, select, tuple_

from afluente.core.clock import Instant
from afluente.core.connections import Connection
from afluente.store.database import Reader, Writer
from afluente.store.schema import connection_marks, connections
from afluente.store.statement import Statement

_decode = msgspec.json.Decoder(Connection).decode

_c = connection_marks.c
_ADD = Statement(insert(connection_marks).values({column.name: bindparam(column.name) for column in _c}))
_PAGE = Statement(
    select(connections.c.body)
    .join(connection_marks, _c.connection_id == connections.c.id)
    .where(
        _c.application_id == bindparam("application_id"),
        _c.mark == bindparam("mark"),
        # as pairs, so that the index is entered in the right place
        tuple_(_c.created_at, _c.connection_id) > tuple_(bindparam("after_at"), bindparam("after_id")),
    )
    .order_by(_c.created_at, _c.connection_id)
    .limit(bindparam("size"))
)


async def add(writer: Writer, connection: Connection, marks: Iterable[str]) -> None:
    """Mark a new connection; the marks go with it."""
    for mark in dict.fromkeys(marks):
        await writer.run(
            _ADD,
            connection_id=connection.id,
            mark=mark,
            application_id=connection.application_id,
            created_at=connection.created_at,
        )


async def page(
    reader: Reader, application_id: str, mark: str, size: int, after: tuple[Instant, str] = (-1, "")
) -> list[Connection]:
    """Return up to `size` connections with a mark in order of creation, behind `after`."""
    rows = await reader.all(
        _PAGE, application_id=application_id, mark=mark, size=size, after_at=after[0], after_id=after[1]
    )
    return [_decode(row[0]) for row in rows]
