"""The people of a simulation: they answer late or wrongly, change passwords, come back, and leave."""

from __future__ import annotations

import heapq
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable

from afluente.core.challenge import TYPED
from afluente.core.clock import DAY, MINUTE, Instant
from afluente.core.connections import Trigger
from afluente.core.events import EventKind
from afluente.core.outcome import Refused
from afluente.engine.connecting import connections
from afluente.engine.connecting.connections import Changes, UpdateRules, Wanted
from afluente.store import connections as rows
from tests.simulation.bank import INSTITUTIONS
from tests.simulation.chance import Chance
from tests.simulation.invariants import News, Watch
from tests.simulation.place import Place

Action = Callable[[str, Chance], Awaitable[None]]
"""What somebody does, with a connection or, before there is one, with a name."""

_NOTICED = (EventKind.CONNECTION_ASKED, EventKind.CONNECTION_FAILED)

_WEIGHTS = (60, 15, 20, 5)
"""How many of a hundred connections each institution has."""

_HUNDRED = tuple(one for one, weight in zip(INSTITUTIONS, _WEIGHTS, strict=True) for _ in range(weight))


class People:
    """What everybody will do, in the order of time."""

    def __init__(self, seed: int, place: Place, watch: Watch, applications: tuple[str, ...]) -> None:
        self.place = place
        self.watch = watch
        self.refused: Counter[str] = Counter()
        self._seed = seed
        self._applications = applications
        # words alone, in which nobody looks for garbage
        self._coming: list[tuple[Instant, int, str, str]] = []
        self._actions: dict[str, Action] = {
            "connect": self._connect,
            "answer": self._answer,
            "repair": self._repair,
            "update": self._update,
            "change password": self._change_password,
            "leave": self._leave,
            "pause": self._pause,
            "resume": self._resume,
        }
        self._count = 0
        self._users = 0
        self._applied: dict[str, str] = {}

    @property
    def next_at(self) -> Instant | None:
        """When somebody does something next."""
        return self._coming[0][0] if self._coming else None

    def later(self, at: Instant, action: str, whom: str) -> None:
        """Have somebody do something at an instant."""
        self._count += 1
        heapq.heappush(self._coming, (at, self._count, action, whom))

    async def act(self, now: Instant) -> None:
        """Do what is to be done by now. What is refused with a reason is fine; a database that is away may be."""
        while self._coming and self._coming[0][0] <= now:
            _, number, action, whom = heapq.heappop(self._coming)
            try:
                await self._actions[action](whom, Chance(f"{self._seed}/action/{number}"))
            except Refused as refused:
                if not refused.meaning.startswith(("request.", "mfa.incomplete")):
                    raise
                self.refused[refused.meaning] += 1
            except sqlite3.OperationalError:
                self.refused["the database was away"] += 1
                self.later(now + 10 * MINUTE, action, whom)

    def come(self, at: Instant) -> None:
        """Have somebody new connect."""
        self._users += 1
        self.later(at, "connect", f"user{self._users}")

    async def _connect(self, name: str, chance: Chance) -> None:
        user = self.place.bank.users.get(name)
        if user is None:
            user = self.place.bank.move_in(name, "password-0", self.place.clock.now(), chance)
        institution = chance.choice(_HUNDRED)
        application = chance.choice(self._applications)
        password = user.password if chance.random() < 0.95 else "mistyped"
        made = await connections.create(
            self.place.world,
            application,
            Wanted(
                institution=institution.slug,
                credentials={"username": name, "password": password},
                products=institution.products,
            ),
        )
        self.watch.alive[made.id] = name
        self._applied[made.id] = application
        self._settle_in(made.id, chance)

    def _settle_in(self, id: str, chance: Chance) -> None:
        now = self.place.clock.now()
        if chance.random() < 0.1:
            self.later(now + chance.randrange(1, 90) * DAY, "change password", id)
        if chance.random() < 0.03:
            self.later(now + chance.randrange(1, 90) * DAY, "leave", id)
        if chance.random() < 0.1:
            self.later(now + chance.randrange(1, 90 * 24 * 60) * MINUTE, "update", id)
        if chance.random() < 0.02:
            self.later(now + chance.randrange(1, 90) * DAY, "pause", id)

    def hear(self, news: list[News]) -> None:
        """Let people notice what happened."""
        now = self.place.clock.now()
        for id, kind, fact in news:
            if kind not in _NOTICED:
                continue
            chance = Chance(f"{self._seed}/hears/{id}/{fact.execution_id}/{kind}")
            if kind is EventKind.CONNECTION_ASKED and chance.random() < 0.85:
                self.later(now + chance.randrange(1, 40) * MINUTE, "answer", id)
            elif kind is EventKind.CONNECTION_FAILED and chance.random() < 0.7:
                self.later(now + chance.randrange(1, 10 * 24 * 60) * MINUTE, "repair", id)

    async def _answer(self, id: str, chance: Chance) -> None:
        found = await rows.get(self.place.real, id)
        if found is None or found.posed is None:
            return
        asked = found.posed.challenge
        wrong = chance.random() < 0.08
        if asked.kind in TYPED:
            told = {asked.name: "wrong" if wrong else "right"}
            await connections.answer(self.place.world, found.application_id, id, told)
        else:
            await connections.come_back(self.place.world, id, found.posed.id, "rejected" if wrong else "approved")

    async def _repair(self, id: str, chance: Chance) -> None:
        """Come back after a failure: with nothing new, with the right password, or with another wrong one."""
        found = await rows.get(self.place.real, id)
        if found is None:
            return
        credentials = None
        if found.credentials_spent or chance.random() < 0.2:
            user = self.place.bank.users[self.watch.alive[id]]
            if user.password in user.refused or found.credentials_spent:
                # who is refused with the right password changes it at the bank
                user.password = f"password-{len(user.refused)}-{chance.randrange(1000)}"
            credentials = {"password": user.password if chance.random() < 0.9 else f"guess-{chance.randrange(10**6)}"}
        changes = Changes(credentials=credentials, trigger=Trigger.USER)
        await connections.update(self.place.world, found.application_id, id, changes, UpdateRules())

    async def _update(self, id: str, chance: Chance) -> None:
        if id in self.watch.alive:
            await connections.update(self.place.world, self._applied[id], id, Changes(), UpdateRules())

    async def _change_password(self, id: str, chance: Chance) -> None:
        name = self.watch.alive.get(id)
        if name is not None:
            user = self.place.bank.users[name]
            user.password += "+"

    async def _leave(self, id: str, chance: Chance) -> None:
        if id in self.watch.alive:
            await connections.delete(self.place.world, self._applied[id], id)
            del self.watch.alive[id]

    async def _pause(self, id: str, chance: Chance) -> None:
        if id in self.watch.alive:
            await connections.disable_sync(self.place.world, self._applied[id], id)
            back = self.place.clock.now() + chance.randrange(1, 20) * DAY
            self.later(back, "resume", id)

    async def _resume(self, id: str, chance: Chance) -> None:
        if id in self.watch.alive:
            await connections.enable_sync(self.place.world, self._applied[id], id)

    async def mend(self, id: str) -> None:
        """Do all that a person can to bring a connection back: the right password, the right answers."""
        found = await rows.get(self.place.real, id)
        user = self.place.bank.users[self.watch.alive[id]]
        if user.password in user.refused or (found is not None and found.credentials_spent):
            user.password = f"new-{user.password}"
        changes = Changes(credentials={"password": user.password}, trigger=Trigger.USER)
        if found is not None and found.posed is None and found.waiting is None:
            await self._come_back(id, changes)
        for _ in range(4):
            await self.place.runner.settle(self._applied[id])
            found = await rows.get(self.place.real, id)
            if found is None or found.posed is None or found.posed.answered:
                return
            if found.posed.challenge.kind in TYPED:
                told = {found.posed.challenge.name: "right"}
                await connections.answer(self.place.world, found.application_id, id, told)
            else:
                await connections.come_back(self.place.world, id, found.posed.id, "approved")

    async def _come_back(self, id: str, changes: Changes) -> None:
        try:
            await connections.update(self.place.world, self._applied[id], id, changes, UpdateRules())
        except Refused as refused:
            if refused.meaning != "request.connection.login-backoff":
                raise
            # after many refusals there is a wait, and it is told how long
            self.place.clock.at = int(refused.data["again"])
            await connections.update(self.place.world, self._applied[id], id, changes, UpdateRules())
