"""What is to be known of movements by the order in which an institution gave them, told with the product they are."""

from __future__ import annotations

from collections.abc import Iterable

from afluente.core.accounts import Transaction
from afluente.core.identity import derived_id
from afluente.core.outcome import Finding
from afluente.core.ports import Record
from afluente.engine.records.storing import account_id
from afluente.quality.given import in_wrong_order

ORDER = "product.transactions.order"

_MOST = 50
"""Movements that one finding names; how many more there are is in its `left_out`."""


def of_a_list(connection_id: str, records: Iterable[Record]) -> tuple[Finding, ...]:
    """Return a finding for each account whose movements were listed in a wrong order, with their ids."""
    broken = in_wrong_order(one for one in records if isinstance(one, Transaction))
    return tuple(_finding(connection_id, key, pairs) for key, pairs in broken.items())


def _finding(connection_id: str, account_key: str, pairs: list[tuple[Transaction, Transaction]]) -> Finding:
    account = account_id(connection_id, account_key)
    keys = list(dict.fromkeys(one.key for pair in pairs for one in pair))
    return Finding(
        ORDER,
        account_key=account_key,
        data={"left_out": str(len(keys) - _MOST)} if len(keys) > _MOST else {},
        transactions=tuple(derived_id(account, "transaction", key) for key in keys[:_MOST]),
    )
