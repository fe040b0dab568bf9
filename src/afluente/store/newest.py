"""Lists of an application's rows, newest first, behind a cursor and through filters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, bindparam, select, tuple_

from afluente.core.clock import Instant
from afluente.store.database import Reader, Row
from afluente.store.statement import Statement, apart

Cursor = tuple[int | str, ...]
"""Where a page ends: what its last row is ordered by, an instant first and its id last."""


class Newest:
    """The bodies of one table's rows by the instant in `at`.

    `conditions` are the filters there are, by name, each with a parameter of that name. `widened` may add to the query
    what some of them need (a join), given their names. `within` orders the rows of one instant, before their ids do.
    `few` are filters of which each leaves so few rows that they are found by its own index, and sorted.
    """

    def __init__(
        self,
        table: Table,
        at: ColumnElement[Any],
        conditions: Mapping[str, ColumnElement[bool]],
        widened: Callable[[Select[Any], frozenset[str]], Select[Any]] = lambda query, names: query,
        within: tuple[ColumnElement[Any], ...] = (),
        few: tuple[str, ...] = (),
    ) -> None:
        self._table = table
        self._few = few
        order = (at, *within, table.c.id)
        self._order = tuple(column.desc() for column in order)
        self._conditions = {
            "since": at >= bindparam("since"),
            "until": at < bindparam("until"),
            **conditions,
        }
        # as pairs, so that the index is entered in the right place
        self._before = tuple_(*order) < tuple_(*(bindparam(f"before_{place}") for place in range(len(order))))
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
        cursor = {f"before_{place}": part for place, part in enumerate(before or ())}
        return await reader.all(statement, application_id=application_id, size=size, **filters, **cursor)

    def _statement(self, names: frozenset[str], behind: bool) -> Statement:
        """Return the statement with these filters, built once."""
        if (names, behind) not in self._statements:
            conditions = [self._conditions[name] for name in sorted(names)] + ([self._before] if behind else [])
            owner = self._table.c.application_id
            whose = apart(owner) if names & set(self._few) else owner
            query = select(self._table.c.body).where(whose == bindparam("application_id"), *conditions)
            ordered = self._widened(query, names).order_by(*self._order).limit(bindparam("size"))
            self._statements[names, behind] = Statement(ordered)
        return self._statements[names, behind]
