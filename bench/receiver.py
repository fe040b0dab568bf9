"""A partner's HTTP server that only notes what arrives: `python -m bench.receiver` prints its port and serves until
its standard input ends.

A POST is answered 200 with nothing in it. A GET is answered with all that has arrived, as `Arrived`. It is a process
of its own so that the server under measurement has a core to itself; monotonic time is the same in every process.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from bench import machine

_OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Arrived(msgspec.Struct):
    """What has arrived: when (seconds of monotonic time), the path it was sent to, its `webhook-id`, its bytes.
    `connections` counts those that were opened."""

    at: list[float] = []
    paths: list[str] = []
    ids: list[str] = []
    sizes: list[int] = []
    connections: int = 0


class _Line(asyncio.Protocol):
    def __init__(self, arrived: Arrived) -> None:
        self._arrived = arrived
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (head := self._buffer.find(b"\r\n\r\n")) >= 0:
            first, *lines = bytes(self._buffer[:head]).split(b"\r\n")
            parted = (line.partition(b":") for line in lines)
            headers = {name.strip().lower(): value.strip() for name, _, value in parted}
            whole = head + 4 + int(headers.get(b"content-length", 0))
            if len(self._buffer) < whole:
                return
            del self._buffer[:whole]
            verb, path, _ = first.decode().split(" ")
            if verb == "GET":
                told = msgspec.json.encode(self._arrived)
                self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(told), told))
                continue
            if path != "/warm":
                self._arrived.connections += not hasattr(self, "counted")
                self.counted = True
            self._arrived.at.append(time.monotonic())
            self._arrived.paths.append(path)
            self._arrived.ids.append(headers.get(b"webhook-id", b"").decode())
            self._arrived.sizes.append(whole - head - 4)
            self._transport.write(_OK)


class Receiver:
    """One that runs."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._port = port

    def arrived(self) -> Arrived:
        """Return all that has arrived."""
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request("GET", "/")
            return msgspec.json.decode(connection.getresponse().read(), type=Arrived)
        finally:
            connection.close()


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run one until the end of the block, on the core of the load."""
    with machine.on_core(machine.cores()[0]):
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.receiver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=machine.ROOT
        )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield Receiver(int(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


async def _serve() -> None:
    arrived = Arrived()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Line(arrived), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve())
