"""What is held of a connection: the records an execution asks for again and again, read once.

Whoever changes records changes the connection's `digests` with them, so what was read holds as long as those stay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

import msgspec

from afluente.core.connections import Connection, Stored
from afluente.core.products import Product
from afluente.store import snapshots
from afluente.store.database import Reader, Row

_T = TypeVar("_T", bound=snapshots.Kept)


class Held(msgspec.Struct, frozen=True):
    """Records of the kinds that a connection has few of (`snapshots.FEW`): their rows by id, as they lie in the
    database while the connection's digests are these."""

    digests: dict[Product, str]
    rows: dict[str, Row]

    def of(self, type_: type[_T]) -> list[Stored[_T]]:
        """Return the records of one kind, in the institution's order."""
        return snapshots.of_kind(self.rows.values(), type_)

    def ids(self, type_: type[snapshots.Kept]) -> set[str]:
        """Return the ids of the records of one kind."""
        kind = snapshots.KINDS[type_]
        return {id for id, row in self.rows.items() if row[2] == kind}

    def differing(self, rows: Iterable[Row]) -> list[Row]:
        """Return those that are not there as they are, the last of those with the same id; of kinds that are not held
        all are taken to differ."""
        there, told = self.rows, {row[0]: row for row in rows}
        return [row for id, row in told.items() if id not in there or snapshots.differs(there[id], row)]

    def after(self, written: Iterable[Row], gone: Collection[str]) -> Held:
        """Return what is held once these rows were written, and those ids deleted."""
        rows = {id: row for id, row in self.rows.items() if id not in gone}
        for row in written:
            if row[2] in _KINDS:
                before = self.rows.get(row[0], row)
                rows[row[0]] = (*row[:-2], before[-2], row[-1])
        return Held(self.digests, rows)


_KINDS = frozenset(snapshots.KINDS[type_] for type_ in snapshots.FEW)


async def held_of(reader: Reader, connection: Connection, known: Held | None = None) -> Held:
    """Return what is held of a connection: what is `known`, if nobody has changed it since."""
    # without any digest nothing would tell that something was erased meanwhile
    if known is not None and known.digests and known.digests == connection.digests:
        return known
    return Held(connection.digests, {row[0]: row for row in await snapshots.few(reader, connection.id)})
