"""The institutions that a link leads to."""

from __future__ import annotations

from typing import Any

from afluente.core.identity import derived_id
from afluente.core.institutions import Institution
from afluente.core.products import Product
from afluente.dialects.klavi.house import House
from afluente.dialects.klavi.institutions import Face, is_company
from afluente.engine.institutions import health
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

OPEN_FINANCE, OPEN_DATA = 1, 2
"""`institutionType`: how a customer is reached there."""

_RESOURCES: dict[Product, str] = {
    Product.HOLDER: "registration",
    Product.ACCOUNTS: "accounts",
    Product.CARDS: "creditCards",
    Product.LOANS: "creditOperations",
    Product.INVESTMENTS: "investments",
}
"""`availableResources` by what an institution can be asked for."""


async def list_institutions(house: House, call: Call) -> Answer:
    """`GET /data/v1/links/institutions`: a bare array, Open Finance and Open Data together."""
    down = await health.down(house.world, call.application_id)
    return json([_wire(call, face, face.institution.slug in down) for face in house.directory.listed()])


def _wire(call: Call, face: Face, outage: bool) -> dict[str, Any]:
    institution = face.institution
    return {
        "institutionCode": face.code,
        "name": institution.name,
        "avatar": f"{institution.url or call.origin}/favicon.ico",
        "isBeta": False,
        "isOutage": outage,
        "institutionType": OPEN_FINANCE if institution.open_finance else OPEN_DATA,
        "businessType": "legal" if is_company(institution) else "natural",
        "availableResources": _resources(institution),
        "parentOrganizationName": face.bank,
        "parentOrganizationId": derived_id(face.ispb, "organization", face.bank),
        "organizationName": institution.name,
        "organizationId": derived_id(face.ispb, "organization", institution.slug),
    }


def _resources(institution: Institution) -> list[str]:
    return [name for product, name in _RESOURCES.items() if product in institution.products]
