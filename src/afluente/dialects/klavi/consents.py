"""A consent is a connection to an institution of Open Finance: where it stands, and how it is shown."""

from __future__ import annotations

from typing import Any

import msgspec

from afluente.catalogue import Catalogue
from afluente.core.clock import DAY, Instant
from afluente.core.connections import Connection
from afluente.core.identity import derived_id
from afluente.core.lifecycle import RUNNING, State
from afluente.core.products import Product, ProductState
from afluente.dialects.klavi.house import SYSTEM, House
from afluente.web.instants import instant, maybe_instant

REQUESTED = (
    "REGISTRATION_ALL",
    "ACCOUNTS_ALL",
    "CREDIT_CARDS_ALL",
    "CREDIT_OPERATIONS_ALL",
    "INVESTMENTS_ALL",
)
"""What every consent is asked for."""

_NEEDED = {
    "REGISTRATION_ALL": Product.HOLDER,
    "ACCOUNTS_ALL": Product.ACCOUNTS,
    "CREDIT_CARDS_ALL": Product.CARDS,
    "CREDIT_OPERATIONS_ALL": Product.LOANS,
    "INVESTMENTS_ALL": Product.INVESTMENTS,
}
_WITHHELD = ("product.permission-missing", "product.consent-missing")
"""What is said of a product that the user left out at the institution."""

REDIRECTED = "redirected_at"
LEFT = "left_for_institution_at"
ENDED = "ended_as"
"""Notes: when the user came by the redirect address, when they were sent on to the institution, and the meaning with
which the consent ended by a call."""

STARTED = "progress.started"
ASKED = "consent.asked"
AT_INSTITUTION = "consent.asked.at-institution"
GRANTED = "consent.granted"
EXPIRED = "consent.expired"
FAILED = "consent.failed"

_OVER = "consent."


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a client said when it asked for a consent; kept in the connection's notes as JSON.

    It is `anybodys` where the link was.
    """

    link: str
    track: str
    person: str
    company: str | None = None
    institution: str
    redirect_url: str
    months: int = 12
    phone: str | None = None
    email: str | None = None
    metadata: dict[str, Any] = {}
    external: dict[str, Any] = {}
    callbacks: dict[str, str] = {}
    app_link: str | None = None
    app_parameter: str | None = None
    anybodys: bool = False


_YEAR = 365 * DAY
"""How long a consent lasts that is asked for with an end."""


def id_of_track(application_id: str, track: str) -> str:
    """Return the id of the consent that a client tracks by a name of its own: there is one for each name."""
    return derived_id(application_id, "consent", track)


def marks_of(told: Told) -> tuple[str, ...]:
    """Return what a consent is found by: who gave it, for which company, over which link."""
    named = (("person", told.person), ("company", told.company), ("link", told.link))
    return tuple(mark(name, value) for name, value in named if value is not None)


def mark(name: str, value: str) -> str:
    """Return what consents are found by that have a value under a name: `person`, `company` or `link`."""
    return f"{name}/{value}"


TOLD = "consent"
_decode = msgspec.json.Decoder(Told).decode


def told(connection: Connection) -> Told | None:
    """Return what was said when a consent was asked for; None for a connection that is no consent of ours."""
    kept = connection.notes.get(TOLD)
    return None if kept is None else _decode(kept)


def kept(told: Told) -> str:
    """Return what is kept of it."""
    return msgspec.json.encode(told).decode()


def standing(connection: Connection, now: int) -> str:
    """Return the meaning that a consent stands for at an instant. It follows from what happened, and is stored nowhere.

    An update that fails later takes nothing from a consent that was given, unless it failed for want of it.
    """
    if (ended := connection.notes.get(ENDED)) is not None:
        return ended
    if connection.last_success_at is None and connection.state in RUNNING:
        if LEFT in connection.notes:
            return AT_INSTITUTION
        return ASKED if REDIRECTED in connection.notes else STARTED
    ends = connection.consent_expires_at
    if connection.last_success_at is not None and ends is not None and now >= ends:
        return EXPIRED
    outcome = connection.outcome or ""
    if outcome.startswith(_OVER) and connection.state not in RUNNING:
        return outcome
    return FAILED if connection.last_success_at is None else GRANTED


def status(catalogue: Catalogue, meaning: str) -> str:
    """Return the word of a standing."""
    return catalogue.word(SYSTEM, "consent", meaning).code


def is_given(connection: Connection, now: int) -> bool:
    """Tell whether data may be asked for with a consent."""
    return standing(connection, now) == GRANTED


def is_live(connection: Connection, now: int) -> bool:
    """Tell whether a consent is in force or may still come to be."""
    return connection.state is State.AWAITING or is_given(connection, now)


def granted(connection: Connection) -> tuple[str, ...]:
    """Return what the user has granted: all that was asked for, but what the institution says was left out."""
    if connection.last_success_at is None:
        return ()
    return tuple(name for name in REQUESTED if not _is_withheld(connection.product(_NEEDED[name])))


def _is_withheld(state: ProductState | None) -> bool:
    told = () if state is None else (state.outcome or "", *(finding.meaning for finding in state.findings))
    return any(meaning.startswith(_WITHHELD) for meaning in told)


def expires_at(connection: Connection, said: Told) -> Instant | None:
    """Return when a consent ends: when the institution says, or else after the time that it was asked for; None for
    one without an end."""
    if connection.consent_expires_at is not None or said.months == 0:
        return connection.consent_expires_at
    return connection.created_at + _YEAR


def wire(house: House, connection: Connection, said: Told) -> dict[str, Any]:
    """Return a consent as its object."""
    now = house.world.now(connection.application_id)
    meaning = standing(connection, now)
    return {
        "consentId": connection.id,
        "linkId": said.link,
        "externalTrackId": said.track,
        "personalTaxId": said.person,
        "businessTaxId": said.company or "",
        "institutionCode": said.institution,
        "status": status(house.world.catalogue, meaning),
        "permissionsApply": list(REQUESTED),
        "permissionsGranted": list(granted(connection)),
        "expireAt": maybe_instant(expires_at(connection, said)),
        "createdAt": instant(connection.created_at),
        "updatedAt": instant(connection.updated_at),
    }
