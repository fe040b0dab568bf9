"""Rules about the chain of balances: the balance behind each movement is the one before it and what moved."""

from __future__ import annotations

from collections.abc import Iterator

from afluente.core.accounts import Account
from afluente.core.connections import Stored
from afluente.core.outcome import Finding
from afluente.quality.rules.naming import about, amount
from afluente.quality.rules.transactions import ORDER
from afluente.quality.snapshot import Snapshot, decimal
from afluente.quality.walk import Break, Walked

MISMATCH = "product.transactions.balance-mismatch"
UNLISTED = "product.transactions.balance-mismatch.unlisted"


def mismatch(snapshot: Snapshot) -> Iterator[Finding]:
    """A bank account's balance is not the one behind its last movement, with what was posted since without a balance
    and with or without what is pending; `gap` is what they are apart. Movements older than it prove nothing."""
    if snapshot.movements_are_behind:
        return
    for one, walked in _reckoned(snapshot):
        apart = _apart(one.record, walked)
        if apart and not _is_last_disorder(one.record, walked):
            closing = decimal(walked.closing or 0, walked.scale)
            yield about(
                MISMATCH,
                accounts=[one.id],
                expected=format(closing, "f"),
                found=format(one.record.balance, "f"),
                gap=format(one.record.balance - closing, "f"),
            )


def unlisted(snapshot: Snapshot) -> Iterator[Finding]:
    """The balance behind a movement is not the one before it and what moved: something moved the balance that is not
    listed. The first row where the chain breaks is named, and the `gap`; rows that follow it and break the chain
    again without a row between belong to it. A chain that breaks and comes right again is in the wrong order."""
    for one, walked in _reckoned(snapshot):
        tail = () if walked.tail is None or _is_last_disorder(one.record, walked) else (walked.tail,)
        for broken in (*walked.breaks, *tail):
            yield _broken(one, walked, broken)


def wrong_order(snapshot: Snapshot) -> Iterator[Finding]:
    """The chain of balances breaks at movements in a row and comes right behind them, so they are in each other's
    places. Lists are always given in order of date, so no other sign of a wrong order reaches anybody."""
    for one in snapshot.accounts:
        walked = snapshot.walked.get(one.id)
        if walked is None:
            continue
        ids = walked.disordered
        if walked.tail is not None and one in snapshot.banks and _is_last_disorder(one.record, walked):
            ids = (*ids, *walked.tail.ids)
        if ids:
            yield about(ORDER, accounts=[one.id], transactions=ids)


def _reckoned(snapshot: Snapshot) -> Iterator[tuple[Stored[Account], Walked]]:
    for one in snapshot.banks:
        walked = snapshot.walked.get(one.id)
        if walked is not None and walked.closing is not None:
            yield one, walked


def _apart(account: Account, walked: Walked) -> int:
    """Return the units between an account's balance and its movements'; 0 where what is pending explains them."""
    assert walked.closing is not None
    if not account.balance.is_finite():
        return 0
    scaled = account.balance.scaleb(walked.scale)
    apart = scaled - walked.closing
    if apart in (0, walked.floating):
        return 0
    return int(apart) or (1 if apart > 0 else -1)


def _is_last_disorder(account: Account, walked: Walked) -> bool:
    """Tell whether the rows that break the chain at its end do so because they are in each other's places."""
    tail = walked.tail
    return tail is not None and walked.closing is not None and tail.gap + _apart(account, walked) == 0


def _broken(one: Stored[Account], walked: Walked, broken: Break) -> Finding:
    return about(
        UNLISTED,
        accounts=[one.id],
        transactions=broken.ids,
        expected=amount(broken.expected, walked.scale),
        found=amount(broken.found, walked.scale),
        gap=amount(broken.gap, walked.scale),
    )
