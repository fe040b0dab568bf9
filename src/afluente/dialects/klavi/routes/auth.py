"""Access tokens: given for the pair of keys, and renewed."""

from __future__ import annotations

from afluente.core.clock import SECOND
from afluente.core.outcome import Refused
from afluente.dialects.klavi.forms import Form
from afluente.dialects.klavi.house import House
from afluente.web.answers import Answer, json
from afluente.web.calls import Call


async def authenticate(house: House, call: Call) -> Answer:
    """`POST /data/v1/auth`: a token for an access key and its secret. A pair that is not right, or none, is a 401."""
    form = Form.of_body(await call.body())
    try:
        key, secret = form.text("accessKey"), form.text("secretKey")
    except Refused:
        raise Refused("request.unauthenticated.keys") from None
    if not key or not secret:
        raise Refused("request.unauthenticated.keys")
    call.application_id = await house.of_keys(call, key, secret)
    return _issued(house, call.application_id)


async def refresh(house: House, call: Call) -> Answer:
    """`GET /data/v1/refresh`: another token for one that still opens; the older one lives on to its end."""
    return _issued(house, call.application_id)


def _issued(house: House, application_id: str) -> Answer:
    lasts = house.numbers.tokens.access
    now = house.world.now(application_id)
    # two of the same second are two
    token = house.tokens.issue(application_id, "klavi-access", now, lasts * SECOND, house.world.ids.new())
    return json({"accessToken": token, "expireIn": lasts})
