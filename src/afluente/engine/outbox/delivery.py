"""Messages (`relaying`) are sent until they have arrived.

What is to be sent stands in a table with its due time, on the application's clock. An attempt is claimed by moving the
due time on by a lease, so whoever dies in it loses nothing, and two processes do not both send it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b

from msgspec.structs import replace

from afluente.core.clock import DAY, HOUR, MINUTE, SECOND, Instant
from afluente.core.events import EventKind
from afluente.engine.outbox import endpoints, remains
from afluente.engine.outbox.endpoints import Webhook
from afluente.engine.outbox.events import tell_of_application
from afluente.engine.outbox.relaying import enqueue
from afluente.engine.telling import Answered, Plan
from afluente.engine.world import World
from afluente.store import attempts, clearings, deliveries, events, faring, queues
from afluente.store import registers as stored
from afluente.store.attempts import Attempt
from afluente.store.database import Reader, Writer
from afluente.store.deliveries import Delivery, Selection, State
from afluente.store.faring import Faring
from afluente.store.queues import Waiting

log = logging.getLogger("afluente.webhooks")

LEASE: Instant = MINUTE
"""How long an attempt may take before it is thought dead; longer than any system waits for an answer."""

LONG_FAILURE: Instant = 3 * DAY
"""An endpoint where nothing has arrived for so long is switched off when the next message is given up."""

BREAKS: Instant = MINUTE
"""How long nothing may arrive at an endpoint before messages of connections that have no other under way are held
back: one of them is sent now and then, and when one arrives, all are."""

KEPT: Instant = 30 * DAY
"""How long events and closed deliveries can be read and sent again."""

_SLOW = 30 * SECOND
_SLOWEST = HOUR
_BATCH = 200
_FORGOTTEN = 1_000
"""Rows that are looked at together when old ones are deleted: whoever writes meanwhile waits no longer than that."""

_ENDPOINTS = 64
"""Endpoints that are looked at together for what is due there."""

_SECRET_HEADERS = frozenset({"authorization", "cookie", "x-api-key"})

# -- one attempt -------------------------------------------------------------------------------------------------------


async def due(world: World, size: int, busy: Iterable[str] = (), each: int = 16) -> list[Waiting]:
    """Return up to `size` of what is due on the machine's clock, up to `each` at an endpoint, but nothing at those
    that are `busy`."""
    now, found, idle = world.clock.now(), list[Waiting](), list[str]()
    for id, fares in await queues.endpoints(world.database, now, _ENDPOINTS, busy):
        waiting = await queues.heads(world.database, id, fares, now, min(each, size - len(found)))
        if not waiting:
            idle.append(id)
        found += waiting
        if len(found) >= size:
            break
    if idle:
        # nothing was due there after all
        async with world.database.transaction() as writer:
            await queues.look(writer, await faring.lock(writer, idle), exactly=True)
    return found


async def due_of(reader: Reader, application_id: str, to: Instant, size: int) -> list[Waiting]:
    """Return up to `size` of what falls due of an application by an instant, earliest first."""
    found = [
        waiting
        for id, fares in await queues.endpoints_of(reader, application_id, to)
        for waiting in await queues.heads(reader, id, fares, to, size)
    ]
    return sorted(found, key=lambda one: (one.at, one.number))[:size]


async def claim(world: World, due: Sequence[Waiting]) -> list[Delivery]:
    """Begin attempts at what is due; return those that are ours. What an endpoint does not want now stays as it is,
    and what it is not to have any more is given up."""
    ours, void = [], dict[str, Instant]()
    async with world.database.transaction() as writer:
        fared = await faring.lock(writer, {waiting.endpoint_id for waiting in due})
        for waiting in due:
            now = world.now(waiting.application_id)
            fares = fared.get(waiting.endpoint_id)
            if fares is None:
                continue
            if waiting.number <= fares.void_until:
                void[waiting.endpoint_id] = now
                continue
            if fares.hold(tried=bool(waiting.attempts)) > now:
                continue
            if not waiting.attempts and _is_broken(fares, now):
                fared[waiting.endpoint_id] = fares = replace(fares, probe_at=_next_probe(fares, now))
                await faring.put(writer, waiting.endpoint_id, fares)
            if claimed := await deliveries.claim(writer, waiting, now + LEASE):
                ours.append(claimed)
        for id, now in void.items():
            await endpoints.give_up(writer, id, fared[id], now)
        await queues.look(writer, fared)
    return ours


def _is_broken(fares: Faring, now: Instant) -> bool:
    """Tell whether so much has failed that what was never tried waits: what was is tried again by its own plan."""
    return fares.failing_since is not None and now - fares.failing_since >= BREAKS


def _next_probe(fares: Faring, now: Instant) -> Instant:
    """Return when the next message that was never tried is sent: the longer it has failed, the more seldom."""
    return now + min(max((now - (fares.failing_since or now)) // 4, BREAKS), _SLOWEST)


async def attempt(world: World, delivery: Delivery) -> Attempt:
    """Send a claimed delivery once and return what came of it."""
    at = world.now(delivery.application_id)
    entry = await stored.endpoints.find(world.database, delivery.endpoint_id)
    teller = world.tellers.get(entry[1].dialect) if entry else None
    if entry is None or teller is None or world.post is None:
        return Attempt(number=delivery.attempts, at=at, error="no-endpoint")
    webhook = endpoints.opened(world, entry[1])
    secrets = await endpoints.secrets_of(world, delivery.application_id, webhook, at)
    body = delivery.content.body
    sent = {
        "content-type": "application/json",
        "user-agent": "Afluente",
        **_standard(delivery.message_id, at, body, secrets),
        **teller.sign(body, secrets, at),
        **webhook.headers,
    }
    answered = await world.post(webhook.url, sent, body, teller.plan.timeout)
    private = {name.lower() for name in webhook.headers} | _SECRET_HEADERS
    return Attempt(
        number=delivery.attempts,
        at=at,
        status=answered.status,
        error=answered.error,
        took=world.now(delivery.application_id) - at,
        url=webhook.url,
        sent={name: "…" if name.lower() in private else value for name, value in sent.items()},
        answered=answered.headers,
        body=answered.body,
    )


def _standard(id: str, at: Instant, body: str, secrets: Sequence[str]) -> Mapping[str, str]:
    """Return the headers of Standard Webhooks: a signature for each secret."""
    from standardwebhooks.webhooks import Webhook as Signer

    moment = datetime.fromtimestamp(at // SECOND, UTC)
    # a secret that was given in another form signs with its letters
    signers = (Signer(secret if secret.startswith("whsec_") else secret.encode()) for secret in secrets)
    signatures = " ".join(signer.sign(id, moment, body) for signer in signers)
    return {"webhook-id": id, "webhook-timestamp": str(at // SECOND), "webhook-signature": signatures}


async def note(
    world: World, ended: Sequence[tuple[Delivery, Attempt]], go_on: Container[str] = ()
) -> dict[str, Delivery]:
    """Write down what came of attempts: arrived, to be tried again, or given up.

    Behind those in `go_on` (their ids) the next of the lane is begun, if they have arrived: it is returned by the id
    of the one that it follows.
    """
    following = {}
    ended_told = dict[str, Instant]()
    async with world.database.transaction() as writer:
        fared = await faring.lock(writer, {delivery.endpoint_id for delivery, _ in ended})
        there = await deliveries.there(writer, [delivery.id for delivery, _ in ended])
        for delivery, tried in ended:
            known = fared.get(delivery.endpoint_id)
            # it may have been deleted, with the data of somebody, while it was on its way
            if known is None or delivery.id not in there:
                continue
            # whoever could not tell whether it was noted does it again
            if there[delivery.id].noted != tried.number:
                await attempts.add(writer, delivery.id, tried)
            now = world.now(delivery.application_id)
            if there[delivery.id].last_word or delivery.content.kind == EventKind.CONNECTION_DELETED:
                ended_told[delivery.connection_id] = now
            if tried.status is not None and 200 <= tried.status < 300:
                slow = known.slow_until if known.slow_until and known.slow_until > now else None
                fares = Faring(slow_until=slow, void_until=known.void_until)
                lease = now + LEASE if delivery.id in go_on and fares.slow_until is None else None
                following_it = await deliveries.arrived(writer, delivery, now, lease)
                if following_it is not None:
                    following[delivery.id] = following_it
            else:
                fares = await _failed(world, writer, delivery, tried, known, now)
            if fares != known:
                await faring.put(writer, delivery.endpoint_id, fares)
                fared[delivery.endpoint_id] = fares
        # what was told of it before goes as well
        for connection_id, now in ended_told.items():
            await clearings.wake(writer, [connection_id], now)
        await queues.look(writer, fared)
    for connection_id in ended_told:
        await remains.go_on(world, connection_id)
    return following


async def _failed(
    world: World, writer: Writer, delivery: Delivery, tried: Attempt, known: Faring, now: Instant
) -> Faring:
    entry = await stored.endpoints.find(writer, delivery.endpoint_id)
    content = replace(delivery.content, status=tried.status, error=tried.error)
    failing = known.failing_since if known.failing_since is not None else tried.at
    fares = replace(known, failing_since=failing)
    if entry is None:
        return fares
    webhook = entry[1]
    if tried.status == 410:
        await deliveries.give_up(writer, delivery, now, content)
        return await _switch_off(world, writer, delivery, webhook, "gone", fares, now)
    teller = world.tellers.get(webhook.dialect)
    plan = teller.plan if teller else Plan()
    span = plan.after(delivery.name, delivery.attempts, _jitter(delivery))
    told = _told_to_wait(tried, now)
    if tried.status in (429, 503):
        # it is too much for it: nothing goes there for a while
        slow = told if told is not None else min(_SLOW * 2 ** min(delivery.attempts - 1, 10), _SLOWEST)
        fares = replace(fares, slow_until=now + slow)
    if span is not None:
        wait = max(span, told or 0)
        await deliveries.defer(writer, delivery, now + wait, delivery.attempts, content)
        return fares
    await deliveries.give_up(writer, delivery, now, content)
    if now - failing >= LONG_FAILURE:
        return await _switch_off(world, writer, delivery, webhook, "failing", fares, now)
    return fares


async def _switch_off(
    world: World, writer: Writer, delivery: Delivery, webhook: Webhook, reason: str, fares: Faring, now: Instant
) -> Faring:
    """Switch an endpoint off, give up what waits for it, and tell so; return how it fares then."""
    if webhook.disabled_at is not None:
        return fares
    await stored.endpoints.put(writer, replace(webhook, disabled_at=now, updated_at=now, reason=reason))
    off = Faring(void_until=faring.ALL)
    await endpoints.give_up(writer, webhook.id, off, now)
    told = {"url": webhook.url, "meaning": reason, "reference": webhook.id}
    await tell_of_application(world, writer, delivery.application_id, EventKind.ENDPOINT_DISABLED, **told)
    log.warning("webhook endpoint switched off", extra={"fields": {"endpoint": webhook.id, "reason": reason}})
    return off


def _jitter(delivery: Delivery) -> float:
    """Return a share between 0 and 1 that follows from the attempt: spread over endpoints, and the same again."""
    digest = blake2b(f"{delivery.id}:{delivery.attempts}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32


def _told_to_wait(tried: Attempt, now: Instant) -> Instant | None:
    """Read `Retry-After`, in seconds or as a date; at most a day."""
    text = tried.answered.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return min(int(text) * SECOND, DAY)
    if text:
        from email.utils import parsedate_to_datetime

        try:
            until = int(parsedate_to_datetime(text).timestamp()) * SECOND
        except (ValueError, OverflowError):
            return None
        return min(max(until - now, 0), DAY)
    return None


async def deliver(world: World, waiting: Waiting) -> bool:
    """Claim one that is due, send it and note the outcome; tell whether it was ours."""
    for ours in await claim(world, [waiting]):
        await note(world, [(ours, await attempt(world, ours))])
        return True
    return False


# -- on purpose --------------------------------------------------------------------------------------------------------


async def replay(world: World, application_id: str, selection: Selection, most: int = 10_000) -> int:
    """Send deliveries again that are closed, in their old order, behind what waits; return how many.

    Those whose endpoint is switched off are left out.
    """
    known = {w.id: w for w in await endpoints.all_of(world.database, application_id)}
    count = behind = 0
    while count < most:
        batch = await deliveries.selected(world.database, application_id, selection, _BATCH, behind, newest=False)
        if not batch:
            break
        behind = batch[-1].number
        again = [
            d
            for d in batch
            if d.state is not State.OPEN
            and not d.content.replay
            and d.endpoint_id in known
            and known[d.endpoint_id].disabled_at is None
        ]
        count += await _again(world, application_id, again)
    world.told(application_id)
    return count


async def _again(world: World, application_id: str, chosen: Sequence[Delivery]) -> int:
    now = world.now(application_id)
    async with world.database.transaction() as writer:
        placed, number = await events.lock_cursor(writer, application_id)
        there = await deliveries.there(writer, [delivery.id for delivery in chosen])
        chosen = [delivery for delivery in chosen if delivery.id in there]
        made = [
            replace(
                delivery,
                id=world.ids.new(),
                number=number + place,
                state=State.OPEN,
                attempts=0,
                due_at=None,
                created_at=now,
                ended_at=None,
                content=replace(delivery.content, replay=delivery.content.replay + 1, status=None, error=None),
            )
            for place, delivery in enumerate(chosen, 1)
        ]
        await enqueue(writer, made)
        await events.move_cursor(writer, application_id, placed, number + len(made))
    return len(made)


async def forget(world: World, application_id: str) -> None:
    """Delete an application's events and closed deliveries that have been kept long enough."""
    until, gone = world.now(application_id) - KEPT, _FORGOTTEN
    # as long as about half of what was looked at goes there may be more
    while gone > _FORGOTTEN // 2:
        async with world.database.transaction() as writer:
            gone = await deliveries.forget(writer, application_id, until, _FORGOTTEN)
            gone = max(gone, await events.forget(writer, application_id, until, _FORGOTTEN))


def room(busy: Counter[str], due: Sequence[Waiting], each: int, all: int) -> list[Waiting]:
    """Return those of the due deliveries that may be begun now: `each` at an endpoint, `all` together."""
    chosen: list[Waiting] = []
    there = Counter(busy)
    left = all - busy.total()
    for delivery in due:
        if left > len(chosen) and there[delivery.endpoint_id] < each:
            there[delivery.endpoint_id] += 1
            chosen.append(delivery)
    return chosen


__all__ = [
    "Answered",
    "attempt",
    "claim",
    "deliver",
    "due",
    "due_of",
    "forget",
    "note",
    "replay",
    "room",
]
