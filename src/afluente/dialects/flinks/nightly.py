"""The refresh at night: which cards have a part in it (contract 2.11)."""

from __future__ import annotations

from afluente.core.clock import DAY, SECOND
from afluente.core.connections import Connection, Rhythm
from afluente.dialects.flinks import cards
from afluente.dialects.flinks.house import SYSTEM, House
from afluente.engine.connecting import sessions
from afluente.engine.outbox import endpoints
from afluente.engine.world import Rule, World

RULE = "flinks-nightly"
"""What the engine knows the rule by that a card has to keep."""

_TOLERATED = ("RETRY_LATER", "AGGREGATION_ERROR", "SESSION_EXPIRED", "DISABLED_INSTITUTION", "UNAUTHORIZED",
              "SESSION_NONEXISTENT", "BANK_MAINTENANCE_RETRY_LATER")  # fmt: skip
"""Errors of the last refresh that do not keep a card from the next one."""


def rhythm(house: House) -> Rhythm:
    """Return when a card is refreshed by itself: every night."""
    return Rhythm(DAY, house.numbers.cards.night * SECOND, RULE)


def error_of(house: House, card: Connection) -> str | None:
    """Return the code that the last refresh ended in, None where it went well or goes on.

    A login with another password than the card's, which was refused, is no refresh of the card.
    """
    outcome = card.outcome or "progress"
    if card.refused_on_trial or outcome.startswith(("success", "progress")):
        return None
    return house.world.catalogue.word(SYSTEM, "api", outcome).code


def eligible(house: House, card: Connection) -> bool:
    """Tell whether the card itself lets it be refreshed: good not long ago, no question open, no error that stays."""
    lately = cards.refreshed_lately(house, card, house.world.now(card.application_id))
    asks = card.posed is not None and not card.posed.answered
    error = error_of(house, card)
    return lately and not asks and (error is None or error in _TOLERATED)


async def wanted(house: House, card: Connection) -> bool:
    """Tell whether somebody has asked for the card not long ago, or has its data sent."""
    every = await endpoints.listed(house.world, card.application_id)
    if card.webhook_url is not None or any(one.dialect == SYSTEM for one in every):
        return True
    last = await sessions.last_of(house.world, card.application_id, card.id)
    since = house.world.now(card.application_id) - house.numbers.cards.asked_within * SECOND
    return last is not None and last.opened_at >= since


def rule(house: House) -> Rule:
    """Return what has to hold for a card at night."""

    async def holds(world: World, card: Connection) -> bool:
        return eligible(house, card) and await wanted(house, card)

    return holds
