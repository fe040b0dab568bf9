"""Edits of the catalogue's sentences, one row each. `number` is the order of writing."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, insert, select

from afluente.core.wordings import Wording
from afluente.store.database import Reader, Writer
from afluente.store.schema import wordings as table
from afluente.store.statement import Statement

_decode = msgspec.json.Decoder(Wording).decode
_encode = msgspec.json.Encoder().encode

_INSERT = Statement(
    insert(table).values(
        application_id=bindparam("application_id"),
        meaning=bindparam("meaning"),
        locale=bindparam("locale"),
        body=bindparam("body"),
    )
)
_OF = Statement(
    select(table.c.body)
    .where(table.c.application_id == bindparam("application_id"), table.c.meaning == bindparam("meaning"))
    .order_by(table.c.number.desc())
    .limit(bindparam("size"))
)
_LAST = Statement(
    select(table.c.body)
    .where(
        table.c.application_id == bindparam("application_id"),
        table.c.meaning == bindparam("meaning"),
        table.c.locale == bindparam("locale"),
    )
    .order_by(table.c.number.desc())
    .limit(1)
)


async def add(writer: Writer, wording: Wording) -> None:
    """Store a new one."""
    await writer.run(
        _INSERT,
        application_id=wording.application_id,
        meaning=wording.meaning,
        locale=wording.locale,
        body=_encode(wording).decode(),
    )


async def last(reader: Reader, application_id: str, meaning: str, locale: str) -> Wording | None:
    """Return the one that stands in a language; None where nobody ever edited it."""
    row = await reader.one(_LAST, application_id=application_id, meaning=meaning, locale=locale)
    return None if row is None else _decode(row[0])


async def of(reader: Reader, application_id: str, meaning: str, size: int) -> list[Wording]:
    """Return those of a meaning in all languages, newest first."""
    return [_decode(row[0]) for row in await reader.all(_OF, application_id=application_id, meaning=meaning, size=size)]
