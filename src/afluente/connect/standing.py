"""How what is being connected stands, as it is shown: the open question, how far it is, the result, why it failed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from afluente.connect import papers, views
from afluente.connect.stage import Stage, View
from afluente.connect.widget import Moment
from afluente.core.accounts import Account
from afluente.core.challenge import Ask
from afluente.core.connections import Connection, Phase
from afluente.core.institutions import Institution
from afluente.core.lifecycle import RUNNING, State
from afluente.core.outcome import Refused
from afluente.engine.connecting import sessions
from afluente.engine.files import uploads
from afluente.engine.records import reads

log = logging.getLogger("afluente.connect")


async def current(stage: Stage, connection: Connection | None = None) -> View:
    """What there is to see of what is being connected."""
    try:
        found = connection or await stage.widget.found(stage.visit)
    except Refused as why:
        return await refused(stage, why)
    stage.tell(Moment.READ, found)
    # only what this visit has logged in with counts here
    if found.phase in (Phase.FETCHING, Phase.STORING) or found.state in (State.FRESH, State.PARTLY_FRESH):
        stage.once(f"in {found.execution_id}", Moment.LOGGED_IN, found)
    posed = found.posed
    if posed is not None and not posed.answered and found.state in (State.ASKING, State.AWAITING):
        again = any(told.startswith("asked ") for told in stage.visit.told) and stage.visit.rounds > 1
        moment = Moment.ASKED_AGAIN if again else Moment.ASKED
        if posed.challenge.kind is Ask.REDIRECT:
            moment = Moment.SENT_ELSEWHERE
        stage.once(f"asked {posed.id}", moment, found)
        return views.challenge(stage, found, posed)
    if stage.widget.takes_files(stage.visit):
        return await _read(stage, found)
    if found.state in RUNNING:
        return await views.progress(stage, found)
    if found.state in (State.FRESH, State.PARTLY_FRESH):
        following = await stage.widget.goes_on(stage.visit, found)
        if following is not None:
            stage.visit = following
            return await current(stage)
        return await succeeded(stage, found)
    if stage.widget.stands(stage.visit, found):
        return await succeeded(stage, found)
    return await _failed(stage, found)


async def succeeded(stage: Stage, connection: Connection) -> View:
    """The result; the accounts to choose from before it, where the user is to choose."""
    if stage.widget.selects_accounts(stage.visit) and not stage.visit.accounts:
        found = await selectable(stage, connection)
        before = tuple(stored.id for stored in found if stored.id in stage.widget.selected(stage.visit))
        if before:
            stage.visit = replace(stage.visit, accounts=before)
            return await succeeded(stage, connection)
        stage.once("accounts", Moment.ACCOUNTS_SHOWN, connection, displayed=len(found))
        return views.accounts(stage, found)
    stage.visit = replace(stage.visit, done=True, failed=None)
    stage.once("succeeded", Moment.SUCCEEDED, connection, accounts=stage.visit.accounts)
    return views.result(stage, connection)


async def selectable(stage: Stage, connection: Connection) -> Any:
    """Return the accounts that may be chosen."""
    found = await reads.records(stage.world, stage.visit.application_id, Account, connection.id)
    return stage.widget.selectable(stage.visit, found)


async def _read(stage: Stage, connection: Connection) -> View:
    """How far the files are; at the end the result, unless none of them could be read."""
    session = await sessions.session_of(stage.world, stage.visit.application_id, stage.visit.session_id or "")
    found = uploads.papers_of(session)
    if connection.state in RUNNING:
        return papers.reading(stage, connection, found)
    if connection.state is State.FRESH:
        stage.visit = replace(stage.visit, done=True, failed=None)
        stage.once("succeeded", Moment.SUCCEEDED, connection)
        return papers.outcome(stage, found)
    stage.visit = replace(stage.visit, failed=connection.outcome)
    stage.once(f"failed {connection.execution_id}", Moment.FAILED, connection, meaning=connection.outcome)
    return papers.outcome(stage, found)


async def _failed(stage: Stage, connection: Connection) -> View:
    meaning, said = connection.outcome or "unexpected", connection.said
    stage.visit = replace(stage.visit, failed=meaning)
    stage.once(f"failed {connection.execution_id}", Moment.FAILED, connection, meaning=meaning, said=said)
    stage.visit = await stage.widget.failed(stage.visit, connection)
    return views.failure(stage, meaning, said, connection.id)


async def refused(stage: Stage, why: Refused) -> View:
    """Something is not done, and why: fields that do not fit are shown in the login's form, the rest as a failure."""
    institution = stage.institution
    if why.meaning == "request.credentials.invalid" and institution is not None:
        return unfit(stage, institution, {}, why)
    stage.visit = replace(stage.visit, failed=why.meaning)
    own = why.meaning.startswith("request.")
    stage.tell(Moment.NOT_POSSIBLE if own else Moment.FAILED, None, meaning=why.meaning, said=why.said)
    id = stage.world.ids.new()
    stage.call.refuse(why, id)
    fields = {"error": id, "meaning": why.meaning, "visit": stage.visit.id, "system": stage.widget.system}
    log.info("the connect page could not go on", extra={"fields": fields})
    return views.failure(stage, why.meaning, why.said, id)


def unfit(stage: Stage, institution: Institution, given: Mapping[str, str], why: Refused) -> View:
    """The form once more, with what does not fit; the log of calls has the names of those fields."""
    stage.call.refuse(why, stage.world.ids.new())
    return views.login(stage, institution, given, why.data["faults"])
