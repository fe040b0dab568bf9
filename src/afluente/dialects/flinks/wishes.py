"""What the connect page was opened with that concerns data: kept with the card, and heeded by every data call that does
not say it itself. A client usually reads the card in a session of its own, opened with the LoginId.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from afluente.connect.visit import Visit
from afluente.core.accounts import Account
from afluente.dialects.flinks.forms import guid_of
from afluente.dialects.flinks.house import House
from afluente.engine.connecting import connections, sessions
from afluente.engine.connecting.sessions import ClientSession
from afluente.engine.records import reads

DAYS: Mapping[str, int] = {"Days90": 90, "Days365": 365, "Days360": 365}
COUNTS: Mapping[str, int] = {"MostRecent": 1, "Months3": 3, "Months12": 12}
_USUAL_COUNT = "Months3"
_CARD, _SESSION = "wishes", "only"
"""Notes: of a card, its wishes; of a session, the accounts that were chosen before it."""


class Wishes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`days` is how far back transactions go, `statements` how many documents there are of each account (0: none was
    wished for). `only` are the accounts that the session's calls show; None where nobody chose."""

    days: int = 90
    statements: int = 0
    only: frozenset[str] | None = None


def of_visit(visit: Visit) -> Wishes | None:
    """Return what a page's parameters wish for; None where they say nothing of it. What is no word of theirs is passed
    over."""
    days = _chosen(DAYS, visit.option("daysOfTransactions"))
    count = _chosen(COUNTS, visit.option("monthsOfStatements")) or COUNTS[_USUAL_COUNT]
    documents = visit.flag("detailsAndStatementEnable")
    return Wishes(days=days or DAYS["Days90"], statements=count if documents else 0) if days or documents else None


def _chosen(options: Mapping[str, int], text: str) -> int | None:
    return {option.casefold(): value for option, value in options.items()}.get(text.casefold())


async def keep(house: House, visit: Visit) -> None:
    """Keep what a visit wishes for with its card, and with its session the accounts that were chosen before."""
    wished = of_visit(visit)
    if wished is not None and visit.connection_id is not None:
        notes = {_CARD: msgspec.json.encode(wished).decode()}
        await connections.keep_notes(house.world, visit.application_id, visit.connection_id, notes)
    before = [id for word in visit.words("resumeSelectedAccounts") if (id := guid_of(word))]
    if before and visit.session_id is not None and not visit.flag("fetchAllAccounts"):
        await sessions.keep_notes(house.world, visit.session_id, {_SESSION: ",".join(before[:200])})


async def of_session(house: House, session: ClientSession) -> Wishes:
    """Return what a session's calls show where they do not say it themselves."""
    application = session.application_id
    card = await reads.known(house.world, application, session.connection_id or "")
    if card is None:
        return Wishes()
    kept = card.notes.get(_CARD)
    wished = msgspec.json.decode(kept, type=Wishes) if kept else Wishes()
    before = frozenset(session.notes.get(_SESSION, "").split(",")) - {""}
    if not before:
        return wished
    # what was chosen of another card says nothing of this one
    own = {stored.id for stored in await reads.records(house.world, application, Account, card.id)}
    return msgspec.structs.replace(wished, only=(before & own) or None)
