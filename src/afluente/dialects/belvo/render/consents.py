"""Consents of Open Finance Brazil: what a person allowed, by Belvo's groups of the standard's permissions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from afluente.core.clock import DAY, Instant
from afluente.core.connections import Stored
from afluente.core.documents import Consent
from afluente.core.holders import Holder
from afluente.dialects.belvo.render.identification import bare, clipped
from afluente.dialects.belvo.render.origins import Origin
from afluente.web.instants import instant, maybe_instant

_GROUPS: dict[str, tuple[str, ...]] = {
    "ACCOUNTS": ("ACCOUNTS_",),
    "CREDIT_CARDS": ("CREDIT_CARDS_",),
    "CREDIT_OPERATIONS": ("LOANS_", "FINANCINGS_", "UNARRANGED_ACCOUNTS_OVERDRAFT_", "INVOICE_FINANCINGS_"),
    "REGISTER": ("CUSTOMERS_",),
    "RESOURCES": ("RESOURCES_",),
    "INVESTMENTS": ("BANK_FIXED_INCOMES_", "CREDIT_FIXED_INCOMES_", "VARIABLE_INCOMES_", "TREASURE_TITLES_", "FUNDS_"),
}
"""The wire's groups, and how the permissions in them begin."""


def consent(
    stored: Stored[Consent],
    origin: Origin,
    now: Instant,
    *,
    document: str,
    organization: str,
    holder: Holder | None = None,
    user_name: str | None = None,
    status: str | None = None,
) -> dict[str, Any]:
    """Return a consent as it stands `now`.

    `document` is the CPF it was asked for, `organization` who asked, `user_name` the name that was told when asking.
    `status` is needed only while the consent is not given yet.
    """
    record = stored.record
    endless = record.expires_at is None
    return {
        "id": stored.id,
        "display_name": None if holder is None else clipped(holder.name, 128),
        "document_number": bare(document),
        "belvo_institution_name": origin.face.name,
        "institution_display_name": origin.face.display_name,
        "institution_icon_logo": origin.face.picture,
        "belvo_organization_name": organization,
        "link_id": origin.link,
        "user_name": user_name,
        "expired_at": maybe_instant(record.expires_at),
        "undefined_consent_expiration": endless,
        "consent_duration": None if record.expires_at is None else -(-(record.expires_at - record.created_at) // DAY),
        "created_at": instant(record.created_at),
        "status": status or _status(record, now),
        "permissions": grouped(record.permissions),
    }


def _status(record: Consent, now: Instant) -> str:
    if record.revoked_at is not None:
        return "REJECTED"
    return "EXPIRED" if record.expires_at is not None and record.expires_at <= now else "AUTHORISED"


def grouped(permissions: Iterable[str]) -> dict[str, list[str]]:
    """Return permissions by group, in the order given; every group is there. One that fits none is left out."""
    given = list(permissions)
    return {group: [name for name in given if name.startswith(begins)] for group, begins in _GROUPS.items()}
