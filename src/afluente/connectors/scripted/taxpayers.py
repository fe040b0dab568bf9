"""CPF and CNPJ numbers: valid ones for invented people, and the check of those that are typed in."""

from __future__ import annotations

import re

from afluente.connectors.scripted.identifiers import read_rut
from afluente.connectors.scripted.seeding import digits

_CNPJ_WEIGHTS = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)


def _check_digit(total: int) -> int:
    return (11 - total % 11) % 11 % 10


def cpf(*parts: object) -> str:
    """Return the formatted CPF of what the parts name."""
    body = [int(digit) for digit in digits(9, "cpf", *parts)]
    for _ in range(2):
        length = len(body)
        body.append(_check_digit(sum((length + 1 - place) * digit for place, digit in enumerate(body))))
    text = "".join(map(str, body))
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"


def cnpj(*parts: object) -> str:
    """Return the formatted CNPJ, of a head office, of what the parts name."""
    body = [int(digit) for digit in digits(8, "cnpj", *parts) + "0001"]
    for _ in range(2):
        weights = _CNPJ_WEIGHTS[-len(body) :]
        body.append(_check_digit(sum(weight * digit for weight, digit in zip(weights, body, strict=True))))
    text = "".join(map(str, body))
    return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"


def read_cpf(text: str) -> str | None:
    """Return a typed CPF formatted, or None where its check digits are wrong."""
    from stdnum.br import cpf as numbers  # what a server that never sees an Open Finance login need not load

    return str(numbers.format(text)) if numbers.is_valid(text) and _varied(text) else None


def read_cnpj(text: str) -> str | None:
    """Return a typed CNPJ formatted, or None where its check digits are wrong."""
    from stdnum.br import cnpj as numbers

    return str(numbers.format(text)) if numbers.is_valid(text) and _varied(text) else None


def _varied(text: str) -> bool:
    """Whether it is more than one digit repeated: such numbers pass the arithmetic, and are given to nobody."""
    return len({character for character in text if character.isdigit()}) > 1


_RFC = re.compile(r"[A-ZÑ&]{3,4}\d{6}[A-Z0-9]{3}")
_CURP = re.compile(r"[A-Z]{4}\d{6}[A-Z]{6}[A-Z0-9]\d")
_NIT = re.compile(r"(\d{6,10})-?(\d?)")


def read_number(country: str, text: str) -> str | None:
    """Return a typed RFC, CURP, NIT, cédula, RUT or CPF as its authority writes it, or None where it is none.

    The documented test numbers of the Mexican authority do not all have the right check digit, so its form decides.
    """
    if country == "BR":
        return read_cpf(text)
    if country == "MX":
        text = text.upper()
        return text if _RFC.fullmatch(text) or _CURP.fullmatch(text) else None
    if country == "CL":
        return read_rut(text)
    found = _NIT.fullmatch(text)
    return f"{found[1]}-{found[2]}" if found and found[2] else found[1] if found else None


def is_company(country: str, number: str | None) -> bool:
    """Tell whether a number is a company's: twelve characters of an RFC, a NIT from 800, a RUT from 50 million."""
    if number is None or country == "BR":
        return False
    if country == "MX":
        return len(number) == 12
    body = "".join(filter(str.isdigit, number.partition("-")[0]))
    return int(body) >= 50_000_000 if country == "CL" else len(body) == 9 and body >= "8"
