"""The bank that the engine hands to a connector: its only door to the institution and to the user."""

from __future__ import annotations

from afluente.core.challenge import Challenge
from afluente.core.clock import Instant
from afluente.core.institutions import Institution
from afluente.engine.sandbox.faults import strike
from afluente.engine.world import World
from afluente.store import applications, memory


class Stale(Exception):
    """Another attempt has taken over, or the connection is gone."""


class Suspended(BaseException):
    """The conversation ends here, and begins again when the user has answered. Not an error: no code may catch it."""

    def __init__(self, challenge: Challenge, position: int) -> None:
        super().__init__(challenge.name)
        self.challenge = challenge
        self.position = position


class Paused(BaseException):
    """The conversation ends here, and begins again when `span` has gone by. Not an error: no code may catch it."""

    def __init__(self, span: Instant, position: int) -> None:
        super().__init__(span)
        self.span = span
        self.position = position


class EngineBank:
    """One conversation. Answers that were given before are handed out again, in order."""

    def __init__(
        self, world: World, application_id: str, institution: Institution, connection_id: str, answers: tuple[str, ...]
    ) -> None:
        self._world = world
        self._application_id = application_id
        self._institution = institution
        self._connection_id = connection_id
        self._answers = answers
        self._asked = 0

    @property
    def now(self) -> Instant:
        """The instant on the application's clock."""
        return self._world.now(self._application_id)

    @property
    def connection_id(self) -> str:
        """The connection this conversation is for."""
        return self._connection_id

    async def reach(self, operation: str) -> None:
        """Take the time that the institution takes, and fail if a fault is armed for this operation. Raises `Stale`
        if this process was away for so long that somebody else runs this conversation now."""
        if not self._world.alive():
            raise Stale
        if self._world.pace:
            await self._world.clock_of(self._application_id).pause(self._world.pace)
            if not self._world.alive():
                raise Stale
        await strike(self._world, self._application_id, operation, self._institution.slug, self._connection_id)

    async def ask(self, challenge: Challenge) -> str:
        """Return the answer if it was given, or end the conversation with the question."""
        position, self._asked = self._asked, self._asked + 1
        if position < len(self._answers):
            return self._answers[position]
        raise Suspended(challenge, position)

    async def wait(self, span: Instant) -> None:
        """Return if the time has gone by, or end the conversation until it has: it counts as a question that time
        answers."""
        position, self._asked = self._asked, self._asked + 1
        if position >= len(self._answers):
            raise Paused(span, position)

    async def recall(self, key: str) -> str | None:
        """Return what the institution remembers under a key."""
        return await memory.recall(self._world.database, self._application_id, self._institution.slug, key)

    async def remember(self, key: str, value: str | None) -> str | None:
        """Write a value, or none, and return the one before it. Two at the same moment take turns."""
        async with self._world.database.transaction() as writer:
            await applications.lock(writer, self._application_id)
            before = await memory.recall(writer, self._application_id, self._institution.slug, key)
            await memory.remember(writer, self._application_id, self._institution.slug, key, value)
        return before

    async def pause(self, span: Instant) -> None:
        """Let time go by on the application's clock."""
        await self._world.clock_of(self._application_id).pause(span)
