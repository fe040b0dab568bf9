"""Institutions, and the categories of transactions (contract 2.12)."""

from __future__ import annotations

from afluente.core.outcome import Refused
from afluente.dialects.flinks import categories, institutions
from afluente.dialects.flinks.forms import Form
from afluente.dialects.flinks.house import House
from afluente.web.answers import Answer, json
from afluente.web.calls import Call


async def list_institutions(house: House, call: Call) -> Answer:
    """`GET Institutions`: those of Canada and the United States, in the order of their numbers."""
    form = Form(dict(call.query))
    most = house.numbers.limits.institutions
    skip, take = _number(form, "skip", 0, 1_000_000), _number(form, "take", most, most)
    form.done()
    known = house.directory.listed()
    return json({"Data": [institutions.institution(one) for one in known[skip : skip + take]], "Count": len(known)})


async def by_routing_number(house: House, call: Call) -> Answer:
    """`GET Institutions/RoutingNumber/{n}`: the bank of a routing number of the United States."""
    number = call.param("number").strip()
    found = house.directory.routed(number)
    if found is None:
        details = {"RoutingNumber": [f"The routing number '{number[:20]}' is not known."]}
        raise Refused("request.invalid", data={"detail": details["RoutingNumber"][0], "details": details})
    return json(institutions.routed(found))


async def list_categories(house: House, call: Call) -> Answer:
    """`GET Categories/{country}`: what transactions are filed under."""
    country = call.param("country").strip().upper()
    if country not in institutions.COUNTRIES:
        details = {"CountryCode": ["The CountryCode must be CA or US."]}
        raise Refused("request.invalid", data={"detail": details["CountryCode"][0], "details": details})
    return json(list(categories.listed()))


def _number(form: Form, name: str, default: int, most: int) -> int:
    text = form.text(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= most):
        form.wrong(name, f"The {name} field must be a number from 0 to {most}.")
        return default
    return int(text)
