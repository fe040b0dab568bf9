"""Lists of an application's rows, newest first, behind a cursor and through filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, bindparam, select, tuple_

from afluente.core.clock import Instant
from afluente.store.database import Reader, Row
from afluente.store.statement import Statement

Cursor = tuple[Instant, str]
"""Where a page ends: the instant and the id of its last row."""


class Newest:
    """The bodies of one table's rows by the instant in `at`.

    `conditions` are the filters there are, by name, each with a parameter of that name. `widened` may add to the query
    what some of them need (a join), given their names.
    """

    def __init__(
        self,
        table: Table,
        at: ColumnElement[Any],
        conditions: Mapping[str, ColumnElement[bool]],
        widened: Callable[[Select[Any], frozenset[str]], Select[Any]] = lambda query, names: query,
    ) -> None:
        self._table = table
        self._order = (at.desc(), table.c.id.desc())
        self._conditions = {
            "since": at >= bindparam("since"),
            "until": at < bindparam("until"),
            **conditions,
        }
        # as pairs, so that the index is entered in the right place
        self._before = tuple_(at, table.c.id) < tuple_(bindparam("before_at"), bindparam("before_id"))
        self._widened = widened
        self._statements: dict[tuple[frozenset[str], bool], Statement] = {}

    async def page(
        self,
        reader: Reader,
        application_id: str,
        size: int,
        before: Cursor | None,
        filters: Mapping[str, str | Instant],
    ) -> list[Row]:
        """Return up to `size` rows behind `before`; `since` and `until` bound their instants."""
        statement = self._statement(frozenset(filters), before is not None)
        cursor = {"before_at": before[0], "before_id": before[1]} if before else {}
        return await reader.all(statement, application_id=application_id, size=size, **filters, **cursor)

    def _statement(self, names: frozenset[str], behind: bool) -> Statement:
        """Return the statement with these filters, built once."""
        if (names, behind) not in self._statements:
            conditions = [self._conditions[name] for name in sorted(names)] + ([self._before] if behind else [])
            query = select(self._table.c.body).where(
                self._table.c.application_id == bindparam("application_id"), *conditions
            )
            ordered = self._widened(query, names).order_by(*self._order).limit(bindparam("size"))
            self._statements[names, behind] = Statement(ordered)
        return self._statements[names, behind]
