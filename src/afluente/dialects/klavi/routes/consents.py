"""Consents: asked for over a link, listed, shown, revoked."""

from __future__ import annotations

import uuid

from afluente.core.clock import SECOND
from afluente.core.connections import Connection
from afluente.core.institutions import Institution
from afluente.core.outcome import Refused
from afluente.dialects.klavi import consents
from afluente.dialects.klavi.consents import Told
from afluente.dialects.klavi.forms import Form, wrong
from afluente.dialects.klavi.house import House, Link
from afluente.engine.connecting import consents as ending
from afluente.engine.connecting import retrieval
from afluente.engine.connecting.connections import Wanted
from afluente.engine.records import reads
from afluente.web.answers import Answer, json
from afluente.web.calls import Call
from afluente.web.instants import maybe_instant

_MONTHS = (0, 12)


async def create_consent(house: House, call: Call) -> Answer:
    """`POST /data/v1/consents`: a consent that waits for the user, who has a minute to begin and an hour to end.

    Raises `request.invalid.institution`, `request.connection.limit`, `request.idempotency.mismatch` for a track id
    that was used before, and what the institution says where it is not there.
    """
    link: Link = call.grant
    told = _told(house, link, Form.of_body(await call.body()))
    made, state = await ask(house, call.application_id, told)
    call.connection_id = made.id
    address = f"{call.base_url}/data/v1/consents/redirect?state={state}"
    return json(
        {
            "consentId": made.id,
            "consentRedirectURL": address,
            "consentRedirectUrl": address,
            "expireAt": maybe_instant(consents.expires_at(made, told)),
        }
    )


async def ask(house: House, application_id: str, told: Told) -> tuple[Connection, str]:
    """Make a consent that waits for the user; return it with the state that their way to the institution begins with.

    Raises `Refused` as `create_consent` does.
    """
    institution = house.directory.consenting(told.institution, company=told.company is not None)
    if institution is None:
        raise Refused("request.invalid.institution")
    id = consents.id_of_track(application_id, told.track)
    await _check_others(house, application_id, told, institution, id)
    wanted = Wanted(
        id=id,
        institution=institution.slug,
        credentials=_identity(told),
        products=institution.products,
        external_user_id=told.company or told.person,
        redirect_url=told.redirect_url,
        patience=house.numbers.consents.unattended * SECOND,
        notes={consents.TOLD: consents.kept(told)},
        marks=consents.marks_of(told),
    )
    try:
        made = (await retrieval.open_connection(house.world, application_id, wanted)).connection
    except Refused as refused:
        # two calls at once: the other one was first
        if refused.meaning == "request.connection.duplicate":
            raise Refused("request.idempotency.mismatch") from None
        raise
    if made.posed is None:
        raise Refused("request.failed")
    return made, made.posed.id


def _told(house: House, link: Link, form: Form) -> Told:
    track = form.text("externalTrackId", required=True, longest=256)
    person = form.person("personalTaxId", required=True)
    company = form.company("businessTaxId")
    code = form.text("institutionCode", required=True, longest=16)
    home = form.address("redirectURL", "redirectUrl", required=True)
    months = form.find("validityPeriod")
    if months is None:
        months = house.numbers.consents.months
    if isinstance(months, bool) or months not in _MONTHS:
        raise wrong("validityPeriod", "0 or 12")
    for name, locked, given in (("personalTaxId", link.person, person), ("businessTaxId", link.company, company)):
        if locked is not None and given not in (None, locked):
            raise wrong(name, "the one that the link was made for")
    assert track and person and code and home  # each of them is required
    return Told(
        link=link.id,
        track=track,
        person=person,
        company=company or link.company,
        institution=code,
        redirect_url=home,
        months=int(months),
        phone=form.text("phone", longest=40) or link.phone,
        email=form.text("email", longest=320) or link.email,
        metadata=form.object("clientMetadata") or {},
        external=link.external,
        callbacks=link.callbacks,
        app_link=link.app_link,
        app_parameter=link.app_parameter,
        anybodys=link.anybodys,
    )


def _identity(told: Told) -> dict[str, str]:
    """Return what the institution is told: who gives the consent, for whom, for how long."""
    values = {"cpf": told.person, "months": str(told.months)}
    return {**values, "cnpj": told.company} if told.company is not None else values


async def _check_others(house: House, application_id: str, told: Told, institution: Institution, id: str) -> None:
    if await reads.known(house.world, application_id, id) is not None:
        raise Refused("request.idempotency.mismatch")
    now, live = house.world.now(application_id), 0
    for other in await reads.connections_of_user(house.world, application_id, told.company or told.person):
        said = consents.told(other)
        if said is None:
            continue
        same = (said.person, said.company, other.institution) == (told.person, told.company, institution.slug)
        live += same and consents.is_live(other, now)
    if live >= house.numbers.consents.live:
        raise Refused("request.connection.limit")


async def list_consents(house: House, call: Call) -> Answer:
    """`GET /data/v1/consents`: those that all the filters fit. Without any there is no list."""
    form = Form.of_query(call)
    # the narrowest first: a link has few consents, a person some, a company perhaps many
    filters = {
        "link": form.text("linkId", longest=64),
        "person": form.person("personalTaxId"),
        "company": form.company("businessTaxId"),
    }
    wanted = {name: value for name, value in filters.items() if value is not None}
    if not wanted:
        raise Refused("request.invalid", data={"detail": "personalTaxId, businessTaxId or linkId must be given"})
    name, value = next(iter(wanted.items()))
    found = []
    async for connection in reads.marked(house.world, call.application_id, consents.mark(name, value)):
        said = consents.told(connection)
        if said is not None and all(getattr(said, name) == value for name, value in wanted.items()):
            found.append(consents.wire(house, connection, said))
    return json(found[::-1])


async def get_consent(house: House, call: Call) -> Answer:
    """`GET /data/v1/consents/{id}`. Raises `request.not-found.consent`."""
    connection, said = await owned(house, call)
    return json(consents.wire(house, connection, said))


async def revoke_consent(house: House, call: Call) -> Answer:
    """`DELETE /data/v1/consents/{id}/revoke`. Raises `consent.invalid` for one that is over already."""
    connection, _ = await owned(house, call)
    now = house.world.now(call.application_id)
    if not consents.is_live(connection, now):
        raise Refused("consent.invalid")
    ended = {consents.ENDED: "consent.revoked"}
    await ending.end(house.world, call.application_id, connection.id, "consent.revoked", ended)
    return json({"message": "ok"})


async def owned(house: House, call: Call) -> tuple[Connection, Told]:
    """Return the consent in the path. Raises `request.not-found.consent`."""
    id = _uuid(call.param("id"))
    found = await reads.known(house.world, call.application_id, id) if id else None
    said = consents.told(found) if found is not None else None
    if found is None or said is None:
        raise Refused("request.not-found.consent")
    call.connection_id = found.id
    return found, said


def _uuid(text: str) -> str | None:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None
