"""The holder of a card (contract 5.3)."""

from __future__ import annotations

from typing import Any

from afluente.core.holders import Address, Holder, Phone


def holder(record: Holder | None) -> dict[str, Any] | None:
    """Return the holder as accounts carry it; what is not known is null, and so is an unknown holder."""
    if record is None:
        return None
    return {
        "Name": record.name or None,
        "Address": address(record.addresses[0] if record.addresses else None),
        "Email": record.emails[0].value if record.emails else None,
        "PhoneNumber": phone(record.phones[0]) if record.phones else None,
    }


def address(record: Address | None) -> dict[str, Any] | None:
    """Return an address; one that the institution told as one line only stands in CivicAddress."""
    if record is None:
        return None
    parts = (record.street, record.city, record.state, record.postal_code)
    return {
        "CivicAddress": record.street or (None if any(parts) else record.full or None),
        "City": record.city,
        "Province": record.state,
        "PostalCode": record.postal_code,
        "POBox": record.po_box,
        "Country": record.country,
    }


def phone(record: Phone) -> str:
    """Return a telephone: a North American number as `(514) 333-7777`, any other as it is told."""
    digits = "".join(letter for letter in record.value if letter.isdigit())
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    elif record.value.startswith("+"):
        return record.value
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if len(digits) == 10 else record.value
