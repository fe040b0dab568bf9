"""What institutions remember between logins: texts by application, institution and key."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, insert, select

from afluente.store.database import Reader, Writer
from afluente.store.schema import institution_memory as table
from afluente.store.statement import Statement

_RECALL = Statement(
    select(table.c.value).where(
        table.c.application_id == bindparam("application_id"),
        table.c.institution == bindparam("institution"),
        table.c.key == bindparam("key"),
    )
)
_WHO = Statement(
    select(table.c.application_id).where(
        table.c.institution == bindparam("institution"), table.c.key == bindparam("key")
    )
)
_FORGET = Statement(
    delete(table).where(
        table.c.application_id == bindparam("application"),
        table.c.institution == bindparam("place"),
        table.c.key == bindparam("name"),
    )
)
_FORGET_BELOW = Statement(
    delete(table).where(
        table.c.application_id == bindparam("application"),
        table.c.institution == bindparam("place"),
        table.c.value < bindparam("least"),
    )
)
_REMEMBER = Statement(
    insert(table).values(
        application_id=bindparam("application_id"),
        institution=bindparam("institution"),
        key=bindparam("key"),
        value=bindparam("value"),
    )
)


async def recall(reader: Reader, application_id: str, institution: str, key: str) -> str | None:
    """Return what an institution remembers under a key."""
    row = await reader.one(_RECALL, application_id=application_id, institution=institution, key=key)
    return None if row is None else str(row[0])


async def who_remembers(reader: Reader, institution: str, key: str) -> str | None:
    """Return the application that has something under a key; None where none has."""
    row = await reader.one(_WHO, institution=institution, key=key)
    return None if row is None else str(row[0])


async def remember(writer: Writer, application_id: str, institution: str, key: str, value: str | None) -> None:
    """Write a value over what was there, or take it away. The caller holds the application's lock."""
    await writer.run(_FORGET, application=application_id, place=institution, name=key)
    if value is not None:
        await writer.run(_REMEMBER, application_id=application_id, institution=institution, key=key, value=value)


async def forget_below(writer: Writer, application_id: str, institution: str, value: str) -> None:
    """Forget every key whose value sorts before another."""
    await writer.run(_FORGET_BELOW, application=application_id, place=institution, least=value)
