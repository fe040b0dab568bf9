"""Transactions with their categories: a card's, and those that a client sends itself (contract 2.13)."""

from __future__ import annotations

import asyncio
from typing import Any

from afluente.analysis import filing
from afluente.analysis.history import History
from afluente.dialects.flinks import categories, enriching, render, uploaded
from afluente.dialects.flinks.forms import Form
from afluente.dialects.flinks.house import House
from afluente.dialects.flinks.routes.identifiers import login_and_request
from afluente.web.answers import Answer, json
from afluente.web.calls import Call


async def of_card(house: House, call: Call) -> Answer:
    """`GET categorization/login/{login}/requestid/{request}`: a year of a card's transactions, newest first."""
    found = await enriching.reading(house, call, *login_and_request(call))
    seen = await enriching.seen(house, found, least=0)
    filed = await asyncio.to_thread(_filed, seen.history)
    lines = [
        {
            "TransactionId": one.id,
            "AccountId": account,
            "Description": one.record.description,
            **filed[key],
            **{name: value for name, value in render.transaction(one).items() if name in _KEPT},
        }
        for key, (one, account) in found.places().items()
        if key in filed
    ]
    lines.sort(key=lambda line: str(line["Date"]), reverse=True)
    body = {
        "HttpStatusCode": 200,
        "LoginId": found.connection.id,
        "RequestId": found.session.id,
        "Transactions": lines,
    }
    return json(body)


async def upload(house: House, call: Call) -> Answer:
    """`POST Categorization/Upload`: the client's own transactions, in the order in which they were sent."""
    form = await Form.of(call)
    told = form.text("UserIdentifier")
    sellers = {seller.name.casefold(): seller for seller in house.world.merchants.values()}
    sent = await asyncio.to_thread(uploaded.read, form, sellers, balances=False)
    form.done()
    assert sent is not None  # `done` has raised otherwise
    filed = await asyncio.to_thread(_filed, sent.history)
    lines = []
    for one in sent.transactions:
        line = render.transaction(one)
        lines.append(
            {
                "Description": line["Description"],
                **filed[one.record.account_key, one.record.key],
                "Debit": line["Debit"],
                "Credit": line["Credit"],
                "Date": line["Date"],
            }
        )
    ids = house.world.ids
    body = {"HttpStatusCode": 200, "LoginId": told or ids.new(), "RequestId": ids.new(), "Transactions": lines}
    return json(body)


_KEPT = ("Balance", "Debit", "Credit", "Date")


def _filed(known: History) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what each booked movement is filed under: as the institution or the client has it, else as it looks."""
    found = {}
    for one in known.movements:
        slug = one.category or filing.category_of(one)
        filed = categories.FILING.named(slug, inflow=one.amount > 0)
        found[one.account.key, one.key] = {"Category": filed.category, "SubCategory": filed.subcategory}
    return found
