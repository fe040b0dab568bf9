"""Accounts, their balance, bills and statements."""

from __future__ import annotations

import re

from afluente.core.accounts import Account, AccountKind, Bill
from afluente.core.clock import SECOND
from afluente.core.connections import Stored
from afluente.core.documents import Statement
from afluente.core.outcome import Refused
from afluente.dialects.pluggy import forms, render
from afluente.dialects.pluggy.house import Grant, House, page
from afluente.engine.files import documents
from afluente.engine.records import reads
from afluente.security.tokens import InvalidToken
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

_PAGED = ("page", "pageSize")


async def list_accounts(house: House, call: Call) -> Answer:
    """`GET /accounts`; with a connect token only its own item's, and fewer fields."""
    wanted = forms.query(call, {"itemId": forms.needed_id, "type": forms.choice("BANK", "CREDIT")}, _PAGED)
    grant: Grant | None = call.grant
    if grant is not None:
        owner = await reads.connection(house.world, call.application_id, wanted["itemId"])
        if owner.opened_by != grant.id and owner.id != grant.item_id:
            raise Refused("request.forbidden.scope")
    found = await reads.records(house.world, call.application_id, Account, wanted["itemId"])
    if wanted["type"]:
        credit = wanted["type"] == "CREDIT"
        found = [stored for stored in found if (stored.record.kind is AccountKind.CREDIT_CARD) is credit]
    show = render.account if grant is None else render.reduced_account
    return json(page([show(stored) for stored in found]))


async def get_account(house: House, call: Call) -> Answer:
    """`GET /accounts/{id}`."""
    return json(render.account(await reads.account(house.world, call.application_id, forms.path_id(call))))


async def get_balance(house: House, call: Call) -> Answer:
    """`GET /accounts/{id}/balance`, asked of the institution just now."""
    balance = await reads.live_balance(house.world, call.application_id, forms.path_id(call))
    return json(render.balance(balance, house.world.now(call.application_id)))


async def list_statements(house: House, call: Call) -> Answer:
    """`GET /accounts/{id}/statements`, each with an address that works for half an hour."""
    account_id = forms.path_id(call)
    found = await reads.statements(house.world, call.application_id, account_id)
    return json(page([render.statement(stored, _address(house, call, stored)) for stored in found]))


def _address(house: House, call: Call, stored: Stored[Statement]) -> str:
    now, lasts = house.world.now(call.application_id), house.numbers.tokens.statement * SECOND
    token = house.tokens.issue(call.application_id, f"statement:{stored.id}", now, lasts)
    return f"{call.base_url}/accounts/{stored.parent_id}/statements/{stored.id}?token={token}"


async def get_statement(house: House, call: Call) -> Answer:
    """The document itself: the month's statement as a PDF. The address is the key."""
    account_id, statement_id = forms.path_id(call), forms.path_id(call, "statement")
    try:
        token = house.tokens.verify(dict(call.query).get("token", ""))
    except InvalidToken:
        raise Refused("request.unauthenticated.token") from None
    if token.scope != f"statement:{statement_id}" or house.world.now(token.application_id) >= token.expires_at:
        raise Refused("request.unauthenticated.token-expired")
    made = await documents.statement(house.world, token.application_id, statement_id)
    if made.account.id != account_id:
        raise Refused("request.not-found.account")
    number = re.sub(r"[^A-Za-z0-9.-]", "-", made.account.record.number)
    name = f'attachment; filename="extrato-{number}-{made.month}.pdf"'
    return Answer(200, made.content, ((b"content-type", b"application/pdf"), (b"content-disposition", name.encode())))


async def list_bills(house: House, call: Call) -> Answer:
    """`GET /bills`."""
    wanted = forms.query(call, {"accountId": forms.needed_id}, _PAGED)
    found = await reads.bills(house.world, call.application_id, wanted["accountId"])
    return json(page([render.bill(stored) for stored in found]))


async def get_bill(house: House, call: Call) -> Answer:
    """`GET /bills/{id}`."""
    stored = await reads.record(house.world, call.application_id, Bill, forms.path_id(call))
    return json(render.bill(stored, with_account=True))
