"""Somebody who listens: an address, the words it is told in, and what has come there."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from afluente.core.clock import Instant
from afluente.core.connections import Connection
from afluente.core.events import Event, EventKind
from afluente.engine.connecting.connections import own
from afluente.engine.outbox import delivery, endpoints, relaying
from afluente.engine.outbox import events as facts
from afluente.engine.telling import Answered, Message, Teller
from afluente.engine.world import World
from afluente.store import connections
from afluente.store.registers import Webhook
from tests.engine.scene import APP, Scene

ENDPOINT = "00000000-0000-4000-8000-0000000000ec"
URL = "https://client.example/hook"


class Heard(msgspec.Struct, frozen=True):
    """One message that came: what it is of, the id that is the same in every attempt, its headers and its answer."""

    connection: str | None
    sequence: int
    kind: str
    id: str
    url: str
    headers: dict[str, str]
    status: int | None


class Ear:
    """Says each fact in one message, and answers with what it is told to, else that it has arrived."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.world: World = self._world(scene)
        self.came: list[Heard] = []
        self.usual: int | None = 200
        self.answers: list[int | None] = []
        self.bodies: dict[str, str] = {}

    def _world(self, scene: Scene) -> World:
        made = dataclasses.replace(scene.world, post=self._post)
        made.tellers.add("own", lambda: Teller(render=self._say))
        scene.world = made
        return made

    async def _say(self, event: Event) -> Sequence[Message]:
        body = {"of": event.connection_id, "sequence": event.sequence, "kind": str(event.kind), "user": event.fact.user}
        return [Message(name=str(event.kind), id=event.id, body=msgspec.json.encode(body).decode())]

    async def _post(self, url: str, headers: Mapping[str, str], body: str, timeout: Instant) -> Answered:
        status = self.answers.pop(0) if self.answers else self.usual
        told = msgspec.json.decode(body)
        came = (told["of"], told["sequence"], told["kind"], headers["webhook-id"], url, dict(headers), status)
        self.bodies[headers["webhook-id"]] = body
        self.came.append(Heard(*came))
        return Answered(status=status, error=None if status else "refused")

    async def listen(self, id: str = ENDPOINT, **more: Any) -> Webhook:
        """Have an address told of what happens from now on."""
        told = {"dialect": "own", "event": "all", "url": URL, **more}
        return await endpoints.add(self.world, APP, Webhook(id=id, **told), 100_000)

    async def carry(self, most: int = 1_000) -> int:
        """Carry what is due, until nothing is; return how many attempts that were."""
        made = 0
        await relaying.relay_all(self.world, APP)
        while made < most and (due := await delivery.due(self.world, 16)):
            for ours in await delivery.claim(self.world, due):
                await delivery.note(self.world, [(ours, await delivery.attempt(self.world, ours))])
                made += 1
        return made

    async def tell(self, connection: Connection, kind: EventKind, times: int = 1, **fact: Any) -> None:
        """Have something happen to a connection."""
        async with self.world.database.transaction() as writer:
            found = await own(writer, APP, connection.id)
            for _ in range(times):
                found = await facts.tell(self.world, writer, found, kind, **fact)
            await connections.put(writer, found)

    def kinds(self) -> list[str]:
        """Return what has arrived, in its order."""
        return [one.kind for one in self.came if one.status == 200]
