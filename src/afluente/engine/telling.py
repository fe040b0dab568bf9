"""What a system brings along to be told of events: its words, its plan of attempts, its signature."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from afluente.core.clock import HOUR, MINUTE, SECOND, Instant
from afluente.core.events import Event


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message about an event. `name` is what endpoints choose by, `id` the same whenever the event is told,
    `body` the JSON that is sent. `part` counts the messages of one event."""

    name: str
    id: str
    body: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """When a message that did not arrive is sent again: the spans between its attempts, in milliseconds.

    `own` are the system's; when they are used up `LONG` goes on where its time has come. `once` are messages that
    are sent no more often than the number says. An answer is waited for `timeout`.
    """

    own: tuple[Instant, ...] = ()
    timeout: Instant = 10 * SECOND
    once: dict[str, int] = {}

    def after(self, name: str, attempts: int, jitter: float) -> Instant | None:
        """Return how long to wait after so many attempts, None to give up. `jitter`, from 0 to 1, is only added, and
        only where the system has no plan of its own."""
        if attempts >= self.once.get(name, attempts + 1):
            return None
        if attempts <= len(self.own):
            return self.own[attempts - 1]
        passed, left = sum(self.own), attempts - len(self.own)
        for span, begins in _long():
            if begins >= passed:
                left -= 1
                if left == 0:
                    return span + int(span * _JITTER * jitter)
        return None


LONG: tuple[Instant, ...] = (
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
"""The spans between attempts where a system has no plan, or at the end of its own: 75 hours and a half in all."""

_JITTER = 0.2
"""The greatest share of a span that is added to it, so that what failed together does not come back together."""


def _long() -> list[tuple[Instant, Instant]]:
    """Return each span with the time that has passed before it."""
    return [(span, sum(LONG[:place])) for place, span in enumerate(LONG)]


def _unsigned(body: str, secrets: Sequence[str], at: Instant) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Teller:
    """One system. `render` says an event in its words, `sign` returns the headers of its own signature over a body
    with the endpoint's secrets, newest first. `secret` returns what an application's messages are signed with where an
    endpoint has no secret of its own; None where one is made for it. Connections may name an address of their own where
    it is told `of_connections`."""

    render: Callable[[Event], Awaitable[Sequence[Message]]]
    plan: Plan = field(default_factory=Plan)
    sign: Callable[[str, Sequence[str], Instant], Mapping[str, str]] = _unsigned
    of_connections: bool = False
    secret: Callable[[str], Awaitable[str | None]] | None = None


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What came back: a status with the answer's headers and the beginning of its body, or an `error`'s name."""

    status: int | None = None
    headers: dict[str, str] = {}
    body: str = ""
    error: str | None = None


class Post(Protocol):
    """Sends one message. Never raises: what went wrong is in the answer. `timeout` is in milliseconds of real time."""

    async def __call__(self, url: str, headers: Mapping[str, str], body: str, timeout: Instant) -> Answered:
        """Send it, follow no redirect, and reach no address that may not be reached."""
