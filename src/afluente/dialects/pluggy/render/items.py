"""A connection as Pluggy's item. Status and execution status follow the connection's state and phase; how a
failed execution ended is said in the catalogue's words."""

from __future__ import annotations

from typing import Any

import msgspec

from afluente.core.clock import Instant
from afluente.core.connections import Connection, Phase
from afluente.core.lifecycle import State
from afluente.core.outcome import UNEXPECTED
from afluente.dialects.pluggy.render.challenges import SAFE_REDIRECT, is_parameter, parameter, user_action
from afluente.dialects.pluggy.render.findings import status_detail
from afluente.dialects.pluggy.render.products import NAMES, product_types
from afluente.dialects.pluggy.render.words import Words
from afluente.web.instants import instant, maybe_instant

_PROGRESS = {
    Phase.CREATED: "progress.started",
    Phase.LOGIN: "progress.login",
    Phase.LOGIN_ANSWERED: "progress.mfa",
    Phase.FETCHING: "progress.login",
    Phase.STORING: "progress.storing",
    Phase.ENDED: "progress.started",
}
"""What is said of a running execution; while it fetches, the product's own word stands in for login's."""

_ENDED = {State.FRESH: "success", State.PARTLY_FRESH: "success.partial"}

_WAITING = frozenset({State.ASKING, State.AWAITING})

_ATTRIBUTES = {"device": "deviceNickname"}
"""Neutral keys of `Connection.attributes` that have a name of their own on the wire."""


def item(
    connection: Connection,
    connector: msgspec.Raw | dict[str, Any],
    words: Words,
    base_url: str,
    *,
    redirect_type: str = SAFE_REDIRECT,
    resources_collected_at: Instant | None = None,
    resources_pending: bool | None = None,
) -> dict[str, Any]:
    """Return the item, keys in the order of the live service and always present.

    `connector` is the wire object to embed, encoded already if the caller has it so. `base_url` is our own
    origin, for the address of a redirect. `resources_collected_at` and `resources_pending` (whether one awaits other
    signers) are known of Open Finance connections only.
    """
    status, execution = status_of(connection, words)
    posed = connection.posed
    asked = action = None
    if posed is not None and connection.state in _WAITING:
        if is_parameter(posed):
            asked = parameter(posed, base_url, redirect_type)
        else:
            action = user_action(posed)
    return {
        "id": connection.id,
        "connector": connector,
        "createdAt": instant(connection.created_at),
        "updatedAt": instant(connection.updated_at),
        "status": status,
        "executionStatus": execution,
        "lastUpdatedAt": maybe_instant(connection.last_success_at),
        "webhookUrl": connection.webhook_url,
        "error": error(connection, words),
        "clientUserId": connection.external_user_id,
        "consecutiveFailedLoginAttempts": connection.refused_logins,
        "statusDetail": status_detail(connection, words),
        "parameter": asked,
        "userAction": action,
        "nextAutoSyncAt": maybe_instant(connection.next_sync_at),
        "autoSyncDisabledAt": maybe_instant(connection.sync_disabled_at),
        "consentExpiresAt": maybe_instant(connection.consent_expires_at),
        "products": product_types([state.product for state in connection.products]),
        "oauthRedirectUri": connection.redirect_url,
        "resourcesCollectedAt": maybe_instant(resources_collected_at),
        "hasResourcesPendingAuthorization": resources_pending,
    }


def status_of(connection: Connection, words: Words) -> tuple[str, str]:
    """Return the item's `status` and `executionStatus`."""
    state = connection.state
    if state is State.SYNCING:
        return words.running(_progress(connection))
    if state is State.STORING:
        return words.running("progress.storing")
    if state in _WAITING:
        # A redirect is answered elsewhere, and is still shown as a parameter that wants a value.
        typed = state is State.ASKING if connection.posed is None else is_parameter(connection.posed)
        return words.running("mfa.asked" if typed else "mfa.asked.elsewhere")
    ending = words.ending(_ENDED.get(state) or connection.outcome or UNEXPECTED)
    return ending.status, ending.code


def _progress(connection: Connection) -> str:
    if connection.phase is Phase.FETCHING and connection.fetching in NAMES:
        return NAMES[connection.fetching].progress
    return _PROGRESS[connection.phase]


def error(connection: Connection, words: Words) -> dict[str, Any] | None:
    """Return why the last execution failed, None unless it did."""
    if connection.state is not State.STALE and connection.state is not State.REFUSED:
        return None
    ending = words.ending(connection.outcome or UNEXPECTED)
    wire: dict[str, Any] = {"code": ending.code, "message": ending.message}
    said = connection.said or _login_said(connection, words)
    if said:
        wire["providerMessage"] = said
    if connection.attributes:
        told = connection.attributes.items()
        wire["attributes"] = {_ATTRIBUTES.get(key, key): value for key, value in told}
    return wire


def _login_said(connection: Connection, words: Words) -> str | None:
    """Return what the institution is known to say when a login ends so, where it said nothing this time."""
    word = words.login_warning(connection.outcome or UNEXPECTED, connection.institution)
    said = None if word is None else word.extra.get("providerMessage")
    return said if isinstance(said, str) else None
