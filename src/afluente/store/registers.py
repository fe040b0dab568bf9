"""What an application registers with us: category rules, webhook endpoints, armed faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Generic, TypeVar

import msgspec
from sqlalchemy import Table, bindparam, delete, insert, select, update

from afluente.core.clock import Instant
from afluente.store.database import Reader, Writer
from afluente.store.schema import category_rules, faults, webhooks
from afluente.store.statement import Statement


class CategoryRule(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Transactions whose description matches get a category. `match`: exact, contains, starts, ends."""

    id: str
    description: str
    category: str
    match: str = "exact"
    direction: str | None = None
    account: str | None = None
    created_at: Instant = 0


class Webhook(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An address that is told of one event, or of all, or of several `events`. `dialect` says in whose words.

    One that is `of_connections` is told of those that name it. Those of a `group` are bounded apart from all others.
    It is told of what was written behind the number `after`. `secrets` sign its messages, newest first; until
    `rotated_until` all of them do. `reason` says why it was switched off by ourselves.
    """

    id: str
    dialect: str
    event: str
    url: str
    headers: dict[str, str] = {}
    created_at: Instant = 0
    updated_at: Instant = 0
    disabled_at: Instant | None = None
    events: tuple[str, ...] = ()
    of_connections: bool = False
    group: str | None = None
    after: int = 0
    secrets: tuple[str, ...] = ()
    rotations: int = 0
    rotated_until: Instant | None = None
    reason: str | None = None


class Fault(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An armed fault: the next `times` operations that match end with `meaning`. None matches anything."""

    id: str
    meaning: str
    operation: str | None = None
    institution: str | None = None
    connection_id: str | None = None
    times: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1
    said: str | None = None
    created_at: Instant = 0


_T = TypeVar("_T", CategoryRule, Webhook, Fault)


class Register(Generic[_T]):
    """One list that each application has: kept in order of creation."""

    def __init__(self, table: Table, type_: type[_T]) -> None:
        self._decode: Callable[[str], _T] = msgspec.json.Decoder(type_).decode
        c = table.c
        self._all = Statement(
            select(c.body).where(c.application_id == bindparam("application_id")).order_by(c.created_at, c.id)
        )
        self._find = Statement(select(c.application_id, c.body).where(c.id == bindparam("id")))
        self._insert = Statement(
            insert(table).values(
                id=bindparam("id"),
                application_id=bindparam("application_id"),
                body=bindparam("body"),
                created_at=bindparam("created_at"),
            )
        )
        self._update = Statement(update(table).where(c.id == bindparam("key")).values(body=bindparam("new_body")))
        self._delete = Statement(delete(table).where(c.id == bindparam("key")))

    async def all(self, reader: Reader, application_id: str) -> list[_T]:
        """Return the application's entries, oldest first."""
        return [self._decode(row[0]) for row in await reader.all(self._all, application_id=application_id)]

    async def find(self, reader: Reader, id: str) -> tuple[str, _T] | None:
        """Return (application, entry), whoever's it is."""
        row = await reader.one(self._find, id=id)
        return None if row is None else (row[0], self._decode(row[1]))

    async def add(self, writer: Writer, application_id: str, entry: _T) -> None:
        """Store a new entry."""
        body = msgspec.json.encode(entry).decode()
        await writer.run(
            self._insert, id=entry.id, application_id=application_id, body=body, created_at=entry.created_at
        )

    async def put(self, writer: Writer, entry: _T) -> None:
        """Replace an entry."""
        await writer.run(self._update, key=entry.id, new_body=msgspec.json.encode(entry).decode())

    async def remove(self, writer: Writer, id: str) -> None:
        """Delete an entry."""
        await writer.run(self._delete, key=id)


rules: Register[CategoryRule] = Register(category_rules, CategoryRule)
endpoints: Register[Webhook] = Register(webhooks, Webhook)
armed: Register[Fault] = Register(faults, Fault)
