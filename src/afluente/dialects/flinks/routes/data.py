"""Summary, details and statements of a session's card, each with the path on which it is polled (contract 2.7-2.10).

A call begins what is missing and waits for it; a poll looks. What the client wants to see is kept with the session,
so that a poll, which has no body, shows the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec

from afluente.core.accounts import Account
from afluente.core.connections import Connection, Stored
from afluente.core.documents import Statement
from afluente.core.outcome import Refused
from afluente.core.products import Product
from afluente.dialects.flinks import cards, readings, render, wishes
from afluente.dialects.flinks.forms import Form, guid_of
from afluente.dialects.flinks.house import House
from afluente.dialects.flinks.render import View, links
from afluente.dialects.flinks.routes.authorize import asked, pending, turn_of
from afluente.dialects.flinks.wishes import COUNTS, DAYS, Wishes
from afluente.engine.connecting import sessions
from afluente.engine.connecting.sessions import ClientSession, Stage
from afluente.engine.files import documents
from afluente.engine.records import reads
from afluente.engine.syncing import checks
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

SUMMARY = (Product.ACCOUNTS, Product.CARDS, Product.HOLDER, Product.LOANS, Product.INVESTMENTS)
DETAIL = (*SUMMARY, Product.TRANSACTIONS)


class Wants(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a call asks for: how accounts are shown, how many statements of each, and what banks say of their products.

    The name of the field that asks for the last (`WithProductDetails`) is inferred: only two warnings tell of it.
    """

    view: View = View()
    statements: int = 0
    details: bool = False


async def summary(house: House, call: Call) -> Answer:
    """`POST GetAccountsSummary`: the accounts and their balances."""
    form = await Form.of(call)
    view = _view(form, await _wished(house, call, form))
    return await _read(house, call, form, "GetAccountsSummary", Wants(view=view), wait=True)


async def summary_async(house: House, call: Call) -> Answer:
    """`GET GetAccountsSummaryAsync/{id}`."""
    return await _poll(house, call, "GetAccountsSummary")


async def detail(house: House, call: Call) -> Answer:
    """`POST GetAccountsDetail`: the accounts with their transactions."""
    form = await Form.of(call)
    wished = await _wished(house, call, form)
    view = _view(form, wished)
    documents = form.boolean("WithDetailsAndBankingStatements", default=bool(wished.statements))
    count = form.choice(COUNTS, "NumberOfBankingStatements") or wished.statements or 1
    details = form.boolean("WithProductDetails")
    wants = Wants(view=view, statements=count if documents else 0, details=bool(details))
    return await _read(house, call, form, "GetAccountsDetail", wants, wait=True)


async def detail_async(house: House, call: Call) -> Answer:
    """`GET GetAccountsDetailAsync/{id}`."""
    return await _poll(house, call, "GetAccountsDetail")


async def statements(house: House, call: Call) -> Answer:
    """`POST GetStatements`: the documents themselves. A year of them is given of one account at a time."""
    form = await Form.of(call)
    wished = await _wished(house, call, form)
    only = form.guids("AccountsFilter")
    count = form.choice(COUNTS, "NumberOfStatements")
    if count == COUNTS["Months12"] and len(only or ()) != 1:
        form.wrong("AccountsFilter", "Months12 needs an AccountsFilter of exactly one account.")
    view = View(only=frozenset(only) if only else wished.only)
    wants = Wants(view=view, statements=count or wished.statements or 1)
    return await _read(house, call, form, "GetStatements", wants, wait=True)


async def statements_async(house: House, call: Call) -> Answer:
    """`GET GetStatementsAsync/{id}`."""
    return await _poll(house, call, "GetStatements")


async def _wished(house: House, call: Call, form: Form) -> Wishes:
    """Return what the page wished for on which the session's card was connected."""
    id = guid_of(str(form.raw("RequestId") or ""))
    try:
        return await wishes.of_session(house, await sessions.session_of(house.world, call.application_id, id or ""))
    except Refused:
        return Wishes()


def _view(form: Form, wished: Wishes) -> View:
    only = form.guids("AccountsFilter")
    after = {}
    for entry in form.objects("RefreshDelta"):
        account, transaction = entry.guid("AccountId", required=True), entry.guid("TransactionId", required=True)
        for name, faults in entry.faults.items():
            form.wrong(f"RefreshDelta.{name}", faults[0])
        if account and transaction:
            after[account] = transaction
    first, last = form.day("DateFrom"), form.day("DateTo")
    if first and last and first > last:
        form.wrong("DateFrom", "DateFrom must not be after DateTo.")
    return View(
        identity=form.boolean("WithAccountIdentity", default=True),
        kyc=form.boolean("WithKYC", default=True),
        balance=form.boolean("WithBalance", default=True),
        transactions=form.boolean("WithTransactions", default=True),
        days=form.choice(DAYS, "DaysOfTransactions", "DaysOfTransaction") or wished.days,
        first=first,
        last=last,
        # typed clients send an empty list where they filter nothing
        only=frozenset(only) if only else wished.only,
        after=after,
    )


async def _read(house: House, call: Call, form: Form, operation: str, wants: Wants, *, wait: bool) -> Answer:
    id = form.guid("RequestId", required=True)
    form.done()
    assert id is not None  # `done` has raised otherwise
    call.session_id = id
    await sessions.find(house.world, call.application_id, id)
    await sessions.keep_notes(house.world, id, {operation: msgspec.json.encode(wants).decode()})
    return await _serve(house, call, id, operation, wants, wait=wait)


async def _poll(house: House, call: Call, operation: str) -> Answer:
    form = Form({"RequestId": call.param("id")})
    id = form.guid("RequestId")
    if id is None:
        raise Refused("session.unknown", data={"requestId": call.param("id")[:100]})
    call.session_id = id
    found = await sessions.find(house.world, call.application_id, id)
    kept = found.notes.get(operation)
    wants = msgspec.json.decode(kept, type=Wants) if kept else Wants(statements=int(operation == "GetStatements"))
    return await _serve(house, call, id, operation, wants, wait=False)


def products_of(operation: str, wants: Wants) -> tuple[tuple[Product, ...], tuple[Product, ...]]:
    """Return the products that an answer needs, and all that the call sees to."""
    if operation == "GetStatements":
        return (Product.STATEMENTS,), (Product.STATEMENTS,)
    needed = DETAIL if operation == "GetAccountsDetail" and wants.view.transactions else SUMMARY
    return needed, (*needed, Product.STATEMENTS) if wants.statements else needed


async def _serve(house: House, call: Call, id: str, operation: str, wants: Wants, *, wait: bool) -> Answer:
    """See to the products, wait for them, and show them as soon as the answer's own are there."""
    needed, every = products_of(operation, wants)
    if wait and operation == "GetAccountsDetail":
        await _tell(house, call, id, wants)
    found = await turn_of(house, call, id, sessions.collect(house.world, call.application_id, id, every))
    institution = house.world.institutions[found.connection.institution]
    if operation == "GetStatements" and (institution.country != "CA" or Product.STATEMENTS not in institution.products):
        raise Refused("request.unsupported.not-enabled", data={"session_id": id})
    if found.running and wait and found.session.live:
        resting = sessions.rest(house.world, call.application_id, id, needed)
        found = await turn_of(house, call, id, resting)
        if not found.running and found.posed is None and sessions.lacking(house.world, found, every):
            # what ran was wanted by an earlier call
            found = await turn_of(house, call, id, sessions.collect(house.world, call.application_id, id, every))
            resting = sessions.rest(house.world, call.application_id, id, needed)
            found = await turn_of(house, call, id, resting) if found.running else found
    if found.posed is not None:
        return asked(house, found, found.posed)
    if found.running and sessions.lacking(house.world, found, needed):
        return pending(house, call, found.session, operation)
    call.meaning = found.session.meaning
    return json(await shown(house, found.session, found.connection, operation, wants))


async def _tell(house: House, call: Call, id: str, wants: Wants) -> None:
    """Let the checks know what the client wants of its details."""
    session = await sessions.session_of(house.world, call.application_id, id)
    card = await reads.known(house.world, call.application_id, session.connection_id or "")
    if card is not None and session.stage is not Stage.ENDED:
        facts = {"without_transactions": not wants.view.transactions, "details": wants.details}
        await checks.tell(house.world, call.application_id, card.id, **facts)


async def shown(
    house: House, session: ClientSession, connection: Connection, operation: str, wants: Wants
) -> dict[str, Any]:
    """Return the body of a 200: what is stored of the card now, as the call wants to see it."""
    told: dict[str, Any] = {"HttpStatusCode": 200}
    if operation == "GetStatements":
        told["StatementsByAccount"] = await _documents(house, connection, wants)
    else:
        told["Accounts"] = await _accounts(house, connection, wants.view, operation == "GetAccountsDetail")
    told |= await cards.envelope(house, session, connection)
    return told | {"Links": _LINKS[operation]()}


_LINKS: dict[str, Callable[[], links.Links]] = {
    "GetAccountsSummary": links.summary,
    "GetAccountsDetail": links.detail,
    "GetStatements": links.statements,
}


async def _accounts(house: House, connection: Connection, view: View, detailed: bool) -> list[dict[str, Any]]:
    every = await readings.held(house, connection, view)
    owner = await readings.owner(house, connection)
    if not detailed:
        return [render.summary(stored, owner, view) for stored in every]
    today = _today(house, connection)
    return [
        render.detail(stored, owner, await readings.movements(house, connection, stored, view, today), view, today)
        for stored in every
    ]


def _today(house: House, connection: Connection) -> date:
    return render.local_day(house.world.now(connection.application_id))


async def _documents(house: House, connection: Connection, wants: Wants) -> list[dict[str, Any]]:
    world, application = house.world, connection.application_id
    accounts: list[Stored[Account]] = [
        stored
        for stored in await reads.records(world, application, Account, connection.id)
        if wants.view.shows(stored.id)
    ]
    chosen: dict[str, list[Stored[Statement]]] = {}
    files: dict[str, bytes] = {}
    for account in accounts:
        every = await reads.statements(world, application, account.id)
        latest = sorted(every, key=lambda stored: stored.record.month, reverse=True)[: wants.statements]
        chosen[account.id] = latest
        for stored in latest:
            files[stored.id] = (await documents.statement(world, application, stored.id)).content
    return render.statements_by_account(accounts, chosen, files)
