"""Mexico's certificates of taxes that were kept back: of interest, of dividends, of what is paid abroad."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from afluente.connectors.scripted.cfdi import retention_xml_of
from afluente.connectors.scripted.customers import Customer
from afluente.connectors.scripted.days import day_of, instant_of, month_of, nth_day
from afluente.connectors.scripted.dealings import employer
from afluente.connectors.scripted.mexico import identification
from afluente.connectors.scripted.moves import money
from afluente.connectors.scripted.residents import businesses
from afluente.connectors.scripted.seeding import chance
from afluente.core.clock import HOUR, MINUTE, Instant
from afluente.core.fiscal import RetentionLine, TaxRetention

_INTEREST, _DIVIDENDS, _FOREIGN = 16, 14, 23
"""The authority's codes of why something is kept back."""


def retentions(customer: Customer, now: Instant) -> Iterator[TaxRetention]:
    """Yield the certificates of five years: of interest each quarter, and of dividends that a company pays."""
    if customer.holds == "none":
        return
    current = month_of(day_of(now))
    span = 12 if customer.holds == "low" else 60
    for month in range(current - span, current + 1):
        if month % 3 == 2:
            yield from _seen(_retention(customer, month, _INTEREST, "in"), now)
        if customer.holder.company and month % 12 == 4:
            yield from _seen(_retention(customer, month, _DIVIDENDS, "out"), now)
            yield from _seen(_retention(customer, month, _FOREIGN, "out"), now)


def _seen(retention: TaxRetention, now: Instant) -> Iterator[TaxRetention]:
    if retention.issued_at <= now:
        yield msgspec.structs.replace(retention, xml=retention_xml_of(retention))


def _retention(customer: Customer, month: int, code: int, direction: str) -> TaxRetention:
    holder, key = customer.holder, f"{customer.key}-{month}-{code}"
    draw = chance("retention", key)
    total = draw.randrange(holder.income // 20, holder.income // 6)
    rate = {_INTEREST: 15, _DIVIDENDS: 10, _FOREIGN: 25}[code]
    exempt = total // 10 if code == _INTEREST else 0
    taxable = total - exempt
    kept = taxable * rate // 100
    other = employer(customer) if code == _INTEREST else businesses("MX", customer.land.legal)[7]
    mine = (holder.document, holder.name)
    theirs: tuple[str | None, str] = (other.document, other.name or "")
    foreign = code == _FOREIGN
    if foreign:
        theirs = (None, "Northwind Cloud Inc.")
    issuer, receiver = (theirs, mine) if direction == "in" else (mine, theirs)
    issued = instant_of(nth_day(month, 28), 10 * HOUR)
    return TaxRetention(
        key=f"retention-{key}",
        identification=identification(f"retention-{key}"),
        direction=direction,
        version="2.0",
        code=code,
        issued_at=issued,
        certified_at=issued + 3 * MINUTE,
        issuer_tax_id=issuer[0] or "",
        issuer_name=issuer[1],
        receiver_tax_id=receiver[0],
        receiver_name=receiver[1],
        receiver_foreign=foreign,
        total=money(total),
        exempt=money(exempt),
        taxable=money(taxable),
        retained=money(kept),
        lines=(
            RetentionLine(
                tax="ISR",
                base=money(taxable),
                amount=money(kept),
                payment="provisioned" if code == _INTEREST else "paid",
            ),
        ),
    )
