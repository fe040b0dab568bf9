"""Armed faults: what is to go wrong next, on purpose."""

from __future__ import annotations

from msgspec.structs import replace

from afluente.core.outcome import Refused
from afluente.engine.world import World
from afluente.store import applications
from afluente.store.registers import Fault, armed

__all__ = ["Fault", "arm", "disarm", "listed", "strike"]


async def arm(world: World, application_id: str, fault: Fault) -> Fault:
    """Arm a fault. Raises `request.invalid` for a meaning that the catalogue does not have."""
    if fault.meaning not in world.catalogue.meanings:
        raise Refused("request.invalid", data={"detail": f"there is no meaning named {fault.meaning}"})
    async with world.database.transaction() as writer:
        await armed.add(writer, application_id, fault)
    world.struck.add(application_id)
    return fault


async def listed(world: World, application_id: str) -> list[Fault]:
    """Return the application's armed faults."""
    return await armed.all(world.database, application_id)


async def disarm(world: World, application_id: str) -> int:
    """Disarm all of them; return how many there were."""
    async with world.database.transaction() as writer:
        faults = await armed.all(writer, application_id)
        for fault in faults:
            await armed.remove(writer, fault.id)
    world.struck.discard(application_id)
    return len(faults)


async def disarm_one(world: World, application_id: str, id: str) -> bool:
    """Disarm one; tell whether it was there."""
    async with world.database.transaction() as writer:
        faults = await armed.all(writer, application_id)
        found = any(fault.id == id for fault in faults)
        if found:
            await armed.remove(writer, id)
    if found and len(faults) == 1:
        world.struck.discard(application_id)
    return found


async def strike(
    world: World,
    application_id: str,
    operation: str,
    institution: str | None = None,
    connection_id: str | None = None,
) -> None:
    """Raise the first armed fault that matches, and count it. `http` in a fault matches every request."""
    if application_id not in world.struck:
        return
    kind = "http" if operation[:1].isupper() else "institution"
    async with world.database.transaction() as writer:
        # one at a time: a fault armed once strikes once
        await applications.lock(writer, application_id)
        faults = await armed.all(writer, application_id)
        fault = next((f for f in faults if _hits(f, kind, operation, institution, connection_id)), None)
        if fault is None:
            return
        if fault.times > 1:
            await armed.put(writer, replace(fault, times=fault.times - 1))
        else:
            await armed.remove(writer, fault.id)
            if len(faults) == 1:
                world.struck.discard(application_id)
    raise Refused(fault.meaning, fault.said)


def _hits(fault: Fault, kind: str, operation: str, institution: str | None, connection_id: str | None) -> bool:
    if kind == "http":
        return fault.operation in ("http", operation)
    return (
        fault.operation in (None, operation)
        and fault.institution in (None, institution)
        and fault.connection_id in (None, connection_id)
    )
