"""Statements: written once in SQLAlchemy Core, compiled once for each database, run by the drivers themselves."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.sql.expression import ClauseElement, bindparam, update
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.schema import Table
from sqlalchemy.types import Boolean, Text


@cache
def dialect_named(database: str) -> Dialect:
    """Return SQLAlchemy's dialect for `sqlite` or `postgresql`, with named parameters."""
    if database == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.dialect(paramstyle="named")
    from sqlalchemy.dialects import postgresql

    return postgresql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]


def apart(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return a column of texts as something that no index has.

    SQLite, which does not count rows, enters the index of all that an application has where that is in the order asked
    for, even if another condition leaves three of ten million. What stands apart chooses among what that one finds.
    """
    return column.concat("")


class among(ColumnElement[bool]):
    """`column` is one of the values of a list parameter, which the two databases spell differently."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: Any, parameter: str) -> None:
        self.column = column
        self.parameter = bindparam(parameter, type_=Text())

    def self_group(self, against: Any = None) -> ColumnElement[bool]:
        """Stand as it is: written as `… IN (…) = 1`, SQLite would look at every row of the table."""
        return self


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (
        compiler.process(element.column, **options),
        compiler.process(element.parameter, **options),
    )
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - compiled parts


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (
        compiler.process(element.column, **options),
        compiler.process(element.parameter, **options),
    )
    return f"{column} IN (SELECT json_array_elements_text(CAST({values} AS json)))"


class listed(FunctionElement[Any]):
    """The values of a list parameter as rows of their own (`.table_valued("value")`): each is looked up by itself."""

    name = "listed"
    inherit_cache = False

    def __init__(self, parameter: str) -> None:
        super().__init__(bindparam(parameter, type_=Text()))


@compiles(listed, "sqlite")
def _listed_sqlite(element: listed, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(listed, "postgresql")
def _listed_postgresql(element: listed, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS json))"


class Statement:
    """One statement with named parameters.

    `sqlite` and `postgresql` are its two texts; values that stand in the expression itself (a limit, a constant)
    travel with it in `fixed`. One that `walks` goes through as many rows as there may be, and is read where that
    fills no memory which others need; one that `writes` may give back rows that it has changed.
    """

    def __init__(self, expression: ClauseElement, *, walks: bool = False) -> None:
        self._expression = expression
        self.walks = walks
        self.writes = isinstance(expression, UpdateBase)

    @cached_property
    def sqlite(self) -> tuple[str, dict[str, Any]]:
        """The text for sqlite3 with `:name` parameters, and the fixed values."""
        return self._compile("sqlite")

    @cached_property
    def postgresql(self) -> tuple[str, dict[str, Any]]:
        """The text for psycopg with `%(name)s` parameters, and the fixed values."""
        return self._compile("postgresql")

    def _compile(self, database: str) -> tuple[str, dict[str, Any]]:
        compiled = self._expression.compile(dialect=dialect_named(database))
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        return str(compiled), fixed


@cache
def changing(table: Table, columns: tuple[str, ...]) -> Statement:
    """Return the statement that changes these columns of the row whose id is the parameter `key`, each to the parameter
    `new_…`."""
    changed: dict[str, BindParameter[Any]] = {column: bindparam(f"new_{column}") for column in columns}
    return Statement(update(table).where(table.c.id == bindparam("key")).values(changed))
