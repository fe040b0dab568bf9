"""Investments, loans, identity and consents."""

from __future__ import annotations

from collections import defaultdict

from afluente.core.connections import Stored
from afluente.core.documents import Consent
from afluente.core.holders import Holder
from afluente.core.investments import Investment, InvestmentMovement
from afluente.core.loans import Loan
from afluente.core.outcome import Refused
from afluente.dialects.pluggy import forms, render
from afluente.dialects.pluggy.house import House, page
from afluente.engine.records import reads
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

_PAGED = ("page", "pageSize")
_INVESTMENTS = ("MUTUAL_FUND", "EQUITY", "SECURITY", "FIXED_INCOME", "ETF", "COE", "OTHER")


async def list_investments(house: House, call: Call) -> Answer:
    """`GET /investments`, each with its movements."""
    size = house.numbers.pages.size
    wanted = forms.query(
        call,
        {
            "itemId": forms.needed_id,
            "type": forms.choice(*_INVESTMENTS),
            "page": forms.number(1),
            "pageSize": forms.number(size, size),
        },
    )
    found = await reads.records(house.world, call.application_id, Investment, wanted["itemId"])
    moved = await reads.records(house.world, call.application_id, InvestmentMovement, wanted["itemId"])
    by_investment: defaultdict[str | None, list[Stored[InvestmentMovement]]] = defaultdict(list)
    for movement in moved:
        by_investment[movement.parent_id].append(movement)
    wires = [render.investment(stored, by_investment[stored.id]) for stored in found]
    wires = [wire for wire in wires if wanted["type"] in (None, wire["type"])]
    number, length = wanted["page"], wanted["pageSize"]
    first = (number - 1) * length
    return json(page(wires[first : first + length], len(wires), number, length))


async def get_investment(house: House, call: Call) -> Answer:
    """`GET /investments/{id}`."""
    id = forms.path_id(call)
    stored = await reads.record(house.world, call.application_id, Investment, id)
    _, moved = await reads.movements(house.world, call.application_id, id, house.numbers.pages.size, 0)
    return json(render.investment(stored, moved))


async def list_movements(house: House, call: Call) -> Answer:
    """`GET /investments/{id}/transactions`."""
    size = house.numbers.pages.size
    readers = {"page": forms.number(1), "pageSize": forms.number(size, size)}
    wanted = forms.query(call, readers, ignored=("investmentId",))
    number, length = wanted["page"], wanted["pageSize"]
    total, found = await reads.movements(
        house.world, call.application_id, forms.path_id(call), length, (number - 1) * length
    )
    return json(page([render.investment_transaction(stored) for stored in found], total, number, length))


async def list_loans(house: House, call: Call) -> Answer:
    """`GET /loans`."""
    wanted = forms.query(call, {"itemId": forms.needed_id}, _PAGED)
    found = await reads.records(house.world, call.application_id, Loan, wanted["itemId"])
    return json(page([render.loan(stored) for stored in found]))


async def get_loan(house: House, call: Call) -> Answer:
    """`GET /loans/{id}`."""
    return json(render.loan(await reads.record(house.world, call.application_id, Loan, forms.path_id(call))))


async def get_identity(house: House, call: Call) -> Answer:
    """`GET /identity/{id}`."""
    return json(render.identity(await reads.record(house.world, call.application_id, Holder, forms.path_id(call))))


async def get_identity_of_item(house: House, call: Call) -> Answer:
    """`GET /identity`: one object, not there until the item has finished."""
    wanted = forms.query(call, {"itemId": forms.needed_id})
    found = await reads.records(house.world, call.application_id, Holder, wanted["itemId"])
    if not found:
        raise Refused("request.not-found.identity")
    return json(render.identity(found[0]))


async def list_consents(house: House, call: Call) -> Answer:
    """`GET /consents`."""
    wanted = forms.query(call, {"itemId": forms.needed_id}, _PAGED)
    owner = await reads.connection(house.world, call.application_id, wanted["itemId"])
    found = await reads.records(house.world, call.application_id, Consent, owner.id)
    products = [state.product for state in owner.products]
    return json(page([render.consent(stored, products) for stored in found]))


async def get_consent(house: House, call: Call) -> Answer:
    """`GET /consents/{id}`."""
    stored = await reads.record(house.world, call.application_id, Consent, forms.path_id(call))
    owner = await reads.connection(house.world, call.application_id, stored.connection_id)
    return json(render.consent(stored, [state.product for state in owner.products]))
