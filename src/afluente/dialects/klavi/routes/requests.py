"""Reports over consents: requested, and sent later to where they are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from afluente.core.connections import Connection
from afluente.core.outcome import Refused
from afluente.dialects.klavi import callbacks, consents, fetching, reports, sources, telling
from afluente.dialects.klavi.forms import Form, wrong
from afluente.dialects.klavi.house import House
from afluente.dialects.klavi.render.heads import digits
from afluente.dialects.klavi.routes.tasks import is_away
from afluente.engine.records import reads
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

_PERSONAL, _BUSINESS = "personal", "business"
_INSTITUTION, _USER = "institution", "user"


async def personal_institution(house: House, call: Call) -> Answer:
    """`POST /data/v1/personal/institution-data`."""
    return await _request(house, call, _PERSONAL, _INSTITUTION)


async def personal_user(house: House, call: Call) -> Answer:
    """`POST /data/v1/personal/user-data`."""
    return await _request(house, call, _PERSONAL, _USER)


async def business_institution(house: House, call: Call) -> Answer:
    """`POST /data/v1/business/institution-data`."""
    return await _request(house, call, _BUSINESS, _INSTITUTION)


async def business_user(house: House, call: Call) -> Answer:
    """`POST /data/v1/business/user-data`."""
    return await _request(house, call, _BUSINESS, _USER)


async def _request(house: House, call: Call, kind: str, level: str) -> Answer:
    """Raises `request.invalid`, `request.invalid.institution`, `.products`, `.products.none`, `.callback`,
    `request.plan.not-included`, `consent.invalid`; of analyses alone `consent.missing`, and
    `consent.identification-needed` where no bank says whose accounts they are; `request.failed` where nothing that is
    held is fresh, and no bank can be asked."""
    form, policy = Form.of_body(await call.body()), await house.policy(call)
    read = form.person if kind == _PERSONAL else form.company
    owner = read("taxId", "taxID", required=True)
    code = form.text("institutionCode", required=True, longest=16) if level == _INSTITUTION else None
    wanted = _products(form, kind, level)
    sent_to = await callbacks.read(house, form)
    link, ids = form.text("linkId", longest=64), form.texts("consentIds")
    external: dict[str, Any] = form.object("externalInfo") or {}
    if policy.rights is not None and not {name[3:] for name in wanted} <= {right[3:] for right in policy.rights}:
        raise Refused("request.plan.not-included")
    slug = await _institution(house, call, code, kind) if code is not None else None
    given = await _consents(house, call, owner or "", kind, slug, link, ids)
    analyses = all(reports.open_finance()[name[3:]].levels == (_USER,) for name in wanted)
    if not given:
        raise Refused("consent.missing" if analyses else "consent.invalid")
    if analyses and not await _identified(house, given, owner or ""):
        raise Refused("consent.identification-needed")
    await _refuse_in_vain(house, call, given)
    request_id = call.id = house.world.ids.new()
    call.connection_id = given[0].id if len(given) == 1 else None
    await telling.reports_requested(house, call.application_id, request_id, given, wanted, sent_to, external)
    return json({"requestId": request_id, "message": "ok"})


async def _identified(house: House, given: Sequence[Connection], owner: str) -> bool:
    """Tell whether one of the banks says that its customer is the one who is asked about."""
    for connection in given:
        source = await sources.of(house, connection, house.world.now(connection.application_id))
        if any(digits(one.record.document) == owner for one in await source.holders()):
            return True
    return False


async def _refuse_in_vain(house: House, call: Call, given: Sequence[Connection]) -> None:
    """Raise `request.failed` where everything is too old for a report, and every bank is away."""
    if len(fetching.stale(house, given)) < len(given):
        return
    for slug in {connection.institution for connection in given}:
        if not await is_away(house, call.application_id, house.world.institutions[slug]):
            return
    raise Refused("request.failed")


def _products(form: Form, kind: str, level: str) -> tuple[str, ...]:
    """Return the full names of the reports that are wanted."""
    given = form.find("products")
    if given is not None and not (isinstance(given, list) and all(isinstance(name, str) for name in given)):
        raise wrong("products", "a list of names")
    if not given:
        raise Refused("request.invalid.products.none")
    if reports.ALL in given:
        return reports.products_of(kind, level)
    found = tuple(dict.fromkeys(reports.product_named(name, kind, level) for name in given))
    if None in found:
        raise Refused("request.invalid.products")
    return tuple(f"{reports.PREFIXES[kind]}{name}" for name in found)


async def _institution(house: House, call: Call, code: str, kind: str) -> str:
    institution = house.directory.consenting(code, company=kind == _BUSINESS)
    if institution is None:
        raise Refused("request.invalid.institution")
    if await is_away(house, call.application_id, institution):
        raise Refused("request.institution.offline")
    return institution.slug


async def _consents(
    house: House,
    call: Call,
    owner: str,
    kind: str,
    slug: str | None,
    link: str | None,
    ids: tuple[str, ...] | None,
) -> list[Connection]:
    """Return the consents in force of whom the reports are about, as far as they are meant."""
    now, found = house.world.now(call.application_id), []
    for connection in await reads.connections_of_user(house.world, call.application_id, owner):
        said = consents.told(connection)
        if said is None or not consents.is_given(connection, now):
            continue
        whose = said.company if kind == _BUSINESS else (said.person if said.company is None else None)
        meant = slug in (None, connection.institution) and link in (None, said.link)
        if whose == owner and meant and (ids is None or connection.id in ids):
            found.append(connection)
    return found
