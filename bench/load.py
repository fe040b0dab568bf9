"""The load: raw sockets on uvloop, kept alive, one process on one core, every answer compared byte for byte.

`python -m bench.load` reads a `Plan` as JSON from its standard input, says how far it is on its standard error and
writes a `Result` as JSON on its standard output. It is a process of its own so that the server has a core to itself.
"""

from __future__ import annotations

import asyncio
import sys
import time
from array import array
from typing import Any

import msgspec


class Exchange(msgspec.Struct):
    """A request as it goes over the wire, and the body that must come back with a 200."""

    request: bytes
    body: bytes


class Plan(msgspec.Struct):
    """What to send where. It ends after `seconds` or `requests`, whichever is set; exchanges take turns.

    `awake` keeps the loop turning while there is nothing to read.
    """

    port: int
    exchanges: list[Exchange]
    core: int
    connections: int = 16
    seconds: float = 0.0
    requests: int = 0
    say_every: int = 0
    awake: bool = True


class Result(msgspec.Struct):
    """What came of it; latencies in milliseconds. `wrong` counts answers that were not what they must be."""

    requests: int
    wrong: int
    seconds: float
    p50: float
    p99: float
    worst: float


class _Client(asyncio.Protocol):
    """One connection: sends the next request when the answer to the last one is complete."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._buffer = b""
        self._exchange: Exchange = run.plan.exchanges[0]
        self._length = 0
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport: Any = transport
        self._next()

    def _next(self) -> None:
        exchange = self._run.turn()
        if exchange is None:
            self._transport.close()
            return
        self._exchange = exchange
        self._sent = time.perf_counter()
        self._transport.write(exchange.request)

    def data_received(self, data: bytes) -> None:
        """Take a piece; once the answer is whole, compare it and go on."""
        if self._buffer:
            data = self._buffer + data
        head = data.find(b"\r\n\r\n")
        if head < 0:
            self._buffer = data
            return
        start = data.index(b"content-length: ") + 16
        length = int(data[start : data.index(b"\r\n", start)])
        if len(data) < head + 4 + length:
            self._buffer = data
            return
        self._buffer = b""
        right = data.startswith(b"HTTP/1.1 200 ") and data[head + 4 :] == self._exchange.body
        self._run.took(time.perf_counter() - self._sent, right)
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell that this connection is over."""
        self._run.lost()


class _Run:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._latencies = array("d")
        self._sent = self._wrong = 0
        self._until = time.perf_counter() + plan.seconds if plan.seconds else None
        self._open = plan.connections
        self._over = asyncio.get_running_loop().create_future()

    def turn(self) -> Exchange | None:
        plan = self.plan
        if (plan.requests and self._sent >= plan.requests) or (self._until and time.perf_counter() >= self._until):
            return None
        self._sent += 1
        return plan.exchanges[self._sent % len(plan.exchanges)]

    def took(self, seconds: float, right: bool) -> None:
        self._latencies.append(seconds)
        self._wrong += not right
        if self.plan.say_every and len(self._latencies) % self.plan.say_every == 0:
            print(len(self._latencies), file=sys.stderr, flush=True)

    def lost(self) -> None:
        self._open -= 1
        if not self._open:
            self._over.set_result(None)

    def stay_awake(self) -> None:
        """Keep the loop turning: to wake a load that sleeps costs the server a good part of a request."""
        if not self._over.done():
            asyncio.get_running_loop().call_soon(self.stay_awake)

    async def go(self) -> Result:
        loop = asyncio.get_running_loop()
        if self.plan.awake:
            self.stay_awake()
        began = time.perf_counter()
        for _ in range(self.plan.connections):
            await loop.create_connection(lambda: _Client(self), "127.0.0.1", self.plan.port)
        await self._over
        seconds = time.perf_counter() - began
        ordered = sorted(self._latencies)
        count = len(ordered)
        p50, p99 = (1000 * ordered[min(count - 1, int(count * part))] for part in (0.5, 0.99))
        # a request without an answer is a wrong one
        return Result(count, self._wrong + self._sent - count, seconds, p50, p99, 1000 * ordered[-1])


async def run(plan: Plan) -> Result:
    """Send the load and return what came of it."""
    return await _Run(plan).go()


def main() -> None:
    """Read the plan, keep to its core, go."""
    import os

    import uvloop

    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    os.sched_setaffinity(0, {plan.core})
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(run(plan))))


if __name__ == "__main__":
    main()
