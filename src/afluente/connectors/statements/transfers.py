"""The numbers that a printed statement's account is paid under, one behind the other as an account's record has them.

A number counts only where something says what it is: its own word, or the form in which a country's banks print all of
them as one. What is not printed is left empty between the strokes, and not guessed from the institution's name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from afluente.connectors.statements.sheets import Line

_WHOLE = re.compile(r"(?<![0-9/])([0-9]{3,4})/([0-9]{3,6}(?:-[0-9xX])?)/([0-9]{4,14}(?:-?[0-9xX])?)(?![0-9/])")
"""Institution, branch and account in one, as banks of several countries print them."""

_WORD = r"(?: ?(?:number|no|num[eé]ro|n[o°º]))?\b[\s.:#º°-]*"
_TRANSIT = re.compile(
    rf"\b(?:(?:branch )?transit|branch|succursale){_WORD}([0-9]{{5}})(?:[ -]([0-9]{{3}}))?(?![0-9])", re.IGNORECASE
)
_INSTITUTION = re.compile(rf"\b(?:financial institution|institution|inst){_WORD}([0-9]{{3}})(?![0-9])", re.IGNORECASE)
_CANADIAN = re.compile(r"(?:([0-9]{3})[ -])?([0-9]{5})[ -]([0-9]{7,12}|[0-9]{3}[ -][0-9]{3}[ -][0-9])")
"""A Canadian account's number with its branch's before it, and at times its institution's before that."""

_ROUTING = re.compile(r"\b(?:(?:aba|routing)(?: transit)?|rtn)(?: ?(?:number|no))?\b[\s.:#-]*([0-9]{9})(?![0-9])", re.I)
_CODE = re.compile(r"\b(?:c[oó]digo do )?banco(?: n[o°º])?[\s.:#º°-]*([0-9]{3})(?![0-9])", re.IGNORECASE)

_CLABE = re.compile(r"\bclabe(?: interbancaria)?[\s.:#-]*((?:[0-9][ -]?){17}[0-9])(?![0-9])", re.IGNORECASE)


def transfer_number(
    number: str, branch: str, currency: str, country: str, near: Sequence[Line], far: Sequence[Line]
) -> str | None:
    """Return the numbers that an account is paid under, as `BankDetails` has them; None where none is printed.

    `number` and `branch` are the account's own as they are printed, `near` the lines of its heading and `far` all that
    stand above the file's tables. `country` is the usual currency of the country whose statement it seems to be.
    """
    here, above = ("\n".join(line.text for line in lines) for lines in (near, far))
    if whole := _WHOLE.search(here):
        return "/".join(whole.groups())
    if country == "CAD":
        return _canadian(number, here, above)
    if country == "USD":
        routing = _ROUTING.search(here) or _ROUTING.search(above)
        return f"{routing[1]}/{number}" if routing and _is_routing(routing[1]) and number else None
    if country == "MXN" and (clabe := _CLABE.search(here)):
        return re.sub("[ -]", "", clabe[1])
    if country == "BRL" and currency == "BRL" and branch and number:
        code = _CODE.search(here) or _CODE.search(above)
        return f"{code[1]}/{branch}/{number}" if code else None
    return None


def _canadian(number: str, here: str, above: str) -> str | None:
    joined = _CANADIAN.fullmatch(number)
    institution, transit, account = joined.groups() if joined else (None, None, number)
    told = _TRANSIT.search(here) or (None if transit else _TRANSIT.search(above))
    if told is not None and transit in (None, told[1]):
        transit, institution = told[1], institution or told[2]
    if not transit:
        return None
    if not institution:
        found = _INSTITUTION.search(here) or _INSTITUTION.search(above)
        institution = found[1] if found else ""
    return f"{institution}/{transit}/{re.sub('[ -]', '', account)}"


def _is_routing(digits: str) -> bool:
    """Tell whether nine digits have the sum of a routing number."""
    return sum(weight * int(digit) for weight, digit in zip((3, 7, 1) * 3, digits, strict=True)) % 10 == 0
