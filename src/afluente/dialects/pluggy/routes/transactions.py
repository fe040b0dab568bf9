"""Transactions: by number of page (the older way), by cursor, one by one, and filed under another category."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from afluente.core.clock import Instant
from afluente.core.outcome import Refused
from afluente.dialects.pluggy import categories, forms, render
from afluente.dialects.pluggy.house import House, page
from afluente.engine.records import reads
from afluente.engine.records.reads import Filter, Movements
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def shown(house: House, found: Movements) -> list[dict[str, Any]]:
    """Return transactions as they stand on the wire."""
    kind = found.account.record.kind
    named, choose, open_finance = categories.named, found.choose, found.open_finance
    return [
        render.transaction(
            entry.stored,
            kind,
            bill_id=entry.bill_id,
            category=named(choose(entry, kind)),
            open_finance=open_finance,
        )
        for entry in found.entries
    ]


async def list_numbered(house: House, call: Call) -> Answer:
    """`GET /transactions`."""
    size = house.numbers.pages.size
    wanted = forms.query(
        call,
        {
            "accountId": forms.needed_id,
            "ids": forms.ids(size),
            "from": forms.moment,
            "to": forms.end_of_day,
            "createdAtFrom": forms.moment,
            "billId": forms.maybe_id,
            "page": forms.number(1),
            "pageSize": forms.number(size, size),
        },
    )
    # a list of ids makes the dates void
    dated = not wanted["ids"]
    filter = Filter(
        since=wanted["from"] if dated else None,
        until=wanted["to"] if dated else None,
        created_since=wanted["createdAtFrom"],
        bill_id=wanted["billId"],
        ids=wanted["ids"],
    )
    number, length = wanted["page"], wanted["pageSize"]
    found = await reads.transactions_numbered(
        house.world, call.application_id, wanted["accountId"], filter, length, (number - 1) * length
    )
    return json(page(shown(house, found), found.total, number, length))


async def list_behind(house: House, call: Call) -> Answer:
    """`GET /v2/transactions`: pages of fixed length, each naming the next."""
    size = house.numbers.pages.size
    wanted = forms.query(
        call,
        {
            "accountId": forms.needed_id,
            "ids": forms.ids(size),
            "dateFrom": forms.moment,
            "dateTo": forms.end_of_day,
            "createdAtFrom": forms.moment,
            "after": forms.text,
        },
    )
    if wanted["createdAtFrom"] is not None and wanted["dateFrom"] is not None:
        raise Refused("request.invalid", data={"detail": "createdAtFrom cannot be used together with dateFrom"})
    filter = Filter(
        since=wanted["dateFrom"],
        until=wanted["dateTo"],
        created_since=wanted["createdAtFrom"],
        ids=wanted["ids"],
    )
    after = _cursor(wanted["after"]) if wanted["after"] else None
    found = await reads.transactions_behind(
        house.world, call.application_id, wanted["accountId"], filter, size + 1, after
    )
    following = None
    if len(found.entries) > size:
        last = found.entries[size - 1].stored
        kept = [(name, value) for name, value in call.query if value and name != "after"]
        token = base64.b64encode(f"{render.instant(last.record.occurred_at)}|{last.id}".encode()).decode()
        following = "?" + "&".join(f"{quote(n)}={quote(v, safe=',')}" for n, v in [*kept, ("after", token)])
    wires = shown(house, found)
    return json({"results": wires[:size], "next": following})


def _cursor(text: str) -> tuple[Instant, str]:
    try:
        # some clients send the cursor as it stands, and its plus signs arrive as spaces
        moment, id = base64.b64decode(text.replace(" ", "+").encode(), validate=True).decode().split("|")
        at = (datetime.fromisoformat(moment) - _EPOCH) // timedelta(milliseconds=1)
        if not forms.is_uuid(id):
            raise ValueError
    except (ValueError, TypeError, binascii.Error, UnicodeError, OverflowError):
        raise Refused("request.invalid.cursor") from None
    return at, id.lower()


async def get_transaction(house: House, call: Call) -> Answer:
    """`GET /transactions/{id}`."""
    found = await reads.transaction(house.world, call.application_id, forms.path_id(call))
    return json(shown(house, found)[0])


async def update_transaction(house: House, call: Call) -> Answer:
    """`PATCH /transactions/{id}`: file it under another category, for good."""
    id = forms.path_id(call)
    body = await call.object()
    forms.known(body, ("id", "categoryId"))
    category_id = forms.string(body, "categoryId")
    if category_id is None:
        raise Refused("request.invalid.not-a-string", data={"field": "categoryId"})
    await reads.transaction(house.world, call.application_id, id)
    category = categories.by_id().get(category_id)
    if category is None:
        raise Refused("request.not-found.category")
    found = await reads.choose_category(house.world, call.application_id, id, category.slug)
    return json(shown(house, found)[0])
