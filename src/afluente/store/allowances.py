"""When an application did what it may do only so often, which calls were made on a month's budget, and who tried
its secret when."""

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


class Drawn(msgspec.Struct, frozen=True, array_like=True):
    """A call that counts against a budget: when, and for which execution's attempt it was made."""

    at: Instant
    execution_id: str
    attempt: int


class Try(msgspec.Struct, frozen=True, array_like=True):
    """A secret that was tried: when, and by whom."""

    at: Instant
    who: str


_decode_drawn = msgspec.json.Decoder(list[Drawn]).decode
_decode_tries = msgspec.json.Decoder(list[Try]).decode

_GET = Statement(
    select(table.c.body).where(table.c.application_id == bindparam("owner"), table.c.what == bindparam("name"))
)
_DROP = Statement(delete(table).where(table.c.application_id == bindparam("owner"), table.c.what == bindparam("name")))
_FORGET = Statement(
    delete(table).where(
        table.c.application_id == bindparam("owner"),
        table.c.what.in_(
            select(table.c.what)
            .where(
                table.c.application_id == bindparam("owner"),
                table.c.what >= bindparam("first"),
                table.c.what < bindparam("until"),
            )
            .order_by(table.c.what)
            .limit(bindparam("size"))
        ),
    )
)
_ADD = Statement(insert(table).values({column.name: bindparam(column.name) for column in table.c}))


async def spent(reader: Reader, application_id: str, what: str) -> list[Instant]:
    """Return when it was done, as it was written last."""
    row = await reader.one(_GET, owner=application_id, name=what)
    return [] if row is None else _decode(row[0])


async def write(writer: Writer, application_id: str, what: str, instants: Sequence[Instant]) -> None:
    """Write when it was done. The caller holds the application's lock."""
    await writer.run(_DROP, owner=application_id, name=what)
    await writer.run(_ADD, application_id=application_id, what=what, body=_encode(list(instants)).decode())


async def drawn(reader: Reader, application_id: str, what: str) -> list[Drawn]:
    """Return the calls that were made on a budget, as they were written last."""
    row = await reader.one(_GET, owner=application_id, name=what)
    return [] if row is None else _decode_drawn(row[0])


async def write_drawn(writer: Writer, application_id: str, what: str, calls: Sequence[Drawn]) -> None:
    """Write which calls were made on a budget. The caller holds the application's lock."""
    await _rewrite(writer, application_id, what, calls)


async def tries(reader: Reader, application_id: str, what: str) -> list[Try]:
    """Return which secrets were tried, as they were written last."""
    row = await reader.one(_GET, owner=application_id, name=what)
    return [] if row is None else _decode_tries(row[0])


async def write_tries(writer: Writer, application_id: str, what: str, made: Sequence[Try]) -> None:
    """Write which secrets were tried. The caller holds the application's lock."""
    await _rewrite(writer, application_id, what, made)


async def forget(writer: Writer, application_id: str, first: str, until: str, size: int) -> int:
    """Delete up to `size` of those whose name lies from `first` on and before `until`; return how many there were."""
    return await writer.run(_FORGET, owner=application_id, first=first, until=until, size=size)


async def _rewrite(writer: Writer, application_id: str, what: str, entries: Sequence[msgspec.Struct]) -> None:
    await writer.run(_DROP, owner=application_id, name=what)
    if entries:
        await writer.run(_ADD, application_id=application_id, what=what, body=_encode(list(entries)).decode())
