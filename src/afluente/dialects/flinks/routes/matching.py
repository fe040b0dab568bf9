"""What a client was told of a person against what the bank has of the card's holder (contract 2.13).

Only what is sent is compared. Where the bank has nothing to compare with, a field is 0 and among NoData.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from afluente.analysis import matching
from afluente.analysis.figures import ZERO, mean, ratio
from afluente.core.holders import Holder
from afluente.dialects.flinks import cards, uploaded
from afluente.dialects.flinks.forms import Form
from afluente.dialects.flinks.house import House
from afluente.engine.records import holdings
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

Compare = Callable[[str, str], Decimal]
Held = Callable[[Holder], Iterable[str | None]]


def _parts(holder: Holder) -> tuple[str, str, str]:
    """Return a name's first, middle and last part; a comma stands behind a last name that is told first."""
    last, comma, rest = holder.name.partition(",")
    words = rest.split() if comma else holder.name.split()
    if comma:
        return (words[0] if words else "", " ".join(words[1:]), last.strip())
    return (words[0], " ".join(words[1:-1]), words[-1]) if len(words) > 1 else ("", "", holder.name)


_FIELDS: dict[str, tuple[Compare, Held]] = {
    "FullName": (matching.names, lambda one: (one.name, one.social_name, one.company_name)),
    "FirstName": (matching.names, lambda one: (_parts(one)[0],)),
    "MiddleName": (matching.names, lambda one: (_parts(one)[1],)),
    "LastName": (matching.names, lambda one: (_parts(one)[2],)),
    "PostalCode": (matching.codes, lambda one: (each.postal_code for each in one.addresses)),
    "CivicAddress": (matching.addresses, lambda one: (each.street or each.full for each in one.addresses)),
    "City": (matching.places, lambda one: (each.city for each in one.addresses)),
    "Province": (matching.places, lambda one: (each.state for each in one.addresses)),
    "Email": (matching.emails, lambda one: (each.value for each in one.emails)),
    "Phone": (matching.phones, lambda one: (each.value for each in one.phones)),
}
"""How each field is compared, and with what of a holder."""


async def field_match(house: House, call: Call) -> Answer:
    """`POST FieldMatch`: how alike each field is, and all of them together."""
    form = await Form.of(call)
    login = form.guid("LoginId", required=True)
    told = {name: text for name in _FIELDS if (text := form.text(name)) is not None}
    threshold = uploaded.amount(form, "Threshold")
    if threshold is not None and threshold > 1:
        form.wrong("Threshold", "The Threshold field must be a number from 0 to 1.")
    if not told and not form.faults:
        form.wrong("FullName", "At least one field to compare is required.")
    form.done()
    connection = await cards.owned(house, call.application_id, login)
    held = await holdings.stored(house.world, connection)
    found = compared(told, [one.record for one in await held.records(Holder)])
    return json({"HttpStatusCode": 200, **_said(found, threshold)})


_WHOLE = Decimal(1)
"""How alike a field has to be that matches, where nobody says how alike is enough."""


def compared(told: dict[str, str], holders: list[Holder]) -> dict[str, Decimal | None]:
    """Return how alike each field is to the nearest of what the holders have; None where they have nothing."""
    found: dict[str, Decimal | None] = {}
    for name, text in told.items():
        compare, values = _FIELDS[name]
        known = [value for holder in holders for value in values(holder) if value]
        found[name] = matching.best(compare(text, value) for value in known) if known else None
    return found


def _said(found: dict[str, Decimal | None], threshold: Decimal | None) -> dict[str, Any]:
    rates = {name: ZERO if rate is None else rate for name, rate in found.items()}
    overall = ratio(mean(list(rates.values())))
    least = _WHOLE if threshold is None else threshold
    matches: dict[str, Any] = {name: rate is not None and rate >= least for name, rate in found.items()}
    matches["NoData"] = [name for name, rate in found.items() if rate is None]
    body = {"OverallMatchRate": overall, "FieldLevelMatch": matches, "FieldLevelMatchRate": rates}
    return body if threshold is None else {"OverallMatch": overall >= threshold, **body}
