"""The pictures of the company whose widget it is, as the token names them: fetched by the server, shown by the page."""

from __future__ import annotations

import base64
import binascii

from afluente.core.outcome import Refused
from afluente.dialects.belvo.house import House
from afluente.security.vault import CannotOpen
from afluente.web import pictures
from afluente.web.answers import Answer
from afluente.web.calls import Call

PATH = "/widget/pictures/{sealed}/"
_CONTEXT = "picture:belvo"


def address(house: House, url: str) -> str:
    """Return where a page finds a picture, inside the dialect. Nobody else can make one, so nobody has us fetch."""
    sealed = base64.urlsafe_b64encode(house.world.vault.seal(url.encode(), _CONTEXT)).decode().rstrip("=")
    return PATH.replace("{sealed}", sealed).rstrip("/")


async def show(house: House, call: Call) -> Answer:
    """`GET /widget/pictures/{sealed}` (ours). Raises `request.not-found` where there is none that can be shown."""
    text = call.param("sealed")
    try:
        padded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        url = house.world.vault.open(padded, _CONTEXT).decode()
    except (CannotOpen, ValueError, binascii.Error):
        raise Refused("request.not-found") from None
    found = await house.pictures.read(url) if house.pictures is not None else None
    if found is None:
        raise Refused("request.not-found")
    return pictures.answer(found)
