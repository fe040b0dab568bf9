"""Events in Pluggy's words: what is sent to the addresses that a client or an item names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from afluente.core.clock import HOUR, SECOND
from afluente.core.events import Event, EventKind
from afluente.core.identity import derived_id
from afluente.core.outcome import UNEXPECTED
from afluente.dialects.pluggy.house import House
from afluente.engine.outbox import facts
from afluente.engine.telling import Message, Plan, Teller
from afluente.web.instants import instant

# three at once, three an hour later, three two hours after that; a login's success only at once
_SPANS = (SECOND, SECOND, HOUR, SECOND, SECOND, 2 * HOUR, SECOND, SECOND)
_PLAN = Plan(own=_SPANS, timeout=10 * SECOND, once={"item/login_succeeded": 3})

_TRIGGERS = {"client": "CLIENT", "user": "USER", "schedule": "SYNC", "upload": "CLIENT"}

_MOVED = (EventKind.TRANSACTIONS_CREATED, EventKind.TRANSACTIONS_UPDATED, EventKind.TRANSACTIONS_DELETED)
"""Told when the execution has ended: what a first one brings cannot be read before."""

_encode = msgspec.json.Encoder().encode


def teller(house: House, base_url: str) -> Teller:
    """Return what the engine needs to tell events in Pluggy's words. `base_url`: where links in them lead."""

    async def render(event: Event) -> Sequence[Message]:
        moved: Sequence[Event] = ()
        if event.kind in (EventKind.CONNECTION_UPDATED, EventKind.CONNECTION_FAILED):
            moved = await facts.of_execution(house.world, event, _MOVED)
        told = _item(house, event) + [payload for one in moved for payload in _transactions(one, base_url)]
        return list(_messages(event, told))

    return Teller(render=render, plan=_PLAN, of_connections=True)


_Payload = tuple[str, dict[str, Any]]


def _messages(event: Event, told: Iterable[_Payload]) -> Iterable[Message]:
    for part, (name, payload) in enumerate(told):
        id = derived_id(event.id, "pluggy", f"{name}:{part}")
        body = {"event": name, "eventId": id, **payload, "clientId": event.application_id}
        yield Message(name=name, id=id, body=_encode(body).decode())


def _item(house: House, event: Event) -> list[_Payload]:
    say = _ITEM.get(event.kind)
    return [] if say is None else [say(house, event)]


def _about(event: Event) -> dict[str, Any]:
    fact = event.fact
    trigger = _TRIGGERS.get(fact.trigger, "CLIENT")
    id = event.connection_id
    return {"id": id, "itemId": id, "triggeredBy": trigger, "clientUserId": fact.user}


def _logged_in(house: House, event: Event) -> _Payload:
    return "item/login_succeeded", _about(event)


def _asked(house: House, event: Event) -> _Payload:
    return f"item/waiting_user_{'action' if event.fact.elsewhere else 'input'}", _about(event)


def _updated(house: House, event: Event) -> _Payload:
    return f"item/{'created' if event.fact.first else 'updated'}", _about(event)


def _failed(house: House, event: Event) -> _Payload:
    ending = house.words.ending(event.fact.meaning or UNEXPECTED)
    error: dict[str, Any] = {"code": ending.code, "message": ending.message}
    if "field" in event.fact.attributes:
        error["parameter"] = event.fact.attributes["field"]
    return "item/error", {**_about(event), "error": error}


def _deleted(house: House, event: Event) -> _Payload:
    id = event.connection_id
    return "item/deleted", {"id": id, "itemId": id, "clientUserId": event.fact.user}


_ITEM: Mapping[EventKind, Callable[[House, Event], _Payload]] = {
    EventKind.CONNECTION_LOGGED_IN: _logged_in,
    EventKind.CONNECTION_ASKED: _asked,
    EventKind.CONNECTION_UPDATED: _updated,
    EventKind.CONNECTION_FAILED: _failed,
    EventKind.CONNECTION_DELETED: _deleted,
}


def _transactions(event: Event, base_url: str) -> list[_Payload]:
    fact, id = event.fact, event.connection_id
    whose: dict[str, Any] = {"itemId": id, "accountId": fact.account_id}
    if event.kind is EventKind.TRANSACTIONS_CREATED:
        since = instant(fact.stored_at or event.at)
        query = f"accountId={fact.account_id}&createdAtFrom={since}"
        told = {
            "id": id,
            **whose,
            "transactionsCount": fact.count,
            "transactionsMinDate": instant(fact.since or event.at),
            "transactionsCreatedAtFrom": since,
            "createdTransactionsLink": f"{base_url}/v2/transactions?{query}",
            "createdTransactionsLinkV2": f"{base_url}/v2/transactions?{query}",
            "clientUserId": fact.user,
        }
        return [("transactions/created", told)]
    moved = {**whose, "transactionIds": list(fact.ids), "transactionsCount": fact.count}
    if event.kind is EventKind.TRANSACTIONS_UPDATED:
        return [("transactions/updated", {**moved, "triggeredBy": _TRIGGERS.get(fact.trigger, "CLIENT")})]
    return [("transactions/deleted", moved)]
