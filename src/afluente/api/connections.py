"""One connection as the engine has it: how it stands, why, what is asked and why, how late its movements come."""

from __future__ import annotations

from typing import Any

from afluente.api import errors
from afluente.api.house import ApiHouse
from afluente.core.challenge import WRONG_ANSWERS, Ask
from afluente.core.connections import Connection
from afluente.core.lifecycle import RUNNING
from afluente.core.outcome import Refused
from afluente.engine.records import lateness as late
from afluente.engine.records import reads
from afluente.web.answers import Answer, json
from afluente.web.calls import Call
from afluente.web.instants import instant, maybe_instant


def _id(call: Call) -> str:
    id = call.param("id")
    if "\0" in id:
        raise Refused("request.not-found.connection")
    return id


async def get_connection(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/connections/{id}`: a connection in the engine's own terms, whichever system made it.

    - `state`, `phase`: where it stands. `products` are under `/quotas`, what checks found under `/findings`.
    - `failure`: all that can be told of how the last execution ended; null where it went well, or still runs.
    - `question`: what the user is asked: `words`, `kind` and `options` as the institution has them, `reason` why it is
      asked (`mfa.wrong`: the answer before was wrong), `expiresAt` until when, and `attempts`: how many wrong answers
      in a row there may be, how many there were, how many are `left`. The last one ends the login for good, and a new
      login begins with one more.

    `locale` is the language of sentences, in place of the request's `Accept-Language`.
    """
    connection = await reads.connection(house.world, call.application_id, _id(call))
    locale = errors.locale_of(house, call)
    return json(
        {
            "connection": connection.id,
            "institution": connection.institution,
            "state": connection.state,
            "phase": connection.phase,
            "trigger": connection.trigger,
            "createdAt": instant(connection.created_at),
            "lastSuccessAt": maybe_instant(connection.last_success_at),
            "lastEndedAt": maybe_instant(connection.last_ended_at),
            "nextSyncAt": maybe_instant(connection.next_sync_at),
            "consentExpiresAt": maybe_instant(connection.consent_expires_at),
            "sequence": connection.events,
            "failure": await _failure(house, call, connection, locale),
            "question": await _question(house, call, connection, locale),
        }
    )


async def _failure(house: ApiHouse, call: Call, connection: Connection, locale: str) -> dict[str, Any] | None:
    outcome = connection.outcome
    if outcome is None or connection.state in RUNNING or outcome == "success":
        return None
    return await errors.error(house, call, outcome, id=connection.execution_id, said=connection.said, locale=locale)


async def _question(house: ApiHouse, call: Call, connection: Connection, locale: str) -> dict[str, Any] | None:
    posed = connection.posed
    if posed is None or posed.answered:
        return None
    asked = posed.challenge
    before = await reads.outcome_before(house.world, connection)
    asks = "consent.asked" if asked.kind is Ask.REDIRECT else "mfa.asked"
    reason = before if before is not None and house.world.meaning(before).action == "answer-mfa" else asks
    spent = min(connection.refused_logins, WRONG_ANSWERS)
    return {
        "name": asked.name,
        "kind": asked.kind,
        "words": asked.instructions or asked.label,
        "options": [{"value": option.value, "label": option.label} for option in asked.options],
        "step": posed.position + 1,
        "reason": await errors.error(house, call, reason, id=connection.execution_id, said=None, locale=locale),
        "expiresAt": instant(posed.expires_at),
        "attempts": {"most": WRONG_ANSWERS, "spent": spent, "left": max(WRONG_ANSWERS - spent, 1)},
    }


async def lateness(house: ApiHouse, call: Call) -> Answer:
    """`GET /api/connections/{id}/lateness`: how long after its day a movement came to be listed.

    - `overlap`: how many days of movements every update reads again; what comes later than that is not noticed.
    - `movements`: how many came with updates (those of the first fetch are history and say nothing).
    - `late`: how many of them came so many days behind their own, by the number of days; `longest` is the last.
    - `cursor`: the newest instant at which one was stored. What is stored later has a later one, whatever its own day:
      read on by it (`createdAtFrom` at Pluggy, `created_at__gt` at Belvo, `transactions.created` in `/api/events`).
    """
    connection = await reads.connection(house.world, call.application_id, _id(call))
    found = await late.measured(house.world, connection)
    return json(
        {
            "connection": connection.id,
            "overlap": found.overlap,
            "movements": found.movements,
            "late": {str(days): count for days, count in found.late.items()},
            "longest": max(found.late, default=0),
            "cursor": maybe_instant(found.newest),
        }
    )
