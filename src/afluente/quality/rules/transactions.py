"""Rules about movements: whether they are there, say what they should, and stand there once."""

from __future__ import annotations

from collections.abc import Iterator

from afluente.core.clock import DAY, Instant
from afluente.core.outcome import Finding
from afluente.core.products import Product
from afluente.quality.rules.naming import about
from afluente.quality.snapshot import Snapshot

INCOMPLETE = "product.transactions.incomplete"
NOT_GIVEN = "product.transactions.not-given"
NONE = "product.transactions.none"
ORDER = "product.transactions.order"
DUPLICATE = "product.transactions.duplicate"
SETTLED = "product.transactions.duplicate.settled"
NONE_LAST_MONTH = "product.transactions.none-last-month"
NONE_LAST_15_DAYS = "product.transactions.none-last-15-days"
GAP = "product.transactions.gap"

MONTH: Instant = 30 * DAY
FORTNIGHT: Instant = 15 * DAY


def _expects(snapshot: Snapshot) -> bool:
    if snapshot.facts.request.without_transactions or snapshot.movements_are_behind:
        return False
    return snapshot.asked(Product.TRANSACTIONS)


def incomplete(snapshot: Snapshot) -> Iterator[Finding]:
    """A movement has no date (its instant is 1970 or before) or a description of blanks and dashes. An amount is
    never missing: what has none is refused where it is read."""
    for id, walked in snapshot.walked.items():
        if walked.incomplete:
            yield about(INCOMPLETE, accounts=[id], transactions=walked.incomplete)


def not_given(snapshot: Snapshot) -> Iterator[Finding]:
    """Movements were asked for, and for this account the institution gave no list of them, not even an empty one."""
    if _expects(snapshot):
        missing = [one.id for one in snapshot.accounts if one.id not in snapshot.walked]
        if missing:
            yield about(NOT_GIVEN, accounts=missing)


def none(snapshot: Snapshot) -> Iterator[Finding]:
    """Movements were asked for, and the account's list is empty."""
    if _expects(snapshot):
        empty = [id for id, walked in snapshot.walked.items() if not walked.total]
        if empty:
            yield about(NONE, accounts=empty, found="0")


def duplicate(snapshot: Snapshot) -> Iterator[Finding]:
    """Two posted movements of one account have the same instant, amount and description, and the same balance behind
    them, which a second one would have moved; or, where no balance is told, the instant has seconds. Two purchases of
    one day that are alike in all that a bank without times tells are no finding."""
    for id, walked in snapshot.walked.items():
        for first, again in walked.duplicates:
            yield about(DUPLICATE, accounts=[id], transactions=[first, again], expected=first, found=again)


def settled(snapshot: Snapshot) -> Iterator[Finding]:
    """A pending movement and one that was posted up to ten days later have the same amount, and the same words
    (confidence 0.95), half of the words of one (0.8), or an odd amount and three days between them (0.6). Words with
    digits are references and do not count. Each movement is in one pair at most."""
    for id, walked in snapshot.walked.items():
        for pending, posted, confidence in walked.settled:
            yield about(SETTLED, accounts=[id], transactions=[pending, posted], found=posted, confidence=confidence)


def none_last_month(snapshot: Snapshot) -> Iterator[Finding]:
    """An account has posted movements, and none in the past 30 days; `found` is the last one's instant."""
    if _expects(snapshot):
        now = snapshot.facts.now
        for id, walked in snapshot.walked.items():
            if walked.newest is not None and walked.newest < now - MONTH:
                yield about(NONE_LAST_MONTH, accounts=[id], expected=str(now - MONTH), found=str(walked.newest))


def none_last_15_days(snapshot: Snapshot) -> Iterator[Finding]:
    """Movements were asked for and given, and no account has a posted one in the past 15 days."""
    if _expects(snapshot) and snapshot.walked:
        limit = snapshot.facts.now - FORTNIGHT
        newest = max((walked.newest or 0 for walked in snapshot.walked.values()), default=0)
        if newest < limit:
            yield about(
                NONE_LAST_15_DAYS,
                accounts=list(snapshot.walked),
                expected=str(limit),
                found=str(newest) if newest else None,
            )


def gap(snapshot: Snapshot) -> Iterator[Finding]:
    """In an account with movements on ten days or more, the widest stretch without one lasts 30 days or more and ten
    times the mean of the others, and no balances prove that nothing moved meanwhile."""
    for id, walked in snapshot.walked.items():
        if (found := walked.gap) is not None:
            yield about(
                GAP,
                accounts=[id],
                transactions=[found.before, found.behind],
                expected=f"{found.usual} days",
                found=f"{found.days} days",
            )
