"""The steps of a visit: each takes what a form sent, does it, and shows what comes next."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from msgspec.structs import replace

from afluente.connect import papers, views
from afluente.connect.stage import Stage, View
from afluente.connect.standing import current, refused, selectable, succeeded, unfit
from afluente.connect.visit import OVER
from afluente.connect.widget import Moment
from afluente.core.challenge import SEPARATOR, TYPED, Ask, Challenge
from afluente.core.connections import Connection
from afluente.core.lifecycle import RUNNING, State
from afluente.core.outcome import Refused
from afluente.engine.connecting import connections
from afluente.engine.files import uploads
from afluente.engine.institutions import credentials
from afluente.engine.records import reads

log = logging.getLogger("afluente.connect")

Form = dict[str, Any]
Step = Callable[[Stage, Form], Awaitable[View]]

UNCHANGED = View("unchanged")
"""Nothing new to show: the page stays as it is."""


async def first(stage: Stage) -> View:
    """The first view of a visit."""
    stage.once("opened", Moment.OPENED)
    if stage.visit.connection_id is not None and not stage.visit.updating:
        return await current(stage)
    if stage.widget.wants_consent(stage.visit):
        stage.tell(Moment.CONSENT_SHOWN)
        return await views.consent(stage)
    return await _behind_consent(stage)


async def agree(stage: Stage, form: Form) -> View:
    """The user agrees to what the page is for, and to the terms where they are asked for."""
    if stage.widget.wants_terms(stage.visit) and not form.get("terms"):
        return await views.consent(stage, stage.say("terms_missing"))
    stage.tell(Moment.CONSENTED)
    stage.visit = stage.visit.saw("consent")
    return await _behind_consent(stage)


async def deny(stage: Stage, form: Form) -> View:
    """The user does not agree."""
    stage.tell(Moment.CONSENT_DENIED)
    return await close(stage, form)


async def _behind_consent(stage: Stage) -> View:
    if stage.widget.takes_files(stage.visit):
        return await files_form(stage, {})
    if stage.visit.institution is None:
        offered = stage.widget.offered(stage.visit)
        if len(offered) == 1:
            return await _choose(stage, offered[0].slug)
        return await listed(stage, {})
    return await _choose(stage, stage.visit.institution)


async def listed(stage: Stage, form: Form) -> View:
    """The list of institutions, and what a search finds in it."""
    query = str(form.get("q", ""))[:100]
    if stage.visit.place != "institutions":
        stage.visit = replace(stage.visit, institution=None)
        stage.tell(Moment.LIST_SHOWN)
    elif query:
        stage.tell(Moment.SEARCHED, query=query)
    return await views.institutions(stage, query, str(form.get("country", ""))[:2])


async def choose(stage: Stage, form: Form) -> View:
    """The user chooses an institution."""
    return await _choose(stage, str(form.get("slug", "")))


async def _choose(stage: Stage, slug: str) -> View:
    offered = {institution.slug: institution for institution in stage.widget.offered(stage.visit)}
    institution = offered.get(slug) or (stage.institution if stage.visit.updating else None)
    if institution is None:
        return await listed(stage, {})
    stage.visit = replace(stage.visit, institution=institution.slug)
    stage.tell(Moment.CHOSEN)
    if not institution.online:
        return await refused(stage, Refused("request.institution.offline"))
    if not stage.widget.wants_login(stage.visit, institution):
        return await _send(stage, {})
    stage.tell(Moment.LOGIN_SHOWN)
    return views.login(stage, institution, {})


async def login_form(stage: Stage, form: Form) -> View:
    """The form of the login, once more."""
    if stage.institution is None:
        return await listed(stage, {})
    stage.tell(Moment.LOGIN_SHOWN_AGAIN)
    return views.login(stage, stage.institution, {})


async def login(stage: Stage, form: Form) -> View:
    """The user sends the login: checked by the institution's own rules, before anybody is asked."""
    institution = stage.institution
    if institution is None:
        return await listed(stage, {})
    known = stage.widget.prefilled(stage.visit, institution)
    fields = stage.widget.fields(stage.visit, institution)
    given = {field.name: str(form.get(f"field-{field.name}", "")).strip("\r\n") for field in fields}
    values = {name: value for name, value in {**given, **known}.items() if value}
    try:
        credentials.check(replace(institution, fields=tuple(fields)), values)
    except Refused as why:
        return unfit(stage, institution, given, why)
    return await _send(stage, values)


async def _send(stage: Stage, values: dict[str, str]) -> View:
    institution = stage.institution
    assert institution is not None  # whoever calls has looked
    stage.tell(Moment.LOGIN_SENT)
    new = stage.visit.connection_id is None
    stage.visit = replace(stage.visit, rounds=stage.visit.rounds + 1, failed=None)
    try:
        before = await stage.widget.sent_before(stage.visit, institution, values)
        if before is not None:
            stage.visit = before
        elif new:
            stage.visit = await stage.widget.connect(stage.visit, institution, values)
        else:
            connection = await stage.widget.found(stage.visit)
            stage.visit = await stage.widget.again(stage.visit, connection, values or None)
        if new:
            stage.tell(Moment.STARTED, await stage.widget.found(stage.visit))
    except Refused as why:
        return await refused(stage, why)
    return await current(stage)


async def files_form(stage: Stage, form: Form) -> View:
    """The form that takes statement files."""
    stage.visit = replace(stage.visit, connection_id=None, session_id=None, failed=None)
    stage.tell(Moment.FILES_SHOWN)
    return papers.form(stage)


async def files(stage: Stage, given: Sequence[uploads.Given]) -> View:
    """The user sends statement files."""
    if not stage.widget.takes_files(stage.visit):
        raise Refused("request.not-found.route")
    if not given:
        return papers.form(stage, stage.say("files_none"))
    stage.tell(Moment.FILES_SENT)
    try:
        stage.visit = await stage.widget.take(stage.visit, given)
    except Refused as why:
        return await refused(stage, why)
    return await current(stage)


async def again(stage: Stage, form: Form) -> View:
    """Another login with what was typed before; where there is nothing to go on with, from the login's form on."""
    institution = stage.institution
    if institution is None:
        return await listed(stage, {})
    if stage.visit.connection_id is None:
        return await _choose(stage, institution.slug)
    try:
        connection = await stage.widget.found(stage.visit)
        stage.visit = replace(stage.visit, rounds=stage.visit.rounds + 1, failed=None)
        if stage.world.meaning(connection.outcome or "").action == "answer-mfa":
            stage.visit = await stage.widget.retried(stage.visit, connection)
        else:
            stage.visit = await stage.widget.again(stage.visit, connection, None)
    except Refused as why:
        if why.meaning in ("request.mfa.required", "request.credentials.refused-before"):
            # what was typed before cannot be used again
            return await login_form(stage, form)
        return await refused(stage, why)
    return await current(stage)


async def look(stage: Stage, form: Form) -> View:
    """The page looks what there is to see."""
    connection = await stage.widget.found(stage.visit)
    _, fetched = await reads.progress(stage.world, connection)
    shown = views.digest(connection, fetched if _busy(connection) else ())
    if form.get("seen") == shown:
        return UNCHANGED
    return await current(stage, connection)


def _busy(connection: Connection) -> bool:
    return connection.state in RUNNING and connection.state not in (State.ASKING, State.AWAITING)


async def answer(stage: Stage, form: Form) -> View:
    """The user answers what is asked."""
    connection = await stage.widget.found(stage.visit)
    posed = connection.posed
    if posed is None or posed.answered or connection.state not in (State.ASKING, State.AWAITING):
        return await current(stage, connection)
    if posed.challenge.kind not in TYPED:
        return await _done_elsewhere(stage, connection)
    asked = (posed.challenge, *posed.challenge.beside)
    values = [_value(form, number, one) for number, one in enumerate(asked)]
    if not all(values):
        return views.challenge(stage, connection, posed, stage.say("missing"))
    if not all(credentials.fits(one.pattern, value) for one, value in zip(asked, values, strict=True)):
        return views.challenge(stage, connection, posed, stage.say("wrong"))
    stage.tell(Moment.ANSWERED, connection)
    try:
        stage.visit = await stage.widget.answer(stage.visit, connection, values)
    except Refused as why:
        return await refused(stage, why)
    stage.visit = stage.visit.saw(f"answered {posed.id}")
    stage.tell(Moment.ANSWER_TAKEN, await stage.widget.found(stage.visit))
    return await current(stage)


def _value(form: Form, number: int, asked: Challenge) -> str:
    given = form.get(f"answer-{number}", "")
    chosen = [str(one).strip() for one in (given if isinstance(given, list) else [given])]
    value = SEPARATOR.join(one for one in chosen if one) if asked.several else chosen[-1]
    if asked.kind is not Ask.SELECT and asked.options:
        # a question of the user's own choice: the choice first, its answer below
        option = str(form.get(f"option-{number}", ""))
        return SEPARATOR.join((option, value)) if option and value else ""
    way = str(form.get(f"way-{number}", ""))
    return SEPARATOR.join((value, way)) if asked.ways and way and value else value


async def _done_elsewhere(stage: Stage, connection: Connection) -> View:
    posed = connection.posed
    if posed is None or posed.challenge.kind is Ask.REDIRECT:
        return await current(stage, connection)
    try:
        await connections.come_back(stage.world, connection.id, posed.id, "done")
    except Refused as why:
        return await refused(stage, why)
    return await current(stage)


async def accounts(stage: Stage, form: Form) -> View:
    """The user chooses accounts."""
    connection = await stage.widget.found(stage.visit)
    found = await selectable(stage, connection)
    given = form.get("account", [])
    wanted = given if isinstance(given, list) else [given]
    chosen = tuple(stored.id for stored in found if stored.id in wanted)
    if not stage.widget.selects_several(stage.visit):
        chosen = chosen[:1]
    if not chosen and found:
        return views.accounts(stage, found, stage.say("accounts_none"))
    stage.visit = replace(stage.visit, accounts=chosen)
    stage.tell(Moment.ACCOUNTS_CHOSEN, connection, accounts=chosen)
    return await succeeded(stage, connection)


async def back(stage: Stage, form: Form) -> View:
    """One view back, as far as nothing has been sent yet."""
    stage.tell(Moment.WENT_BACK)
    if stage.visit.place == "login" and not stage.visit.updating and stage.visit.connection_id is None:
        return await listed(stage, {})
    if stage.visit.place in ("institutions", "files") and stage.widget.wants_consent(stage.visit):
        return await views.consent(stage)
    return await listed(stage, {}) if stage.visit.connection_id is None else await current(stage)


async def close(stage: Stage, form: Form) -> View:
    """The user leaves the page; before its end they may be asked whether they mean it."""
    asks = stage.widget.confirms_leaving(stage.visit) or stage.widget.surveys(stage.visit)
    if asks and not stage.visit.done and stage.visit.place not in ("leaving", "over"):
        stage.visit = replace(stage.visit, behind=stage.visit.place)
        return views.leaving(stage)
    if stage.visit.place == "leaving":
        stage.visit = replace(stage.visit, place=stage.visit.behind)
        reason = str(form.get("reason", ""))
        if reason in stage.t["reasons"]:
            fields = {"reason": reason, "visit": stage.visit.id, "system": stage.widget.system}
            log.info("the connect page was left", extra={"fields": fields})
    return await _left(stage)


async def leave(stage: Stage, form: Form) -> View:
    """The user leaves a page whose visit has run out: the page around is told of that, and nothing else is done."""
    visit = stage.visit
    place = visit.behind if visit.place == "leaving" else visit.place
    stage.visit = replace(visit, place=place, failed=None if visit.done else OVER)
    return await _left(stage)


async def _left(stage: Stage) -> View:
    connection = None
    if stage.visit.connection_id is not None:
        try:
            connection = await stage.widget.found(stage.visit)
        except Refused:
            connection = None
    stage.tell(Moment.LEFT, connection, meaning=stage.visit.failed)
    return views.over(stage)


async def stay(stage: Stage, form: Form) -> View:
    """The user does not leave after all: the view that was left is shown again."""
    place = stage.visit.behind
    if stage.visit.connection_id is not None and place not in ("login", "institutions"):
        return await current(stage)
    if place == "login" and stage.institution is not None:
        return views.login(stage, stage.institution, {})
    if place == "consent":
        return await views.consent(stage)
    return await _behind_consent(stage)


async def more(stage: Stage, form: Form) -> View:
    """The user connects another institution after the one that is connected."""
    stage.tell(Moment.ONE_MORE)
    stage.visit = replace(stage.visit, done=False, accounts=(), told=())
    return await retry_elsewhere(stage, form)


async def alive(stage: Stage, form: Form) -> View:
    """Somebody still has the page open: the visit is renewed, and nothing else."""
    return View("alive")


async def retry_elsewhere(stage: Stage, form: Form) -> View:
    """Back to the list, for another institution."""
    stage.visit = replace(stage.visit, institution=None, connection_id=None, session_id=None, updating=False)
    return await listed(stage, form)


STEPS: dict[str, Step] = {
    "agree": agree,
    "deny": deny,
    "list": retry_elsewhere,
    "search": listed,
    "choose": choose,
    "login-form": login_form,
    "files-form": files_form,
    "stay": stay,
    "more": more,
    "login": login,
    "again": again,
    "look": look,
    "answer": answer,
    "accounts": accounts,
    "back": back,
    "close": close,
    "leave": leave,
    "alive": alive,
}
"""Each step by the last part of its address."""
