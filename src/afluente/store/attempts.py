"""Attempts at deliveries: what was sent each time, and what came back."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, insert, select

from afluente.core.clock import Instant
from afluente.store.database import Reader, Writer
from afluente.store.schema import attempts
from afluente.store.statement import Statement


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One attempt: what was sent but for the message itself, and what came back, cut; no secret is in it."""

    number: int
    at: Instant
    status: int | None = None
    error: str | None = None
    took: Instant = 0
    url: str = ""
    sent: dict[str, str] = {}
    answered: dict[str, str] = {}
    body: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Attempt).decode
_ADD = Statement(insert(attempts).values({column.name: bindparam(column.name) for column in attempts.c}))
_OF = Statement(
    select(attempts.c.body).where(attempts.c.delivery_id == bindparam("delivery_id")).order_by(attempts.c.number)
)


async def add(writer: Writer, delivery_id: str, attempt: Attempt) -> None:
    """Keep an attempt."""
    await writer.run(
        _ADD,
        delivery_id=delivery_id,
        number=attempt.number,
        at=attempt.at,
        status=attempt.status,
        body=_encode(attempt).decode(),
    )


async def of_delivery(reader: Reader, delivery_id: str) -> list[Attempt]:
    """Return every attempt at a delivery, oldest first."""
    return [_decode(row[0]) for row in await reader.all(_OF, delivery_id=delivery_id)]
