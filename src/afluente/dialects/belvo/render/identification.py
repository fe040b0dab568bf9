"""Names and numbers in the forms that Belvo's schemas allow: identifications, documents, account numbers."""

from __future__ import annotations

import re
from hashlib import blake2b

_IDENTIFICATION = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]*")


def identification(key: str, longest: int = 100) -> str:
    """Return the institution's key as letters, digits and dashes of at most `longest`; another key as its digest."""
    if len(key) <= longest and _IDENTIFICATION.fullmatch(key):
        return key
    return blake2b(key.encode(), digest_size=20).hexdigest()[:longest]


def bare(number: str) -> str:
    """Return a document without its punctuation; new CNPJs and RFCs have letters too."""
    return "".join(sign for sign in number if sign.isalnum())


def digits(text: str) -> str:
    """Return the digits of a text."""
    return "".join(sign for sign in text if sign.isascii() and sign.isdigit())


def parted(number: str) -> tuple[str | None, str, str | None]:
    """Return the agency, the number and the check digit of an account written `agency/number-digit`."""
    agency, slash, rest = number.rpartition("/")
    body, dash, check = rest.rpartition("-")
    if not dash or not 0 < len(check) <= 2:
        body, check = rest, ""
    agency = digits(agency.rpartition("/")[2]) if slash else ""
    return (agency if 0 < len(agency) <= 4 else None), body, check or None


def clipped(text: str | None, longest: int) -> str | None:
    """Return a text, cut where the wire has no more room; None for one that is empty."""
    return text[:longest] if text else None
