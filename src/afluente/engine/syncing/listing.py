"""What is to be known of movements by the order in which an institution gave them, told with the product they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from afluente.core.outcome import Finding
from afluente.engine.records.storing import account_id
from afluente.quality.given import Pair
from afluente.store import transactions
from afluente.store.database import Reader

ORDER = "product.transactions.order"

_MOST = 50
"""Movements that one finding names; how many more there are is in its `left_out`."""


async def of_a_list(reader: Reader, connection_id: str, wrong: Mapping[str, Iterable[Pair]]) -> tuple[Finding, ...]:
    """Return a finding for each account whose movements were listed in a wrong order (`quality.given`), with the ids
    under which they are stored."""
    return tuple([await _finding(reader, connection_id, key, pairs) for key, pairs in wrong.items()])


async def _finding(reader: Reader, connection_id: str, account_key: str, pairs: Iterable[Pair]) -> Finding:
    listed = list({one.key: one for pair in pairs for one in pair}.values())
    ids = await transactions.ids_of(reader, account_id(connection_id, account_key), listed[:_MOST])
    return Finding(
        ORDER,
        account_key=account_key,
        data={"left_out": str(len(listed) - _MOST)} if len(listed) > _MOST else {},
        transactions=tuple(ids[one.key] for one in listed[:_MOST] if one.key in ids),
    )
