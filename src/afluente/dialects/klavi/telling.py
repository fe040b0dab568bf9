"""What partners are told: events in arrays, and reports. Both are made from facts, after the commit that wrote them."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping, Sequence
from hashlib import blake2b, sha256
from typing import Any

import msgspec

from afluente.core.clock import MINUTE, SECOND, Instant
from afluente.core.connections import Connection
from afluente.core.events import Event, EventKind
from afluente.core.identity import derived_id
from afluente.core.outcome import Refused
from afluente.dialects.klavi import callbacks, consents, contents, envelopes, fetching, reports, sealing, sources, tasks
from afluente.dialects.klavi.consents import Told
from afluente.dialects.klavi.house import SYSTEM, House, Link
from afluente.dialects.klavi.sources import Source
from afluente.engine.access import applications, limits
from afluente.engine.connecting import tasks as engine
from afluente.engine.outbox import endpoints, events
from afluente.engine.records import reads
from afluente.engine.telling import Message, Plan, Teller
from afluente.web.instants import instant

EVENTS, REPORTS = "events", "reports"
"""What endpoints choose by: the two families that there are."""

_BACKOFF: tuple[Instant, ...] = (250, 500, 1_000, 2_000, 4_000)
_TIMEOUT: Instant = 10 * SECOND
_KIND = "application/json; charset=UTF-8"

_RECEIVED, _MADE, _FAILED = "product_request_received", "product_generated_success", "product_generated_failed"
_LINK_CREATED, _LINK_STATUS = "link_created", "link_action_status"
"""The second one tells regulated partners of a consent, whatever became of it."""

_WEB = "web"
"""The type of events of the page; all others are of the API."""

_AWAITED = "awaited"
"""What a request says, where anything is too old for it: the consents that are fetched first."""

_TOLD = frozenset(
    {
        EventKind.LINK_CREATED,
        EventKind.PAGE_USED,
        EventKind.REPORTS_REQUESTED,
        EventKind.CONNECTION_UPDATED,
        EventKind.CONNECTION_FAILED,
        EventKind.CONNECTION_DELETED,
        EventKind.CONSENT_EXPIRED,
    }
)
"""What there are words for, or reports may have waited for; of all else nothing is said."""


def teller(house: House) -> Teller:
    """Return what the engine needs to tell events in Klavi's words."""

    async def render(event: Event) -> Sequence[Message]:
        return await _messages(house, event)

    async def secret(application_id: str) -> str | None:
        return await applications.kept_secret(house.world, application_id)

    return Teller(render=render, plan=Plan(own=_BACKOFF, timeout=_TIMEOUT), sign=sign, secret=secret)


def sign(body: str, secrets: Sequence[str], at: Instant) -> Mapping[str, str]:
    """Return the headers of a delivery: a hexadecimal HMAC-SHA256 over the body, and the time, which is not in it; the
    kind of the body as deliveries were seen to name it."""
    headers = {"content-type": _KIND, "X-Klavi-Timestamp": str(at // SECOND)}
    if secrets:
        headers["X-Klavi-Signature"] = hmac.new(secrets[0].encode(), body.encode(), sha256).hexdigest()
    return headers


async def link_created(house: House, application_id: str, link: Link) -> None:
    """Tell that a link was made. Its addresses listen once a report is requested that is to be sent there: anybody
    makes links who knows a partner's id, and as many as they like."""
    kind, told = EventKind.LINK_CREATED, _made_with(link)
    await events.announce(house.world, application_id, kind, reference=link.id, attributes=told)


async def page_used(house: House, application_id: str, link: Link, news: Sequence[Mapping[str, Any]]) -> None:
    """Tell what a visitor did on a link's page, where an address listens for any of it; each of the `news` has an
    `eventName` and a `payload`. Only so much of it is told in a minute: visitors do as much as they like."""
    names = [f"{EVENTS}/{one['eventName']}" for one in news]
    if not await endpoints.listens(house.world, application_id, SYSTEM, names):
        return
    most = house.numbers.page.strangers if link.anybodys else house.numbers.page.told
    what = "page/strangers" if link.anybodys else "page/own"
    try:
        # on the machine's clock: where the application's own stands still, everything is done in one minute
        await limits.spend(house.world, application_id, what, most, MINUTE, house.world.clock)
    except Refused:
        return
    kind, told = EventKind.PAGE_USED, _made_with(link) | {"news": msgspec.json.encode(news).decode()}
    await events.announce(house.world, application_id, kind, reference=link.id, attributes=told)


def _made_with(link: Link) -> dict[str, str]:
    external = msgspec.json.encode(link.external).decode()
    return {"person": link.person or "", "company": link.company or "", "external": external}


async def reports_requested(
    house: House,
    application_id: str,
    request_id: str,
    given: Sequence[Connection],
    products: Sequence[str],
    sent_to: Mapping[str, str],
    external: Mapping[str, Any],
) -> None:
    """Tell that reports were requested. They are made when this is told on, or when what is too old for them has been
    fetched, which begins then: the fact is all that a request is, so one that was written down is never left undone."""
    await _listen(house, application_id, given, products, sent_to)
    told = {
        "products": ",".join(products),
        "callbacks": msgspec.json.encode(sent_to).decode(),
        "external": msgspec.json.encode(external).decode(),
    }
    ids = tuple(connection.id for connection in given)
    if awaited := fetching.stale(house, given):
        told[_AWAITED] = ",".join(awaited)
    kind = EventKind.REPORTS_REQUESTED
    await events.announce(house.world, application_id, kind, reference=request_id, ids=ids, attributes=told)


async def _listen(
    house: House, application_id: str, given: Sequence[Connection], products: Sequence[str], sent_to: Mapping[str, str]
) -> None:
    """Have the addresses told that the reports are to be sent to, be they the request's or the consents'."""
    await callbacks.listen(house, application_id, sent_to.values())
    left = [name for name in products if callbacks.address_for(name, sent_to) is None]
    for said in filter(None, map(consents.told, given)):
        found = (callbacks.address_for(name, said.callbacks) for name in left)
        await callbacks.listen(house, application_id, filter(None, found), anybodys=said.anybodys)


async def _messages(house: House, event: Event) -> list[Message]:
    if event.kind not in _TOLD:
        return []
    match event.kind:
        case EventKind.LINK_CREATED:
            bodies = [_link_event(event)]
        case EventKind.PAGE_USED:
            bodies = _page_events(event)
        case EventKind.REPORTS_REQUESTED:
            bodies = await _requested(house, event)
        case _:
            bodies = await _of_connection(house, event)
    return await asyncio.to_thread(_written, event, bodies)


def _written(event: Event, bodies: Sequence[_Body]) -> list[Message]:
    return [
        Message(name=name, id=derived_id(event.id, "message", str(number)), body=envelopes.encoded(body))
        for number, (name, body) in enumerate(bodies)
    ]


_Body = tuple[str, Any]


def _event(event: Event, part: int, name: str, payload: dict[str, Any], external: Any, family: str = "api") -> _Body:
    digest = blake2b(f"{event.id}|{part}".encode(), digest_size=12).hexdigest()
    told = {
        "partnerAppId": event.application_id,
        "eventId": f"{event.at:013}-{digest}",
        "eventType": family,
        "eventName": name,
        "eventTime": instant(event.at),
        "payload": payload,
        "externalInfo": external,
    }
    return f"{EVENTS}/{name}", [told]


def _link_event(event: Event) -> _Body:
    return _event(event, 0, _LINK_CREATED, _of_link(event), msgspec.json.decode(event.fact.attributes["external"]))


def _page_events(event: Event) -> list[_Body]:
    """Return what the page around was told, each as an event of its own."""
    told, whose = event.fact.attributes, _of_link(event)
    external = msgspec.json.decode(told["external"])
    return [
        _event(event, part, one["eventName"], {**whose, **one["payload"]}, external, _WEB)
        for part, one in enumerate(msgspec.json.decode(told["news"]))
    ]


def _of_link(event: Event) -> dict[str, Any]:
    told = event.fact.attributes
    return {"personalTaxId": told["person"], "businessTaxId": told["company"], "linkId": event.fact.reference}


async def _of_connection(house: House, event: Event) -> list[_Body]:
    bodies: list[_Body] = []
    connection = None
    if event.kind is not EventKind.CONNECTION_DELETED:
        connection = await reads.known(house.world, event.application_id, event.connection_id or "")
    if connection is not None:
        said = consents.told(connection)
        if said is None:
            return await _task_reports(house, event, connection)
        bodies = await _consent_event(house, event, connection, said)
    # of a consent that was deleted nothing is said, but others may have waited for it
    request = await fetching.ready(house, event)
    return bodies if request is None else bodies + await _reports(house, event, request)


async def _consent_event(house: House, event: Event, connection: Connection, said: Told) -> list[_Body]:
    """Tell a change of a consent; an update that failed for another reason is none. Regulated partners get one event
    for all changes, with the status in it."""
    first = event.kind is EventKind.CONNECTION_UPDATED and event.fact.first
    ended = event.kind is EventKind.CONSENT_EXPIRED
    meaning = consents.GRANTED if first else consents.EXPIRED if ended else event.fact.meaning or ""
    given_before = connection.last_success_at is not None and not first
    if event.kind is EventKind.CONNECTION_UPDATED and not first:
        return []
    if given_before and not meaning.startswith("consent."):
        return []
    word = house.world.catalogue.word(SYSTEM, "consent", meaning)
    about = {**_whose(said), "consents": _consent(connection, said)}
    if (await house.policy_of(event.application_id)).regulated:
        return [_event(event, 0, _LINK_STATUS, {**about, "status": word.code}, said.external)]
    return [_event(event, 0, str(word.extra["event"]), about, said.external)]


def _whose(said: Told) -> dict[str, Any]:
    return {"personalTaxId": said.person, "businessTaxId": said.company or "", "linkId": said.link}


def _consent(connection: Connection, said: Told) -> dict[str, Any]:
    return {
        "consentId": connection.id,
        "externalTrackId": said.track,
        "institutionCode": said.institution,
        "permissions": list(consents.granted(connection) or consents.REQUESTED),
    }


async def _task_reports(house: House, event: Event, connection: Connection) -> list[_Body]:
    """Return the reports of a task that is over: one for each type that was ordered, in that order."""
    try:
        progress = await engine.find(house.world, event.application_id, SYSTEM, event.fact.session_id)
    except Refused:
        return []
    ordered = tasks.ordered(progress.task)
    if ordered is None:
        return []
    source = await sources.of(house, connection, event.at)
    failed = event.fact.meaning if event.kind is EventKind.CONNECTION_FAILED else None
    told = {name: failed or await envelopes.meaning_of(source, name) for name in ordered.reports}
    made = await envelopes.of_open_data(source, told, progress.task.id, ordered.query, event.at, ordered.version)
    return [(f"{REPORTS}/{name}", report) for name, report in zip(told, made, strict=True)]


async def _requested(house: House, event: Event) -> list[_Body]:
    """Return what a request for reports comes to: that it was received, and the reports where nothing is awaited.
    What is, is begun to be fetched."""
    told = dict(event.fact.attributes)
    awaited = tuple(filter(None, told.pop(_AWAITED, "").split(",")))
    request = fetching.Request(id=event.fact.reference or "", ids=event.fact.ids, awaited=awaited, told=told)
    given = await _given(house, event, request)
    said = consents.told(given[0].connection) if given else None
    if said is None:
        return []
    external = msgspec.json.decode(request.told["external"]) or said.external
    received = _event(event, 0, _RECEIVED, {**_whose(said), "requestId": request.id}, external)
    if await fetching.begin(house, event, [source.connection for source in given], request):
        return [received]
    return [received, *await _reports(house, event, request)]


async def _given(house: House, event: Event, request: fetching.Request) -> list[Source]:
    """Return the consents that a request is about, as far as they are there."""
    found = [await reads.known(house.world, event.application_id, id) for id in request.ids]
    return [await sources.of(house, connection, event.at) for connection in found if connection is not None]


async def _reports(house: House, event: Event, request: fetching.Request) -> list[_Body]:
    """Return each report that was requested, and how it went; none where no consent is left to make them from."""
    given = await _given(house, event, request)
    said = consents.told(given[0].connection) if given else None
    if said is None:
        return []
    seals = (await house.policy_of(event.application_id)).sealed_reports
    secret = await applications.kept_secret(house.world, event.application_id) if seals else None
    if seals and secret is None:
        raise LookupError("reports are to be encrypted, and there is no secret to encrypt them with")
    told, names = request.told, request.told["products"].split(",")
    asked = {**_whose(said), "requestId": request.id}
    external = msgspec.json.decode(told["external"]) or said.external
    sent_to = msgspec.json.decode(told["callbacks"], type=dict[str, str])
    seen = await contents.seen_over(given)
    bodies: list[_Body] = []
    for number, name in enumerate(names, 1):
        meaning = envelopes.outcome_over(given, name)
        if meaning == reports.SUCCESS and len(given) < len(request.ids):
            meaning = reports.SOURCES_MISSING
        report = await envelopes.of_open_finance(given, seen, name, meaning, request.id, external, event.at)
        if secret is not None:
            report = await asyncio.to_thread(sealing.sealed, report, secret, report["productReportId"])
        address = callbacks.address_for(name, sent_to, said.callbacks)
        bodies.append((callbacks.place_of(address) if address else f"{REPORTS}/{name}", report))
        went = house.world.meaning(meaning).data in ("full", "partial")
        told_of = {
            **asked,
            "productName": name,
            "productReportId": report["productReportId"],
            "code": report["code"],
            "message": report["message"],
        }
        bodies.append(_event(event, number, _MADE if went else _FAILED, told_of, external))
    return bodies
