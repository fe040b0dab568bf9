"""The fund that employers pay into: at the state's bank, of those who log in there, and the same at every visit."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from afluente.core.products import Product
from tests.connectors.scripted.teller import NOW, consented, fetch, later, session

FUND = "severance-fund"


def fund(slug: str, left: Any, now: int = NOW) -> tuple[list[Any], list[Any]]:
    """Return the fund's accounts, and what moved in them."""
    held = [one for one in fetch(slug, left, Product.INVESTMENTS, now=now).records if one.subkind == FUND]
    keys = {one.key for one in held}
    moved = fetch(slug, left, Product.INVESTMENT_MOVEMENTS, now=now).records
    return held, [one for one in moved if one.investment_key in keys]


def test_every_month_a_share_of_the_wage_goes_in() -> None:
    """On the seventh; the balance is what was paid in and its interest."""
    held, moved = fund("caixa-pf", session("caixa-pf"))
    assert len(held) == 1 and len(moved) > 12
    paid = sum((one.amount for one in moved), Decimal(0))
    assert (held[0].name, held[0].original, held[0].profit) == ("FGTS", paid, held[0].balance - paid)
    assert Decimal(0) < held[0].profit < paid
    assert {datetime.fromtimestamp(one.occurred_at / 1000, UTC).day for one in moved} == {7}
    assert len({(d := datetime.fromtimestamp(one.occurred_at / 1000, UTC)).year * 12 + d.month for one in moved}) == (
        len(moved)
    )


def test_two_months_later_there_are_two_deposits_more() -> None:
    """And the older ones are as they were."""
    left, then = session("caixa-pf"), later(61)
    (before,), old = fund("caixa-pf", left)
    (after,), new = fund("caixa-pf", left, then)
    assert new[: len(old)] == old and len(new) == len(old) + 2
    assert after.key == before.key and after.balance > before.balance


@pytest.mark.parametrize("slug", ["itau-pf", "sandbox-bank", "caixa-pj"])
def test_no_other_bank_keeps_one(slug: str) -> None:
    """Nor do companies have one."""
    assert fund(slug, session(slug))[0] == []


def test_a_consent_does_not_open_it() -> None:
    """It is no part of Open Finance."""
    assert fund("caixa-open-finance", consented("caixa-open-finance", "approved:user-ok"))[0] == []
