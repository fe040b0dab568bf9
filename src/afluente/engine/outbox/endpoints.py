"""Addresses that are told of events: an application's own, and those that single connections name."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from afluente.core.clock import DAY, Instant
from afluente.core.connections import Connection
from afluente.core.events import Event
from afluente.core.identity import derived_id
from afluente.core.outcome import Refused
from afluente.engine.world import World
from afluente.store import applications, clearings, events, faring, queues
from afluente.store import registers as stored
from afluente.store.database import Reader, Writer
from afluente.store.faring import Faring
from afluente.store.registers import Webhook

__all__ = ["Webhook"]

ROTATING: Instant = DAY
"""How long messages are signed with the old secret beside the new one."""

_AT_ONCE = 100
"""Messages that are given up or deleted in one transaction."""

_PREFIX = "whsec_"


async def listen(world: World, writer: Writer, connection: Connection) -> None:
    """Have the address that a connection names told of it, in the words of the system where connections name some."""
    if connection.webhook_url is None:
        return
    system = next((name for name, teller in world.tellers.items() if teller.of_connections), None)
    if system is None:
        return
    id = derived_id(connection.application_id, "webhook", connection.webhook_url)
    if await stored.endpoints.find(writer, id) is not None:
        return
    await applications.lock(writer, connection.application_id)
    if await stored.endpoints.find(writer, id) is None:
        now = world.now(connection.application_id)
        named = Webhook(
            id=id,
            dialect=system,
            event="all",
            url=connection.webhook_url,
            created_at=now,
            updated_at=now,
            of_connections=True,
            after=await events.last_number(writer),
        )
        await stored.endpoints.add(writer, connection.application_id, named)


def hears(webhook: Webhook, event: Event) -> bool:
    """Tell whether an endpoint is one for this event, whatever it is called there."""
    if webhook.disabled_at is not None or event.number <= webhook.after:
        return False
    return not webhook.of_connections or event.fact.webhook_url == webhook.url


def chooses(webhook: Webhook, name: str) -> bool:
    """Tell whether an endpoint wants messages of this name: all, those of a name, or those whose name begins so."""
    wanted = {webhook.event, *webhook.events}
    return bool(wanted & {"all", name, name.partition("/")[0], name.partition(".")[0]})


async def listens(world: World, application_id: str, system: str, names: Iterable[str]) -> bool:
    """Tell whether an application wants messages of a system of any of these names; what single connections name is
    not asked."""
    wanted = tuple(names)
    return any(
        chooses(one, name)
        for one in await all_of(world.database, application_id)
        if one.dialect == system and one.disabled_at is None and not one.of_connections
        for name in wanted
    )


async def all_of(reader: Reader, application_id: str) -> list[Webhook]:
    """Return every endpoint of an application with its secrets sealed, oldest first."""
    return await stored.endpoints.all(reader, application_id)


async def listed(world: World, application_id: str) -> list[Webhook]:
    """Return every endpoint of an application, oldest first."""
    return [opened(world, webhook) for webhook in await all_of(world.database, application_id)]


async def found(world: World, application_id: str, id: str) -> Webhook:
    """Return one endpoint. Raises `request.not-found.webhook`."""
    entry = await stored.endpoints.find(world.database, id)
    if entry is None or entry[0] != application_id:
        raise Refused("request.not-found.webhook")
    return opened(world, entry[1])


async def add(world: World, application_id: str, webhook: Webhook, most: int) -> Webhook:
    """Add an endpoint, which is told of what happens from now on. Raises `request.webhook.duplicate` and `.too-many`
    (`most` of one system, or of one group of it)."""
    async with world.database.transaction() as writer:
        await applications.lock(writer, application_id)
        every = [w for w in await all_of(writer, application_id) if w.dialect == webhook.dialect]
        if any(w.url == webhook.url and w.event == webhook.event and not w.of_connections for w in every):
            raise Refused("request.webhook.duplicate", data={"event": webhook.event, "url": webhook.url})
        if sum(not w.of_connections and w.group == webhook.group for w in every) >= most:
            raise Refused("request.webhook.too-many", data={"event": webhook.event, "most": most})
        webhook = replace(webhook, after=await events.last_number(writer))
        await stored.endpoints.add(writer, application_id, sealed(world, webhook))
    return webhook


async def change(world: World, application_id: str, id: str, **changes: object) -> Webhook:
    """Change an endpoint; enabled again it is told of what happens from then on. Raises `request.not-found.webhook`."""
    async with world.database.transaction() as writer:
        await applications.lock(writer, application_id)
        entry = await stored.endpoints.find(writer, id)
        if entry is None or entry[0] != application_id:
            raise Refused("request.not-found.webhook")
        before = opened(world, entry[1])
        now = world.now(application_id)
        webhook = replace(before, **changes, updated_at=now)
        webhook = await follow(writer, application_id, before, webhook, now)
        await stored.endpoints.put(writer, sealed(world, webhook))
    return webhook


async def follow(writer: Writer, application_id: str, before: Webhook, webhook: Webhook, now: Instant) -> Webhook:
    """Do what follows from a change, and return the endpoint as it is then.

    Switched off, what waits for it is given up; switched on again, it is told of what happens from now on; at another
    address it is tried at once, however it fared.
    """
    # whoever numbers deliveries does it under this lock, and takes the turn at endpoints behind it
    _, delivered = await events.lock_cursor(writer, application_id)
    known = (await faring.lock(writer, [webhook.id])).get(webhook.id, Faring())
    fares = known
    if before.disabled_at is None and webhook.disabled_at is not None:
        fares = Faring(void_until=faring.ALL)
    elif before.disabled_at is not None and webhook.disabled_at is None:
        fares = Faring(void_until=delivered)
        webhook = replace(webhook, after=await events.last_number(writer))
    elif webhook.url != before.url:
        fares = Faring(void_until=known.void_until)
    if fares != known:
        await faring.put(writer, webhook.id, fares)
        await give_up(writer, webhook.id, fares, now)
        await queues.look(writer, [webhook.id])
    return webhook


async def give_up(writer: Writer, id: str, fares: Faring, now: Instant) -> None:
    """Give up some of what an endpoint is not to have any more. The caller has the turn at it, and looks at it."""
    if fares.void_until:
        given_up = await queues.give_up(writer, id, fares.void_until, now, _AT_ONCE)
        await clearings.wake(writer, given_up, now)


async def rotate(world: World, application_id: str, id: str, secret: str | None) -> Webhook:
    """Give an endpoint a new secret (or the one given); the old one signs beside it for a day."""
    webhook = await found(world, application_id, id)
    now = world.now(application_id)
    new = secret or made_secret(world, webhook.id, webhook.rotations + 1)
    secrets = (new, (await secrets_of(world, application_id, webhook, now))[0])
    return await change(
        world, application_id, id, secrets=secrets, rotations=webhook.rotations + 1, rotated_until=now + ROTATING
    )


async def remove(world: World, application_id: str, id: str) -> None:
    """Remove an endpoint with its deliveries. Raises `request.not-found.webhook`."""
    if (await found(world, application_id, id)).disabled_at is None:
        await change(world, application_id, id, disabled_at=world.now(application_id))
    await drop(world, id)


async def drop(world: World, id: str) -> None:
    """Delete an endpoint that is switched off: its deliveries piece by piece, and then itself. If that is cut short it
    is still there, switched off, and can be removed again."""
    gone = _AT_ONCE
    while gone == _AT_ONCE:
        async with world.database.transaction() as writer:
            gone = await queues.remove(writer, id, _AT_ONCE)
            if gone < _AT_ONCE:
                await stored.endpoints.remove(writer, id)


async def secrets_of(world: World, application_id: str, webhook: Webhook, now: Instant) -> Sequence[str]:
    """Return what an (opened) endpoint's messages are signed with, newest first; two while the secret changes."""
    if not webhook.secrets:
        return (await lent(world, application_id, webhook) or made_secret(world, webhook.id, 0),)
    changing = webhook.rotated_until is not None and now < webhook.rotated_until
    return webhook.secrets if changing else webhook.secrets[:1]


async def lent(world: World, application_id: str, webhook: Webhook) -> str | None:
    """Return the application's own secret where the endpoint's system signs with that, and the endpoint has none."""
    teller = world.tellers.get(webhook.dialect)
    if webhook.secrets or teller is None or teller.secret is None:
        return None
    return await teller.secret(application_id)


def made_secret(world: World, id: str, rotation: int) -> str:
    """Return the secret that an endpoint has as long as nobody gives it one: it follows from the master key."""
    return _PREFIX + base64.b64encode(world.vault.derive(f"webhook secret:{id}:{rotation}")).decode()


def sealed(world: World, webhook: Webhook) -> Webhook:
    """Seal what lets us in at the client's address, and what messages are signed with."""
    seal = world.vault.seal
    headers = {n: seal(v.encode(), f"webhook:{webhook.id}:{n}").hex() for n, v in webhook.headers.items()}
    secrets = tuple(seal(v.encode(), f"webhook:{webhook.id}::secret").hex() for v in webhook.secrets)
    return replace(webhook, headers=headers, secrets=secrets)


def opened(world: World, webhook: Webhook) -> Webhook:
    """Return an endpoint with its headers and secrets as they were given."""
    unseal = world.vault.open
    headers = {n: unseal(bytes.fromhex(v), f"webhook:{webhook.id}:{n}").decode() for n, v in webhook.headers.items()}
    secrets = tuple(unseal(bytes.fromhex(v), f"webhook:{webhook.id}::secret").decode() for v in webhook.secrets)
    return replace(webhook, headers=headers, secrets=secrets)
