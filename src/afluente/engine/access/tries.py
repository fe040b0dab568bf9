"""Wrong secrets of an application: who tried them, and how many are enough.

A client id is no secret, so whoever knows one must not be able to keep its operator out. Strangers are counted each
for themselves, and all of them together: to fill that they must come from many places. Who has been let in before has
a count of their own, which nobody else can fill. Each is counted on the machine's clock.
"""

from __future__ import annotations

from afluente.core.clock import MINUTE, SECOND
from afluente.core.outcome import Refused
from afluente.engine.world import World
from afluente.store import allowances, applications
from afluente.store.allowances import Try

EACH, STRANGERS, SPAN = 10, 100, 10 * MINUTE
"""How many wrong secrets one may try, and all strangers together, on one application in a span."""

_OF_STRANGERS, _OF_KNOWN = "tries/strangers", "tries/known"


async def begin(world: World, application_id: str, who: str, *, known: bool) -> Try:
    """Count a secret that `who` tries now, before it is looked at; `known` has been let in before.

    Whoever tries many at the same time must not be let through before the first of them is counted, so a right one is
    given back. Raises `Refused` (`request.too-many`, `seconds` until one may be tried again); what is refused is not
    counted.
    """
    now = world.clock.now()
    async with world.database.transaction() as writer:
        await applications.lock(writer, application_id)
        made = await allowances.tries(writer, application_id, _of(known))
        lately = [one for one in made if now - SPAN < one.at <= now]
        own = [one for one in lately if one.who == who]
        for counts, most in ((own, EACH), (() if known else lately, STRANGERS)):
            if len(counts) >= most:
                raise Refused("request.too-many", data={"seconds": -(-(counts[-most].at + SPAN - now) // SECOND)})
        counted = Try(now, who)
        await allowances.write_tries(writer, application_id, _of(known), [*lately, counted])
    return counted


async def give_back(world: World, application_id: str, counted: Try, *, known: bool) -> None:
    """Count a try no longer: its secret was right."""
    async with world.database.transaction() as writer:
        await applications.lock(writer, application_id)
        made = await allowances.tries(writer, application_id, _of(known))
        if counted in made:
            made.remove(counted)
            await allowances.write_tries(writer, application_id, _of(known), made)


def _of(known: bool) -> str:
    return _OF_KNOWN if known else _OF_STRANGERS
