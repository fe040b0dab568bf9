"""Cards that are kept: their refresh at night, their questions, their end (contract 2.11)."""

from __future__ import annotations

from typing import Any

from afluente.core.connections import Connection
from afluente.core.lifecycle import RUNNING
from afluente.core.outcome import Refused
from afluente.dialects.flinks import cards, nightly, render, security_questions
from afluente.dialects.flinks.forms import Form, guid_of
from afluente.dialects.flinks.house import SYSTEM, House
from afluente.engine.connecting import connections
from afluente.engine.institutions import answers
from afluente.engine.records import reads
from afluente.web.answers import Answer, json
from afluente.web.calls import Call


async def set_refresh(house: House, call: Call) -> Answer:
    """`PATCH SetScheduledRefresh`: refresh a card at night from now on, or no more."""
    form = await Form.of(call)
    id = form.guid("LoginId", required=True)
    if form.raw("IsActivated") is None:
        form.wrong("IsActivated", "The IsActivated field is required.")
    on = form.boolean("IsActivated")
    form.done()
    return await _switch(house, call, id, on)


async def activate_refresh(house: House, call: Call) -> Answer:
    """`PATCH ActivateScheduledRefresh/{id}`."""
    return await _switch(house, call, guid_of(call.param("id")), True)


async def deactivate_refresh(house: House, call: Call) -> Answer:
    """`PATCH DeactivateScheduledRefresh/{id}`."""
    return await _switch(house, call, guid_of(call.param("id")), False)


async def _switch(house: House, call: Call, id: str | None, on: bool) -> Answer:
    card = await cards.owned(house, call.application_id, id)
    switch = connections.enable_sync if on else connections.disable_sync
    await switch(house.world, call.application_id, card.id)
    return json(f"LoginId {card.id} has now been {'activated' if on else 'deactivated'} for automatic refresh")


async def refresh_status(house: House, call: Call) -> Answer:
    """`GET GetNightlyRefreshStatus`: the cards that are to be refreshed at night and will not be, newest first.

    A `loginId` in the query asks for one card. Of the application's connections no more than a piece is held at once.
    """
    form = await Form.of(call)
    login = form.text("LoginId")
    if login is not None:
        one = await reads.known(house.world, call.application_id, guid_of(login) or "")
        if one is None:
            raise Refused("request.invalid", data={"detail": f"The login '{login[:100]}' is invalid."})
        found = _ineligible(house, one)
        return json({"HttpStatusCode": 200, "IneligibleCards": [] if found is None else [found]})
    told: list[dict[str, Any]] = []
    async for piece in reads.newest_connections(house.world, call.application_id):
        every = (_ineligible(house, card) for card in piece if cards.MADE_HERE in card.notes)
        told += [card for card in every if card is not None]
    return json({"HttpStatusCode": 200, "IneligibleCards": told})


def _ineligible(house: House, card: Connection) -> dict[str, Any] | None:
    """Return what keeps a card from its refresh, None where nothing does or where it wants none."""
    if card.sync_disabled_at is not None:
        return None
    if nightly.eligible(house, card):
        return None
    asks = card.posed is not None and not card.posed.answered
    state = house.world.catalogue.word(SYSTEM, "dashboard", "mfa.asked" if asks else card.outcome or "progress").code
    return {
        "LoginId": card.id,
        "LastRefreshDate": render.moment(render.refreshed_at(card)),
        "LastRefreshState": state.replace(" ", ""),
        "LastRefreshErrorCode": nightly.error_of(house, card),
    }


async def delete_card(house: House, call: Call) -> Answer:
    """`DELETE DeleteCard/{id}`: forget a card and everything that was read of it."""
    card = await cards.owned(house, call.application_id, guid_of(call.param("id")))
    if card.state in RUNNING:
        raise Refused("request.connection.busy")
    await connections.delete(house.world, call.application_id, card.id, named=False)
    return json({"StatusCode": 200, "Message": f"All of the information about LoginId {card.id} has been removed"})


async def list_questions(house: House, call: Call) -> Answer:
    """`GET GetMFAQuestions/{id}`: the questions that were gathered and have no answer yet."""
    card = await cards.owned(house, call.application_id, guid_of(call.param("id")))
    kept = await answers.kept(house.world, call.application_id, card.id)
    left = [{"Question": question} for question in security_questions.gathered(card) if question not in kept]
    return json({"Message": "SUCCESS", "Questions": left})


async def answer_questions(house: House, call: Call) -> Answer:
    """`PATCH AnswerMFAQuestions`: keep answers; whether they are right is seen at the next login.

    Raises `request.unsupported.not-enabled` for a card of a bank at which none can be left.
    """
    form = await Form.of(call)
    id = form.guid("LoginId", required=True)
    given: dict[str, str | None] = {}
    for entry in form.objects("Questions"):
        question, answer = entry.text("Question", required=True), entry.text("Answer", required=True)
        for name, faults in entry.faults.items():
            form.wrong(f"Questions.{name}", faults[0])
        if question and answer:
            given[question] = answer
    if not given:
        form.wrong("Questions", "The Questions field is required.")
    form.done()
    card = await cards.owned(house, call.application_id, id)
    if not house.directory.face(card.institution).stored_answers:
        raise Refused("request.unsupported.not-enabled")
    if set(given) - set(security_questions.gathered(card)):
        raise Refused("mfa.unknown-question.none-stored")
    await answers.keep(house.world, call.application_id, card.id, given)
    return json({"Message": "Answers updated"})
