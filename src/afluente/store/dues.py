"""What falls due, in any table that has due times: found by its time, never by looking at all there is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, bindparam, select

from afluente.core.clock import Instant
from afluente.store.database import Reader
from afluente.store.schema import applications
from afluente.store.statement import Statement

_stopped = select(applications.c.id).where(applications.c.clock.is_not(None))


def on_the_machines_clock(application_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition that leaves out the applications whose clock is stopped: they have a time of their own.

    Few are; joined with all the others, what is due would be sorted before the first of it is known.
    """
    return application_id.not_in(_stopped)


class Dues:
    """The rows of one table that fall due, each with its id, its due instant and its application."""

    def __init__(self, id: ColumnElement[Any], due_at: ColumnElement[Any], application_id: ColumnElement[Any]) -> None:
        query = select(id, due_at, application_id).where(due_at <= bindparam("until"))
        ordered = query.order_by(due_at, id).limit(bindparam("size"))
        self.of_all = Statement(ordered.where(on_the_machines_clock(application_id)))
        self.of_one = Statement(ordered.where(application_id == bindparam("application_id")))

    async def until(
        self, reader: Reader, until: Instant, size: int, application_id: str | None = None
    ) -> list[tuple[str, Instant, str]]:
        """Return (id, due instant, application) of up to `size` rows that fall due by `until`, earliest first.

        Of one application; or of all whose clock goes with the machine's.
        """
        if application_id is None:
            rows = await reader.all(self.of_all, until=until, size=size)
        else:
            rows = await reader.all(self.of_one, until=until, size=size, application_id=application_id)
        return [(str(row[0]), int(row[1]), str(row[2])) for row in rows]
