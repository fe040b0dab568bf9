"""Links made, and resumed: what the API and the connect page both do."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from afluente.core.challenge import WRONG_FOR_GOOD
from afluente.core.clock import SECOND
from afluente.core.connections import Connection, Rhythm, Trigger
from afluente.core.institutions import Institution
from afluente.core.outcome import Refused
from afluente.dialects.belvo import institutions
from afluente.dialects.belvo.house import House
from afluente.dialects.belvo.links import external_id, lasting, user_id
from afluente.engine.connecting import connections, retrieval
from afluente.engine.connecting.retrieval import Retrieved


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A link that is wanted: `values` are by neutral name, `username` is as it was typed. `mode`, `storage` and `stale`
    are Belvo's words."""

    institution: Institution
    values: dict[str, str]
    username: str
    mode: str = "recurrent"
    storage: str = "store"
    stale: str = "365d"
    resources: tuple[str, ...] = ()
    external: str | None = None
    token: str | None = None
    trigger: Trigger = Trigger.CLIENT
    id: str | None = None


async def make(house: House, application_id: str, asked: Asked) -> Retrieved:
    """Log in; the link stays if that succeeds, or waits for a token. What is to be loaded is loaded behind it.

    Raises `Refused` as `retrieval.open_connection` does; `request.connection.duplicate` with the `user` it knows.
    """
    wanted = connections.Wanted(
        id=asked.id,
        institution=asked.institution.slug,
        credentials=asked.values,
        products=(),
        trigger=asked.trigger,
        external_user_id=external_id(asked.external),
        avoid_duplicates=True,
        notes={
            "access_mode": asked.mode,
            "credentials_storage": asked.storage,
            "stale_in": asked.stale,
            "fetch_resources": ",".join(asked.resources),
            "institution_user_id": user_id(house, asked.institution.slug, asked.username),
        },
        data_lasts=lasting(asked.stale),
        credentials_last=lasting(asked.storage),
        # a link of single access is taken out of the schedule below, and may be put back by its client
        rhythm=Rhythm(house.numbers.links.refresh_every * SECOND),
    )
    try:
        answers = (asked.token,) if asked.token else ()
        found = await retrieval.open_connection(house.world, application_id, wanted, answers)
    except Refused as refused:
        if refused.meaning == "request.connection.duplicate":
            data = {**refused.data, "user": wanted.notes["institution_user_id"]}
            raise Refused(refused.meaning, data=data) from None
        raise
    made = found.connection
    if asked.mode == "single":
        await connections.disable_sync(house.world, application_id, made.id)
    if made.last_success_at is not None and house.numbers.links.fetch_resources:
        await load(house, made, asked.resources, wait=asked.storage == "nostore")
    if asked.storage == "nostore" and made.last_success_at is not None:
        await connections.forget_credentials(house.world, application_id, made.id)
    return found


async def load(house: House, made: Connection, resources: tuple[str, ...], *, wait: bool) -> bool:
    """Fetch resources of a new link: while the client goes on, or before, where nothing is kept to do it with later.
    Return whether there was anything to fetch."""
    institution = house.world.institutions[made.institution]
    products = institutions.products_of(institution, resources)
    if not products:
        return False
    wanted = retrieval.Retrieval(products=products, trigger=Trigger.SCHEDULE)
    started = await retrieval.begin(house.world, made.application_id, made.id, wanted)
    if wait:
        await house.world.rest(made.application_id, started.execution_id)
    return True


async def go_on(house: House, connection: Connection, answers: Mapping[str, str]) -> Retrieved:
    """Hand over what a session asks for, wait, and return how it came out.

    A wrong token begins the login anew, and with it another session, unless it was the last that may be wrong. A link
    whose first login fails for good is no link. Raises `Refused` with the outcome.
    """
    try:
        return await retrieval.resume(house.world, connection, answers)
    except Refused as refused:
        if refused.meaning.startswith("request."):
            raise
        if house.world.meaning(refused.meaning).action != "answer-mfa" or refused.meaning == WRONG_FOR_GOOD:
            await forget_failed(house, connection)
            raise
        anew = await retrieval.repeat(house.world, connection.application_id, connection.id)
        return replace(anew, wrong=refused)


async def forget_failed(house: House, connection: Connection) -> bool:
    """Delete a link whose first login has failed for good; return whether it was one."""
    if connection.last_success_at is not None:
        return False
    await connections.delete(house.world, connection.application_id, connection.id)
    return True
