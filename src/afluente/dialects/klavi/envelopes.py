"""Reports as they are sent: the envelope of each generation around what the report says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec

from afluente.core.accounts import Account, AccountKind
from afluente.core.clock import SECOND, Instant
from afluente.core.connections import Connection
from afluente.core.identity import derived_id
from afluente.core.products import Product
from afluente.dialects.klavi import consents, contents, reports, sources, tasks
from afluente.dialects.klavi.house import SYSTEM, House
from afluente.dialects.klavi.render import Seen, spelling
from afluente.dialects.klavi.sources import Source
from afluente.engine.connecting import tasks as engine

V2, USUAL = "V2", ("V1", "V1.1")
"""The version of reports whose names are written in one word with capitals, and those that reports have otherwise."""

_LOCAL = timezone(timedelta(hours=-3))
_encode = msgspec.json.Encoder(decimal_format="number").encode

_CARDS = (AccountKind.CREDIT_CARD,)
_EMPTY_SAYS = {Product.CARDS: _CARDS, Product.ACCOUNTS: tuple(kind for kind in AccountKind if kind not in _CARDS)}
"""Which accounts a product brings: a report that needs it and has none of them is an empty one."""


def encoded(body: Any) -> str:
    """Return a body as compact JSON, its numbers as JavaScript writes them: who signs what they parsed finds the same
    signature. The body's own numbers are changed on the way."""
    return _encode(settled(body)).decode()


def settled(value: Any) -> Any:
    """Return a value with its numbers as they are to be written; what it holds is changed in its place. Rows that are
    plain already are left alone, for there may be tens of thousands of them."""
    if isinstance(value, dict):
        for name, one in value.items():
            if type(one) in _TO_SETTLE:
                value[name] = settled(one)
        return value
    if isinstance(value, list | tuple):
        return [settled(one) if type(one) in _TO_SETTLE else one for one in value]
    if isinstance(value, Decimal):
        return spelling.plain(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else value
    return value


_TO_SETTLE = frozenset({dict, list, tuple, Decimal, float})
_EXACT = 2.0**53
"""Whole numbers up to here are written with all their digits."""


async def of_connection(house: House, connection: Connection, name: str, version: str | None = None) -> dict[str, Any]:
    """Return the report of a type from what a connection holds now; without a `version` in the one that its tasks are
    ordered in."""
    now = house.world.now(connection.application_id)
    task = await engine.latest(house.world, connection.application_id, connection.id)
    run = task.id if task is not None else connection.execution_id
    person = tasks.person(connection)
    query, ordered = (person.query, person.version) if person is not None else ({}, None)
    source = await sources.of(house, connection, now)
    told = {name: await meaning_of(source, name)}
    return (await of_open_data(source, told, run, query, now, version or ordered))[0]


async def meaning_of(source: Source, name: str) -> str:
    """Return the meaning of how a report of Open Data went, of a connection whose last execution fetched something."""
    made = reports.open_data()[name]
    meaning = reports.outcome(made, {state.product: state for state in source.connection.products})
    if meaning != reports.SUCCESS:
        return meaning
    kinds = {kind for product in made.needs for kind in _EMPTY_SAYS.get(product, ())}
    held = await source.held()
    if kinds and not held.of_kind(*kinds):
        return reports.EMPTY
    if held.holder is not None and not held.holder.document:
        return sources.NUMBER_MISSING
    return meaning


async def of_open_data(
    source: Source, told: Mapping[str, str], run: str, query: dict[str, Any], at: Instant, version: str | None = None
) -> list[dict[str, Any]]:
    """Return the envelopes of reports of Open Data, by name with the meaning of how each went; under a failure the
    container is null.

    `run` names the session that brought them.
    """
    # reports without a second number of their own version are asked for by the first
    own = {name: reports.open_data()[name].version if version in (None, *USUAL) else str(version) for name in told}
    world = source.house.world
    left = [name for name, meaning in told.items() if world.meaning(meaning).data in ("full", "partial")]
    made = await contents.of_open_data(source, [(name, own[name]) for name in left])
    contained = dict(zip(left, made, strict=True))
    return [
        _envelope(source, name, meaning, contained.get(name), run, query, at, own[name])
        for name, meaning in told.items()
    ]


def _envelope(
    source: Source,
    name: str,
    meaning: str,
    contained: dict[str, Any] | None,
    run: str,
    query: dict[str, Any],
    at: Instant,
    version: str,
) -> dict[str, Any]:
    word = source.house.world.catalogue.word(SYSTEM, "open-data", meaning)
    person = tasks.person(source.connection)
    data = {
        "enquiry_cpf": source.document,
        "user_consent": tasks.AUTHORISED,
        "allow_autoupdate": tasks.AUTHORISED if person is not None and person.autoupdate else tasks.REFUSED,
        "connection_key": tasks.connection_key(source.connection.id),
        "connection_id": run,
        "institution_id": source.face.code,
        "report_type": name,
        "report_id": derived_id(run, "report", name),
        "report_version": version,
        **({reports.open_data()[name].container: None} if contained is None else contained),
    }
    body: dict[str, Any] = {
        "code": int(word.code),
        "msg": word.message,
        "report_time": datetime.fromtimestamp(at // SECOND, _LOCAL).strftime("%Y-%m-%d %H:%M:%S"),
        "data": data,
        "query_param": query,
    }
    return _in_one_word(body) if version == V2 else body


def _in_one_word(body: dict[str, Any]) -> dict[str, Any]:
    """Write the envelope's names with capitals; `report_type`, `code` and `msg` stay as they are."""
    data = {_capitals(name): value for name, value in body.pop("data").items()}
    outer = {_capitals(name): value for name, value in body.items()}
    return {**outer, "data": data, "queryParam": outer["queryParam"]}


def _capitals(name: str) -> str:
    return name if name == "report_type" else spelling.capitals(name)


async def of_open_finance(
    given: Sequence[Source],
    seen: Seen,
    name: str,
    meaning: str,
    request_id: str,
    external: dict[str, Any],
    at: Instant,
) -> dict[str, Any]:
    """Return the envelope of a report over consents; `given` are the consents it is made from, at least one, and
    `seen` what is seen of them together."""
    first = given[0]
    word = first.house.world.catalogue.word(SYSTEM, "report", meaning)
    said = consents.told(first.connection)
    company = said is not None and said.company is not None
    return {
        "code": int(word.code),
        "message": word.message,
        "requestId": request_id,
        "productName": name,
        "productVersion": "V1",
        "productReportId": derived_id(request_id, "report", name),
        "productReportTime": datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "enquiryCnpj" if company else "enquiryCpf": first.document,
        "links": await _links(given),
        **await contents.of_open_finance(name, seen),
        "externalInfo": external,
    }


async def _links(given: Sequence[Source]) -> list[dict[str, Any]]:
    """Return the links behind the consents, each with those of one institution that were given over it."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for source in given:
        key = source.link_id, source.face.code
        told = found.setdefault(key, {"linkId": key[0], "institutionCode": key[1], "consents": []})
        told["consents"].append({"consentId": source.connection.id, "permissions": await _permissions(source)})
    return list(found.values())


async def _permissions(source: Source) -> dict[str, Any]:
    accounts, given = await source.holdings.records(Account), consents.granted(source.connection)
    ids = {
        permission: [one.id for one in accounts if (one.record.kind in _CARDS) is cards]
        for permission, cards in (("ACCOUNTS_ALL", False), ("CREDIT_CARDS_ALL", True))
    }
    return {
        permission: {"permissionsGranted": permission in given, "accountIds": ids.get(permission, [])}
        for permission in consents.REQUESTED
    }


def outcome_over(given: Sequence[Source], name: str) -> str:
    """Return the meaning of how a report over consents went: what the first consent has to say that has anything."""
    made = reports.open_finance()[name[3:]]
    for source in given:
        held = source.connection
        meaning = reports.outcome(made, {state.product: state for state in held.products})
        if meaning != reports.SUCCESS:
            return meaning
        if held.outcome is not None and not held.outcome.startswith(reports.SUCCESS):
            # nothing newer could be had, and that is said
            return held.outcome
    return reports.SUCCESS
