"""Amounts as banks write them: comma or point, grouped or not, signs before, behind and in letters.

An amount that could be a thousand times another is never guessed in silence: `1.234` is refused unless the rest of
the file, the currency or the format says what the point is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from afluente.core.money import exponent

SIGNS = {
    "R$": "BRL",
    "US$": "USD",
    "U$": "USD",
    "C$": "CAD",
    "A$": "AUD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "$": None,
}
"""Currency signs, and the currency a sign stands for where it stands for only one."""

_MARK = re.compile(r"(?:R\$|US\$|U\$|C\$|A\$|[€£¥$]|(?<![A-Z])(?:BRL|USD|EUR|GBP|CAD|AUD|MXN|COP|CLP|ARS)(?![A-Z]))")
_LETTERS = {"D": True, "DB": True, "DR": True, "DEB": True, "C": False, "CR": False, "CRED": False}
_TAIL = re.compile(r"(?<=[\d.,)\s])(DEB|DB|DR|D|CRED|CR|C)$")
_DASHES = str.maketrans({"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "＋": "+"})
_SPACES = re.compile(r"[\s\u00a0\u202f\u2007\u2009]+")
_NUMBER = re.compile(r"[0-9]*(?:[.,'’ ][0-9]*)*", re.ASCII)
_LONGEST = 60


class BadAmount(ValueError):
    """The text is not an amount; the message is a sentence that says so."""


def currency_in(text: str) -> str | None:
    """Return the currency that a sign or a code in `text` names, or None."""
    found = _MARK.search(text.upper())
    if not found:
        return None
    return SIGNS.get(found[0], found[0])


def decimal_mark(texts: Iterable[str]) -> str | None:
    """Return `.` or `,` if the amounts in `texts` show which of them is the decimal mark, None if they do not."""
    votes = {".": 0, ",": 0}
    for text in texts:
        body = text.rstrip(" -+)DCRBEdcrbe\t\u00a0")
        point, comma = body.rfind("."), body.rfind(",")
        if point >= 0 and comma >= 0:
            votes["." if point > comma else ","] += 1
        elif (last := max(point, comma)) >= 0:
            mark, other = (".", ",") if point >= 0 else (",", ".")
            if body.count(mark) > 1:
                votes[other] += 1
            elif len(body) - last - 1 in (1, 2) or body[:last].strip(" -+(R$") == "0":
                votes[mark] += 1
    if votes["."] == votes[","]:
        return None
    return "." if votes["."] > votes[","] else ","


def read_amount(text: str, currency: str, mark: str | None = None) -> Decimal:
    """Return the amount in `text`, with at least the decimals of `currency`. `mark` is the file's decimal mark.

    Raises `BadAmount`.
    """
    if len(text) > _LONGEST:
        raise BadAmount(f"the amount is {len(text)} characters long")
    shown = text.strip()
    if not shown:
        raise BadAmount("the amount is missing")
    body, negative = _signed(shown)
    if not _NUMBER.fullmatch(body) or not any(c.isdigit() for c in body):
        raise BadAmount(f'"{shown}" is not an amount')
    digits = _plain(body, currency, mark, shown)
    whole, _, part = digits.partition(".")
    part = part.rstrip("0") if len(part) > exponent(currency) else part
    if len(whole.lstrip("0")) > 12 or len(part) > 6:
        raise BadAmount(f'"{shown}" has more digits than an amount has')
    value = Decimal(f"{whole or '0'}.{part.ljust(exponent(currency), '0')}")
    return -value if negative and value else value


def _signed(shown: str) -> tuple[str, bool]:
    """Take signs and currency off: return the bare number and whether it is negative."""
    body = _SPACES.sub(" ", shown.upper().translate(_DASHES))
    body = _MARK.sub("", body, count=1).strip()
    letter: bool | None = None
    if tail := _TAIL.search(body):
        letter = _LETTERS[tail[1]]
        body = body[: tail.start()].strip()
    minus = False
    if body.startswith("(") and body.endswith(")"):
        minus, body = True, body[1:-1].strip()
        body = _MARK.sub("", body, count=1).strip()
    if body[:1] in "+-" and body:
        minus, body = minus or body[0] == "-", body[1:].strip()
    elif body[-1:] in "+-" and body:
        minus, body = minus or body[-1] == "-", body[:-1].strip()
    if letter is False and minus:
        raise BadAmount(f'"{shown}" is marked as a credit and has a minus sign')
    return body, bool(letter) or minus


def _plain(body: str, currency: str, mark: str | None, shown: str) -> str:
    """Return the number with a point as its decimal mark and nothing between its thousands."""
    body = body.replace("’", "'")
    point, comma = body.rfind("."), body.rfind(",")
    if point >= 0 and comma >= 0:
        decimal: str | None = "." if point > comma else ","
    elif point < 0 and comma < 0:
        decimal = None
    else:
        decimal = _lone(body, "." if point >= 0 else ",", currency, mark, shown)
    whole, _, part = body.rpartition(decimal) if decimal else (body, "", "")
    if not whole and not decimal:
        whole = body
    groups = re.split(r"[.,' ]", whole)
    used = set(re.findall(r"[.,' ]", whole))
    if len(groups) > 1 and (
        len(used) > 1 or not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])
    ):
        raise BadAmount(f'"{shown}" is not an amount: its digits are not in groups of three')
    if part and not part.isdigit():
        raise BadAmount(f'"{shown}" is not an amount')
    return f"{''.join(groups)}.{part}"


def _lone(body: str, found: str, currency: str, mark: str | None, shown: str) -> str | None:
    """Say whether the only kind of mark in `body` is its decimal mark; None if it parts thousands."""
    if body.count(found) > 1:
        return None
    whole, _, part = body.partition(found)
    if len(part) != 3 or not 1 <= len(whole.replace(" ", "")) <= 3 or whole.strip("0") == "":
        return found
    if mark:
        return found if mark == found else None
    places = exponent(currency)
    if places == 3:
        return found
    if places == 0:
        return None
    raise BadAmount(f'"{shown}" can be read as thousands or as decimals, and nothing else in the file says which')
