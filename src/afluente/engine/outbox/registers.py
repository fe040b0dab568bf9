"""Rules and webhook endpoints: added, changed and removed, each application its own."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from afluente.core.outcome import Refused
from afluente.engine.outbox import endpoints
from afluente.engine.world import World
from afluente.store import applications, events
from afluente.store import registers as stored
from afluente.store.registers import CategoryRule, Webhook

__all__ = ["CategoryRule", "Webhook"]


async def rules(world: World, application_id: str) -> list[CategoryRule]:
    """Return an application's category rules, oldest first."""
    return await stored.rules.all(world.database, application_id)


async def add_rule(world: World, application_id: str, rule: CategoryRule) -> None:
    """Add a rule; it counts from the next read on."""
    async with world.database.transaction() as writer:
        await stored.rules.add(writer, application_id, rule)


async def remove_rule(world: World, application_id: str, id: str) -> None:
    """Remove a rule. Raises `request.not-found.category-rule`, `request.forbidden.category-rule` for another's."""
    async with world.database.transaction() as writer:
        found = await stored.rules.find(writer, id)
        if found is None:
            raise Refused("request.not-found.category-rule")
        if found[0] != application_id:
            raise Refused("request.forbidden.category-rule")
        await stored.rules.remove(writer, id)


async def webhooks(world: World, application_id: str, dialect: str) -> list[Webhook]:
    """Return an application's webhooks in one dialect, oldest first."""
    every = await stored.endpoints.all(world.database, application_id)
    own = [webhook for webhook in every if webhook.dialect == dialect and not webhook.of_connections]
    return [endpoints.opened(world, webhook) for webhook in own]


async def webhook(world: World, application_id: str, dialect: str, id: str) -> Webhook:
    """Return one webhook. Raises `request.not-found.webhook`."""
    found = await stored.endpoints.find(world.database, id)
    if found is None or found[0] != application_id or found[1].dialect != dialect or found[1].of_connections:
        raise Refused("request.not-found.webhook")
    return endpoints.opened(world, found[1])


async def add_webhook(world: World, application_id: str, webhook: Webhook, most: int) -> Webhook:
    """Add a webhook. Raises `request.webhook.duplicate` and `.too-many` (`most` for each event)."""
    async with world.database.transaction() as writer:
        await applications.lock(writer, application_id)
        _check(await stored.endpoints.all(writer, application_id), webhook, most)
        webhook = replace(webhook, after=await events.last_number(writer))
        await stored.endpoints.add(writer, application_id, endpoints.sealed(world, webhook))
    return webhook


async def put_webhook(world: World, application_id: str, webhook: Webhook, most: int) -> Webhook:
    """Replace a webhook. Raises as `add_webhook` does."""
    async with world.database.transaction() as writer:
        await applications.lock(writer, application_id)
        _check(await stored.endpoints.all(writer, application_id), webhook, most)
        before = await stored.endpoints.find(writer, webhook.id)
        if before is not None:
            now = world.now(application_id)
            webhook = await endpoints.follow(writer, application_id, before[1], webhook, now)
        await stored.endpoints.put(writer, endpoints.sealed(world, webhook))
    return webhook


def _check(every: Iterable[Webhook], webhook: Webhook, most: int) -> None:
    others = [w for w in every if w.id != webhook.id and w.dialect == webhook.dialect and w.event == webhook.event]
    others = [w for w in others if not w.of_connections]
    if any(other.url == webhook.url for other in others):
        raise Refused("request.webhook.duplicate", data={"event": webhook.event, "url": webhook.url})
    if len(others) >= most:
        raise Refused("request.webhook.too-many", data={"event": webhook.event, "most": most})


async def remove_webhook(world: World, application_id: str, dialect: str, id: str) -> None:
    """Remove a webhook. Raises `request.not-found.webhook`."""
    await webhook(world, application_id, dialect, id)
    await endpoints.remove(world, application_id, id)
