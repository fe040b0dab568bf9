"""Events in Belvo's words: what is loaded while nobody waits, what a link needs, what becomes of a consent.

A client that waited for an answer has it already; it is told only of movements that changed or vanished. News come
when the execution has ended: then everything they speak of can be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from afluente.core.clock import DAY, MINUTE, SECOND, Instant
from afluente.core.connections import Connection, Trigger
from afluente.core.documents import Consent
from afluente.core.events import Event, EventKind
from afluente.core.fiscal import Invoice, TaxReturn
from afluente.core.identity import derived_id
from afluente.core.outcome import UNEXPECTED
from afluente.core.products import Product
from afluente.dialects.belvo import render
from afluente.dialects.belvo.house import House
from afluente.dialects.belvo.links import external_id
from afluente.dialects.belvo.refusals import SYSTEM, login_error
from afluente.engine.outbox import facts
from afluente.engine.records import holdings, reads
from afluente.engine.telling import Message, Plan, Teller

# five times, a little later each time
_PLAN = Plan(own=tuple(minutes * MINUTE for minutes in (1, 2, 3, 4, 5)), timeout=5 * SECOND)

_NAMES: Mapping[Product, str] = {
    Product.ACCOUNTS: "accounts",
    Product.CARDS: "accounts",
    Product.HOLDER: "owners",
    Product.TRANSACTIONS: "transactions",
    Product.INVESTMENTS: "investments",
    Product.INVESTMENT_MOVEMENTS: "investment_transactions",
    Product.TAX_STATUS: "tax_status",
    Product.TAX_COMPLIANCE: "tax_compliance_status",
    Product.TAX_RETENTIONS: "tax_retentions",
    Product.FINANCIAL_STATEMENTS: "financial_statements",
    Product.EMPLOYMENT_RECORDS: "employment_records",
}
"""What the resource that a product is told as is called; invoices and returns are told in parts of their own."""

_COLLECTED = (EventKind.PRODUCT_COLLECTED, EventKind.TRANSACTIONS_CREATED)
_CHANGED = {
    EventKind.TRANSACTIONS_UPDATED: ("transactions_updated", "updated_transactions"),
    EventKind.TRANSACTIONS_DELETED: ("transactions_deleted", "deleted_transactions"),
}
_ENDED = (EventKind.CONNECTION_UPDATED, EventKind.CONNECTION_FAILED)
_NOTICE: Instant = 7 * DAY
"""From when on a consent is said to be about to expire."""

_encode = msgspec.json.Encoder(decimal_format="number").encode

_Told = tuple[str, str, dict[str, Any]]
"""Type, code and data of one message."""


def teller(house: House) -> Teller:
    """Return what the engine needs to tell events in Belvo's words. Belvo signs nothing: what lets it in at the
    client's address is the `Authorization` header that the endpoint has."""

    async def render_event(event: Event) -> Sequence[Message]:
        return [_message(event, part, told) for part, told in enumerate(await _told(house, event))]

    return Teller(render=render_event, plan=_PLAN)


def _message(event: Event, part: int, told: _Told) -> Message:
    type_, code, data = told
    id = derived_id(event.id, "belvo", f"{type_}:{code}:{part}")
    request_id = event.fact.reference or event.fact.execution_id.replace("-", "") or id.replace("-", "")
    body = {
        "webhook_id": id.replace("-", ""),
        "webhook_type": type_,
        "process_type": _process(event, code),
        "webhook_code": code,
        "link_id": event.connection_id,
        "request_id": request_id,
        "external_id": external_id(event.fact.user),
        "data": data,
    }
    return Message(name=f"{type_}/{code}", id=id, body=_encode(body).decode())


def _process(event: Event, code: str) -> str:
    if event.fact.reference is not None:
        return "async_post"
    return "historical_update" if code.startswith(("historical", "initial")) else "recurrent_update"


async def _told(house: House, event: Event) -> list[_Told]:
    if event.connection_id is None:
        return []
    attended = event.fact.trigger != Trigger.SCHEDULE and event.fact.reference is None
    match event.kind:
        case EventKind.CONNECTION_UPDATED | EventKind.CONNECTION_FAILED:
            told = [] if attended else await _loaded(house, event)
            told += await _changed(house, event)
            return told if attended else told + _refused(house, event)
        case EventKind.CONNECTION_ASKED:
            return [] if attended else [_wanted(house)]
        case EventKind.CONNECTION_DELETED:
            # one whose login never succeeded was no link
            return [] if event.fact.first else [("LINK", "link_deleted", {})]
        case EventKind.CONSENT_EXPIRING | EventKind.CONSENT_EXPIRED:
            return await _consent(house, event)
        case _:
            return []


def _refused(house: House, event: Event) -> list[_Told]:
    meaning = event.fact.meaning or UNEXPECTED
    if event.kind is not EventKind.CONNECTION_FAILED or house.world.meaning(meaning).action != "fix-credentials":
        return []
    status, message = login_error(house.world.catalogue, meaning)
    return [("LINK", "invalid_credentials", {"error_code": "login_error", "error_message": message, "status": status})]


def _wanted(house: House) -> _Told:
    word = house.world.catalogue.word(SYSTEM, "error", "mfa.asked")
    return "LINK", "token_required", {"error_code": word.code, "error_message": word.message, "status": word.http}


async def _changed(house: House, event: Event) -> list[_Told]:
    told = []
    for one in await facts.of_execution(house.world, event, tuple(_CHANGED)):
        code, key = _CHANGED[one.kind]
        told.append(("TRANSACTIONS", code, {"count": len(one.fact.ids), key: list(one.fact.ids)}))
    return told


async def _loaded(house: House, event: Event) -> list[_Told]:
    """Say what an execution that nobody waited for has brought, resource by resource."""
    found = await facts.of_execution(house.world, event, _COLLECTED)
    told, done = list[_Told](), set[str]()
    connection = await reads.known(house.world, event.application_id, event.connection_id or "")
    for one in found:
        product = Product(one.fact.product or "")
        if one.kind is not EventKind.PRODUCT_COLLECTED:
            continue
        if product in (Product.INVOICES, Product.TAX_RETURNS) and connection is not None:
            told += await _fiscal(house, connection, product, one)
            continue
        name = _NAMES.get(product)
        if name is None or name in done:
            continue
        done.add(name)
        same = [other for other in found if other.fact.product and _NAMES.get(Product(other.fact.product)) == name]
        told += _resource(house, name, one, same)
    return told


def _resource(house: House, name: str, one: Event, same: Sequence[Event]) -> list[_Told]:
    whole = [each for each in same if each.kind is EventKind.PRODUCT_COLLECTED]
    created = sum(each.fact.created or 0 for each in whole)
    type_ = name.upper()
    if one.fact.first or one.fact.reference is not None:
        data: dict[str, Any] = {f"total_{name}": sum(each.fact.count or 0 for each in whole)}
        if name == "accounts":
            # what comes with accounts (consents, bills) is none
            data = {"total_accounts": created}
        if name == "transactions":
            data |= _totals(house, one, same)
        return [(type_, "historical_update", data)]
    return [(type_, f"new_{name}_available", {f"new_{name}": created})] if created else []


def _totals(house: House, one: Event, same: Sequence[Event]) -> dict[str, Any]:
    new = [each.fact for each in same if each.kind is EventKind.TRANSACTIONS_CREATED]
    count, inflows = sum(fact.count or 0 for fact in new), sum(fact.inflows or 0 for fact in new)
    country = house.world.institutions[one.fact.institution].country
    first = min((fact.since for fact in new if fact.since is not None), default=None)
    last = max((fact.until for fact in new if fact.until is not None), default=None)
    # what was held before is told before: the sums are of the same movements
    return {
        "total_transactions": count,
        "total_inflow_transactions": inflows,
        "total_outflow_transactions": count - inflows,
        "first_transaction_date": None if first is None else render.local_date(first, country),
        "last_transaction_date": None if last is None else render.local_date(last, country),
    }


async def _fiscal(house: House, connection: Connection, product: Product, one: Event) -> list[_Told]:
    held = await holdings.stored(house.world, connection)
    if not one.fact.first and one.fact.reference is None:
        known = product is Product.TAX_RETURNS and one.fact.created
        return [("TAX_RETURNS", "new_tax_returns_available", {"new_tax_returns": one.fact.created})] if known else []
    if product is Product.INVOICES:
        return _invoices(house, [stored.record for stored in await held.records(Invoice)], connection, one.at)
    told: list[_Told] = []
    returns = [stored.record for stored in await held.records(TaxReturn)]
    for type_, monthly in (("yearly", False), ("monthly", True)):
        some = [record for record in returns if (record.month is not None) is monthly]
        if some:
            years = [record.year for record in some]
            data = {"type": type_, "total_tax_returns": len(some)}
            data |= {"first_tax_return_year": min(years), "last_tax_return_year": max(years)}
            told.append(("TAX_RETURNS", "historical_update", data))
    return told


def _invoices(house: House, every: Sequence[Invoice], connection: Connection, now: Instant) -> list[_Told]:
    """Say what there is of the last thirty days, and then of all years, in each direction."""
    country = house.world.institutions[connection.institution].country
    told: list[_Told] = []
    for part, since in (("initial", now - 30 * DAY), ("historical", 0)):
        for direction in ("inflow", "outflow"):
            days: list[date] = sorted(
                render.local_day(invoice.issued_at, country)
                for invoice in every
                if invoice.direction == direction and invoice.issued_at >= since
            )
            data = {
                "total_invoices": len(days),
                "first_invoice_date": days[0].isoformat() if days else None,
                "last_invoice_date": days[-1].isoformat() if days else None,
            }
            told.append(("INVOICES", f"{part}_{direction}_update", data))
    return told


async def _consent(house: House, event: Event) -> list[_Told]:
    """Say that a recurrent link's consent is about to end, a week before and a day before, and that it has ended."""
    connection = await reads.known(house.world, event.application_id, event.connection_id or "")
    ends = event.fact.at or event.at
    if connection is None or connection.notes.get("access_mode", "recurrent") != "recurrent":
        return []
    if event.kind is EventKind.CONSENT_EXPIRING and ends - event.at > _NOTICE:
        return []
    held = await (await holdings.stored(house.world, connection)).records(Consent)
    face = house.directory.face(connection.institution)
    data: dict[str, Any] = {"consent_id": held[-1].id if held else None}
    if event.kind is EventKind.CONSENT_EXPIRING:
        data["consent_due_date"] = render.timestamp(ends)
    data |= {
        "action": "renew",
        "institution": face.name,
        "institution_display_name": face.display_name,
        "institution_icon_logo": face.picture,
    }
    expiring = event.kind is EventKind.CONSENT_EXPIRING
    code = "openfinance_consent_about_to_expire" if expiring else "openfinance_consent_expired"
    return [("CONSENT", code, data)]
