"""Attributes of a card and of what a client sends itself, and the score (contract 2.13)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from afluente.analysis.history import Movement
from afluente.analysis.score import score
from afluente.analysis.sight import Sight
from afluente.analysis.spans import days_back
from afluente.core.accounts import Transaction
from afluente.core.connections import Stored
from afluente.core.identity import derived_id
from afluente.core.outcome import Refused
from afluente.dialects.flinks import attributes, cards, enriching, render, uploaded
from afluente.dialects.flinks.attributes import Named
from afluente.dialects.flinks.enriching import LOOKS_BACK, Reading
from afluente.dialects.flinks.forms import Form
from afluente.dialects.flinks.house import House
from afluente.dialects.flinks.render.types import category_of
from afluente.dialects.flinks.routes.identifiers import login_and_request
from afluente.engine.connecting import sessions
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

DONE = "success.score"
_DETAILED = 2_000
"""Transactions that the details of one attribute list at most, the newest."""

Place = Callable[[Movement], tuple[Stored[Transaction], str]]


async def list_attributes(house: House, call: Call) -> Answer:
    """`GET attributes/library`: what can be asked of persons."""
    return json(_library(False))


async def list_business_attributes(house: House, call: Call) -> Answer:
    """`GET attributes/library/business`: what can be asked of companies."""
    return json(_library(True))


def _library(business: bool) -> dict[str, Any]:
    rows = [row for row in attributes.reference() if row.business is business]
    return {
        "HttpStatusCode": 200,
        "Attributes": [
            {"Name": name, "Description": row.about, "Packages": list(row.packages)}
            for row in rows
            for name in (row.name, *row.windows)
        ],
    }


async def packaged(house: House, call: Call) -> Answer:
    """`GET insight/login/{login}/attributes/{request}/{package}`: all attributes of a package."""
    asked = attributes.package(call.param("package"))
    if asked is None:
        raise Refused("request.not-found.route")
    found = await _reading(house, call)
    seen = await enriching.seen(house, found)
    body = await _worked(lambda: _values(asked, (), seen, LOOKS_BACK, None))
    return await _answer(house, call, found, body)


async def chosen(house: House, call: Call) -> Answer:
    """`POST insight/login/{login}/attributes/{request}`: the attributes that are named."""
    form = await Form.of(call)
    asked, detailed = _asked(form, uploaded.names(form, "Attributes", "Card"))
    days = _limit(form)
    wanted = _categories(form)
    accounts = _accounts(form, wanted is not None)
    form.done()
    found = await _reading(house, call)
    only = _only(found, wanted, accounts)
    seen = await enriching.seen(house, found, only)
    places = found.places()
    body = await _worked(
        lambda: _values(asked, detailed, seen, days, lambda one: places[one.account.key, one.key]),
    )
    return await _answer(house, call, found, body)


async def upload(house: House, call: Call) -> Answer:
    """`POST attributes/upload`: attributes of the client's own transactions."""
    form = await Form.of(call)
    asked, detailed = _asked(form, uploaded.names(form, "Card", "Attributes"))
    days = _limit(form)
    told = form.text("UserIdentifier")
    sellers = {seller.name.casefold(): seller for seller in house.world.merchants.values()}
    sent = await asyncio.to_thread(uploaded.read, form, sellers, balances=True)
    form.done()
    assert sent is not None  # `done` has raised otherwise
    if len(sent.transactions) < enriching.LEAST:
        raise Refused("product.transactions.none")
    request_id = house.world.ids.new()
    account = derived_id(request_id, "account", "uploaded")
    stored = {
        one.id: Stored(derived_id(request_id, "transaction", one.id), "", account, one.record, 0, 0)
        for one in sent.transactions
    }
    seen = Sight(sent.history)
    body = await _worked(lambda: _values(asked, detailed, seen, days, lambda one: (stored[one.key], account)))
    card = {"Id": told or house.world.ids.new(), **body.pop("Card")}
    return json({"HttpStatusCode": 200, "Card": card, "RequestId": request_id, **body})


async def scored(house: House, call: Call) -> Answer:
    """`POST Insight/login/{login}/score/{request}`: one number, from 300 to 900 (see `analysis/score.py`).

    What the client says of the person is read and not used: the score stands on the accounts alone.
    """
    form = await Form.of(call)
    loan = uploaded.amount(form, "LoanAmount")
    about = form.raw("UserPersonalInformation")
    if about is not None and not isinstance(about, dict):
        form.wrong("UserPersonalInformation", "The UserPersonalInformation field must be an object.")
    form.done()
    found = await _reading(house, call)
    seen = await enriching.seen(house, found)
    made = await _worked(lambda: score(seen) if loan is None else score(seen, loan))
    return await _answer(house, call, found, {"Score": str(made.points)})


def _asked(form: Form, names: Sequence[str]) -> tuple[list[Named], list[Named]]:
    """Return the attributes that are wanted, and those whose transactions are wanted too."""
    options = form.raw("options")
    inner = Form(options) if isinstance(options, dict) else Form({})
    wanted = uploaded.names(form, "AttributesDetail") or uploaded.names(inner, "AttributesDetail")
    form.faults.update(inner.faults)
    if not names and "Attributes" not in form.faults and "Card" not in form.faults:
        form.wrong("Attributes", "The Attributes field is required.")
    return _named(form, "Attributes", names), _named(form, "AttributesDetail", wanted)


def _named(form: Form, field: str, names: Iterable[str]) -> list[Named]:
    found = []
    for name in dict.fromkeys(names):
        one = attributes.named(name)
        if one is None:
            form.wrong(field, f"The attribute '{name[:100]}' is not known.")
        else:
            found.append(one)
    return found


def _limit(form: Form) -> int:
    options = form.raw("options")
    inner = Form(options) if isinstance(options, dict) else Form({})
    text = form.text("limitDays") or inner.text("limitDays")
    if text is None:
        return LOOKS_BACK
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= LOOKS_BACK):
        form.wrong("limitDays", f"The limitDays field must be a number from 1 to {LOOKS_BACK}.")
        return LOOKS_BACK
    return int(text)


def _categories(form: Form) -> frozenset[str] | None:
    told = form.raw("Filters")
    inner = Form(told) if isinstance(told, dict) else Form({})
    value = inner.raw("accountCategory")
    if value is None:
        return None if told is None else frozenset()
    named = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in named):
        form.wrong("Filters", "The accountCategory must be a list of categories.")
        return None
    return frozenset(one.strip().casefold() for one in named)


def _accounts(form: Form, filtered: bool) -> tuple[str, ...] | None:
    told = form.raw("AccountFilter")
    if told is None:
        return None
    if not isinstance(told, dict):
        form.wrong("AccountFilter", "The AccountFilter field must be an object.")
        return None
    inner = Form(told)
    ids = inner.guids("AccountID")
    form.faults.update(inner.faults)
    if not filtered:
        form.wrong("Filters", "The Filters field is required with an AccountFilter.")
    return ids


def _only(found: Reading, wanted: frozenset[str] | None, ids: tuple[str, ...] | None) -> set[str]:
    return {
        one.id
        for one in found.accounts
        if (not wanted or category_of(one.record).casefold() in wanted) and (ids is None or one.id in ids)
    }


def _values(
    asked: Sequence[Named], detailed: Sequence[Named], seen: Sight, days: int, place: Place | None
) -> dict[str, Any]:
    """Return the values under `Card`, and the transactions behind them where those are wanted."""
    over = days_back(seen.on, days)
    body: dict[str, Any] = {"Card": attributes.evaluate(asked, seen, over)}
    if detailed and place is not None:
        body["AttributesDetails"] = [
            {
                "Attribute": one.name,
                "Transactions": [
                    render.detailed(*place(movement))
                    for movement in attributes.transactions(one, seen, over)[: -_DETAILED - 1 : -1]
                ],
            }
            for one in detailed
        ]
    return body


async def _reading(house: House, call: Call) -> Reading:
    return await enriching.reading(house, call, *login_and_request(call))


async def _worked(work: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(work)


async def _answer(house: House, call: Call, found: Reading, body: dict[str, Any]) -> Answer:
    """Return what was reckoned, and let the session say that it was."""
    call.meaning = DONE
    session = found.session
    await sessions.tell(house.world, session.id, DONE)
    if "Card" not in body:
        return json({"HttpStatusCode": 200, **body, **await cards.envelope(house, session, found.connection)})
    card = {"Id": found.connection.id, **body.pop("Card")}
    login = await cards.login(house, found.connection)
    return json({"HttpStatusCode": 200, "Card": card, "Login": login, "RequestId": session.id, **body})
