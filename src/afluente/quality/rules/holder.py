"""Rules about the holder: who it is, and where they can be reached."""

from __future__ import annotations

import re
from collections.abc import Iterator

from afluente.core.holders import Address, Holder
from afluente.core.outcome import Finding
from afluente.core.products import Product
from afluente.quality.rules.naming import about
from afluente.quality.snapshot import Snapshot

NAME_MISSING = "product.holder.name-missing"
INCOMPLETE = "product.holder.incomplete"
ADDRESS_MISSING = "product.holder.address-missing"
ADDRESS_INCOMPLETE = "product.holder.address-incomplete"
EMAIL_INVALID = "product.holder.email-invalid"
VERIFICATION_UNAVAILABLE = "product.holder.verification-unavailable"

_FIELDS = ("name", "address", "email", "phone")
_PLACE = ("street", "city", "state", "postal_code")
_EMAIL = re.compile(r"[^@\s,;<>()\"]+@(?:[^@\s.,;<>()\"]+\.)+[^@\s.,;<>()\"\d]{2,}")


def _is_blank(text: str | None) -> bool:
    return text is None or not text.strip()


def _is_named(snapshot: Snapshot) -> bool:
    return any(not _is_blank(one.name) for one in snapshot.facts.holders)


def no_name(snapshot: Snapshot) -> Iterator[Finding]:
    """The holder was asked for, no holder has a name, and some accounts do not say whose they are; those are named."""
    if snapshot.asked(Product.HOLDER) and not _is_named(snapshot):
        nameless = [one.id for one in snapshot.accounts if _is_blank(one.record.owner)]
        if nameless:
            yield about(NAME_MISSING, accounts=nameless)


def nobody_named(snapshot: Snapshot) -> Iterator[Finding]:
    """The holder was asked for, no holder has a name, and there are accounts of which none says whose it is."""
    if snapshot.asked(Product.HOLDER) and not _is_named(snapshot):
        accounts = snapshot.accounts
        if accounts and all(_is_blank(one.record.owner) for one in accounts):
            yield about(VERIFICATION_UNAVAILABLE, accounts=[one.id for one in accounts])


def incomplete(snapshot: Snapshot) -> Iterator[Finding]:
    """The holder is there, and one of name, address, e-mail and telephone is not."""
    for one in snapshot.facts.holders:
        there = {
            "name": not _is_blank(one.name),
            "address": _address(one) is not None,
            "email": any(not _is_blank(email.value) for email in one.emails),
            "phone": any(not _is_blank(phone.value) for phone in one.phones),
        }
        if not all(there.values()):
            found = ", ".join(name for name in _FIELDS if there[name])
            yield about(INCOMPLETE, expected=", ".join(_FIELDS), found=found, holder=one.key)


def no_address(snapshot: Snapshot) -> Iterator[Finding]:
    """The holder is there, and has no address that says anything."""
    for one in snapshot.facts.holders:
        if _address(one) is None:
            yield about(ADDRESS_MISSING, holder=one.key)


def address_incomplete(snapshot: Snapshot) -> Iterator[Finding]:
    """The holder's first address says something, and lacks street (or a post box), city, state or postal code."""
    for one in snapshot.facts.holders:
        address = _address(one)
        if address is None:
            continue
        there = [name for name in _PLACE if not _is_blank(getattr(address, name))]
        if "street" not in there and not _is_blank(address.po_box):
            there.insert(0, "street")
        if len(there) < len(_PLACE):
            yield about(ADDRESS_INCOMPLETE, expected=", ".join(_PLACE), found=", ".join(there), holder=one.key)


def _address(holder: Holder) -> Address | None:
    """Return the first address that says anything."""
    for one in holder.addresses:
        if any(
            not _is_blank(text) for text in (one.full, one.street, one.city, one.state, one.postal_code, one.po_box)
        ):
            return one
    return None


def email_invalid(snapshot: Snapshot) -> Iterator[Finding]:
    """One of the holder's e-mail addresses is there and is none: not a name, one at sign, and a domain with a dot."""
    for one in snapshot.facts.holders:
        for email in one.emails:
            if not _is_blank(email.value) and _EMAIL.fullmatch(email.value.strip()) is None:
                yield about(EMAIL_INVALID, found=email.value, holder=one.key)
