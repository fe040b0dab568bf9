"""Rules about statements and about what an institution says of its products."""

from __future__ import annotations

from collections.abc import Iterator

from afluente.core.outcome import Finding
from afluente.core.products import Product
from afluente.quality.rules.naming import about
from afluente.quality.snapshot import Snapshot

STATEMENTS_MISSING = "product.statements.missing"
DETAILS_MISSING = "product.details.missing"
DETAILS_INCOMPLETE = "product.details.incomplete"


def statements_missing(snapshot: Snapshot) -> Iterator[Finding]:
    """Statements were asked for and fetched, and a bank account has none. Before they are fetched nothing is said."""
    state = snapshot.product(Product.STATEMENTS)
    if state is None or state.updated_at is None:
        return
    lacking = [one.id for one in snapshot.banks if one.id not in snapshot.facts.statements]
    if lacking:
        yield about(STATEMENTS_MISSING, accounts=lacking, found="0")


def details_missing(snapshot: Snapshot) -> Iterator[Finding]:
    """Details of the products were asked for, and no account has any."""
    lacking = _without_details(snapshot)
    if lacking and len(lacking) == len(snapshot.accounts):
        yield about(DETAILS_MISSING, accounts=lacking)


def details_incomplete(snapshot: Snapshot) -> Iterator[Finding]:
    """Details of the products were asked for, and some accounts have them; those that do not are named."""
    lacking = _without_details(snapshot)
    if lacking and len(lacking) < len(snapshot.accounts):
        yield about(DETAILS_INCOMPLETE, accounts=lacking)


def _without_details(snapshot: Snapshot) -> list[str]:
    if not snapshot.facts.request.details:
        return []
    return [one.id for one in snapshot.accounts if not one.record.product_details]
