"""Links: what a user's browser is given to connect a bank with."""

from __future__ import annotations

from afluente.core.outcome import Refused
from afluente.dialects.klavi import callbacks, tasks, telling
from afluente.dialects.klavi.forms import Form, wrong
from afluente.dialects.klavi.house import House, Link
from afluente.web.answers import Answer, json
from afluente.web.calls import Call


async def create_link(house: House, call: Call) -> Answer:
    """`POST /data/v1/links`: a link that opens for half an hour; every field is optional."""
    form = Form.of_body(await call.body())
    link = await _link(house, call, form)
    token = house.link_token(call.application_id, link)
    await telling.link_created(house, call.application_id, link)
    return json(
        {
            "linkId": link.id,
            "linkURL": f"{call.base_url}/path?v={token}",
            "linkToken": token,
            "expireIn": house.numbers.tokens.link,
        }
    )


async def _link(house: House, call: Call, form: Form) -> Link:
    institution = form.text("institutionCode")
    if institution is not None and not any(face.code == institution for face in house.directory.listed()):
        raise Refused("request.invalid.institution")
    key = form.text("connectionKey", "connection_key", longest=64)
    if key is not None and await tasks.of_key(house.world, call.application_id, key) is None:
        raise wrong("connectionKey", "the key of a connection")
    app_link = form.address("appLink", "applicationLink")
    parameter = form.text("appRedirectURLKey", "appRedirectUrlKey", longest=64)
    if app_link is not None and parameter is None:
        if form.find("appLink") is not None:
            raise wrong("appRedirectURLKey", "given with appLink")
        parameter = "link_callback_url"
    return Link(
        id=house.world.ids.new(),
        person=form.person("personalTaxId"),
        company=form.company("businessTaxId"),
        email=form.text("email", longest=320),
        phone=form.text("phone", longest=40),
        institution=institution,
        redirect_url=form.address("redirectURL", "redirectUrl"),
        callbacks=await callbacks.read(house, form),
        external=form.object("externalInfo") or {},
        connection_key=key,
        app_link=app_link,
        app_parameter=parameter,
    )
