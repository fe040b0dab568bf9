"""Whose turn it is to write, where one alone may: first come those that a client waits for."""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import ContextVar

IN_A_ROW = 32
"""How many of those that a client waits for may go before one that has waited longer."""

waited_for: ContextVar[bool] = ContextVar("waited_for", default=False)
"""Whether a client waits for what this task does. What runs behind everybody's back lets it go first."""


class Turns:
    """A lock with two lines, each in the order of arrival: `async with` has the turn."""

    def __init__(self) -> None:
        self._taken = False
        self._first: deque[asyncio.Future[None]] = deque()
        self._then: deque[asyncio.Future[None]] = deque()
        self._in_a_row = 0

    async def __aenter__(self) -> None:
        if not self._taken:
            self._taken = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._first if waited_for.get() else self._then).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # it was ours already
                self._pass_on()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        """Give the turn to the next who still wants it; nobody has it where there is none."""
        while line := self._next():
            turn = line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._taken = False

    def _next(self) -> deque[asyncio.Future[None]]:
        if self._first and (self._in_a_row < IN_A_ROW or not self._then):
            self._in_a_row += 1
            return self._first
        self._in_a_row = 0
        return self._then
