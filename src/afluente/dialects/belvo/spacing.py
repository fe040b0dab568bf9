"""What clients should leave time between: deletes, which are limited, and sets of requests, which is advice."""

from __future__ import annotations

from afluente.core.clock import MINUTE, SECOND, Instant
from afluente.core.connections import Connection
from afluente.dialects.belvo.house import House
from afluente.engine.access import limits
from afluente.engine.connecting import retrieval
from afluente.web.answers import Answer
from afluente.web.calls import Call


async def spend_delete(house: House, call: Call, path: str) -> None:
    """Count a delete of an object of the list at `path` that is waited for. Raises `request.too-many`."""
    deletes = house.numbers.deletes
    if path in deletes.kinds:
        await limits.spend(house.world, call.application_id, f"DELETE /belvo{path}", deletes.minute, MINUTE)


async def too_early(house: House, connection: Connection) -> Instant | None:
    """Return how long ago data of a link was asked for that a request made now is no set with, if that is not long."""
    numbers, now = house.numbers.links, house.world.now(connection.application_id)
    since, until = now - numbers.sets_apart * SECOND, now - numbers.set_within * SECOND
    last = await retrieval.last_asked(house.world, connection.id, since, until)
    return None if last is None else now - last


def advised(house: House, call: Call, answer: Answer, early: Instant | None) -> Answer:
    """Return the answer, with the advice to wait longer where its request came too early."""
    if early is None:
        return answer
    hours = house.numbers.links.sets_apart // 3600
    warning = (
        f'299 - "data of this link was asked for {early // MINUTE} minutes ago already: institutions lock accounts '
        f'that are visited often, so leave {hours} hours between sets of requests"'
    )
    about = f'<{call.help("login.locked")}>; rel="help"'
    answer.headers = (*answer.headers, (b"warning", warning.encode()), (b"link", about.encode("latin-1")))
    return answer
