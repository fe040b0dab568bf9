"""Where reports over consents are sent: the addresses that came with a link or with a request."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Any

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
_MOST = 10_000
"""Addresses that one application may have told."""


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


async def listen(house: House, application_id: str, given: Mapping[str, str]) -> None:
    """Have every one of the addresses told what is meant for it."""
    world = house.world
    for address in dict.fromkeys(given.values()):
        now, place = world.now(application_id), place_of(address)
        id = derived_id(application_id, "callback", address)
        made = Webhook(id=id, dialect=SYSTEM, event=place, url=address, created_at=now, updated_at=now)
        # one that is there already listens already
        with suppress(Refused):
            await endpoints.add(world, application_id, made, _MOST)
