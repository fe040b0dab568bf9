"""Institutions, as connectors."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from afluente.core.institutions import Institution
from afluente.core.outcome import Refused
from afluente.dialects.pluggy import connectors, forms, parameters
from afluente.dialects.pluggy.house import House, page
from afluente.dialects.pluggy.refusals import fault_entries
from afluente.engine.institutions import credentials
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

_TYPES = (
    "PERSONAL_BANK",
    "BUSINESS_BANK",
    "INVOICE",
    "INVESTMENT",
    "TELECOMMUNICATION",
    "DIGITAL_ECONOMY",
    "PAYMENT_ACCOUNT",
    "OTHER",
)
_FLAGS = ("isOpenFinance", "supportsPaymentInitiation", "supportsSmartTransfers", "supportsAutomaticPix")
_EXTRA = ("includeHealth", "page", "pageSize")


def _plain(text: str) -> str:
    """Fold case and accents away, so that `itau` finds Itaú."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


async def list_connectors(house: House, call: Call) -> Answer:
    """`GET /connectors`, with all its filters."""
    wanted = forms.query(
        call,
        {
            "countries": forms.words,
            "types": forms.words,
            "name": forms.text,
            "sandbox": forms.flag,
            "healthDetails": forms.flag,
            **dict.fromkeys(_FLAGS, forms.flag),
        },
        ignored=_EXTRA,
    )
    for type_ in wanted["types"]:
        if type_ not in _TYPES:
            choices = ", ".join(_TYPES)
            raise Refused("request.invalid.choice", data={"field": "each value in types", "choices": choices})
    shown = []
    for institution in house.listed():
        if institution.sandbox and not wanted["sandbox"]:
            continue
        wire = connectors.connector(institution, bool(wanted["healthDetails"]))
        if _matches(wire, wanted):
            shown.append(wire)
    return json(page(shown))


def _matches(wire: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return (
        (not wanted["countries"] or wire["country"] in wanted["countries"])
        and (not wanted["types"] or wire["type"] in wanted["types"])
        and (not wanted["name"] or _plain(wanted["name"]) in _plain(wire["name"]))
        and all(wanted[flag] is None or bool(wire.get(flag)) is wanted[flag] for flag in _FLAGS)
    )


def institution_of(house: House, connector_id: int) -> Institution:
    """Return the institution of a connector's number. Raises `request.not-found.institution`.

    One that is not listed has a number too: it stands on items that another dialect made.
    """
    slug = connectors.slug_of(connector_id)
    known = house.world.institutions
    institution = known.get(slug) if slug else None
    if institution is None and connector_id >= connectors.UNLISTED_FROM:
        institution = next((i for i in known.values() if connectors.number_of(i.slug) == connector_id), None)
    if institution is None:
        raise Refused("request.not-found.institution")
    return institution


async def get_connector(house: House, call: Call) -> Answer:
    """`GET /connectors/{id}`."""
    wanted = forms.query(call, {"healthDetails": forms.flag}, ignored=_EXTRA)
    institution = institution_of(house, forms.path_number(call))
    return json(connectors.connector(institution, bool(wanted["healthDetails"])))


async def validate(house: House, call: Call) -> Answer:
    """`POST /connectors/{id}/validate`: what is wrong with the values, with status 200 either way."""
    institution = institution_of(house, forms.path_number(call))
    given = await call.object()
    values = parameters.neutral(given)
    errors: list[dict[str, Any]] = []
    try:
        credentials.check(institution, values)
    except Refused as refused:
        errors = fault_entries(house.world.catalogue, refused.data["faults"])
    return json({"parameters": given, "errors": errors})
