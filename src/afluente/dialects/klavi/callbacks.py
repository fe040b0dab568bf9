"""Where reports over consents are sent: the addresses that came with a link or with a request."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from afluente.core.identity import derived_id
from afluente.core.outcome import Refused
from afluente.dialects.klavi import reports
from afluente.dialects.klavi.forms import LONGEST, Form
from afluente.dialects.klavi.house import SYSTEM, House
from afluente.engine.outbox import endpoints
from afluente.engine.outbox.endpoints import Webhook
from afluente.web.addresses import check_address

OTHER = "other"
"""Stands for the reports that are not named."""

_WRONG = "request.invalid.callback"
_THERE = "request.webhook.duplicate"
_OWN, _ANYBODYS = "callbacks", "anybodys-callbacks"
_MOST = {_OWN: 10_000, _ANYBODYS: 1_000}
"""Addresses of one application that reports are sent to: those the partner named, and those of links that anybody can
make who knows the partner's id. Neither takes the place of the other, nor of endpoints that are registered."""

log = logging.getLogger("afluente.klavi.callbacks")


async def read(house: House, form: Form) -> dict[str, str]:
    """Return the addresses by report name, `other` or `all`; none where none are given.

    Raises `request.invalid.callback`: `all` stands alone, names are of reports, values are absolute addresses.
    """
    value = form.find("productsCallbackURL", "productsCallbackUrl")
    if value is None:
        return {}
    given: Any = {reports.ALL: value} if isinstance(value, str) else value
    if not isinstance(given, dict) or not given or (reports.ALL in given and len(given) > 1):
        raise Refused(_WRONG)
    for name, address in given.items():
        if not _is_name(name) or not isinstance(address, str) or len(address) > LONGEST:
            raise Refused(_WRONG)
        try:
            await check_address(address, house.relaxed_addresses)
        except Refused:
            raise Refused(_WRONG) from None
    return given


def _is_name(name: str) -> bool:
    prefixes = reports.PREFIXES.values()
    bare = next((name.removeprefix(prefix) for prefix in prefixes if name.startswith(prefix)), name)
    return name in (reports.ALL, OTHER) or bare in reports.open_finance()


def address_for(product: str, *given: Mapping[str, str]) -> str | None:
    """Return where a report is sent: the first of the tables that has a place for it says; None if none does."""
    for table in given:
        for name in (product, product.partition("_")[2], OTHER, reports.ALL):
            if name in table:
                return table[name]
    return None


def place_of(address: str) -> str:
    """Return the name under which reports for one address are told: its endpoint chooses nothing else."""
    return f"callback-{sha256(address.encode()).hexdigest()[:32]}"


async def listen(house: House, application_id: str, addresses: Iterable[str], *, anybodys: bool = False) -> None:
    """Have every one of the addresses told what is meant for it; those that are `anybodys` were not named by the
    partner. One that there is no room for is dropped, and the log says so."""
    world, group = house.world, _ANYBODYS if anybodys else _OWN
    for address in dict.fromkeys(addresses):
        now, place = world.now(application_id), place_of(address)
        id = derived_id(application_id, "callback", address)
        made = Webhook(id=id, dialect=SYSTEM, event=place, url=address, group=group, created_at=now, updated_at=now)
        try:
            await endpoints.add(world, application_id, made, _MOST[group])
        except Refused as refused:
            # one that is there already listens already
            if refused.meaning != _THERE:
                # of the address only where it leads: what stands behind that may be secret
                told = {"application": application_id, "host": urlsplit(address).hostname or "", "place": place}
                told |= {"group": group, "meaning": refused.meaning}
                log.warning("callback address dropped", extra={"fields": told})
