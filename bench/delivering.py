"""Webhooks: what it costs to write an event with what it tells of, and how many messages one process delivers."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from msgspec.structs import replace

from afluente.app import Server, build
from afluente.core.events import Event, EventKind, Fact
from afluente.engine.connecting import connections
from afluente.engine.outbox import endpoints, events
from afluente.settings import Settings
from afluente.store import connections as rows
from afluente.store import deliveries
from afluente.store import events as written
from afluente.store.deliveries import Selection, State
from afluente.store.registers import Webhook
from bench.receiver import Receiver, receiving
from bench.report import Figure, Section, spread

RATE, WRITING = 1_000.0, 1.0
"""Deliveries a second and milliseconds that are promised."""

_PATIENCE = 120.0


def section(rounds: int, messages: int = 5_000) -> Section:
    """Write events and deliver messages to a receiver in another process, each in a lane of its own and in few."""
    import uvloop

    made = Section("delivering", "Webhooks: events written, messages delivered", "python -m bench delivering")
    with tempfile.TemporaryDirectory(prefix="afluente-bench-") as name, receiving() as receiver:
        uvloop.run(_measure(made, Path(name), receiver, rounds, messages))
    made.notes.append(
        "One process with SQLite; the receiver is another and answers at once. Every message is written with its due "
        "time, claimed, signed, sent over a connection that is kept open, and noted with what was answered. With one "
        "lane for each message all of them may be on their way at the same time, sixteen to one endpoint; in ten "
        "lanes each waits for the one before."
    )
    return made


async def _measure(made: Section, folder: Path, receiver: Receiver, rounds: int, messages: int) -> None:
    url = f"sqlite:///{folder / 'one.db'}"
    server = await build(Settings(database=url, key_file=str(folder / "key"), pace=0, private_webhooks=True))
    try:
        bare, told = await _writing(server, rounds)
        middle = statistics.median(told)
        made.figures.append(
            Figure(
                "a connection changed and an event about it, one transaction",
                spread(told, "{:.2f}", " ms"),
                "without the event: " + spread(bare, "{:.2f}", " ms"),
                "",
                f"≤ {WRITING:g} ms",
                middle <= WRITING,
            )
        )
        webhook = Webhook(id=server.world.ids.new(), dialect="afluente", event="all", url=f"{receiver.url}/all")
        await endpoints.add(server.world, server.keys[0], webhook, 20)
        for lanes in (messages, 10):
            rates, cpu = [], []
            for turn in range(rounds + 1):
                rate, used = await _delivering(server, messages, lanes)
                if turn:
                    rates.append(rate)
                    cpu.append(used)
            middle = statistics.median(rates)
            what = "each in a lane of its own" if lanes == messages else f"in {lanes} lanes"
            made.figures += [
                Figure(f"{messages:,} messages, {what}", spread(rates, unit="/s"), "", "", f"≥ {RATE:,.0f}/s",
                       middle >= RATE) if lanes == messages else Figure(f"{messages:,} messages, {what}",
                       spread(rates, unit="/s")),
                Figure("processor time of one of them", spread(cpu, "{:.2f}", " ms")),
            ]  # fmt: skip
    finally:
        await server.close()


async def _writing(server: Server, rounds: int, count: int = 500) -> tuple[list[float], list[float]]:
    world, application = server.world, server.keys[0]
    wanted = connections.Wanted(
        institution="sandbox-bank", credentials={"username": "user-ok", "password": "password-ok"}, products=()
    )
    made = await connections.create(world, application, wanted)
    await server.runner.settle(application)
    took: tuple[list[float], list[float]] = ([], [])
    for turn in range(2 * (rounds + 1)):
        began = time.perf_counter()
        for _ in range(count):
            async with world.database.transaction() as writer:
                known = await rows.lock(writer, made.id)
                if known is None:
                    raise RuntimeError("the connection is gone")
                if turn % 2:
                    products = {"accounts": "success", "transactions": "success"}
                    facts = {"meaning": "success", "products": products}
                    known = await events.tell(world, writer, known, EventKind.CONNECTION_UPDATED, **facts)
                await rows.put(writer, known)
        if turn > 1:
            took[turn % 2].append((time.perf_counter() - began) / count * 1_000)
    return took


async def _delivering(server: Server, messages: int, lanes: int) -> tuple[float, float]:
    """Return how many a second arrive, and the processor time of one in milliseconds."""
    world, application = server.world, server.keys[0]
    # connections that are there: of one that is gone each message is erased as well, once it was told
    [like] = await rows.page(world.database, application, 1)
    ids = [world.ids.new() for _ in range(lanes)]
    async with world.database.transaction() as writer:
        for id in ids:
            await rows.add(writer, replace(like, id=id), id)
        for number in range(messages):
            told = Event(
                id=world.ids.new(),
                application_id=application,
                connection_id=ids[number % lanes],
                sequence=number // lanes + 1,
                kind=EventKind.CONNECTION_UPDATED,
                at=world.clock.now(),
                fact=Fact(meaning="success", institution="sandbox-bank"),
            )
            await written.add(writer, told)
    began, used = time.perf_counter(), time.process_time()
    carrying = asyncio.create_task(server.courier.run(world))
    try:
        while await _left(server):
            if time.perf_counter() - began > _PATIENCE:
                raise RuntimeError("the messages did not arrive")
            await asyncio.sleep(0.02)
        return messages / (time.perf_counter() - began), (time.process_time() - used) / messages * 1_000
    finally:
        carrying.cancel()
        await asyncio.wait([carrying])


async def _left(server: Server) -> bool:
    """Tell whether there are events without a place, or messages that have not arrived."""
    reader, application = server.world.database, server.keys[0]
    if await written.unplaced(reader, application, 1):
        return True
    return bool(await deliveries.selected(reader, application, Selection(state=str(State.OPEN)), 1, 0, newest=False))
