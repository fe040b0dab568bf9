"""Authorize: a session opened, asked, answered; also with no waiting, and for many cards at once (contract 2.3-2.5)."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

from afluente.core.challenge import Posed
from afluente.core.connections import Connection, Trigger
from afluente.core.outcome import Refused
from afluente.dialects.flinks import cards, nightly, render, security_questions
from afluente.dialects.flinks.forms import Form
from afluente.dialects.flinks.house import SYSTEM, House
from afluente.dialects.flinks.refusals import AnsweredWrongly
from afluente.dialects.flinks.render import links
from afluente.engine.connecting import sessions
from afluente.engine.connecting.sessions import ClientSession, Opening, Stage, Turn
from afluente.engine.institutions import answers
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

Responses = Mapping[str, tuple[str, ...]]

_LANGUAGES = {"en": "en", "fr": "fr"}
_GATHERS = "gathers"
"""The note of a session that gathers questions."""

MOST_CARDS = 1_000


async def authorize(house: House, call: Call) -> Answer:
    """`POST Authorize`: open a session or go on with one, and wait until it is the client's turn again."""
    form = await Form.of(call)
    if form.raw("RequestId") is not None:
        return await _go_on(house, call, form)
    session = await _open(house, call, form)
    if not session.live:
        return await _authorized(house, session, await cards.owned(house, call.application_id, session.connection_id))
    return await _turned(house, call, await _rested(house, call, session.id), "Authorize")


async def authorize_async(house: House, call: Call) -> Answer:
    """`POST AuthorizeAsync`: the same, answered at once and polled with the RequestId."""
    form = await Form.of(call)
    if form.raw("RequestId") is None:
        session = await _open(house, call, form)
        return pending(house, call, session, "Authorize")
    id, responses = _of(call, form)
    found = await turn_of(house, call, id, sessions.turn(house.world, call.application_id, id))
    if found.posed is not None and responses:
        await _answer(house, call, found, responses)
        return pending(house, call, found.session, "Authorize")
    return await _turned(house, call, found, "Authorize")


async def authorize_multiple(house: House, call: Call) -> Answer:
    """`POST AuthorizeMultiple`: a session that reads what is stored for each of many cards."""
    form = await Form.of(call)
    ids = form.guids("LoginIds") or ()
    if not ids:
        form.wrong("LoginIds", "The LoginIds field is required.")
    form.done()
    await house.redeem(call, form.text("authorizeToken", "Token"))
    valid, invalid = [], []
    for id in ids[:MOST_CARDS]:
        try:
            opened = await sessions.opened(
                house.world, call.application_id, Opening(system=SYSTEM, connection_id=id, live=False)
            )
        except Refused:
            invalid.append(id)
        else:
            valid.append({"LoginId": id, "RequestId": opened.id})
    return json({"HttpStatusCode": 200, "ValidLoginIds": valid, "InvalidLoginIds": invalid})


async def _open(house: House, call: Call, form: Form) -> ClientSession:
    login = form.guid("LoginId")
    cached = form.boolean("MostRecentCached")
    username, password = form.text("Username"), form.text("Password")
    named = form.text("Institution")
    language = form.choice(_LANGUAGES, "Language") or "en"
    tag = form.text("Tag")
    keep = form.boolean("Save", default=True)
    scheduled = form.boolean("ScheduleRefresh")
    gathers = form.boolean("WithMfaQuestions")
    institution = house.directory.named(named) if named else None
    if login is None and "LoginId" not in form.faults:
        for name, value in (("Institution", named), ("Username", username), ("Password", password)):
            if value is None:
                form.wrong(name, f"The {name} field is required.")
        if named and institution is None:
            form.wrong("Institution", f"The Institution '{named[:100]}' is not known.")
    form.done()
    await house.redeem(call, form.text("authorizeToken", "Token"))
    notes = {_GATHERS: "1"} if gathers and keep else {}
    if login is not None:
        opening = Opening(system=SYSTEM, connection_id=login, live=not cached, tag=tag, notes=notes)
    else:
        assert institution is not None and username is not None and password is not None  # `done` has raised otherwise
        typed = {"username": username, "password": password}
        if language != "en":
            typed["language"] = language
        id = cards.card_id(call.application_id, institution.slug, username, language)
        opening = Opening(
            system=SYSTEM,
            connection_id=id if keep else house.world.ids.new(),
            institution=institution.slug,
            credentials=typed,
            keep=keep,
            tag=tag,
            trigger=Trigger.USER,
            notes=notes,
            connection_notes={cards.MADE_HERE: language},
            scheduled=scheduled,
            rhythm=nightly.rhythm(house) if keep else None,
        )
    session = await sessions.opened(house.world, call.application_id, opening)
    call.session_id = session.id
    return session


def _of(call: Call, form: Form) -> tuple[str, Responses | None]:
    """Return the session that a body goes on with, and the answers in it."""
    id = form.guid("RequestId", required=True)
    responses = form.responses("SecurityResponses")
    form.done()
    assert id is not None  # `done` has raised otherwise
    call.session_id = id
    return id, responses


async def _go_on(house: House, call: Call, form: Form) -> Answer:
    id, responses = _of(call, form)
    found = await turn_of(house, call, id, sessions.turn(house.world, call.application_id, id))
    if found.posed is None and not found.running:
        # nothing is asked, and the login is behind it
        raise Refused("session.authorized" if responses is None else _nothing_asked(found), data={"session_id": id})
    if found.posed is not None and responses:
        await _answer(house, call, found, responses)
    return await _turned(house, call, await _rested(house, call, id), "Authorize")


def _nothing_asked(found: Turn) -> str:
    authorized = found.session.stage is Stage.AUTHORIZED
    return "session.authorized" if authorized else "request.mfa.not-waiting"


async def _answer(house: House, call: Call, found: Turn, responses: Responses) -> None:
    """Hand over the answers. Raises `mfa.unknown-question` and `mfa.incomplete`, which are the session's outcome too:
    the question stays open, and is told again."""
    posed, id = found.posed, found.session.id
    assert posed is not None  # whoever calls has looked
    asked = (posed.challenge, *posed.challenge.beside)
    unknown = set(responses) - frozenset().union(*(render.keys_of(one) for one in asked))
    given = [render.answer(one, responses) for one in asked]
    wrong = "mfa.unknown-question" if unknown else "mfa.incomplete" if None in given else None
    if wrong is not None:
        await sessions.tell(house.world, id, wrong)
        raise AnsweredWrongly(Refused(wrong), posed, id)
    if _GATHERS in found.session.notes and house.directory.face(found.connection.institution).stored_answers:
        await security_questions.gather(house, found.connection, asked)
    await sessions.answer(house.world, call.application_id, id, [text for text in given if text is not None])


async def turn_of(house: House, call: Call, id: str, looking: Awaitable[Turn]) -> Turn:
    """Return whose turn it is; a refusal after a wrong answer comes with what is asked again."""
    try:
        return await looking
    except Refused as refused:
        raise await _again(house, call, id, refused) from None


async def _rested(house: House, call: Call, id: str) -> Turn:
    """Wait for the session's execution. Questions that the user has left answers for are answered with them."""
    tried: dict[str, str] = {}
    while True:
        try:
            found = await sessions.rest(house.world, call.application_id, id)
        except Refused as refused:
            if tried and house.world.meaning(refused.meaning).action == "answer-mfa":
                # what was left and is wrong is forgotten, and the user is asked
                connection = (await sessions.session_of(house.world, call.application_id, id)).connection_id
                wrong: dict[str, str | None] = dict.fromkeys(tried)
                await answers.keep(house.world, call.application_id, connection or "", wrong)
            raise await _again(house, call, id, refused) from None
        left = await _left(house, found, tried)
        if not left:
            return found
        tried.update(left)
        await sessions.answer(house.world, call.application_id, id, list(left.values()))


async def _left(house: House, found: Turn, tried: Mapping[str, str]) -> dict[str, str]:
    """Return the answers that were left to all that is asked now; none where one is missing, or was tried."""
    if found.posed is None or not security_questions.gathered(found.connection):
        return {}
    kept = await answers.kept(house.world, found.connection.application_id, found.connection.id)
    asked = [found.posed.challenge, *found.posed.challenge.beside]
    prompts = [render.prompt_of(one) for one in asked]
    if any(prompt not in kept or prompt in tried for prompt in prompts):
        return {}
    said = [render.answer(one, {prompt: (kept[prompt],)}) for one, prompt in zip(asked, prompts, strict=True)]
    return {prompt: text for prompt, text in zip(prompts, said, strict=True) if text is not None}


async def _again(house: House, call: Call, id: str, refused: Refused) -> Refused:
    """Return the refusal of a session, with what is asked again if an answer was wrong and another may be given."""
    posed: Posed | None = await sessions.ask_again(house.world, call.application_id, id)
    return refused if posed is None else AnsweredWrongly(refused, posed, id)


async def _turned(house: House, call: Call, found: Turn, operation: str) -> Answer:
    """Say whose turn it is: the user's (203), the institution's (202) or the client's (200)."""
    if found.posed is not None:
        return asked(house, found, found.posed)
    if found.running:
        return pending(house, call, found.session, operation)
    return await _authorized(house, found.session, found.connection)


async def _authorized(house: House, session: ClientSession, connection: Connection) -> Answer:
    told: dict[str, Any] = {"Links": links.authorized(), "HttpStatusCode": 200}
    if _GATHERS in session.notes:
        told["SecurityChallenges"] = [
            {"Type": "QuestionAndAnswer", "Prompt": prompt, "Iterables": []}
            for prompt in security_questions.gathered(connection)
        ]
    return json(told | await cards.envelope(house, session, connection))


def asked(house: House, found: Turn, posed: Posed) -> Answer:
    """Return a 203."""
    told: dict[str, Any] = {
        "Links": links.asked(),
        "HttpStatusCode": 203,
        "SecurityChallenges": render.challenges(posed.challenge),
        "Institution": house.directory.face(found.connection.institution).name,
        "RequestId": found.session.id,
    }
    if found.session.tag is not None:
        told["Tag"] = found.session.tag
    return json(told, 203)


def pending(house: House, call: Call, session: ClientSession, operation: str) -> Answer:
    """Return a 202 for an operation that goes on."""
    meaning = session.meaning if session.meaning == "progress.dispatched" else "progress"
    call.meaning = meaning
    word = house.world.catalogue.word(SYSTEM, "api", meaning)
    body = {
        "FlinksCode": word.code,
        "Links": links.pending(operation, session.id),
        "HttpStatusCode": 202,
        "Message": word.message,
        "RequestId": session.id,
    }
    return json(body, 202)
