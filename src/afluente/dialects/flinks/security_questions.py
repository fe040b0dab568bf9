"""Security questions whose answers are left for later logins: gathered while they are asked (contract 2.11).

Only plain questions count, for what is sent to a telephone serves once; and only those of banks that let answers lie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from afluente.core.challenge import Ask, Challenge
from afluente.core.connections import Connection
from afluente.dialects.flinks.house import House
from afluente.dialects.flinks.render.challenges import prompt_of
from afluente.engine.connecting import connections
from afluente.engine.institutions import answers

LEFT = "left"
"""The option of a visit that has those whose answers were left in it."""

_QUESTIONS = "questions"
"""The note of a connection that has those it has gathered."""


def gathered(connection: Connection) -> list[str]:
    """Return the questions that were gathered for a card."""
    return msgspec.json.decode(connection.notes.get(_QUESTIONS, "[]"), type=list[str])


async def gather(house: House, connection: Connection, asked: Sequence[Challenge]) -> None:
    """Keep which questions are asked of a card."""
    known = gathered(connection)
    told = [*known, *(prompt for prompt in map(prompt_of, asked) if prompt not in known)]
    notes = {_QUESTIONS: msgspec.json.encode(told).decode()}
    await connections.keep_notes(house.world, connection.application_id, connection.id, notes)


def plain(house: House, connection: Connection) -> tuple[Challenge, ...]:
    """Return those of the questions that stand open whose answers can be left."""
    posed = connection.posed
    if posed is None or not house.directory.face(connection.institution).stored_answers:
        return ()
    asked = (posed.challenge, *posed.challenge.beside)
    return tuple(one for one in asked if one.kind is Ask.TEXT and not one.options)


async def leave(house: House, connection: Connection, given: Mapping[str, str]) -> None:
    """Leave answers, by question, for the next login."""
    await answers.keep(house.world, connection.application_id, connection.id, given)


async def forget(house: House, connection: Connection, questions: Sequence[str]) -> None:
    """Forget answers that were wrong."""
    await answers.keep(house.world, connection.application_id, connection.id, dict.fromkeys(questions))
